"""Faults planted in post-processors, combiners and frontends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from faults.fitted import StrengthOptions
from faults.frontends import FLOOR, FRAMES, SAMPLES
from planting import PlantedFault

from emobench.api import Component
from emobench.testing import CombinerSuite, FrontendSuite, PostProcessorSuite


class ComparedFrontendSuite(FrontendSuite):
    """Log power in frames, by another way."""

    def reference(self, item: np.ndarray) -> np.ndarray:
        padded = np.pad(item.astype(np.float64), (0, FRAMES * SAMPLES))
        frames = [padded[start * SAMPLES : (start + 1) * SAMPLES] for start in range(FRAMES)]
        return np.array([np.log(FLOOR + frame @ frame / SAMPLES) for frame in frames])


def postprocessor(name: str, target: str) -> Component:
    return Component(
        name=name,
        target=f"faults.fitted:{target}",
        summary="Planted.",
        options=StrengthOptions,
        off={"strength": 0.0},
    )


def combiner(name: str, target: str) -> Component:
    return Component(name=name, target=f"faults.fitted:{target}", summary="Planted.")


def frontend(name: str, target: str) -> Component:
    return Component(name=name, target=f"faults.frontends:{target}", summary="Planted.")


SOUND_POSTPROCESSOR = postprocessor("sound", "Sound")
SOUND_COMBINER = combiner("sound", "SoundCombiner")
SOUND_MEAN = replace(combiner("sound", "Mean"), averages=True)
SOUND_FRONTEND = frontend("sound", "Sound")


def in_postprocessor(check: str, target: str, *, words: str, why: str) -> PlantedFault:
    return PlantedFault(
        check=check,
        suite=PostProcessorSuite,
        component=postprocessor("broken", target),
        sound=SOUND_POSTPROCESSOR,
        words=words,
        why=why,
    )


def in_combiner(check: str, target: str, *, words: str, why: str) -> PlantedFault:
    return PlantedFault(
        check=check,
        suite=CombinerSuite,
        component=combiner("broken", target),
        sound=SOUND_COMBINER,
        words=words,
        why=why,
    )


def in_frontend(check: str, target: str, *, words: str, why: str) -> PlantedFault:
    return PlantedFault(
        check=check,
        suite=ComparedFrontendSuite,
        component=frontend("broken", target),
        sound=SOUND_FRONTEND,
        words=words,
        why=why,
    )


POSTPROCESSOR_FAULTS = (
    in_postprocessor(
        "gives_probabilities",
        "ForgetsToNormalise",
        words="do not sum to 1 but to 1.001",
        why="its rows sum to 1.001",
    ),
    in_postprocessor(
        "a_row_depends_on_itself_alone",
        "PeeksAtTheBatch",
        words="when it is given alone",
        why="it evens out the classes of the rows it is given, which are the test set",
    ),
    in_postprocessor(
        "applying_changes_nothing",
        "LearnsFromTheTest",
        words="results",
        why="it centres on every row that it was ever applied to",
    ),
    in_postprocessor(
        "fitting_learns_from_validation_alone",
        "RemembersWhatItSawBefore",
        words="it peeks at rows that are not validation",
        why="it labels the rows it saw before fitting, and learns from them",
    ),
    in_postprocessor(
        "fitting_twice_equals_fitting_once",
        "AddsUpOverFits",
        words="fitting a second time changes the results",
        why="each fit goes on from the temperature before",
    ),
    in_postprocessor(
        "perfect_predictions_stay_perfect",
        "BoostsRareClasses",
        words="decisions on a class target change",
        why="it lifts rare classes over ones that were right",
    ),
    in_postprocessor(
        "never_worse_on_what_it_was_fitted_on",
        "TooHot",
        words="is worse than doing nothing",
        why="it takes twice the best temperature",
    ),
    in_postprocessor(
        "names_what_its_fit_improves",
        "FitsWithoutAim",
        words="names no objective",
        why="it takes twice the best temperature, and names nothing that it improves",
    ),
    in_postprocessor(
        "gives_probabilities",
        "ForFourClasses",
        words="ValueError: matmul",
        why="it is made for four classes, and fails where there are three",
    ),
    in_postprocessor(
        "odd_validation_sets_give_finite_results",
        "DividesByTheSpread",
        words="not finite after fitting on an all-equal",
        why="it divides by the spread of logits that are all equal",
    ),
    in_postprocessor(
        "ids_and_one_hot_rows_agree",
        "TakesSharesForIds",
        words="one-hot rows give other results",
        why="it reads distributions as class ids",
    ),
    in_postprocessor(
        "leaves_its_inputs_alone",
        "DividesInPlace",
        words="apply changes the predictions",
        why="it divides the caller's logits",
    ),
    in_postprocessor(
        "gains_where_there_is_something_to_gain",
        "LearnsNothing",
        words="it learns nothing",
        why="its fit does nothing",
    ),
    in_postprocessor(
        "switched_off_it_does_nothing",
        "NeverQuiteOff",
        words="still changes the probabilities",
        why="it smooths by a thousandth at strength 0",
    ),
)

COMBINER_FAULTS = (
    in_combiner(
        "never_worse_on_what_it_was_fitted_on",
        "AlwaysTheMean",
        words="worse than the best single member",
        why="it averages good members with bad ones",
    ),
    in_combiner(
        "names_what_its_fit_improves",
        "WeighsWithoutAim",
        words="names no objective",
        why="it believes bad members most, and names nothing that it improves",
    ),
    in_combiner(
        "a_row_depends_on_itself_alone",
        "RanksTheBatch",
        words="when it is given alone",
        why="it ranks items among those given with them",
    ),
    in_combiner(
        "one_member_is_what_it_says",
        "LeavesTheWorstOut",
        words="other decisions than those of a single member",
        why="it drops the worst member, and there is but one",
    ),
    in_combiner(
        "equal_members_are_what_they_say",
        "CountsDisagreement",
        words="other decisions than those of members all equal",
        why="it weighs by disagreement, and there is none",
    ),
    in_combiner(
        "members_may_come_in_any_order",
        "FirstComeFirstServed",
        words="depend on the order of the members",
        why="it weighs members by their position",
    ),
    in_combiner(
        "every_member_is_heard",
        "IgnoresTheLastMember",
        words="nothing that member 2 of 3 says",
        why="it drops the last member",
    ),
    PlantedFault(
        check="gives_the_mean_if_it_says_so",
        suite=CombinerSuite,
        component=replace(combiner("broken", "GeometricMean"), averages=True),
        sound=SOUND_MEAN,
        words="the results are not the mean of the members",
        why="it gives another mean",
    ),
)

FRONTEND_FAULTS = (
    in_frontend(
        "agrees_with_its_reference",
        "WrongLogarithm",
        words="differs from its reference by 0.001",
        why="its values are a thousandth too large",
    ),
    in_frontend(
        "a_batch_equals_one_by_one",
        "CentresTheBatch",
        words="given one by one",
        why="it subtracts the batch's mean",
    ),
    in_frontend(
        "a_row_depends_on_its_own_item_alone",
        "RelativeToTheLoudest",
        words="when the items beside it are others",
        why="it scales by the loudest clip of the batch",
    ),
    in_frontend(
        "gives_what_its_shape_promises",
        "InDoublePrecision",
        words="not float32",
        why="it gives float64",
    ),
    in_frontend(
        "different_items_give_different_features",
        "SeesNothing",
        words="it does not look at them",
        why="it reads ones instead of the clip",
    ),
    in_frontend(
        "says_whether_it_is_deterministic",
        "DrawsInSilence",
        words="set deterministic = False",
        why="it dithers and calls itself deterministic",
    ),
    in_frontend(
        "says_whether_it_is_deterministic",
        "SaysNothingOfDraws",
        words="must say deterministic = True or False",
        why="it does not say whether it draws",
    ),
    in_frontend(
        "the_prepared_cache_gives_the_same_bytes",
        "KnowsItsNumber",
        words="when not taken from the cache",
        why="no two objects agree, so the cache speaks for one alone",
    ),
    in_frontend(
        "leaves_its_items_alone",
        "ScalesInPlace",
        words="it changes items in place",
        why="it halves the caller's clip",
    ),
    in_frontend(
        "odd_items_give_finite_features",
        "LogarithmOfNothing",
        words="not finite for silence",
        why="it takes the logarithm of silence",
    ),
)

FAULTS = (*POSTPROCESSOR_FAULTS, *COMBINER_FAULTS, *FRONTEND_FAULTS)
