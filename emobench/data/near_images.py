"""Near-duplicate pictures: the same one mirrored, cropped, lit otherwise, noisy or compressed."""

from __future__ import annotations

from functools import cache

import numpy as np

from emobench.data.neighbours import half_whitened, in_threads, near_rows

SIDE = 32
"""Pixels a side of a sketch."""

LIKE = 0.972
"""Correlation of fine structure from which two registered pictures are one."""

ROUGHLY_LIKE = 0.94
"""The same after a first, rough registration; pairs below are given up."""

FLAT = 4.0
"""Grey levels of spread, of 255, below which a picture shows nothing to compare."""

REACH = 0.8
CANDIDATES = 6
COLUMNS = 40
MARGIN = 2
LARGEST_ZOOM = 0.16
LARGEST_SHIFT = 0.12
CHUNK = 192
"""Pairs at a time: few enough to stay in the processor's cache."""

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def sketch_image(picture: np.ndarray) -> np.ndarray | None:
    """A picture `(height, width, channels)` as `SIDE x SIDE` greys; None where it is flat."""
    pixels = picture.astype(np.float32)
    colours = pixels.shape[2]
    grey = pixels[:, :, :3] @ LUMA if colours >= 3 else pixels[:, :, 0]
    small = _area(grey.shape[0]) @ grey @ _area(grey.shape[1]).T
    if float(small.std()) < FLAT:
        return None
    greys: np.ndarray = np.clip(np.rint(small), 0, 255).astype(np.uint8)
    return greys


def near_images(sketches: np.ndarray) -> np.ndarray:
    """Pairs `(pairs, 2)` of sketches `(count, SIDE, SIDE)` that show one picture."""
    count = len(sketches)
    pictures = sketches.astype(np.float32)
    both = half_whitened(
        np.concatenate([_rough(pictures), _rough(pictures[:, :, ::-1])]), columns=COLUMNS
    )
    pairs, _ = near_rows(both, reach=REACH, most=CANDIDATES)
    # Two mirrored pictures lie as the two themselves do.
    pairs = pairs[(pairs[:, 0] < count) & (pairs[:, 1] != pairs[:, 0] + count)]

    def alike(part: np.ndarray) -> np.ndarray:
        mirrored = part[:, 1] >= count
        second = pictures[part[:, 1] % count]
        second[mirrored] = second[mirrored][:, :, ::-1]
        same = _one_picture(pictures[part[:, 0]], second)
        return np.sort(part[same] % count, axis=1)

    parts = np.array_split(pairs, len(pairs) // CHUNK + 1)
    return np.unique(np.concatenate(in_threads(alike, parts, together=1)), axis=0)


def _rough(pictures: np.ndarray) -> np.ndarray:
    """What stays of pictures under small crops: 8 x 8 blurred greys of unit length."""
    blurred = _blurred(pictures, 1.5)[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    grid = _area(SIDE - 2 * MARGIN, 8)
    rows = (grid @ blurred @ grid.T).reshape(len(pictures), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    unit: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return unit


def _one_picture(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether the second of each pair, zoomed and shifted a little, is the first."""
    alike = np.zeros(len(first), dtype=bool)
    half = _area(SIDE, SIDE // 2)
    small = [half @ pictures @ half.T for pictures in (first, second)]
    placing = np.zeros((len(first), 3), np.float32)
    placing = _register(small[0], small[1], placing, blur=0.8, turns=2)
    near = _likeness(small[0], small[1], placing, low=0.5, high=0.0) >= ROUGHLY_LIKE
    if near.any():
        first, second = first[near], second[near]
        placing = placing[near] * np.array([1, 2, 2], np.float32)
        placing = _register(first, second, placing, blur=0.8, turns=2)
        alike[near] = _likeness(first, second, placing, low=0.6, high=2.0) >= LIKE
    return alike


def _register(
    first: np.ndarray, second: np.ndarray, placing: np.ndarray, *, blur: float, turns: int
) -> np.ndarray:
    """Zoom and shifts `(pairs, 3)` that lay the second picture on the first, by least squares.

    Brightness and contrast are fitted along with them, so that they do not pull.
    """
    side = first.shape[1]
    inner = np.zeros((side, side), np.float32)
    edge = MARGIN * side // SIDE
    inner[edge:-edge, edge:-edge] = 1
    limits = np.array([LARGEST_ZOOM, LARGEST_SHIFT * side, LARGEST_SHIFT * side], np.float32)
    target = _standard(_blurred(first, blur), inner)
    moving = _blurred(second, blur)
    offsets = _offsets(side)
    slopes = np.empty((len(first), 5, side, side), np.float32)
    slopes[:, 4] = inner
    ridge = 1e-3 * side**2 * np.eye(5, dtype=np.float32)
    for _ in range(turns):
        moved = _standard(_placed(moving, placing), inner)
        down, right = _slopes((target + moved) / 2)
        slopes[:, 1] = down * inner
        slopes[:, 2] = right * inner
        slopes[:, 0] = slopes[:, 1] * offsets[:, None] + slopes[:, 2] * offsets
        slopes[:, 3] = moved * inner
        flat = slopes.reshape(len(first), 5, -1)
        missing = (target - moved).reshape(len(first), -1, 1)
        step = np.linalg.solve(flat @ flat.transpose(0, 2, 1) + ridge, flat @ missing)[:, :3, 0]
        placing = np.clip(placing + step, -limits, limits)
    return placing


def _slopes(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central differences downwards and to the right; 0 at the edges."""
    down, right = np.zeros_like(pictures), np.zeros_like(pictures)
    down[:, 1:-1] = (pictures[:, 2:] - pictures[:, :-2]) / 2
    right[:, :, 1:-1] = (pictures[:, :, 2:] - pictures[:, :, :-2]) / 2
    return down, right


def _likeness(
    first: np.ndarray, second: np.ndarray, placing: np.ndarray, *, low: float, high: float
) -> np.ndarray:
    """Correlation of the pair where both have pixels, between two scales of blur."""
    side = first.shape[1]
    edge = MARGIN * side // SIDE
    moved = _placed(second, placing)
    rows, columns = _sources(placing, side)
    seen = (_within(rows)[:, :, None] & _within(columns)[:, None, :]).astype(np.float32)
    seen[:, :edge] = seen[:, -edge:] = 0
    seen[:, :, :edge] = seen[:, :, -edge:] = 0
    bands = []
    for pictures in (first, moved):
        band = _blurred(pictures, low)
        bands.append(_standard(band - _blurred(pictures, high) if high else band, seen))
    together: np.ndarray = (bands[0] * bands[1] * seen).sum(axis=(1, 2)) / np.maximum(
        seen.sum(axis=(1, 2)), 1
    )
    return together


def _placed(pictures: np.ndarray, placing: np.ndarray) -> np.ndarray:
    """The pictures zoomed and shifted; bilinear, and their edges go on outwards."""
    side = pictures.shape[1]
    rows, columns = (_weights(np.clip(source, 0, side - 1)) for source in _sources(placing, side))
    placed: np.ndarray = rows @ pictures @ columns.transpose(0, 2, 1)
    return placed


def _sources(placing: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each row and each column of a placed picture comes from."""
    zoomed = np.exp(placing[:, :1]) * _offsets(side) + (side - 1) / 2
    return zoomed + placing[:, 1:2], zoomed + placing[:, 2:3]


def _weights(positions: np.ndarray) -> np.ndarray:
    weights: np.ndarray = np.maximum(
        0, 1 - np.abs(positions[:, :, None] - np.arange(positions.shape[1], dtype=np.float32))
    )
    return weights


def _within(positions: np.ndarray) -> np.ndarray:
    within: np.ndarray = (positions >= 0) & (positions <= positions.shape[1] - 1)
    return within


def _standard(pictures: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean 0 and variance 1 under the weights."""
    total = np.maximum(weights.sum(axis=(-2, -1), keepdims=True), 1)
    centred = pictures - (pictures * weights).sum(axis=(1, 2), keepdims=True) / total
    spread = (centred**2 * weights).sum(axis=(1, 2), keepdims=True) / total
    standard: np.ndarray = centred / np.sqrt(spread + 1e-6)
    return standard


def _blurred(pictures: np.ndarray, sigma: float) -> np.ndarray:
    blur = _blur(sigma, pictures.shape[1])
    blurred: np.ndarray = blur @ pictures @ blur.T
    return blurred


@cache
def _offsets(side: int) -> np.ndarray:
    """Pixels from the centre."""
    return (np.arange(side) - (side - 1) / 2).astype(np.float32)


@cache
def _blur(sigma: float, side: int) -> np.ndarray:
    """A Gaussian along one side, as a matrix."""
    steps = np.arange(side)
    weights = np.exp(-((steps[:, None] - steps) ** 2) / (2 * sigma**2))
    blur: np.ndarray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return blur


@cache
def _area(length: int, side: int = SIDE) -> np.ndarray:
    """Means over `side` equal parts of `length` pixels, as a matrix."""
    edges = np.linspace(0, length, side + 1)
    pixels = np.arange(length)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights = np.clip(covered, 0, None)
    area: np.ndarray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return area
