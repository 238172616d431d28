"""A sound backbone and a sound head, and what each becomes by one mistake."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from emobench.api import Context, Features, NoOptions, UsageError


class Sound(nn.Module):
    """A layer, batch norm and dropout over a table's rows."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__()
        if tuple(context.inputs) != ("table",):
            raise UsageError("takes tables alone")
        self.width = 6
        self.layer = nn.Linear(context.inputs["table"][0], self.width)
        self.norm = nn.BatchNorm1d(self.width)

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        rows = self.layer(self.prepare(inputs["table"]))
        rows = functional.dropout(self.norm(rows), 0.2, training=self.training)
        return Features(embedding=self.finish(rows))

    def prepare(self, rows: torch.Tensor) -> torch.Tensor:
        return rows

    def finish(self, rows: torch.Tensor) -> torch.Tensor:
        return rows


class PromisesTwice(Sound):
    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__(options, context)
        self.width *= 2


class SeedsWhenBuilt(Sound):
    """Its first weights are the same whatever the run's seed."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        torch.manual_seed(0)
        super().__init__(options, context)


class AveragesItems(Sound):
    def finish(self, rows: torch.Tensor) -> torch.Tensor:
        return rows.mean(dim=0, keepdim=True).expand_as(rows)


class CentresTheBatch(Sound):
    def finish(self, rows: torch.Tensor) -> torch.Tensor:
        return rows - rows.mean(dim=0)


class DropsInEvaluation(Sound):
    def finish(self, rows: torch.Tensor) -> torch.Tensor:
        return functional.dropout(rows, 0.2)


class NeedsThreeItems(Sound):
    def finish(self, rows: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return rows
        centred = rows - rows.mean(dim=0)
        return centred / (centred.square().sum(dim=0) / (len(rows) - 2)).sqrt()


class HasAnIdleLayer(Sound):
    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__(options, context)
        self.idle = nn.Linear(self.width, self.width)


class KeepsAStatisticToItself(Sound):
    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__(options, context)
        self.centre = torch.zeros(self.width)

    def finish(self, rows: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.centre = 0.9 * self.centre + 0.1 * rows.detach().mean(dim=0)
        return rows - self.centre


class CentresInPlace(Sound):
    def prepare(self, rows: torch.Tensor) -> torch.Tensor:
        return rows.sub_(rows.mean(dim=1, keepdim=True))


class LosesDigits(Sound):
    """Rows pass a sum that 16 bits have no room for."""

    def finish(self, rows: torch.Tensor) -> torch.Tensor:
        if torch.is_autocast_enabled("cpu"):
            rows = rows.bfloat16()
        return (rows + 512) - 512


class Branches(Sound):
    def finish(self, rows: torch.Tensor) -> torch.Tensor:
        return rows if float(rows.detach().sum()) > 0 else 2 * rows


class SoundHead(nn.Module):
    """One linear layer."""

    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__()
        assert context.target is not None
        self.output = nn.Linear(context.width, context.target.width)

    def forward(self, features: Features) -> torch.Tensor:
        logits: torch.Tensor = self.output(features.embedding)
        return logits


class TakesNumbersForPairs(SoundHead):
    def __init__(self, options: NoOptions, context: Context) -> None:
        super().__init__(options, context)
        assert context.target is not None
        self.output = nn.Linear(context.width, max(2, context.target.width))


class FreezesItsWeightsByAccident(SoundHead):
    def forward(self, features: Features) -> torch.Tensor:
        return functional.linear(features.embedding, self.output.weight.detach(), self.output.bias)
