import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from emobench.api import NoOptions, Target, UsageError
from emobench_essentials.calibration import Temperature, fit_temperature, log_loss, softmax


def draw(seed: int, *, items: int = 200, sharpness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits and labels drawn from them; then the logits are made too sharp or too flat."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(items, 4)) * 2
    labels = np.array([random.choice(4, p=row) for row in softmax(logits)])
    return logits * sharpness, labels


@given(seed=st.integers(0, 500), items=st.integers(1, 40), scale=st.floats(0.01, 50))
def test_never_worse_on_what_it_was_fitted_on(seed, items, scale):
    logits, labels = draw(seed, items=items, sharpness=scale)
    temperature = fit_temperature(logits, targets=labels)
    assert log_loss(logits / temperature, targets=labels) <= log_loss(logits, targets=labels)


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 5.0])
def test_finds_the_minimum_that_scipy_finds(sharpness):
    logits, labels = draw(1, sharpness=sharpness)
    reference = minimize_scalar(
        lambda exponent: (
            -log_softmax(logits / np.exp(exponent), axis=1)[np.arange(200), labels].mean()
        ),
        bounds=(-3, 3),
        method="bounded",
    )
    assert fit_temperature(logits, targets=labels) == pytest.approx(np.exp(reference.x), rel=1e-3)


def test_recovers_how_much_too_sharp_the_logits_are():
    logits, labels = draw(2, items=5000, sharpness=3.0)
    assert fit_temperature(logits, targets=labels) == pytest.approx(3.0, rel=0.1)


def test_predictions_do_not_move(make_context):
    logits, labels = draw(4, sharpness=4.0)
    calibrated = Temperature(NoOptions(), make_context())
    calibrated.fit(logits, labels)
    assert np.array_equal(calibrated.apply(logits).argmax(axis=1), logits.argmax(axis=1))


def test_without_validation_items_nothing_changes():
    assert fit_temperature(np.zeros((0, 4)), targets=np.zeros(0, dtype=np.int64)) == 1.0


def test_several_labels_are_refused(make_context):
    target = Target(name="units", kind="labels", classes=("AU1", "AU2"))
    with pytest.raises(UsageError, match="target 'units' is of kind 'labels'; leave it out"):
        Temperature(NoOptions(), make_context(target=target, counts=(1, 1)))
