"""Faults planted in post-processors, combiners, frontends and datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from faults.datasets import SOUND as SOUND_DATASET
from faults.fitted import StrengthOptions
from faults.frontends import FLOOR, FRAMES, SAMPLES
from planting import PlantedFault

from emobench.api import Component, DatasetComponent, ProtocolOptions, TaskOffer
from emobench.testing import CombinerSuite, DatasetSuite, FrontendSuite, PostProcessorSuite


class ComparedFrontendSuite(FrontendSuite):
    """Log power in frames, by another way."""

    def reference(self, item: np.ndarray) -> np.ndarray:
        padded = np.pad(item.astype(np.float64), (0, FRAMES * SAMPLES))
        frames = [padded[start * SAMPLES : (start + 1) * SAMPLES] for start in range(FRAMES)]
        return np.array([np.log(FLOOR + frame @ frame / SAMPLES) for frame in frames])


class TinySetSuite(DatasetSuite):
    """Six speakers with a file of each label."""

    def write(self, root: Path) -> Mapping[str, Any]:
        for index, label in enumerate(("angry", "happy", "sad")):
            (root / "tiny" / label).mkdir(parents=True)
            for speaker in "abcdef":
                path = root / "tiny" / label / f"{speaker}_{index}.txt"
                path.write_text(f"{index} {ord(speaker)} 7.25 1")
        return {}

    def relabel(self, root: Path) -> None:
        path = self.files(root)[0]
        path.rename(root / "tiny" / "sad" / path.name)


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


def in_dataset(
    check: str, target: str = "Sound", *, words: str, why: str, **changes: Any
) -> PlantedFault:
    component: DatasetComponent = replace(
        SOUND_DATASET, name="broken", target=f"faults.datasets:{target}", **changes
    )
    return PlantedFault(
        check=check,
        suite=TinySetSuite,
        component=component,
        sound=SOUND_DATASET,
        words=words,
        why=why,
    )


def offer(**changes: Any) -> tuple[TaskOffer, ...]:
    return (
        TaskOffer(
            **{
                "name": "speakers",
                "summary": "Planted.",
                "protocol": ProtocolOptions(use="grouped-holdout"),
                **changes,
            }
        ),
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

DATASET_FAULTS = (
    in_dataset(
        "its_table_is_whole",
        "IdsRepeat",
        words="stands for more than one item",
        why="its ids are those of speakers",
    ),
    in_dataset(
        "loads_what_it_promises",
        "GivesDoubles",
        words="table is float64, not float32",
        why="it loads rows in double precision",
    ),
    in_dataset(
        "loading_twice_gives_the_same_bytes",
        "HandsOutItsMemory",
        words="loaded a second time",
        why="what a caller does to an item stays in its memory",
    ),
    in_dataset(
        "pickles_in_use",
        "KeepsALock",
        words="cannot be pickled once it has been used",
        why="it keeps a lock",
    ),
    in_dataset(
        "its_texts_say_something",
        words="licence says nothing",
        why="its licence is unknown",
        licence="Unknown",
    ),
    in_dataset(
        "missing_data_are_explained",
        "SilentWhenMissing",
        words="end in FileNotFoundError",
        why="it leaves the user with the system's error",
    ),
    in_dataset(
        "missing_data_are_explained",
        "MissingWithoutLicence",
        words="does not tell its licence",
        why="its error hides under which licence the data are given",
    ),
    in_dataset(
        "every_task_it_offers_can_be_split",
        words="asks for 'valence'",
        why="it offers a target that it does not have",
        tasks=offer(targets=("valence",)),
    ),
    in_dataset(
        "every_task_it_offers_can_be_split",
        "KnowsNoSpeakers",
        words="cannot be split",
        why="it offers to keep speakers apart and names none",
    ),
    in_dataset(
        "every_task_it_offers_can_be_split",
        words="'ccc'",
        why="its metric judges numbers",
        tasks=offer(metric="ccc"),
    ),
    in_dataset(
        "fingerprint_is_the_same_on_a_second_opening",
        "CountsOpenings",
        words="a second opening of the same data",
        why="each opening counts",
    ),
    in_dataset(
        "fingerprint_knows_no_path",
        "KnowsItsPath",
        words="leave paths out of it",
        why="its fingerprint holds the folder's path",
    ),
    in_dataset(
        "fingerprint_changes_with_a_file",
        "TrustsNamesAndSizes",
        words="stays when one data file was changed",
        why="it looks at names and sizes, not at bytes",
    ),
    in_dataset(
        "fingerprint_changes_with_a_label",
        "IgnoresLabels",
        words="stays when a label was changed",
        why="it leaves labels out of its fingerprint",
    ),
    in_dataset(
        "fingerprint_changes_with_options_that_change_data",
        "IgnoresOptions",
        words="option 'scale' changes the data and not the fingerprint",
        why="it leaves options out of its fingerprint",
    ),
)

FAULTS = (*POSTPROCESSOR_FAULTS, *COMBINER_FAULTS, *FRONTEND_FAULTS, *DATASET_FAULTS)
