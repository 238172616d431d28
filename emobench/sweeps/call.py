"""What a sweep is asked for: the arguments of one call, and those that an earlier call kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from emobench.api.errors import UsageError, unknown_name
from emobench.runs.plan import Settings
from emobench.sweeps.watcher import Resources

DEFAULT_TASK = "synthetic-speech/speakers"
DEFAULT_TRIALS = 50
FINAL_SEEDS = 3
"""Enough for an interval over seeds, and a fraction of what the trials cost."""

OWN_RECORDS = "published"
"""What `warm_start` says for the published records; `NO_RECORDS` for none."""

NO_RECORDS = "none"

Search = Literal["tpe", "random", "grid"]
Stop = Literal["asha", "hyperband", "none"]

COSTS = ("ms_per_item", "parameters", "flops_per_item", "train_s")
"""Figures of a record's costs that a sweep can make small, beside its score.

The peak of memory is none: a warm worker's is that of all its trials so far.
"""

PATHS = frozenset({"runs", "cache"})


@dataclass(frozen=True)
class _Number:
    """What a number may be, in words and as a test."""

    words: str
    fits: Callable[[float], bool]
    whole: bool = False


NUMBERS = {
    "seed": _Number("a seed is a whole number from 0 on", lambda seed: seed >= 0, whole=True),
    "final_seeds": _Number(
        "the winner is trained with a whole number of seeds; 0 leaves that out",
        lambda seeds: seeds >= 0,
        whole=True,
    ),
    "cpus_per_trial": _Number(
        "a trial has a whole number of cores, at least 1", lambda cores: cores >= 1, whole=True
    ),
    "gpus_per_trial": _Number(
        "a trial has part of a GPU, such as 0.5, or a whole number of them",
        lambda gpus: gpus >= 0 and (gpus < 1 or gpus == int(gpus)),
    ),
    "concurrent": _Number(
        "at least 1 trial runs at once; leave it out for as many as there is room for",
        lambda trials: trials >= 1,
        whole=True,
    ),
    "patience": _Number("a number of seconds above 0", lambda seconds: seconds > 0),
    "slowest": _Number(
        "a factor from 0 on; 0 never ends a trial for being slow", lambda factor: factor >= 0
    ),
}
"""The options that are numbers; those that are None by default may also be that."""

TRIALS = _Number("a sweep has at least 1 trial", lambda trials: trials >= 1, whole=True)


@dataclass(frozen=True, kw_only=True)
class SweepOptions:
    """How to search, where trials run, and what follows; every field is a flag of the command.

    `open` names the kinds whose components are chosen too; None leaves that to the call: several
    where no recipe is named, none where one is. `warm_start` is a folder of records, `published`
    or `none`. `final_seeds` are trained with the winner at the end; 0 leaves that out.
    `storage` is a URL for copies of runs, where machines have no folder in common.
    """

    open: tuple[str, ...] | None = None
    seed: int = 0
    name: str | None = None
    search: Search = "tpe"
    stop: Stop = "asha"
    stop_collapsing: bool = True
    cost: str | None = None
    warm_start: str = OWN_RECORDS
    final_seeds: int = FINAL_SEEDS
    address: str | None = None
    cpus_per_trial: int = 1
    gpus_per_trial: float | None = None
    concurrent: int | None = None
    patience: float = Resources().patience
    slowest: float = Resources().slowest
    storage: str | None = None

    def __post_init__(self) -> None:
        """Refuse at the edge what would only fail inside, or never end."""
        for name, number in NUMBERS.items():
            value = getattr(self, name)
            left_open = value is None and getattr(SweepOptions, name) is None
            if not (left_open or _is_number(value, number)):
                raise UsageError(f"{name}={value!r}: {number.words}")
        if self.search not in get_args(Search):
            raise UsageError(unknown_name("search", self.search, get_args(Search)))
        if self.stop not in get_args(Stop):
            raise UsageError(unknown_name("way to stop trials", self.stop, get_args(Stop)))
        if self.cost is not None and self.cost not in COSTS:
            raise UsageError(unknown_name("cost", self.cost, COSTS))


def _is_number(value: object, number: _Number) -> bool:
    kinds = int if number.whole else int | float
    if not isinstance(value, kinds) or isinstance(value, bool):
        return False
    return math.isfinite(value) and number.fits(value)


@dataclass(frozen=True, kw_only=True)
class Call:
    """All that one call says. Without a recipe it begins with the plainest for its task."""

    recipe: str | None = None
    trials: int = DEFAULT_TRIALS
    task: str | None = None
    overrides: tuple[str, ...] = ()
    options: SweepOptions = field(default_factory=SweepOptions)
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        """Refuse at the edge what would only fail inside."""
        if not _is_number(self.trials, TRIALS):
            raise UsageError(f"trials={self.trials!r}: {TRIALS.words}")

    def changed(self, given: Mapping[str, Any]) -> Call:
        """The call with these arguments instead, by their names, wherever they belong."""
        parts = [_only(given, kind) for kind in (SweepOptions, Settings, Call)]
        return replace(
            self,
            options=replace(self.options, **parts[0]),
            settings=replace(self.settings, **parts[1]),
            **parts[2],
        )

    def dump(self) -> dict[str, Any]:
        """Every argument by its name, as JSON holds it."""
        told = {
            name: value
            for name, value in asdict(self).items()
            if name not in ("options", "settings")
        }
        plain = {**told, **asdict(self.options), **asdict(self.settings)}
        return {
            key: str(value) if isinstance(value, Path) else value for key, value in plain.items()
        }

    @staticmethod
    def parse(plain: Mapping[str, Any]) -> Call:
        """The call of a dump; arguments that it lacks have their defaults."""
        given = {
            key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()
        }
        paths = {key: Path(str(given[key])) for key in PATHS if given.get(key)}
        return Call().changed({**given, **paths})

    def from_anywhere(self) -> Call:
        """The call as it can be repeated from another folder: files by their whole paths."""
        settings, root = self.settings, self.settings.data_root
        return replace(
            self,
            recipe=whole_path(self.recipe or "") or self.recipe,
            task=whole_path(self.task or "") or self.task,
            settings=replace(settings, data_root=str(Path(root).resolve()) if root else ""),
        )

    def resources(self) -> Resources:
        """What trials may use, and what they are asked for."""
        options = self.options
        return Resources(
            address=options.address,
            cpus=options.cpus_per_trial,
            gpus=self._gpus(),
            concurrent=options.concurrent,
            patience=options.patience,
            slowest=options.slowest,
            storage=options.storage,
            cost=options.cost,
            end_collapsing=options.stop_collapsing,
        )

    def _gpus(self) -> float | None:
        """What was asked for; else what the device says, and None where it is left open."""
        if self.options.gpus_per_trial is not None or self.settings.device == "auto":
            return self.options.gpus_per_trial
        return 1.0 if self.settings.device.startswith("cuda") else 0.0


def whole_path(source: str) -> str:
    """Where a recipe or task file lies; empty for a name."""
    path = Path(source)
    return str(path.resolve()) if path.suffix.lower() in (".yaml", ".yml") else ""


def _only(given: Mapping[str, Any], kind: type[Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)} - {"options", "settings"}
    return {key: value for key, value in given.items() if key in names}
