"""The fully connected stack that the `mlp` head and the `dense` backbone share."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn


def dropout_shares(dropout: float | tuple[float, ...], *, layers: int) -> tuple[float, ...]:
    """One share a layer, whether one was given for all or one for each."""
    return dropout if isinstance(dropout, tuple) else (dropout,) * layers


def dense_layers(
    width: int, *, hidden: Sequence[int], dropout: Sequence[float], batch_norm: bool
) -> nn.Sequential:
    """Hidden layers of linear, batch norm, ReLU and dropout; batch norm takes the bias's place."""
    layers: list[nn.Module] = []
    for wide, share in zip(hidden, dropout, strict=True):
        layers.append(nn.Linear(width, wide, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm1d(wide))
        layers += [nn.ReLU(), nn.Dropout(share)]
        width = wide
    return nn.Sequential(*layers)
