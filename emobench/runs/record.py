"""The record of one run: frozen dataclasses, one to one with `record.json`. No torch, no store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

RECORD_SCHEMA = 3
"""Rises when the record gains a field; a record of an older schema is read without it."""

SINCE_2 = {"since": 2}
"""Marks the fields that came with schema 2: a record may lack them."""

SINCE_3 = {"since": 3}
"""Likewise with schema 3."""

State = Literal[
    "ok", "collapsed", "diverged", "out_of_memory", "timed_out", "failed", "interrupted"
]
FINAL_STATES: frozenset[State] = frozenset({"ok", "collapsed", "diverged"})
"""States that a rerun would only repeat: the stored record is the answer."""

LOADING_KEYS = frozenset({"workers", "checkpoint_every"})
"""Keys of a recipe's `train` that decide how it runs and not what comes out."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One start of the run: a run that was killed and resumed has several."""

    started: str
    ended: str = ""
    state: State = "interrupted"
    reason: str = ""
    resumed_from_epoch: int = 0


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """How one class of the test set fared."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, kw_only=True)
class TargetScores:
    """The test figures of one target; classes and confusion are empty where it has none."""

    metrics: Mapping[str, float]
    validation: Mapping[str, float] = field(default_factory=dict)
    classes: tuple[ClassScore, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class CollapseFacts:
    """Why a run counts as collapsed: `class_name` is the class it fell into."""

    class_name: str
    share: float
    never_predicted: tuple[str, ...]
    entropy: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding of the leak audit: evidence, and what to do.

    `count` items are concerned, `share` is the part of the test set among them; `items` and
    `pairs` name the first few.
    """

    check: str
    severity: Literal["info", "warned", "leaky"]
    message: str
    items: tuple[str, ...] = ()
    advice: str = field(default="", metadata=SINCE_3)
    count: int = field(default=0, metadata=SINCE_3)
    share: float = field(default=0.0, metadata=SINCE_3)
    pairs: tuple[tuple[str, str], ...] = field(default=(), metadata=SINCE_3)


@dataclass(frozen=True, kw_only=True)
class AuditVerdict:
    """What the leak audit said before training."""

    verdict: Literal["clean", "warned", "leaky"] = "clean"
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaskStamp:
    """The task as it was: its version and how it was split."""

    name: str
    version: int
    metric: str
    protocol: Mapping[str, Any]
    targets: tuple[str, ...]
    fold: int = 0
    folds: int = 1


@dataclass(frozen=True, kw_only=True)
class DataStamp:
    """The data as they were; `note` is what a page with their numbers must say."""

    fingerprint: str
    train: int
    validation: int
    test: int
    groups: Mapping[str, int] = field(default_factory=dict)
    skipped: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What the run cost. Seconds are wall time, summed over attempts; memory is the peak."""

    total_s: float = 0.0
    data_s: float = 0.0
    train_s: float = 0.0
    epochs: int = 0
    best_epoch: int = 0
    updates: int = 0
    peak_memory_mb: float = 0.0
    parameters: int = 0
    flops_per_item: int | None = None
    ms_per_item: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What the run ran on: versions, code, machine. Holds no host name and no path.

    `plugin_apis` names, for every plugin, the version of the plugin API it was built for.
    """

    emobench: str
    api: int
    python: str
    packages: Mapping[str, str] = field(default_factory=dict)
    plugins: Mapping[str, str] = field(default_factory=dict)
    plugin_apis: Mapping[str, int] = field(default_factory=dict, metadata=SINCE_2)
    components: Mapping[str, str] = field(default_factory=dict)
    git: str = ""
    platform: str = ""
    processor: str = ""
    cores: int = 0
    device: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class Culprit:
    """The plugin whose code raised what ended a run; `component` is `kind/name`, if it is known."""

    package: str
    version: str
    component: str = ""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run, whole. `recipe` is the canonical resolved recipe, `scores` is by target.

    `members` holds the ids of the runs that an ensemble combines; its costs are theirs together,
    but for `total_s`, the seconds of its own.
    """

    id: str
    identity: str
    recipe_name: str
    recipe: Mapping[str, Any]
    task: TaskStamp
    seed: int
    state: State
    members: tuple[str, ...] = field(default=(), metadata=SINCE_2)
    reason: str = ""
    log: tuple[str, ...] = ()
    culprit: Culprit | None = field(default=None, metadata=SINCE_2)
    attempts: tuple[Attempt, ...] = ()
    scores: Mapping[str, TargetScores] = field(default_factory=dict)
    collapse: CollapseFacts | None = None
    audit: AuditVerdict = field(default_factory=AuditVerdict)
    data: DataStamp | None = None
    costs: Costs = field(default_factory=Costs)
    provenance: Provenance | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    schema: int = RECORD_SCHEMA

    @property
    def metrics(self) -> Mapping[str, float]:
        """The first target's test figures; empty when the run has no score."""
        first = next(iter(self.scores.values()), None)
        return first.metrics if first else {}

    @property
    def score(self) -> float | None:
        """The task's own metric on the test set."""
        return self.metrics.get(self.task.metric)
