"""Cepstral coefficients and their deltas as linear maps, after librosa (and scipy's filters)."""

from __future__ import annotations

import math

import numpy as np
import torch


def cosine_transform(*, bands: int, coefficients: int) -> torch.Tensor:
    """The orthonormal DCT-II of `bands` values, its first rows `(coefficients, bands)`."""
    places = torch.arange(bands, dtype=torch.float64) + 0.5
    orders = torch.arange(coefficients, dtype=torch.float64)
    transform = torch.cos(math.pi / bands * orders[:, None] * places)
    transform *= math.sqrt(2 / bands)
    transform[0] /= math.sqrt(2)
    return transform


def delta_weights(*, width: int, orders: int) -> torch.Tensor:
    """Weights `(width, orders)` of Savitzky and Golay's filter, one column a derivative.

    A line fitted to `width` frames gives the first, a parabola the second, and so on: the highest
    derivative of such a polynomial is the same all along the frames.
    """
    places = np.arange(width) - width // 2
    columns = []
    for order in range(1, orders + 1):
        powers = np.vander(places, order + 1, increasing=True).astype(np.float64)
        columns.append(np.linalg.pinv(powers)[order] * math.factorial(order))
    return torch.from_numpy(np.stack(columns, axis=1))


def deltas(rows: torch.Tensor, *, weights: torch.Tensor) -> torch.Tensor:
    """Derivatives `(orders, rows, frames)` along the frames of `(rows, frames)`.

    The frames at the ends, around which no window fits, repeat what is next to them.
    """
    width = len(weights)
    windows = rows.unfold(-1, width, 1)
    # As one product of two matrices: torch multiplies a view of overlapping windows slowly.
    inner = (windows.reshape(-1, width) @ weights).T.reshape(-1, *windows.shape[:-1])
    first, last = inner[..., :1], inner[..., -1:]
    ends = (*first.shape[:-1], width // 2)
    return torch.cat([first.expand(ends), inner, last.expand(ends)], dim=-1)
