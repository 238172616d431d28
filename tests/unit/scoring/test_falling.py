"""When a training that is going on may be ended: only where nothing speaks for it any more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.scoring.falling import StopCollapsingOptions, hopeless

OPTIONS = StopCollapsingOptions(patience=3)


def epoch(**changes: Any) -> dict[str, Any]:
    fallen = {"predicted.calm": 0.02, "predicted.sad": 0.98}
    row = {"train_loss": 2.0, "train_accuracy": 0.2, "learning_rate": 1e-3, **fallen}
    return {**row, **changes}


def test_four_epochs_of_one_class_without_progress_are_hopeless() -> None:
    assert hopeless([epoch()] * 4, options=OPTIONS) == (
        "collapsing: 'sad' has 98% of the validation predictions, and for 3 epochs neither loss "
        "nor accuracy in training got better"
    )


def test_three_epochs_are_too_few_to_tell() -> None:
    assert hopeless([epoch()] * 3, options=OPTIONS) == ""


@pytest.mark.parametrize(
    "progress",
    [
        {"train_loss": 1.95},
        {"train_accuracy": 0.24},
        {"learning_rate": 2e-3},
        {"predicted.sad": 0.85, "predicted.calm": 0.15},
    ],
    ids=["loss", "accuracy", "warm-up", "variety"],
)
def test_any_progress_lets_a_training_go_on(progress: dict[str, float]) -> None:
    assert hopeless([*[epoch()] * 3, epoch(**progress)], options=OPTIONS) == ""


def test_a_loss_that_falls_a_little_with_every_epoch_is_a_slow_start() -> None:
    steadily = [epoch(train_loss=2.0 - 0.001 * number) for number in range(4)]
    assert hopeless(steadily, options=OPTIONS) == ""
    unsteadily = [steadily[place] for place in (0, 2, 1, 3)]
    assert hopeless(unsteadily, options=OPTIONS)


def test_a_training_that_is_right_of_all_wrong_labels_gets_no_better() -> None:
    rows = [epoch(train_loss=10.0**-power, train_accuracy=1.0) for power in range(1, 5)]
    assert hopeless(rows, options=OPTIONS)


def test_a_penalty_that_falls_is_no_progress() -> None:
    rows = [
        epoch(**{"train_loss": 2.0 + rest, "train_loss.emotion": 2.0, "train_loss.extra": rest})
        for rest in (8.0, 4.0, 2.0, 1.0)
    ]
    assert hopeless(rows, options=OPTIONS)


@pytest.mark.parametrize("missing", ["train_loss", "train_accuracy", "learning_rate"])
def test_a_history_that_lacks_a_figure_ends_nothing(missing: str) -> None:
    rows = [{key: value for key, value in epoch().items() if key != missing}] * 4
    assert hopeless(rows, options=OPTIONS) == ""


def test_without_patience_nothing_is_ended() -> None:
    assert hopeless([epoch()] * 99, options=StopCollapsingOptions(patience=0)) == ""


@given(
    st.lists(st.floats(0.3, 3.0), min_size=1, max_size=12),
    st.floats(0.0, 0.89),
)
def test_a_model_that_tells_classes_apart_is_never_ended(losses: list[float], top: float) -> None:
    shares = {"predicted.sad": top, "predicted.calm": min(1 - top, 0.89), "predicted.happy": 0.0}
    rows = [epoch(train_loss=loss, **shares) for loss in losses]
    assert hopeless(rows, options=OPTIONS) == ""
