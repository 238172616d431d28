"""Sound losses, and what each becomes by one mistake."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from torch.nn import functional

from emobench.api import Context, Field, Options, Search, TargetKind, UsageError


class ScaleOptions(Options):
    scale: Annotated[float, Search(0.5, 2.0)] = Field(1.0, gt=0, description="scales the loss")


class RequiredScaleOptions(Options):
    scale: float = Field(gt=0, description="scales the loss")


class DeafOptions(ScaleOptions):
    @classmethod
    def parse(cls, values: Any) -> Any:
        known = {field.name for field in cls.fields()}
        return super().parse({name: value for name, value in values.items() if name in known})


class Sound:
    """Cross entropy."""

    kinds: ClassVar[frozenset[TargetKind]] = frozenset({"class"})

    def __init__(self, options: ScaleOptions, context: Context) -> None:
        self.scale = options.scale

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        rows = self.rows(targets, logits.shape[1]).to(logits.dtype)
        losses = self.scale * self.losses(logits, rows)
        return self.mean(losses if weights is None else self.weighted(losses, weights))

    def rows(self, targets: torch.Tensor, classes: int) -> torch.Tensor:
        return targets if targets.is_floating_point() else functional.one_hot(targets, classes)

    def losses(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return -(rows * functional.log_softmax(logits, dim=1)).sum(dim=1)

    def weighted(self, losses: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return losses * weights

    def mean(self, losses: torch.Tensor) -> torch.Tensor:
        return losses.mean()


class SharesOfLabels(Sound):
    """Takes several labels as a distribution, and divides by none where an item has none."""

    kinds = frozenset({"class", "labels"})

    def rows(self, targets: torch.Tensor, classes: int) -> torch.Tensor:
        rows = super().rows(targets, classes)
        return rows / rows.sum(dim=1, keepdim=True)


class Overflowing(Sound):
    def losses(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        chances = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
        return -(rows * chances.log()).sum(dim=1)


class SkipsTheFirstItem(Sound):
    def mean(self, losses: torch.Tensor) -> torch.Tensor:
        return losses[1:].mean()


class DetachedFocus(Sound):
    def losses(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        losses = super().losses(logits, rows)
        return (1 - (-losses.detach()).exp()) ** 2 * losses


class SmoothsIdsAlone(Sound):
    def rows(self, targets: torch.Tensor, classes: int) -> torch.Tensor:
        rows = super().rows(targets, classes)
        return rows if targets.is_floating_point() else 0.9 * rows + 0.1 / classes


class HardensLabels(Sound):
    def rows(self, targets: torch.Tensor, classes: int) -> torch.Tensor:
        ids = targets.argmax(dim=1) if targets.ndim == 2 else targets
        return functional.one_hot(ids, classes)


class PullsBackwards(Sound):
    def mean(self, losses: torch.Tensor) -> torch.Tensor:
        return (2 * losses.detach() - losses).mean()


class ForgetsTheMinus(Sound):
    def losses(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return -super().losses(logits, rows)


class AddsOneToWeights(Sound):
    def weighted(self, losses: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return losses * (1 + weights)


class LiftsWeights(Sound):
    def weighted(self, losses: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return losses * weights.clamp_min(0.05)


class DividesWeightsOut(Sound):
    def weighted(self, losses: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return losses * weights / weights.mean()


class Sums(Sound):
    def mean(self, losses: torch.Tensor) -> torch.Tensor:
        return losses.sum()


class SmoothsInPlace(Sound):
    def rows(self, targets: torch.Tensor, classes: int) -> torch.Tensor:
        rows = super().rows(targets, classes).float()
        return rows.mul_(0.9).add_(0.1 / classes)


class InBits(Sound):
    def losses(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return super().losses(logits, rows) / np.log(2)


class RefusesLargeScales(Sound):
    def __init__(self, options: ScaleOptions, context: Context) -> None:
        if options.scale > 1:
            raise ValueError("a scale above 1 is not supported")
        super().__init__(options, context)


class ForgetsItsScale(Sound):
    def __init__(self, options: ScaleOptions, context: Context) -> None:
        self.scale = 2 * options.scale

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.scale = 1.0


class Jitters(Sound):
    def mean(self, losses: torch.Tensor) -> torch.Tensor:
        return losses.mean() * (1 + 0.01 * torch.rand(()))


class DrawsFromNumpy(Sound):
    def mean(self, losses: torch.Tensor) -> torch.Tensor:
        np.random.random()
        return losses.mean()


class SoundDistance:
    """Squared distance."""

    kinds: ClassVar[frozenset[TargetKind]] = frozenset({"number"})

    def __init__(self, options: ScaleOptions, context: Context) -> None:
        pass

    def __call__(
        self, logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        losses = self.distance(logits, targets) ** 2
        return (losses if weights is None else losses * weights).mean()

    def distance(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return logits[:, 0] - targets


class Broadcasts(SoundDistance):
    def distance(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return logits - targets


class RunningMean(Sound):
    """Centres on the mean of all logits so far, which no checkpoint holds."""

    def __init__(self, options: ScaleOptions, context: Context) -> None:
        super().__init__(options, context)
        self.mean_logits: torch.Tensor | None = None

    def losses(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        now = logits.detach().double().mean(dim=0)
        kept = now if self.mean_logits is None else 0.99 * self.mean_logits + 0.01 * now
        self.mean_logits = kept
        return super().losses(logits - 0.1 * kept.to(logits.dtype), rows)


class ForFourClasses(Sound):
    def losses(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        return super().losses(logits @ torch.eye(4, dtype=logits.dtype), rows)


class RefusesEveryTask(Sound):
    def __init__(self, options: ScaleOptions, context: Context) -> None:
        raise UsageError(f"only for 'ravdess/actors', not for '{context.task.name}'")


class SilencesNumpy(Sound):
    def losses(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        np.seterr(all="ignore")
        return super().losses(logits, rows)
