"""Options of every component in this package. Loads no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from emobench.api import Field, Options, Search

Balance = Literal["none", "balanced", "sqrt"]
Direction = Literal["auto", "higher", "lower"]
Order = Literal["norm-relu-dropout", "relu-norm-dropout", "relu-dropout-norm", "dropout-norm-relu"]


class MlpOptions(Options):
    """Options of the `mlp` head."""

    hidden: Annotated[
        tuple[int, ...], Search(choices=((128,), (256,), (256, 128), (512, 256, 128)))
    ] = Field((256,), ge=1, min_length=1, description="widths of the hidden layers")
    dropout: Annotated[float | tuple[float, ...], Search(0.0, 0.6)] = Field(
        0.3, ge=0, lt=1, description="dropout after each hidden layer: one share, or one a layer"
    )
    batch_norm: bool = Field(
        False,
        description="batch norm in each hidden layer, which has no bias where it comes first",
    )
    norm_momentum: float = Field(
        0.1,
        gt=0,
        le=1,
        description="share of each batch in batch norm's running figures, by which it evaluates; "
        "Keras' default momentum of 0.99 is 0.01 here",
    )
    order: Order = Field(
        "norm-relu-dropout",
        description="what follows each hidden layer's matrix, in which order; norm only where "
        "batch_norm is on",
    )

    def conflicts(self) -> list[str]:
        """One dropout a layer, or one for all."""
        return uneven_dropout(self.dropout, self.hidden)


def uneven_dropout(dropout: float | tuple[float, ...], hidden: tuple[int, ...]) -> list[str]:
    """A complaint where dropout is listed for more or fewer layers than there are."""
    if isinstance(dropout, tuple) and len(dropout) != len(hidden):
        return [
            f"dropout lists {len(dropout)} shares but hidden lists {len(hidden)} "
            "layers; give one share a layer, or a single one for all"
        ]
    return []


class DenseOptions(Options):
    """Options of the `dense` backbone."""

    hidden: Annotated[tuple[int, ...], Search(choices=((128,), (256,), (256, 128), (512, 256)))] = (
        Field((256, 128), ge=1, min_length=1, description="widths of the layers")
    )
    dropout: Annotated[float | tuple[float, ...], Search(0.0, 0.6)] = Field(
        0.2, ge=0, lt=1, description="dropout after each layer: one share, or one a layer"
    )
    batch_norm: bool = Field(
        True, description="batch norm on the input, so that columns need no scaler of their own"
    )
    hidden_batch_norm: bool = Field(
        False, description="batch norm in each layer, which has no bias where it comes first"
    )
    norm_momentum: float = Field(
        0.1,
        gt=0,
        le=1,
        description="share of each batch in batch norm's running figures, by which it evaluates; "
        "Keras' default momentum of 0.99 is 0.01 here",
    )
    order: Order = Field(
        "norm-relu-dropout",
        description="what follows each layer's matrix, in which order; norm only where "
        "hidden_batch_norm is on",
    )

    def conflicts(self) -> list[str]:
        """One dropout a layer, or one for all."""
        return uneven_dropout(self.dropout, self.hidden)


class CrossEntropyOptions(Options):
    """Options of the `cross_entropy` loss."""

    label_smoothing: Annotated[float, Search(0.0, 0.2)] = Field(
        0.0, ge=0, lt=1, description="share of each label spread evenly over all classes"
    )
    class_weights: Annotated[Balance, Search(choices=("none", "balanced", "sqrt"))] = Field(
        "none",
        description="balanced: inverse to the class's training count; sqrt: its square root",
    )


class FocalOptions(Options):
    """Options of the `focal` loss."""

    gamma: Annotated[float, Search(0.5, 5.0)] = Field(
        2.0, ge=0, description="how strongly items that are already right are played down"
    )
    alpha: float | Literal["balanced", "sqrt"] | None = Field(
        None,
        gt=0,
        description="a number scales the whole loss, as the guides and Keras do; "
        "balanced and sqrt are class weights; null is neither",
    )
    label_smoothing: Annotated[float, Search(0.0, 0.2)] = Field(
        0.0, ge=0, lt=1, description="share of each label spread evenly over all classes"
    )


class BinaryCrossEntropyOptions(Options):
    """Options of the `binary_cross_entropy` loss."""

    positive_weights: Annotated[Balance, Search(choices=("none", "balanced", "sqrt"))] = Field(
        "none",
        description="weight of a present label; balanced: absent over present in training; "
        "sqrt: its square root",
    )


class RepeatedSamplerOptions(Options):
    """Options of the `repeated` sampler."""

    times: Annotated[int, Search(choices=(1, 2, 4))] = Field(
        4, ge=1, description="how often an epoch draws every training item"
    )


class WeightedSamplerOptions(Options):
    """Options of the `weighted` sampler."""

    power: Annotated[float, Search(0.0, 1.0)] = Field(
        1.0,
        ge=0,
        le=2,
        description="an item is drawn in proportion to its class's count to the power of minus "
        "this: 1 gives every class an equal share, 0 leaves the shares as they are; several labels "
        "weigh as the rarest of them, none as the mean, a distribution as its class is expected to",
    )


class AdamOptions(Options):
    """Options of the `adam` optimizer."""

    lr: Annotated[float, Search(1e-4, 1e-2, log=True)] = Field(
        1e-3, gt=0, description="learning rate"
    )
    weight_decay: Annotated[float, Search(1e-6, 1e-2, log=True)] = Field(
        0.0, ge=0, description="L2 penalty, added to the gradients"
    )
    decay_norms: bool = Field(
        True, description="whether biases and norm layers are decayed as the weights are"
    )
    betas: tuple[float, float] = Field(
        (0.9, 0.999), ge=0, lt=1, description="decay of the means of gradient and its square"
    )


class AdamWOptions(Options):
    """Options of the `adamw` optimizer."""

    lr: Annotated[float, Search(1e-4, 1e-2, log=True)] = Field(
        1e-3, gt=0, description="learning rate"
    )
    weight_decay: Annotated[float, Search(1e-4, 1e-1, log=True)] = Field(
        0.01, ge=0, description="decay of the weights, apart from the gradients"
    )
    decay_norms: bool = Field(
        False, description="whether biases and norm layers are decayed as the weights are"
    )
    betas: tuple[float, float] = Field(
        (0.9, 0.999), ge=0, lt=1, description="decay of the means of gradient and its square"
    )


class SgdOptions(Options):
    """Options of the `sgd` optimizer."""

    lr: Annotated[float, Search(1e-3, 0.3, log=True)] = Field(
        0.1, gt=0, description="learning rate"
    )
    momentum: Annotated[float, Search(0.8, 0.99)] = Field(
        0.9, ge=0, lt=1, description="share of the last change that is kept"
    )
    nesterov: bool = Field(True, description="look ahead along the momentum")
    weight_decay: Annotated[float, Search(1e-6, 1e-2, log=True)] = Field(
        1e-4, ge=0, description="L2 penalty, added to the gradients"
    )
    decay_norms: bool = Field(
        True, description="whether biases and norm layers are decayed as the weights are"
    )

    def conflicts(self) -> list[str]:
        """Nesterov needs momentum."""
        if self.nesterov and self.momentum == 0:
            return ["nesterov needs a momentum above 0; set nesterov: false"]
        return []


class OneCycleOptions(Options):
    """Options of the `onecycle` schedule."""

    peak: float = Field(
        1.0, gt=0, description="highest rate, as a factor of the optimizer's learning rate"
    )
    rise: Annotated[float, Search(0.1, 0.5)] = Field(
        0.3, gt=0, lt=1, description="share of the updates in which the rate rises"
    )
    start: float = Field(25.0, ge=1, description="the first rate is the peak divided by this")
    end: float = Field(1e4, ge=1, description="the last rate is the first divided by this")


class CosineOptions(Options):
    """Options of the `cosine` schedule."""

    warmup: Annotated[float, Search(0.0, 0.2)] = Field(
        0.05, ge=0, lt=1, description="share of the updates in which the rate rises from near 0"
    )
    floor: Annotated[float, Search(0.0, 0.1)] = Field(
        0.0, ge=0, le=1, description="lowest rate, as a factor of the optimizer's learning rate"
    )
    decay: float = Field(
        1.0, gt=0, le=1, description="share of the updates after which the floor is reached"
    )

    def conflicts(self) -> list[str]:
        """The rate rises before it falls."""
        if self.decay <= self.warmup:
            return [
                f"decay ({self.decay:g}) must be above warmup ({self.warmup:g}): both are shares "
                "of the updates, and the rate falls from the end of one to the other"
            ]
        return []


class CyclicCosineOptions(Options):
    """Options of the `cyclic_cosine` schedule."""

    cycles: Annotated[int, Search(2, 8)] = Field(
        5, ge=1, description="how often the rate falls; the first time from the start"
    )
    floor: Annotated[float, Search(0.0, 0.1)] = Field(
        0.0, ge=0, le=1, description="lowest rate, as a factor of the optimizer's learning rate"
    )


class PlateauOptions(Options):
    """Options of the `plateau` schedule."""

    factor: Annotated[float, Search(0.1, 0.7)] = Field(
        0.5, gt=0, lt=1, description="what the rate is multiplied by"
    )
    patience: Annotated[int, Search(2, 10)] = Field(
        5, ge=0, description="epochs without improvement that are let pass"
    )
    metric: str = Field(
        "", description="figure to watch, such as validation_loss; default: the task's own metric"
    )
    better: Direction = Field(
        "auto", description="whether higher or lower is better; auto tells by the metric's name"
    )
    min_delta: float = Field(1e-4, ge=0, description="smallest change that is an improvement")
    floor: float = Field(
        1e-3, ge=0, le=1, description="lowest rate, as a factor of the optimizer's learning rate"
    )


class MixUpOptions(Options):
    """Options of the `mixup` technique."""

    alpha: Annotated[float, Search(0.05, 0.8, log=True)] = Field(
        0.2, ge=0, description="both parameters of the Beta the share is drawn from; 0 is off"
    )


class EarlyStoppingOptions(Options):
    """Options of the `early_stopping` technique."""

    patience: Annotated[int, Search(5, 20)] = Field(
        10, ge=1, description="epochs without improvement after which training ends"
    )
    metric: str = Field(
        "", description="figure to watch, such as validation_loss; default: the task's own metric"
    )
    better: Direction = Field(
        "auto", description="whether higher or lower is better; auto tells by the metric's name"
    )
    min_delta: float = Field(0.0, ge=0, description="smallest change that is an improvement")


class GradientClippingOptions(Options):
    """Options of the `gradient_clipping` technique."""

    norm: Annotated[float, Search(0.1, 10.0, log=True)] = Field(
        1.0, gt=0, description="longest gradient, over all weights, that is left as it is"
    )


class AmpOptions(Options):
    """Options of the `amp` technique."""

    dtype: Literal["auto", "bfloat16", "float16"] = Field(
        "auto", description="auto: float16 with loss scaling on a GPU, bfloat16 on the CPU"
    )


class SnapshotOptions(Options):
    """Options of the `snapshot` technique."""

    cycles: Annotated[int, Search(2, 8)] = Field(
        5, ge=1, description="parts of training at whose ends weights are kept; as in the schedule"
    )
    last: int | None = Field(
        None, ge=1, description="how many of the snapshots predict, the last ones; default: all"
    )


class WeightPenaltyOptions(Options):
    """Options of the `weight_penalty` technique."""

    l2: Annotated[float, Search(1e-5, 1e-1, log=True)] = Field(
        0.01, ge=0, description="strength on the sum of the squared weights, as in Keras' l2()"
    )
    l1: float = Field(
        0.0, ge=0, description="strength on the sum of the weights' sizes, as in Keras' l1()"
    )
    kernels: Literal["all", "dense"] = Field(
        "all",
        description="which weights: all kernels, or those of linear layers alone; "
        "never biases, norms or embeddings",
    )


class AccumulationOptions(Options):
    """Options of the `accumulation` technique."""

    steps: Annotated[int, Search(1, 8)] = Field(
        2,
        ge=1,
        description="micro-batches whose mean gradients are averaged into one update; one that is "
        "shorter than the others counts as much as they do, so each of its items counts more",
    )


class SoftVoteOptions(Options):
    """Options of the `soft_vote` combiner."""

    weights: tuple[float, ...] | None = Field(
        None, ge=0, min_length=1, description="one weight a member; default: all alike"
    )

    def conflicts(self) -> list[str]:
        """At least one member must count."""
        if self.weights is not None and sum(self.weights) == 0:
            return ["weights are all 0; at least one member must count"]
        return []


class StackingOptions(Options):
    """Options of the `stacking` combiner."""

    strengths: tuple[float, ...] = Field(
        (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
        gt=0,
        min_length=1,
        description="L2 penalties to choose from by cross-validation: half this times the sum of "
        "squares is added to the mean log loss",
    )
    folds: int = Field(5, ge=2, description="parts of the validation set in cross-validation")


class GreedySelectionOptions(Options):
    """Options of the `greedy_selection` combiner."""

    rounds: int = Field(25, ge=1, description="picks, one member each, after the first ones")
    metric: Literal["task", "log_loss", "accuracy", "uar", "macro_f1", "weighted_f1"] = Field(
        "task", description="what a pick must improve; task: the task's own metric"
    )
    best_first: int = Field(
        0, ge=0, description="how many of the best members are picked before the rounds begin"
    )
