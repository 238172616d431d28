"""Faults planted in optimizers and in learning-rate schedules."""

from __future__ import annotations

import torch
from planting import PlantedFault
from torch import nn

from emobench.api import Component
from emobench.testing import OptimizerSuite, SchedulerSuite
from emobench.testing.suite import Suite


class ComparedOptimizerSuite(OptimizerSuite):
    """Momentum, compared with torch's."""

    def reference(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


class ComparedSchedulerSuite(SchedulerSuite):
    """A line, compared with its formula."""

    def reference(self, update: int, *, updates: int) -> float:
        return 1 - (update + 1) / (updates + 1)


def rule(name: str, target: str) -> Component:
    return Component(name=name, target=f"faults.rates:{target}", summary="Planted.")


SOUND = rule("sound", "Sound")
SOUND_SCHEDULE = rule("sound_schedule", "SoundSchedule")


def planted(
    check: str,
    target: str,
    *,
    words: str,
    why: str,
    suite: type[Suite] = OptimizerSuite,
) -> PlantedFault:
    return PlantedFault(
        check=check,
        suite=suite,
        component=rule("broken", target),
        sound=SOUND if issubclass(suite, OptimizerSuite) else SOUND_SCHEDULE,
        words=words,
        why=why,
    )


FAULTS = (
    planted(
        "converges_on_a_quadratic",
        "Climbs",
        words="of the loss is left on a plain quadratic",
        why="it goes up the gradient",
    ),
    planted(
        "every_trainable_weight_is_in_one_group",
        "ForgetsBiases",
        words="the trainable 'bias' is held 0 times",
        why="it takes matrices alone",
    ),
    planted(
        "leaves_frozen_weights_alone",
        "ThawsFrozenWeights",
        words="a frozen parameter moves",
        why="it takes every parameter",
    ),
    planted(
        "obeys_the_rate_of_its_groups",
        "IgnoresTheGroupsRate",
        words='read the rate from `group["lr"]`',
        why="its rate is a constant, which no schedule reaches",
    ),
    planted(
        "resumes_to_the_bit",
        "ForgetsItsSpeed",
        words="when stopped after 5 updates and resumed",
        why="its momentum lies where no checkpoint looks",
    ),
    planted(
        "agrees_with_its_reference",
        "Slides",
        words="is off its reference by up to",
        why="its momentum is another",
        suite=ComparedOptimizerSuite,
    ),
    planted(
        "follows_its_reference",
        "OneUpdateAhead",
        words="by its reference",
        why="its curve is one update ahead",
        suite=ComparedSchedulerSuite,
    ),
    planted(
        "attaching_sets_the_first_rate",
        "StartsLate",
        words="set it in `attach`",
        why="its first rate is the optimizer's own",
        suite=SchedulerSuite,
    ),
    planted(
        "attaching_sets_the_first_rate",
        "StartsLate",
        words="set it in `attach`",
        why="its first rate is the optimizer's own",
        suite=ComparedSchedulerSuite,
    ),
    planted(
        "rates_stay_sound",
        "FallsBelowZero",
        words="is -",
        why="its line goes on below zero after the planned end",
        suite=SchedulerSuite,
    ),
    planted(
        "groups_keep_their_ratio",
        "LevelsGroups",
        words="multiply each group's own rate",
        why="it gives all groups one rate",
        suite=SchedulerSuite,
    ),
    planted(
        "resumes_to_the_bit",
        "CountsForItself",
        words="and resumed it gives other rates",
        why="it counts updates itself and does not take the count up",
        suite=SchedulerSuite,
    ),
    planted(
        "leaves_an_epochs_figures_alone",
        "TakesFiguresAway",
        words="changes the epoch's figures",
        why="it removes a figure",
        suite=SchedulerSuite,
    ),
)
