"""What an object of each kind must do. Every one is built as `Target(options, context)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from emobench.api.types import Features, Target, TargetKind

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn


class Stateful(Protocol):
    """State made of numbers, texts, lists, dicts and tensors: what a checkpoint can hold."""

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on as if never stopped."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state that `state_dict` gave."""
        ...


class Model(Protocol):
    """Backbone and heads together; an `nn.Module`."""

    training: bool

    def __call__(self, inputs: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Logits by target."""
        ...

    def features(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """What the backbone gives."""
        ...

    def train(self, mode: bool = True) -> Any:
        """Switch dropout and batch norm to training."""
        ...

    def eval(self) -> Any:
        """Switch dropout and batch norm to evaluation."""
        ...

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        """The weights."""
        ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The weights with their names."""
        ...

    def modules(self) -> Iterator[nn.Module]:
        """Every part, itself first."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Weights and buffers."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Take up weights and buffers."""
        ...


class Frontend(Protocol):
    """Decoded items to tensors. A deterministic one is computed once and cached."""

    deterministic: ClassVar[bool]
    modality: ClassVar[Literal["audio", "image", "table"]]

    def shape(self) -> tuple[int, ...]:
        """The shape of one item's tensor."""
        ...

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Decoded items to float32 `(batch, *shape)`; each row depends on its own item alone."""
        ...


class Backbone(Protocol):
    """An `nn.Module` from inputs to features. `exports = False`: torch.export cannot take it."""

    width: int

    def __call__(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """Inputs by modality to an embedding `(batch, width)`."""
        ...


class Head(Protocol):
    """An `nn.Module` from features to the logits of `context.target`."""

    def __call__(self, features: Features) -> torch.Tensor:
        """Logits `(batch, target.width)`."""
        ...


class LossFunction(Protocol):
    """A scalar from logits and targets.

    `kinds` says for which kinds of target it may be chosen. Techniques such as MixUp and label
    softening turn class ids into distributions, so one that names "class" takes both: ids
    `(batch,)` and distributions `(batch, classes)`, and a one-hot distribution costs what its id
    does.
    """

    kinds: ClassVar[frozenset[TargetKind]]

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The loss; `weights (batch,)` multiply the items' losses before the mean."""
        ...


class SampleAugmentation(Protocol):
    """Changes one decoded item before the frontend, on a CPU worker; returns a copy."""

    level: ClassVar[Literal["sample", "batch"]]
    modality: ClassVar[Literal["audio", "image", "table", "any"]]

    def apply(
        self, item: np.ndarray, *, random: np.random.Generator, progress: float
    ) -> np.ndarray:
        """The changed item; `progress` runs from 0 to 1 over training."""
        ...


class BatchAugmentation(Protocol):
    """Changes a batch's inputs, on the device, in training only."""

    level: ClassVar[Literal["sample", "batch"]]
    modality: ClassVar[Literal["audio", "image", "table", "any"]]

    def apply(
        self, inputs: torch.Tensor, *, random: torch.Generator, progress: float
    ) -> torch.Tensor:
        """The changed inputs, of the same shape, with none written to; `random` is a CPU one."""
        ...


class Sampler(Protocol):
    """Which training items an epoch draws, in which order. Built with a `SamplerContext`.

    `exact` names the counts that hold in every epoch and not only on average: of "items", of
    "classes", of "groups".
    """

    exact: ClassVar[frozenset[Literal["items", "classes", "groups"]]]

    def expected(self) -> np.ndarray:
        """How often each training item is drawn in an epoch, on average `(items,)`."""
        ...

    def indices(self, epoch: int) -> np.ndarray:
        """Positions within the training set, drawn from `context.stream.numpy(epoch)`."""
        ...

    def __len__(self) -> int:
        """Items an epoch draws."""
        ...


class OptimizerRule(Protocol):
    """Builds the torch optimizer for a model."""

    def build(self, model: nn.Module) -> torch.optim.Optimizer:
        """The optimizer over the model's trainable parameters."""
        ...


class LearningRate(Protocol):
    """A schedule; sets `group["lr"]` as a factor of the rate the optimizer was built with."""

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        """Take the optimizer and set the rate of the first update."""
        ...

    def after_update(self, update: int) -> None:
        """`update` updates are done; set the rate of the next."""
        ...

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """An epoch is over."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up such a state."""
        ...


class Technique(Protocol):
    """A plain class whose `@event` methods answer events; see `emobench.api.events`.

    One that keeps state offers `state_dict` and `load_state_dict` (see `Stateful`). One that joins
    micro-batches into an update says how many in `steps_per_update`, so that schedules fit.
    """


@runtime_checkable
class PostProcessor(Protocol):
    """Fitted once on validation logits; turns logits into probabilities, row by row."""

    @property
    def objective(self) -> str:
        """The metric that fitting makes no worse on what it was fitted on; "" where nothing is.

        One of the metrics that a task may name, such as "log_loss", "uar" or "accuracy"
        (docs/tasks.md has them all), and one of the target's kind. An attribute of the class does,
        where it is the same for all kinds of target.
        """
        ...

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        """Learn from validation logits `(items, classes)` and their class ids or distributions."""
        ...

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities `(items, classes)`."""
        ...


class Combiner(Protocol):
    """Turns members' probabilities into one set, row by row; fitted on validation."""

    @property
    def objective(self) -> str:
        """The metric in which the result is, on what it was fitted on, no worse than the best
        single member; "" where nothing is fitted.

        One of the metrics that a task may name, such as "log_loss", "uar" or "accuracy"
        (docs/tasks.md has them all).
        """
        ...

    def fit(self, members: np.ndarray, targets: np.ndarray) -> None:
        """Learn from validation probabilities `(members, items, classes)`."""
        ...

    def apply(self, members: np.ndarray) -> np.ndarray:
        """Probabilities `(items, classes)`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Items:
    """A dataset's table: one row an item, nothing decoded.

    `targets` holds class ids `(items,)`, 0/1 labels or distributions `(items, classes)`, or numbers
    `(items,)`. `groups` is empty where the dataset knows none; `split` likewise. `notes` are told
    to the user before training: clips left out, parts of the data that are not there. A label may
    be a share from 0 to 1: it is present above one half. `derived` says of each target that is a
    function of the inputs, by its name, what it was computed from: the audit marks it.
    """

    ids: tuple[str, ...]
    specs: tuple[Target, ...]
    targets: Mapping[str, np.ndarray]
    groups: tuple[str, ...] = ()
    group_name: str = "group"
    split: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    derived: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


class Dataset(Protocol):
    """Items, labels and groups, read from the owner's layout. Built with a `DatasetContext`.

    `files_below`, `file_digest`, `read_audio` and `read_image` of `emobench.api` read files.
    """

    modalities: tuple[str, ...]
    rates: Mapping[str, int]

    def items(self) -> Items:
        """The table; raises DataError, with how to obtain the data, when they are missing."""
        ...

    def fingerprint(self) -> str:
        """Changes whenever an item, a label, a group or the way of decoding changes.

        It stands for the dataset in the identity of a run, so it covers the options too, but no
        path of the machine.
        """
        ...

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Decode one item: audio float32 `(samples,)` at `rates["audio"]`, image uint8
        `(height, width, channels)`, table float32 `(columns,)`."""
        ...


@dataclass(frozen=True, kw_only=True)
class DatasetContext:
    """What a dataset is built with: where the user keeps data."""

    data_root: str = ""


@dataclass(frozen=True, kw_only=True)
class SamplerContext:
    """What a sampler is built with: the training items alone."""

    stream: Any
    labels: np.ndarray
    groups: tuple[str, ...] = ()
    target: Target | None = None
