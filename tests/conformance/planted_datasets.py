"""Faults planted in datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from faults.datasets import SOUND as SOUND_DATASET
from faults.datasets import SOUND_LISTED
from planting import PlantedFault

from emobench.api import DatasetComponent, ProtocolOptions, TaskOffer
from emobench.testing import DatasetSuite


class TinySetSuite(DatasetSuite):
    """Six speakers with a file of each label."""

    def write(self, root: Path) -> Mapping[str, Any]:
        for index, label in enumerate(("angry", "happy", "sad")):
            (root / "tiny" / label).mkdir(parents=True)
            for speaker in "abcdef":
                path = root / "tiny" / label / f"{speaker}_{index}.txt"
                path.write_text(f"{index} {ord(speaker)} 7.25 1")
        return {}


class ListedSetSuite(DatasetSuite):
    """Six speakers with a file of each label, which a table tells."""

    def write(self, root: Path) -> Mapping[str, Any]:
        (root / "tiny" / "clips").mkdir(parents=True)
        lines = []
        for index, label in enumerate(("angry", "happy", "sad")):
            for speaker in "abcdef":
                path = root / "tiny" / "clips" / f"{speaker}_{index}.txt"
                path.write_text(f"{index} {ord(speaker)} 7.25 1")
                lines.append(f"{path.name},{label}")
        (root / "tiny" / "labels.csv").write_text("\n".join(lines) + "\n")
        return {}

    def relabel(self, root: Path) -> None:
        table = root / "tiny" / "labels.csv"
        table.write_text(table.read_text().replace("angry", "sad", 1))


class UnlabelledSetSuite(ListedSetSuite):
    """The same, and nobody says how to give an item another label."""

    relabel = DatasetSuite.relabel


class AimlessSetSuite(ListedSetSuite):
    """The same, and what is to give an item another label does nothing."""

    def relabel(self, root: Path) -> None:
        (root / "tiny" / "clips" / "notes.md").write_text("nothing")


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


LISTED_IGNORES_LABELS = PlantedFault(
    check="fingerprint_changes_with_a_label",
    suite=ListedSetSuite,
    component=replace(SOUND_LISTED, name="broken", target="faults.datasets:ListedIgnoresLabels"),
    sound=SOUND_LISTED,
    words="stays when a label was changed",
    why="its table of labels has no part in its fingerprint",
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


FAULTS = (
    in_dataset(
        "its_table_is_whole",
        "IdsRepeat",
        words="stands for more than one item",
        why="its ids are those of speakers",
    ),
    in_dataset(
        "its_table_is_whole",
        "CallsEveryClipASpeaker",
        words="each of 18 items is a speaker of its own",
        why="splits by its speakers keep nothing apart",
    ),
    in_dataset(
        "loads_what_it_promises",
        "SpoilsOneItem",
        words="values that are not finite",
        why="its fourth item is decoded wrongly",
    ),
    in_dataset(
        "loading_twice_gives_the_same_bytes",
        "KeepsOneItem",
        words="item 3 is loaded a second time",
        why="what a caller does to the fourth item stays in its memory",
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
        "another_process_gives_the_same",
        "ListsASet",
        words="the order of ids is not the same in another process",
        why="its items stand in the order of a set",
    ),
    in_dataset(
        "another_process_gives_the_same",
        "HashesAnew",
        words="the fingerprint is not the same in another process",
        why="`hash` of a text is another in every process",
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
        words="'tiny/angry/a_0.txt' was changed",
        why="it looks at names and sizes, not at bytes",
    ),
    in_dataset(
        "fingerprint_changes_with_a_file",
        "ReadsTheFirstFile",
        words="'tiny/angry/b_0.txt' was changed",
        why="it looks at the bytes of its first file alone",
    ),
    LISTED_IGNORES_LABELS,
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
