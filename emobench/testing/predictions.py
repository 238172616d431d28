"""Made-up predictions and their truth, good and bad, for every kind of target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from emobench.api import Target, UsageError
from emobench.scoring.catalogue import check_metric
from emobench.scoring.metrics import probabilities, score

ITEMS = 60
SURE = 12.0
"""A logit that puts all but a hundred-thousandth of the mass on one class."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Validation logits `(items, width)`, their truth, and logits of items not seen in fitting."""

    name: str
    target: Target
    logits: np.ndarray
    truth: np.ndarray
    unseen: np.ndarray
    perfect: bool = False


@cache
def problems(target: Target) -> tuple[Problem, ...]:
    """Predictions as trained models give them: calibrated, too sure, biased, of rare classes."""
    return tuple(
        _problem(name, target, seed=seed, distort=distort)
        for seed, (name, distort) in enumerate(DISTORTIONS.items())
    )


@cache
def perfect_problem(target: Target) -> Problem:
    """Predictions that already say the truth, in validation and beyond; some classes are rare."""
    _, truth = _drawn(target, seed=99, lopsided=True)
    _, unseen_truth = _drawn(target, seed=100, lopsided=True)
    return Problem(
        name="a perfect",
        target=target,
        logits=_sure(target, truth),
        truth=truth,
        unseen=_sure(target, unseen_truth),
        perfect=True,
    )


@cache
def odd_problems(target: Target) -> tuple[Problem, ...]:
    """Validation sets from which nothing, or nothing sound, can be learnt."""
    logits, truth = _drawn(target, seed=7)
    unseen, _ = _drawn(target, seed=8)
    once = np.repeat(truth[:1], len(truth), axis=0)
    sets = {
        "a one-item": (logits[:1], truth[:1]),
        "a two-item": (logits[:2], truth[:2]),
        "a one-class": (logits, once),
        "an all-equal": (np.zeros_like(logits), truth),
        "a one-class, all-equal": (np.zeros_like(logits), once),
        "an utterly sure": (logits * 1e4, truth),
        "an utterly wrong": (-_sure(target, truth) * 100, truth),
        "a float32": (logits.astype(np.float32), truth),
    }
    return tuple(
        Problem(name=name, target=target, logits=shown, truth=true, unseen=unseen)
        for name, (shown, true) in sets.items()
    )


def _biased(logits: np.ndarray) -> np.ndarray:
    return np.asarray(logits + 3.0 * np.eye(logits.shape[1])[0])


def _rare(logits: np.ndarray) -> np.ndarray:
    return logits - np.linspace(0.0, 2.5, logits.shape[1])


DISTORTIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "a well calibrated": lambda logits: logits,
    "an over-confident": lambda logits: 4.0 * logits,
    "an under-confident": lambda logits: 0.2 * logits,
    "a biased": _biased,
    "a lopsided": _rare,
    "a hopeless": lambda logits: logits[::-1],
}
"""What each validation set's logits are made of: those that its truth was drawn from."""


def _problem(
    name: str, target: Target, *, seed: int, distort: Callable[[np.ndarray], np.ndarray]
) -> Problem:
    honest, truth = _drawn(target, seed=seed)
    unseen, _ = _drawn(target, seed=1000 + seed)
    return Problem(
        name=name,
        target=target,
        logits=np.ascontiguousarray(distort(honest)),
        truth=truth,
        unseen=np.ascontiguousarray(distort(unseen)),
    )


def _drawn(target: Target, *, seed: int, lopsided: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and a truth drawn from just the probabilities that they state."""
    random = np.random.default_rng(seed)
    logits = 1.5 * random.standard_normal((ITEMS, target.width))
    logits = _rare(logits) if lopsided else logits
    stated = probabilities(target, logits)
    if target.kind == "number":
        return logits, logits[:, 0] + 0.3 * random.standard_normal(ITEMS)
    if target.kind == "labels":
        return logits, (random.random(stated.shape) < stated).astype(np.float64)
    if target.kind == "distribution":
        votes = [random.multinomial(10, row) / 10 for row in stated]
        return logits, np.array(votes)
    classes = len(target.classes)
    ids = np.array([random.choice(classes, p=row) for row in stated])
    ids[:classes] = range(classes)
    return logits, ids.astype(np.int64)


def _sure(target: Target, truth: np.ndarray) -> np.ndarray:
    """Logits that say this truth."""
    if target.kind == "number":
        return truth[:, None].astype(np.float64)
    if target.kind == "labels":
        return np.asarray(SURE * (2 * truth - 1))
    if target.kind == "distribution":
        return np.asarray(np.log(np.maximum(truth, np.exp(-SURE))))
    return np.asarray(SURE * np.eye(target.width)[truth])


def decisions(target: Target, result: np.ndarray) -> np.ndarray:
    """What is decided from probabilities: a class, the labels claimed, a rounded number."""
    if target.kind == "number":
        return np.round(result.reshape(-1), 3)
    if target.kind == "labels":
        return np.asarray(result > 0.5)
    chosen: np.ndarray = result.argmax(axis=1)
    return chosen


def figure(target: Target, result: np.ndarray, truth: np.ndarray, *, metric: str) -> float:
    """The metric that an `objective` names, as a loss: less is better."""
    try:
        known = check_metric(metric, target.kind)
    except UsageError as error:
        raise AssertionError(
            f"its objective '{metric}' cannot judge a {target.kind} target: {error}; set "
            "`self.objective` by `context.target.kind`, or refuse the target with a UsageError"
        ) from error
    value = score(target, result, truth)[metric]
    return -value if known.higher_is_better else value


def assert_says_something_sound(target: Target, result: object, *, items: int, what: str) -> None:
    """Fail unless these are finite predictions of the target, one row an item."""
    assert isinstance(result, np.ndarray), f"gives a {type(result).__name__}, not an array, {what}"
    shapes: Sequence[tuple[int, ...]] = [(items, target.width)]
    if target.kind == "number":
        shapes = [*shapes, (items,)]
    assert result.shape in shapes, f"gives {result.shape} instead of {shapes[0]} {what}"
    assert np.isfinite(result).all(), f"gives values that are not finite {what}"
    if target.kind == "number":
        return
    low, high = float(result.min()), float(result.max())
    assert low >= -1e-9, f"gives a probability of {low:.3g}, below 0, {what}"
    assert high <= 1 + 1e-6, f"gives a probability of {high:.3g}, above 1, {what}"
    if target.kind != "labels":
        sums = result.sum(axis=1)
        worst = float(sums[np.abs(sums - 1).argmax()])
        assert abs(worst - 1) < 1e-6, f"the rows do not sum to 1 but to {worst:.6g} {what}"
