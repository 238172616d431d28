"""Faults planted in losses, those for the checks of all kinds among them."""

from __future__ import annotations

from typing import Any

import torch
from faults.losses import DeafOptions, RequiredScaleOptions, ScaleOptions
from planting import PlantedFault
from torch.nn import functional

from emobench.api import Component, Context, Options
from emobench.testing import LossSuite


class ComparedLossSuite(LossSuite):
    """Cross entropy, compared with torch's."""

    def reference(
        self, logits: torch.Tensor, targets: torch.Tensor, *, context: Context
    ) -> torch.Tensor:
        return functional.cross_entropy(logits, targets)


def loss(
    name: str,
    target: str,
    *,
    options: type[Options] = ScaleOptions,
    off: dict[str, Any] | None = None,
) -> Component:
    return Component(
        name=name,
        target=f"faults.losses:{target}",
        summary="Planted.",
        options=options,
        off={"scale": 1.0} if off is None else off,
    )


SOUND = loss("sound", "Sound")
SOUND_DISTANCE = loss("sound_distance", "SoundDistance")


def planted(
    check: str,
    target: str,
    *,
    words: str,
    why: str,
    sound: Component = SOUND,
    suite: type[LossSuite] = LossSuite,
) -> PlantedFault:
    return PlantedFault(
        check=check,
        suite=suite,
        component=loss("broken", target),
        sound=sound,
        words=words,
        why=why,
    )


FAULTS = (
    planted(
        "takes_every_kind_it_names",
        "SharesOfLabels",
        words="the loss of kind labels is nan on plain logits",
        why="it divides by the number of labels, which may be none",
    ),
    planted(
        "takes_every_kind_it_names",
        "ForFourClasses",
        words="cannot be multiplied (8x3 and 4x4)",
        why="it is made for four classes, and fails where there are three",
    ),
    planted(
        "leaves_switches_of_the_process_alone",
        "SilencesNumpy",
        words="it turns numpy's handling of errors",
        why="it silences numpy's warnings for all that runs after it",
    ),
    planted(
        "keeps_nothing_from_batch_to_batch",
        "RunningMean",
        words="it must keep no state",
        why="it keeps a running mean, which a resumed run begins anew",
    ),
    planted(
        "finite_on_hard_logits",
        "Overflowing",
        words="logits that are huge",
        why="it takes exponentials of logits as they are",
    ),
    planted(
        "gradient_reaches_the_logits",
        "SkipsTheFirstItem",
        words="no gradient reaches item 0",
        why="it leaves the batch's first item out",
    ),
    planted(
        "gradient_is_right_by_finite_differences",
        "DetachedFocus",
        words="its gradient is off by",
        why="its focus on hard items has no part in the gradient",
    ),
    planted(
        "ids_and_one_hot_rows_agree",
        "SmoothsIdsAlone",
        words="for class ids is not that for their one-hot rows",
        why="it smooths class ids and leaves distributions as they are",
    ),
    planted(
        "soft_labels_count",
        "HardensLabels",
        words="does not rise while a label moves",
        why="it takes the likeliest class of a distribution for the whole",
    ),
    planted(
        "goes_down_in_20_updates",
        "PullsBackwards",
        words="after 20 steps down its gradient",
        why="its gradient points uphill",
    ),
    planted(
        "updates_approach_the_targets",
        "ForgetsTheMinus",
        words="lead away from the targets",
        why="it is the log-likelihood, which ought to rise",
    ),
    planted(
        "each_item_answers_to_its_own_target",
        "Broadcasts",
        words="against targets `(batch,)`",
        why="it takes each logit against every item's target",
        sound=SOUND_DISTANCE,
    ),
    planted(
        "weights_of_one_are_none",
        "AddsOneToWeights",
        words="changes when every item weighs one",
        why="it adds one to the weights",
    ),
    planted(
        "weight_zero_removes_an_item",
        "LiftsWeights",
        words="an item of weight 0 still has a gradient",
        why="it lifts weights that are near zero",
    ),
    planted(
        "weights_multiply_before_the_mean",
        "DividesWeightsOut",
        words="weights multiply the items' losses before the mean",
        why="it divides by the mean weight",
    ),
    planted(
        "is_a_mean_over_the_batch",
        "Sums",
        words="when each item comes twice",
        why="it is a sum over the batch",
    ),
    planted(
        "leaves_its_inputs_alone",
        "SmoothsInPlace",
        words="changes the targets it was given",
        why="it smooths a distribution where it lies",
    ),
    planted(
        "agrees_with_its_reference",
        "InBits",
        words="where its reference gives",
        why="it takes the logarithm to base 2",
        suite=ComparedLossSuite,
    ),
    PlantedFault(
        check="builds_from_its_defaults",
        suite=LossSuite,
        component=loss("broken", "Sound", options=RequiredScaleOptions, off={}),
        sound=SOUND,
        words="option 'scale' has no default",
        why="an option has no default, and the suite names no value",
    ),
    PlantedFault(
        check="refuses_an_unknown_option",
        suite=LossSuite,
        component=loss("broken", "Sound", options=DeafOptions),
        sound=SOUND,
        words="'no_such_option' pass in silence",
        why="its options drop what they do not know",
    ),
    planted(
        "every_point_of_its_search_space_builds",
        "RefusesLargeScales",
        words="does not build: ",
        why="its search range reaches beyond what it takes",
    ),
    PlantedFault(
        check="options_that_switch_it_off_are_valid",
        suite=LossSuite,
        component=loss("broken", "Sound", off={"strength": 0.0}),
        sound=SOUND,
        words="unknown option 'strength'",
        why="what is to switch it off is no option of its own",
    ),
    PlantedFault(
        check="card_is_current",
        suite=LossSuite,
        component=loss("stale_card", "Sound"),
        sound=loss("current_card", "Sound"),
        words="its table of options is not that of the code",
        why="its card tells an older range",
    ),
    planted(
        "pickles",
        "ForgetsItsScale",
        words="differs after pickling it",
        why="a pickled copy loses its scale",
    ),
    planted(
        "equal_seeds_give_equal_results",
        "Jitters",
        words="differs when built and used a second time",
        why="it draws from torch's global generator",
    ),
    planted(
        "leaves_global_randomness_alone",
        "DrawsFromNumpy",
        words="draws from or seeds numpy's global generator",
        why="it draws from numpy's global generator",
    ),
    PlantedFault(
        check="registration_loads_nothing_heavy",
        suite=LossSuite,
        component=loss("broken", "Sound"),
        sound=SOUND,
        words="importing faults.heavy_registration loads numpy",
        why="its registration imports numpy",
        registration="faults.heavy_registration",
    ),
)
