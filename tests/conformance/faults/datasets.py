"""A sound dataset of small text files, and what it becomes by one mistake."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from emobench.api import (
    DataError,
    DatasetComponent,
    DatasetContext,
    Field,
    Items,
    Options,
    ProtocolOptions,
    Target,
    TaskOffer,
)

openings = itertools.count()


class TinyOptions(Options):
    scale: float = Field(1.0, gt=0, description="what every value is multiplied by")


SOUND = DatasetComponent(
    name="sound",
    target="faults.datasets:Sound",
    summary="Rows of numbers, one a file.",
    options=TinyOptions,
    modalities=("table",),
    licence="made by hand for these tests, free for all",
    obtain="nobody gives it away",
    layout="tiny/<label>/<speaker>_<number>.txt",
    tasks=(
        TaskOffer(
            name="speakers",
            summary="Unseen speakers.",
            protocol=ProtocolOptions(use="grouped-holdout"),
        ),
        TaskOffer(
            name="folds",
            summary="Unseen speakers, in folds.",
            protocol=ProtocolOptions(use="grouped-kfold", folds=3),
        ),
    ),
)


class Sound:
    """Files `tiny/<label>/<speaker>_<number>.txt` with numbers in them."""

    modalities: tuple[str, ...] = ("table",)
    rates: Mapping[str, int] = {}

    def __init__(self, options: TinyOptions, context: DatasetContext) -> None:
        self.options = options
        self.root = Path(context.data_root) / "tiny"

    @cached_property
    def paths(self) -> list[Path]:
        if not self.root.is_dir():
            raise SOUND.missing(str(self.root))
        return sorted(self.root.glob("*/*.txt"), key=lambda path: path.stem)

    @property
    def labels(self) -> list[str]:
        return [path.parent.name for path in self.paths]

    def items(self) -> Items:
        classes = tuple(sorted(set(self.labels)))
        return Items(
            ids=tuple(path.stem for path in self.paths),
            specs=(Target(name="emotion", kind="class", classes=classes),),
            targets={"emotion": np.array([classes.index(label) for label in self.labels])},
            groups=tuple(path.stem.partition("_")[0] for path in self.paths),
            group_name="speaker",
        )

    def facts(self) -> list[Any]:
        """What the fingerprint stands for."""
        return [
            self.options.dump(),
            [[path.stem, label] for path, label in zip(self.paths, self.labels, strict=True)],
            [path.read_text() for path in self.paths],
        ]

    def fingerprint(self) -> str:
        return hashlib.blake2b(json.dumps(self.facts()).encode(), digest_size=16).hexdigest()

    def load(self, index: int) -> dict[str, np.ndarray]:
        row = np.array(self.paths[index].read_text().split(), dtype=np.float32)
        return {"table": row * np.float32(self.options.scale)}


class IdsRepeat(Sound):
    def items(self) -> Items:
        items = super().items()
        return replace(items, ids=tuple(name.partition("_")[0] for name in items.ids))


class GivesDoubles(Sound):
    def load(self, index: int) -> dict[str, np.ndarray]:
        return {"table": super().load(index)["table"].astype(np.float64)}


class HandsOutItsMemory(Sound):
    def __init__(self, options: TinyOptions, context: DatasetContext) -> None:
        super().__init__(options, context)
        self.kept: dict[int, dict[str, np.ndarray]] = {}

    def load(self, index: int) -> dict[str, np.ndarray]:
        if index not in self.kept:
            self.kept[index] = super().load(index)
        return self.kept[index]


class KeepsALock(Sound):
    """Makes a lock when it is first used, and no lock can be pickled."""

    lock: Any = None

    def load(self, index: int) -> dict[str, np.ndarray]:
        self.lock = self.lock or threading.Lock()
        with self.lock:
            return super().load(index)


class SilentWhenMissing(Sound):
    @cached_property
    def paths(self) -> list[Path]:
        return sorted((path for path in self.root.iterdir()), key=lambda path: path.stem)


class MissingWithoutLicence(Sound):
    @cached_property
    def paths(self) -> list[Path]:
        if not self.root.is_dir():
            raise replace(SOUND, name="broken", licence="see there").missing("x")
        return super().paths


class KnowsNoSpeakers(Sound):
    def items(self) -> Items:
        return replace(super().items(), groups=())


class CallsEveryClipASpeaker(Sound):
    def items(self) -> Items:
        items = super().items()
        return replace(items, groups=items.ids)


class SpoilsOneItem(Sound):
    """Decodes one item wrongly, which is neither the first, the middle one nor the last."""

    def load(self, index: int) -> dict[str, np.ndarray]:
        loaded = super().load(index)
        return {"table": loaded["table"] * np.float32(np.nan)} if index == 3 else loaded


class KeepsOneItem(HandsOutItsMemory):
    """Holds one item in its memory, which is neither the first, the middle one nor the last."""

    def load(self, index: int) -> dict[str, np.ndarray]:
        return super().load(index) if index == 3 else Sound.load(self, index)


class CountsOpenings(Sound):
    def __init__(self, options: TinyOptions, context: DatasetContext) -> None:
        super().__init__(options, context)
        self.number = next(openings)

    def facts(self) -> list[Any]:
        return [*super().facts(), self.number]


class KnowsItsPath(Sound):
    def facts(self) -> list[Any]:
        return [*super().facts(), str(self.root)]


class TrustsNamesAndSizes(Sound):
    def facts(self) -> list[Any]:
        options, names, _ = super().facts()
        return [options, names, [path.stat().st_size for path in self.paths]]


class ReadsTheFirstFile(Sound):
    def facts(self) -> list[Any]:
        options, names, contents = super().facts()
        return [options, names, contents[:1]]


class IgnoresLabels(Sound):
    def facts(self) -> list[Any]:
        options, names, contents = super().facts()
        return [options, [name for name, _ in names], contents]


class ListsASet(Sound):
    """Its table has the order that a set happens to have."""

    @cached_property
    def paths(self) -> list[Path]:
        if not self.root.is_dir():
            raise SOUND.missing(str(self.root))
        found = {path.relative_to(self.root).as_posix() for path in self.root.glob("*/*.txt")}
        return [self.root / name for name in found]


class HashesAnew(Sound):
    def fingerprint(self) -> str:
        return str(hash(json.dumps(self.facts())))


class IgnoresOptions(Sound):
    def facts(self) -> list[Any]:
        return super().facts()[1:]


SOUND_LISTED = replace(
    SOUND,
    name="sound_listed",
    target="faults.datasets:SoundListed",
    layout="tiny/labels.csv and tiny/clips/<speaker>_<number>.txt",
)


class SoundListed(Sound):
    """Files `tiny/clips/<speaker>_<number>.txt`, their labels in `tiny/labels.csv`."""

    @cached_property
    def listed(self) -> list[list[str]]:
        table = self.root / "labels.csv"
        if not table.is_file():
            raise SOUND_LISTED.missing(str(self.root))
        return [line.split(",") for line in table.read_text().splitlines()]

    @cached_property
    def paths(self) -> list[Path]:
        paths = [self.root / "clips" / name for name, _ in self.listed]
        for path in paths:
            if not path.is_file():
                raise DataError(f"clips/{path.name} is listed and not there")
        return paths

    @property
    def labels(self) -> list[str]:
        return [label for _, label in self.listed]


class ListedIgnoresLabels(SoundListed):
    def facts(self) -> list[Any]:
        options, names, contents = super().facts()
        return [options, [name for name, _ in names], contents]
