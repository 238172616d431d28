"""Whether a training that is still going on has collapsed for good. Pure; loads no numpy.

Only what all of these say together ends a training: one class takes the validation predictions,
the loss has stopped falling, accuracy in training has stopped rising, and the rate does not rise.
A slow starter shows one class as well, but its loss falls, if only a little with every epoch; a
warm-up's rate rises; where batch norm's running figures lag, training gets better all the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from emobench.api import Field, Options

LEAST_FALL = 0.002
"""Of the loss, from the first to the second half of what is watched: less is standing still.

Unless it falls with every single epoch, as noise hardly does.
"""

LEAST_GAIN = 0.01
"""The same for accuracy in training."""

ALL_RIGHT = 0.995
"""Accuracy in training that cannot get better, whatever the loss still does."""

Row = Mapping[str, Any]


class StopCollapsingOptions(Options):
    """Options of the `stop_collapsing` technique."""

    patience: int = Field(
        3, ge=0, description="epochs that must pass without any progress; 0 never ends a training"
    )
    share: float = Field(
        0.9, gt=0.5, le=1, description="of validation predictions, what one class must take"
    )


def hopeless(rows: Sequence[Row], *, options: StopCollapsingOptions) -> str:
    """Why the training may end after the last of these epochs; empty where it may not.

    A row holds `predicted.<class>`, `train_loss` (and its parts), `train_accuracy` and
    `learning_rate`, as the history does; what lacks one of them is never ended.
    """
    watched = list(rows[-(options.patience + 1) :])
    if options.patience == 0 or len(watched) <= options.patience:
        return ""
    tops = [top_class(row) for row in watched]
    if any(share < options.share for _, share in tops):
        return ""
    losses = _all(data_loss(row) for row in watched)
    rates = _all(row.get("learning_rate") for row in watched)
    accuracies = _all(row.get("train_accuracy") for row in watched)
    if not (losses and rates and accuracies) or rates[-1] > rates[-2] * 1.0001:
        return ""
    before, after = _halves(losses)
    falls = before - after >= LEAST_FALL * max(abs(before), 1e-12) or _falls_steadily(losses)
    worse, now = _halves(accuracies)
    if now - worse >= LEAST_GAIN or (falls and worse < ALL_RIGHT):
        return ""
    name, share = tops[-1]
    return (
        f"collapsing: '{name}' has {share:.0%} of the validation predictions, and for "
        f"{options.patience} epochs neither loss nor accuracy in training got better"
    )


def top_class(row: Row) -> tuple[str, float]:
    """The class that most validation items are taken for, and its share."""
    prefix = "predicted."
    shares = {key: value for key, value in row.items() if key.startswith(prefix)}
    top = max(shares, key=lambda key: shares[key], default="")
    return top.removeprefix(prefix), float(shares.get(top, 0.0))


def data_loss(row: Row) -> Any:
    """The loss on the data alone: the first of its parts, where it has several."""
    parts = [value for key, value in row.items() if key.startswith("train_loss.")]
    return parts[0] if parts else row.get("train_loss")


def _all(values: Iterable[Any]) -> list[float]:
    """The values as numbers; none where one is missing."""
    found = list(values)
    return [] if None in found else [float(value) for value in found]


def _falls_steadily(losses: Sequence[float]) -> bool:
    return all(later < earlier for earlier, later in pairwise(losses))


def _halves(values: Sequence[float]) -> tuple[float, float]:
    """The means of the first and of the second half: one epoch alone is noise."""
    middle = len(values) // 2
    return sum(values[:middle]) / middle, sum(values[-middle:]) / middle
