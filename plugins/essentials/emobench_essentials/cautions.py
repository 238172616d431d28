"""Known ways in which recipes of these components fail, told before training. Loads no torch.

Options that other packages' networks also have are known by their names: `dropout`,
`norm_momentum`, `batch_norm`.
"""

from __future__ import annotations

from math import prod

from emobench.api import Choices, Options
from emobench_essentials.options import (
    AdamOptions,
    BinaryCrossEntropyOptions,
    CosineOptions,
    CrossEntropyOptions,
    CyclicCosineOptions,
    EarlyStoppingOptions,
    FocalOptions,
    MixUpOptions,
    OneCycleOptions,
    PlateauOptions,
    SgdOptions,
    SnapshotOptions,
    WeightedSamplerOptions,
    WeightPenaltyOptions,
)

SLOW_MOMENTUM = 0.03
"""Of batch norm's running figures, a share of each batch that takes many updates to tell."""

HEAVY_PENALTY = 1e-3
"""An L2 strength in the loss beyond which a network without batch norm has been seen to fall."""

LITTLE_KEPT = 0.1
"""Of a signal, the share that is left behind all dropouts below which little is learnt."""

EARLY_END = 0.75
"""The share of the updates; a rate that is at its floor before it leaves the rest useless."""

SMALL_LOSS = 0.5
"""A factor on the loss below which what is added to it counts for much."""

WEIGHED = ("balanced", "sqrt")


def double_balancing(choices: Choices) -> str | None:
    """Rare classes are drawn more often, and their loss counts more too."""
    sampler = choices.find(WeightedSamplerOptions)
    if sampler is None or sampler.power == 0:
        return None
    plain, focal = choices.find(CrossEntropyOptions), choices.find(FocalOptions)
    labels = choices.find(BinaryCrossEntropyOptions)
    weighing = _those_that_hold(
        ("class_weights", plain is not None and plain.class_weights in WEIGHED),
        ("alpha", focal is not None and focal.alpha in WEIGHED),
        ("positive_weights", labels is not None and labels.positive_weights in WEIGHED),
    )
    if not weighing:
        return None
    return (
        f"rare classes are balanced twice, by the sampler 'weighted' and by the loss's "
        f"{weighing[0]}: keep one of them"
    )


def scaled_loss(choices: Choices) -> str | None:
    """A number as alpha balances nothing, and shrinks the loss beside what does not shrink."""
    focal = choices.find(FocalOptions)
    if focal is None or not isinstance(focal.alpha, float) or focal.alpha > SMALL_LOSS:
        return None
    sampler, adam = choices.find(WeightedSamplerOptions), choices.find(AdamOptions)
    beside = _those_that_hold(
        ("the penalty on the weights", choices.find(WeightPenaltyOptions) is not None),
        ("Adam's weight decay", adam is not None and adam.weight_decay > 0),
        ("SGD's weight decay and rate", choices.find(SgdOptions) is not None),
        ("what a balancing sampler does", sampler is not None and sampler.power > 0),
    )
    if not beside:
        return None
    return (
        f"alpha {focal.alpha:g} as a number balances no class, it multiplies the whole loss, which "
        f"gets small beside {' and '.join(beside)}: leave it null, or use alpha: balanced alone"
    )


def _those_that_hold(*named: tuple[str, bool]) -> list[str]:
    return [words for words, holds in named if holds]


def penalty_in_loss(choices: Choices) -> str | None:
    """A penalty in the loss drives kernels to zero where no batch norm makes up for it."""
    penalty = choices.find(WeightPenaltyOptions)
    if penalty is None or penalty.l2 < HEAVY_PENALTY:
        return None
    bare = [
        choice.name
        for choice in choices.of_kind("backbone")
        if not getattr(
            choice.options, "hidden_batch_norm", getattr(choice.options, "batch_norm", True)
        )
    ]
    if not bare:
        return None
    return (
        f"an L2 of {penalty.l2:g} in the loss outweighs it where there is no batch norm "
        f"({', '.join(bare)}): lower l2 to 1e-4, or use adamw's weight_decay"
    )


def rate_ends_early(choices: Choices) -> str | None:
    """After the end of the cosine nothing more is learnt."""
    cosine = choices.find(CosineOptions)
    if cosine is None or cosine.decay >= EARLY_END or cosine.floor > 0.01:
        return None
    left = round((1 - cosine.decay) * choices.epochs)
    if left < 1:
        return None
    return (
        f"the rate is at its floor after {cosine.decay:.0%} of the updates, and the last {left} of "
        f"{choices.epochs} epochs change next to nothing: use decay: 1.0, or fewer epochs"
    )


def warm_up_outlasts_patience(choices: Choices) -> str | None:
    """Early stopping may end a training whose rate is still rising."""
    stopping = choices.find(EarlyStoppingOptions)
    cosine, cycle = choices.find(CosineOptions), choices.find(OneCycleOptions)
    share = max(cosine.warmup if cosine else 0.0, cycle.rise if cycle else 0.0)
    rising = share * choices.epochs
    if stopping is None or rising < 1 or stopping.patience > rising:
        return None
    return (
        f"the rate rises for {rising:.0f} epochs and early stopping waits {stopping.patience}: a "
        "training may be ended before it began; give it more patience, or a shorter rise"
    )


def never_acts(choices: Choices) -> str | None:
    """A patience as long as the training is none."""
    stopping, plateau = choices.find(EarlyStoppingOptions), choices.find(PlateauOptions)
    for name, patience in (
        ("early_stopping", stopping.patience if stopping else 0),
        ("plateau", plateau.patience if plateau else 0),
    ):
        if patience >= choices.epochs:
            return (
                f"{name} waits {patience} epochs and there are {choices.epochs}, so that it never "
                "acts: lower its patience, or leave it out"
            )
    return None


def slow_norm(choices: Choices) -> str | None:
    """Running figures that lag: good in training, one class in evaluation."""
    slow = [
        (choice.name, momentum)
        for choice in choices.of_kind("backbone", "head")
        if (momentum := getattr(choice.options, "norm_momentum", 1.0)) <= SLOW_MOMENTUM
        and any(
            getattr(choice.options, name, False) for name in ("batch_norm", "hidden_batch_norm")
        )
    ]
    if not slow:
        return None
    momentum = min(each for _, each in slow)
    return (
        f"batch norm of {', '.join(name for name, _ in slow)} takes {momentum:g} of each batch "
        "into the figures by which it evaluates, which lag until some "
        f"{4 / momentum:.0f} updates are done: use norm_momentum: 0.1, or train longer than that"
    )


def much_dropout(choices: Choices) -> str | None:
    """Dropout in layer behind layer leaves little of a signal."""
    kept = prod(
        1 - share
        for choice in choices.of_kind("backbone", "head")
        for share in _shares(choice.options)
    )
    if kept >= LITTLE_KEPT:
        return None
    return (
        f"behind all its dropouts {kept:.1%} of a signal is left in training: lower them, "
        "or keep them to one or two layers"
    )


def _shares(options: Options) -> list[float]:
    """The dropout of every layer, whether it is given layer by layer or once for all."""
    dropout = getattr(options, "dropout", 0.0)
    if isinstance(dropout, list | tuple):
        return [float(share) for share in dropout]
    layers = getattr(options, "hidden", None) or getattr(options, "channels", None) or (1,)
    return [float(dropout)] * len(layers) if isinstance(dropout, int | float) else []


def softened_twice(choices: Choices) -> str | None:
    """Mixing softens labels by itself."""
    mixup = choices.find(MixUpOptions)
    losses = (choices.find(CrossEntropyOptions), choices.find(FocalOptions))
    smoothing = max((loss.label_smoothing for loss in losses if loss), default=0.0)
    if mixup is None or mixup.alpha == 0 or smoothing < 0.1:
        return None
    return (
        f"labels are softened twice, by mixup and by a label smoothing of {smoothing:g}: keep one"
    )


def cycles_differ(choices: Choices) -> str | None:
    """Snapshots are worth taking where the rate ends a cycle."""
    rate, snapshot = choices.find(CyclicCosineOptions), choices.find(SnapshotOptions)
    if snapshot is None:
        return None
    if rate is None:
        return (
            "snapshot takes weights at the ends of cycles and the rate has none: add "
            f"scheduler: {{use: cyclic_cosine, cycles: {snapshot.cycles}}}"
        )
    if rate.cycles != snapshot.cycles:
        return (
            f"the rate has {rate.cycles} cycles and snapshot {snapshot.cycles}, so that weights "
            "are taken while the rate is high: give both the same"
        )
    return None
