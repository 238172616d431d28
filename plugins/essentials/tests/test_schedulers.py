import math
from itertools import pairwise

import pytest
import torch

from emobench.api import UsageError
from emobench_essentials.options import (
    CosineOptions,
    CyclicCosineOptions,
    OneCycleOptions,
    PlateauOptions,
)
from emobench_essentials.schedulers import Cosine, CyclicCosine, OneCycle, Plateau


def optimizer(lr: float = 0.1) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)


def rates(schedule, *, updates: int, lr: float = 0.1) -> list[float]:
    rule = optimizer(lr)
    schedule.attach(rule)
    seen = []
    for update in range(updates):
        seen.append(rule.param_groups[0]["lr"])
        schedule.after_update(update + 1)
    return seen


def torch_rates(make, *, updates: int, lr: float = 0.1) -> list[float]:
    rule = optimizer(lr)
    schedule = make(rule)
    seen = []
    for update in range(updates):
        seen.append(rule.param_groups[0]["lr"])
        rule.step()
        if update + 1 < updates:
            schedule.step()
    return seen


@pytest.mark.parametrize("rise", [0.1, 0.3, 0.5])
def test_onecycle_is_torchs_curve(make_context, rise):
    ours = OneCycle(OneCycleOptions(rise=rise, start=10, end=100), make_context())
    theirs = torch_rates(
        lambda rule: torch.optim.lr_scheduler.OneCycleLR(
            rule, 0.1, 70, pct_start=rise, div_factor=10, final_div_factor=100
        ),
        updates=70,
    )
    assert rates(ours, updates=70) == pytest.approx(theirs, rel=1e-9)


def test_onecycle_peaks_at_the_optimizers_rate(make_context):
    assert max(rates(OneCycle(OneCycleOptions(), make_context()), updates=70)) == pytest.approx(
        0.1, rel=0.01
    )


def test_cosine_warms_up_in_even_steps_and_then_only_falls(make_context):
    seen = rates(Cosine(CosineOptions(warmup=0.1), make_context()), updates=70)
    steps = [after - before for before, after in pairwise(seen[:8])]
    assert steps == pytest.approx([0.1 / 8] * 7)
    assert seen[7:] == sorted(seen[7:], reverse=True)


def test_cosine_that_ends_early_is_the_whole_one_in_less_time_and_then_the_floor(make_context):
    short = rates(Cosine(CosineOptions(warmup=0.0, decay=0.5), make_context()), updates=70)
    whole = rates(Cosine(CosineOptions(warmup=0.0), make_context(updates=7, epochs=5)), updates=35)
    assert short[:35] == whole
    assert short[35:] == [0.0] * 35


def test_cosine_cannot_end_before_it_has_risen():
    with pytest.raises(UsageError) as caught:
        CosineOptions(warmup=0.2, decay=0.1)
    assert (
        "decay (0.1) must be above warmup (0.2): both are shares of the updates, and the rate "
        "falls from the end of one to the other"
    ) in str(caught.value)


def test_cyclic_cosine_starts_every_cycle_at_the_optimizers_rate(make_context):
    seen = rates(CyclicCosine(CyclicCosineOptions(cycles=5), make_context()), updates=70)
    assert [update for update, rate in enumerate(seen) if rate == 0.1] == [0, 14, 28, 42, 56]


@pytest.mark.parametrize("metric", ["validation_loss", "validation_arousal.mae", "validation_uar"])
def test_plateau_falls_where_torchs_does(make_context, metric):
    figures = [1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85]
    if metric == "validation_uar":
        figures = [-figure for figure in figures]
    options = PlateauOptions(factor=0.5, patience=2, metric=metric, min_delta=1e-3, floor=0.0)
    ours, theirs = optimizer(), optimizer()
    schedule = Plateau(options, make_context())
    schedule.attach(ours)
    reference = torch.optim.lr_scheduler.ReduceLROnPlateau(
        theirs,
        mode="max" if metric == "validation_uar" else "min",
        factor=0.5,
        patience=2,
        threshold=1e-3,
        threshold_mode="abs",
    )
    for figure in figures:
        schedule.after_epoch({metric: figure})
        reference.step(figure)
        assert ours.param_groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"])
    assert ours.param_groups[0]["lr"] < 0.1


def test_plateau_names_the_metrics_there_are(make_context):
    schedule = Plateau(PlateauOptions(metric="validation_acuracy"), make_context())
    schedule.attach(optimizer())
    with pytest.raises(UsageError) as caught:
        schedule.after_epoch({"validation_accuracy": 0.5, "train_loss": 1.0})
    assert str(caught.value) == (
        "scheduler 'plateau': unknown metric 'validation_acuracy'; did you mean "
        "'validation_accuracy'?; known: train_loss, validation_accuracy"
    )


LOSSES = [1.0, 1 / 3, 0.4, math.nan, 0.5, 0.2, 0.3, 0.25, 0.21, 0.1999, 0.3, 0.3, 0.3, 0.1]


def plateau_rates(schedule: Plateau, rule: torch.optim.Optimizer, losses: list[float]) -> list:
    seen = []
    for loss in losses:
        schedule.after_epoch({"validation_loss": loss})
        seen.append(rule.param_groups[0]["lr"])
    return seen


@pytest.mark.parametrize("cut", range(len(LOSSES)))
def test_a_resumed_plateau_sets_the_same_rates_to_the_bit(make_context, through_a_checkpoint, cut):
    options = PlateauOptions(factor=0.3, patience=1, metric="validation_loss", floor=0.02)
    (straight, rule), (first, before), (second, after) = (
        (Plateau(options, make_context()), optimizer()) for _ in range(3)
    )
    for schedule, its_rule in ((straight, rule), (first, before), (second, after)):
        schedule.attach(its_rule)
    whole = plateau_rates(straight, rule, LOSSES)
    assert len(set(whole)) > 3
    plateau_rates(first, before, LOSSES[:cut])
    after.load_state_dict(before.state_dict())
    second.load_state_dict(through_a_checkpoint(first.state_dict()))
    assert plateau_rates(second, after, LOSSES[cut:]) == whole[cut:]
    assert second.state_dict() == straight.state_dict()
