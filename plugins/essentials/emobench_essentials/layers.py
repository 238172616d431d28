"""The fully connected stack that the `mlp` head and the `dense` backbone share."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from emobench_essentials.options import Order


def dropout_shares(dropout: float | tuple[float, ...], *, layers: int) -> tuple[float, ...]:
    """One share a layer, whether one was given for all or one for each."""
    return dropout if isinstance(dropout, tuple) else (dropout,) * layers


def dense_layers(
    width: int,
    *,
    hidden: Sequence[int],
    dropout: Sequence[float],
    batch_norm: bool,
    norm_momentum: float,
    order: Order,
) -> nn.Sequential:
    """Hidden layers of linear, batch norm, ReLU and dropout, the last three in that order.

    Batch norm right behind the linear layer takes the place of its bias.
    """
    layers: list[nn.Module] = []
    for wide, share in zip(hidden, dropout, strict=True):
        norm = nn.BatchNorm1d(wide, momentum=norm_momentum) if batch_norm else None
        parts = {"norm": norm, "relu": nn.ReLU(), "dropout": nn.Dropout(share)}
        following = [parts[name] for name in order.split("-")]
        superfluous = batch_norm and following[0] is norm
        layers.append(nn.Linear(width, wide, bias=not superfluous))
        layers += [part for part in following if part is not None]
        width = wide
    return nn.Sequential(*layers)
