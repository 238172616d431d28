"""Losses for the four kinds of target; those for classes take ids and distributions alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
from torch.nn import functional

from emobench.api import Context, NoOptions, TargetKind
from emobench_essentials.options import (
    BinaryCrossEntropyOptions,
    CrossEntropyOptions,
    FocalOptions,
)

SMALLEST_MISS = 1e-8
"""Keeps the slope of `(1 - p) ** gamma` finite at p = 1 where gamma is below 1."""


def class_weights(
    counts: Sequence[int], *, balance: Literal["none", "balanced", "sqrt"]
) -> torch.Tensor | None:
    """Weights `(classes,)`: items / (classes * count), or the root of it; 1 for an empty class."""
    if balance == "none":
        return None
    tally = torch.tensor(counts, dtype=torch.float64)
    weights = tally.sum() / (len(counts) * tally.clamp_min(1))
    weights = weights.sqrt() if balance == "sqrt" else weights
    return torch.where(tally > 0, weights, 1.0).float()


def as_distribution(targets: torch.Tensor, *, classes: int) -> torch.Tensor:
    """Class ids `(batch,)` to one-hot rows; whatever is a number already passes."""
    if targets.is_floating_point():
        return targets
    return functional.one_hot(targets, classes).float()


def focal_loss(
    logits: torch.Tensor,
    *,
    targets: torch.Tensor,
    gamma: float = 0.0,
    label_smoothing: float = 0.0,
    class_weights: torch.Tensor | None = None,
    item_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Mean of -w_c t_c (1 - p_c)^gamma log p_c, summed over classes c; gamma 0 is cross entropy.

    With class weights the mean is over the weights of the (unsmoothed) labels, as torch has it for
    class ids; a distribution is treated as the mixture of ids it is.
    """
    classes = logits.shape[-1]
    labels = as_distribution(targets, classes=classes).to(logits.dtype)
    smooth = labels * (1 - label_smoothing) + label_smoothing / classes
    log_probabilities = functional.log_softmax(logits, dim=-1)
    terms = -smooth * log_probabilities
    if gamma:
        terms = terms * (-torch.expm1(log_probabilities)).clamp_min(SMALLEST_MISS) ** gamma
    total: torch.Tensor | int = logits.shape[0]
    if class_weights is not None:
        weights = class_weights.to(logits)
        terms = terms * weights
        total = (labels * weights).sum()
    losses = terms.sum(dim=-1)
    if item_weights is not None:
        losses = losses * item_weights
    return losses.sum() / total


class CrossEntropy:
    """Cross entropy; equals `torch.nn.functional.cross_entropy` on class ids."""

    kinds: ClassVar[frozenset[TargetKind]] = frozenset({"class", "distribution"})

    def __init__(self, options: CrossEntropyOptions, context: Context) -> None:
        self.label_smoothing = options.label_smoothing
        self.class_weights = class_weights(_counts(context), balance=options.class_weights)

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The loss of `logits (batch, classes)`."""
        return focal_loss(
            logits,
            targets=targets,
            label_smoothing=self.label_smoothing,
            class_weights=self.class_weights,
            item_weights=weights,
        )


class Focal:
    """Focal loss; a number as alpha scales it, a word weighs the classes."""

    kinds: ClassVar[frozenset[TargetKind]] = frozenset({"class", "distribution"})

    def __init__(self, options: FocalOptions, context: Context) -> None:
        self.gamma = options.gamma
        self.label_smoothing = options.label_smoothing
        alpha = options.alpha
        self.scale = alpha if isinstance(alpha, float) else 1.0
        self.class_weights = class_weights(
            _counts(context), balance=alpha if isinstance(alpha, str) else "none"
        )

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The loss of `logits (batch, classes)`."""
        return self.scale * focal_loss(
            logits,
            targets=targets,
            gamma=self.gamma,
            label_smoothing=self.label_smoothing,
            class_weights=self.class_weights,
            item_weights=weights,
        )


class BinaryCrossEntropy:
    """One cross entropy a label, averaged over labels, then over items."""

    kinds: ClassVar[frozenset[TargetKind]] = frozenset({"labels"})

    def __init__(self, options: BinaryCrossEntropyOptions, context: Context) -> None:
        self.positive_weights: torch.Tensor | None = None
        if options.positive_weights != "none":
            present = torch.tensor(_counts(context), dtype=torch.float32)
            ratio = (context.task.train_items - present) / present.clamp_min(1)
            ratio = torch.where((present > 0) & (ratio > 0), ratio, 1.0)
            self.positive_weights = ratio.sqrt() if options.positive_weights == "sqrt" else ratio

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The loss of `logits (batch, labels)` against 0/1, or shares in between."""
        positive = self.positive_weights
        losses = functional.binary_cross_entropy_with_logits(
            logits,
            targets.to(logits.dtype),
            pos_weight=None if positive is None else positive.to(logits),
            reduction="none",
        ).mean(dim=-1)
        return (losses if weights is None else losses * weights).mean()


class MeanSquaredError:
    """Squared distance between the one logit and the number."""

    kinds: ClassVar[frozenset[TargetKind]] = frozenset({"number"})

    def __init__(self, options: NoOptions, context: Context) -> None:
        pass

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The loss of `logits (batch, 1)` against `targets (batch,)`."""
        losses = (logits.flatten() - targets.flatten().to(logits.dtype)) ** 2
        return (losses if weights is None else losses * weights).mean()


def _counts(context: Context) -> tuple[int, ...]:
    assert context.target is not None, "a loss needs its target"
    return tuple(context.task.class_counts.get(context.target.name, ()))
