import math

import pytest

from emobench.api import UsageError
from emobench_essentials.early_stopping import EarlyStopping
from emobench_essentials.options import EarlyStoppingOptions


def epochs_until_stop(technique, run, metric: str, values: list[float]) -> int | None:
    for epoch, value in enumerate(values, start=1):
        technique.epoch_end(run, {metric: value})
        if run.stop_reason:
            return epoch
    return None


def test_stops_when_the_tasks_metric_has_not_risen_for_patience_epochs(make_context, make_run):
    technique, run = EarlyStopping(EarlyStoppingOptions(patience=2), make_context()), make_run()
    assert epochs_until_stop(technique, run, "validation_uar", [0.3, 0.5, 0.4, 0.5, 0.9]) == 4
    assert run.stop_reason == (
        "early stopping: validation_uar has not improved for 2 epochs (best 0.5000)"
    )


def test_a_loss_is_better_when_lower(make_context, make_run):
    options = EarlyStoppingOptions(patience=2, metric="validation_loss")
    technique, run = EarlyStopping(options, make_context()), make_run()
    falling = [1.0, 0.9, 0.8, 0.7, 0.75, 0.72]
    assert epochs_until_stop(technique, run, "validation_loss", falling) == 6


def test_an_error_of_a_further_target_is_better_when_lower(make_context, make_run):
    options = EarlyStoppingOptions(patience=2, metric="validation_arousal.mae")
    technique, run = EarlyStopping(options, make_context()), make_run()
    falling = [0.9, 0.5, 0.4, 0.45, 0.42]
    assert epochs_until_stop(technique, run, "validation_arousal.mae", falling) == 5
    assert run.stop_reason.endswith("(best 0.4000)")


def test_direction_can_be_given(make_context, make_run):
    options = EarlyStoppingOptions(patience=1, metric="validation_regret", better="lower")
    technique, run = EarlyStopping(options, make_context()), make_run()
    assert epochs_until_stop(technique, run, "validation_regret", [3.0, 2.0, 2.5]) == 3


def test_changes_below_min_delta_are_no_improvement(make_context, make_run):
    options = EarlyStoppingOptions(patience=2, min_delta=0.05)
    technique, run = EarlyStopping(options, make_context()), make_run()
    assert epochs_until_stop(technique, run, "validation_uar", [0.5, 0.52, 0.54]) == 3


def test_a_metric_that_is_never_a_number_stops_too(make_context, make_run):
    technique, run = EarlyStopping(EarlyStoppingOptions(patience=2), make_context()), make_run()
    assert epochs_until_stop(technique, run, "validation_uar", [math.nan, math.nan]) == 2


FIGURES = [0.3, math.nan, 0.5, 0.4, 0.1 + 0.2, 0.7, 0.6, math.nan, 0.7, 0.65, 0.9]


@pytest.mark.parametrize("cut", range(9))
def test_a_resumed_run_stops_in_the_same_epoch_for_the_same_reason(
    make_context, make_run, through_a_checkpoint, cut
):
    options = EarlyStoppingOptions(patience=4)
    straight, whole = EarlyStopping(options, make_context()), make_run()
    assert epochs_until_stop(straight, whole, "validation_uar", FIGURES) == 10
    first, second = (EarlyStopping(options, make_context()) for _ in range(2))
    assert epochs_until_stop(first, make_run(), "validation_uar", FIGURES[:cut]) is None
    second.load_state_dict(through_a_checkpoint(first.state_dict()))
    resumed = make_run()
    assert epochs_until_stop(second, resumed, "validation_uar", FIGURES[cut:]) == 10 - cut
    assert resumed.stop_reason == whole.stop_reason
    assert second.state_dict() == straight.state_dict()


def test_an_unknown_metric_is_named_with_those_that_exist(make_context, make_run):
    technique = EarlyStopping(EarlyStoppingOptions(metric="uar"), make_context())
    with pytest.raises(UsageError, match="technique 'early_stopping': unknown metric 'uar'"):
        technique.epoch_end(make_run(), {"validation_uar": 0.5})
