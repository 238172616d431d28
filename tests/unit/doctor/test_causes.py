"""What figures speak for: each cause by its own signs, and none of a sound training."""

from __future__ import annotations

from typing import Any

import pytest

from emobench.doctor.causes import find_causes, log_ramp, ramp
from emobench.doctor.evidence import Evidence, Fall

CLASSES = ("calm", "happy", "sad", "angry")
SOUND = {
    "train_loss": 0.8,
    "train_accuracy": 0.75,
    "learning_rate": 1e-3,
    "validation_log_loss": 0.9,
    "validation_accuracy": 0.7,
    "batch_accuracy_in_training": 0.74,
    "batch_accuracy_in_evaluation": 0.78,
    "dead_units": 0.02,
    "norm_shift": 0.15,
    "logit_variation": 2.0,
    "gradient_norm": 1.0,
    "weight_change": 0.08,
    "dropout_kept": 0.6,
    "labels_moved": 0.0,
    "labels_shifted": 0.0,
    "loss_slope": 1.0,
    **{f"taught.{name}": 0.25 for name in CLASSES},
    **{f"pull.{name}": 0.25 for name in CLASSES},
}
NOTHING_LEARNT = {"train_accuracy": 0.26, "train_loss": 1.39}


def evidence(*rows: dict[str, Any], **changes: Any) -> Evidence:
    values: dict[str, Any] = {
        "run": "r",
        "recipe": "planted",
        "task": "t",
        "metric": "uar",
        "state": "collapsed",
        "reason": "",
        "epochs": len(rows),
        "classes": CLASSES,
        "truth": {"calm": 0.4, "happy": 0.3, "sad": 0.2, "angry": 0.1},
        "rows": rows,
        "collapsed": True,
        "fall": Fall(class_name="calm", share=0.97, epoch=1),
    }
    return Evidence(**{**values, **changes})


def first(*rows: dict[str, Any], **changes: Any) -> str:
    return next((cause.name for cause in find_causes(evidence(*rows, **changes))), "none")


def test_a_sound_training_shows_no_cause() -> None:
    assert find_causes(evidence(SOUND, SOUND)) == ()


def test_a_history_of_an_older_version_shows_none_either() -> None:
    row = {"train_loss": 1.4, "train_accuracy": 0.25, "learning_rate": 1e-3}
    assert find_causes(evidence(row, row)) == ()


@pytest.mark.parametrize(
    ("cause", "changes"),
    [
        ("rate_too_low", {**NOTHING_LEARNT, "weight_change": 1e-4}),
        ("rate_too_high", {**NOTHING_LEARNT, "train_loss": 900.0, "weight_change": 60.0}),
        ("loss_scale", {**NOTHING_LEARNT, "weight_change": 1e-4, "loss_slope": 4e-3}),
        ("dropout", {**NOTHING_LEARNT, "dropout_kept": 0.002}),
        ("labels", {"labels_moved": 0.75, "labels_shifted": 0.75, "train_accuracy": 1.0}),
        ("norm", {"norm_shift": 3.0, "batch_accuracy_in_evaluation": 0.3}),
        ("balancing", {"pull.angry": 0.7, "pull.sad": 0.2, "pull.happy": 0.06, "pull.calm": 0.04}),
        ("not_carried_over", {"validation_accuracy": 0.1}),
        ("units", {**NOTHING_LEARNT, "dead_units": 0.97}),
    ],
)
def test_each_cause_is_named_first_by_its_own_signs(cause: str, changes: dict[str, float]) -> None:
    row = {**SOUND, **changes}
    assert first(row, row) == cause


def test_a_penalty_beyond_the_data_loss_is_named_with_its_ratio() -> None:
    row = {**SOUND, **NOTHING_LEARNT, "train_loss.emotion": 1.4, "train_loss.extra": 15.4}
    causes = find_causes(evidence(row, row))
    assert causes[0].name == "penalty"
    assert causes[0].words == "extra was 11 times the data loss at epoch 1"


def test_a_penalty_is_not_to_blame_where_training_learns() -> None:
    row = {**SOUND, "train_loss.emotion": 1.4, "train_loss.extra": 15.4}
    assert first(row, row) == "none"


def test_a_rate_that_ended_early_is_named() -> None:
    rates = [1e-3, 1e-3, 1e-6, 1e-6, 1e-6, 1e-6]
    rows = [{**SOUND, **NOTHING_LEARNT, "learning_rate": rate} for rate in rates]
    assert first(*rows) == "rate_ended"


def test_a_diverged_run_speaks_for_the_rate_even_without_history() -> None:
    assert first(state="diverged", reason="the training loss is not finite") == "rate_too_high"


def test_ramps_run_both_ways_and_stop_at_their_ends() -> None:
    assert [ramp(value, 1, 3) for value in (0, 1, 2, 3, 4)] == [0, 0, 0.5, 1, 1]
    assert [ramp(value, 3, 1) for value in (4, 2, 0)] == [0, 0.5, 1]
    assert log_ramp(0.1, 1.0, 0.01) == pytest.approx(0.5)
