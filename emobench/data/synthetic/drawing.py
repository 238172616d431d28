"""Draws a face from action units: curves on a plane, shaded and blurred as a small grey image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emobench.data.synthetic.action_units import UNITS

SIZE = 48
"""Pixels a side."""

FULL = 2.6
"""The intensity at which a unit moves as far as the lengths below say."""

_FINER = 2
_LINE = np.linspace(-1.0, 1.0, SIZE * _FINER, dtype=np.float32)
_SOFT = np.float32(0.02)
"""Half the width of an edge, in faces; a pixel is 0.04 wide."""


@dataclass(frozen=True, kw_only=True)
class Face:
    """A subject's face: lengths in half image widths, tones from 0 (black) to 1 (white)."""

    width: float
    height: float
    eye_gap: float
    eye_size: float
    eye_height: float
    brow_height: float
    brow_thickness: float
    brow_arch: float
    brow_slant: float
    nose_length: float
    mouth_width: float
    mouth_height: float
    lip_thickness: float
    skin: float
    hair: float
    hairline: float
    lips: float
    background: float
    light: float
    beard: float
    glasses: bool


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How the head is held and lit in one picture."""

    right: float
    down: float
    scale: float
    roll: float
    light: float
    grain: float


def draw_face_shape(random: np.random.Generator, *, variation: float) -> Face:
    """A subject's face; `variation` 0 gives everybody the same one."""
    draws = iter(variation * random.normal(size=24))
    chance = random.random(2)
    skin = 0.68 + 0.08 * next(draws)
    return Face(
        width=0.62 + 0.035 * next(draws),
        height=0.84 + 0.03 * next(draws),
        eye_gap=0.27 + 0.012 * next(draws),
        eye_size=0.135 + 0.012 * next(draws),
        eye_height=-0.12 + 0.015 * next(draws),
        brow_height=0.17 + 0.012 * next(draws),
        brow_thickness=0.035 + 0.01 * next(draws),
        brow_arch=0.05 + 0.01 * next(draws),
        brow_slant=0.012 * next(draws),
        nose_length=0.27 + 0.02 * next(draws),
        mouth_width=0.22 + 0.02 * next(draws),
        mouth_height=0.40 + 0.015 * next(draws),
        lip_thickness=0.035 + 0.008 * next(draws),
        skin=float(np.clip(skin, 0.48, 0.9)),
        hair=float(np.clip(0.2 + 0.14 * next(draws), 0.03, 0.6)),
        hairline=-0.52 + 0.07 * next(draws),
        lips=0.68 + 0.07 * next(draws),
        background=float(np.clip(0.5 + 0.25 * next(draws), 0.05, 0.95)),
        light=0.12 * next(draws),
        beard=0.3 * variation * float(chance[0] < 0.2),
        glasses=bool(variation > 0 and chance[1] < 0.2),
    )


def draw_pose(random: np.random.Generator) -> Pose:
    """How one picture was taken."""
    draws = random.normal(size=6)
    return Pose(
        right=0.015 * float(draws[0]),
        down=0.015 * float(draws[1]),
        scale=float(np.exp(0.02 * draws[2])),
        roll=0.03 * float(draws[3]),
        light=0.08 * float(draws[4]),
        grain=0.01 + 0.006 * abs(float(draws[5])),
    )


def draw(face: Face, units: np.ndarray, pose: Pose, random: np.random.Generator) -> np.ndarray:
    """The picture, uint8 `(SIZE, SIZE, 1)`."""
    moved = dict(zip(UNITS, map(float, np.minimum(units / FULL, 1.2)), strict=True))
    cosine, sine = np.float32(np.cos(pose.roll)), np.float32(np.sin(pose.roll))
    across = (_LINE[None, :] - np.float32(pose.right)) / np.float32(pose.scale)
    down = (_LINE[:, None] - np.float32(pose.down)) / np.float32(pose.scale)
    x, y = cosine * across + sine * down, cosine * down - sine * across
    picture = _head(face, moved, x, y)
    for side in (-1, 1):
        _eye(picture, face, moved, side * x, y)
        _brow(picture, face, moved, side * x, y)
    _nose(picture, face, moved, x, y)
    _mouth(picture, face, moved, x, y)
    picture *= 1 + (face.light + pose.light) * x
    small = picture.reshape(SIZE, _FINER, SIZE, _FINER).mean(axis=(1, 3))
    small += np.float32(pose.grain) * random.standard_normal(small.shape, dtype=np.float32)
    return np.asarray((np.clip(small, 0, 1) * 255).round()[:, :, None], dtype=np.uint8)


def _inside(distance: np.ndarray) -> np.ndarray:
    """1 where the distance is well below 0, 0 well above, a soft edge between."""
    return np.asarray(np.clip(np.float32(0.5) - distance / (2 * _SOFT), 0, 1))


def _paint(picture: np.ndarray, mask: np.ndarray, tone: float | np.ndarray) -> None:
    picture += mask * (tone - picture)


def _oval(x: np.ndarray, y: np.ndarray, *, width: float, height: float) -> np.ndarray:
    """About the distance to an ellipse around the origin."""
    return (np.sqrt((x / width) ** 2 + (y / height) ** 2) - 1) * min(width, height)


def _head(face: Face, moved: Mapping[int, float], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    picture = np.full(x.shape, face.background, dtype=np.float32)
    crown = _oval(x, y + 0.12, width=face.width + 0.1, height=face.height)
    _paint(picture, _inside(crown) * _inside(y - 0.35), face.hair)
    long = face.height + 0.10 * moved[26]
    jaw = _oval(x, y - 0.02, width=face.width, height=np.where(y > 0, long, face.height).max())
    shade = face.skin * (1 - 0.25 * (x / face.width) ** 2 - 0.06 * y)
    skin = _inside(jaw)
    _paint(picture, skin, shade)
    _paint(picture, skin * _inside(0.28 - y) * face.beard, face.hair)
    _paint(picture, skin * _inside(y - face.hairline + 0.15 * x**2), face.hair)
    return picture


def _eye(
    picture: np.ndarray, face: Face, moved: Mapping[int, float], x: np.ndarray, y: np.ndarray
) -> None:
    """One eye; `x` grows outwards, so both sides share the drawing."""
    x, y = x - face.eye_gap, y - face.eye_height
    shut = 1 - 0.75 * moved[45]
    arc = np.maximum(0, 1 - (x / face.eye_size) ** 2)
    upper = (0.075 + 0.075 * moved[5] - 0.025 * moved[7] - 0.02 * moved[4]) * shut
    lower = (0.055 - 0.045 * moved[7] - 0.035 * moved[6] - 0.02 * moved[9]) * shut
    top, bottom = -upper * arc, max(0.004, lower) * arc
    # Cheeks and squinting raise a fold below the eye.
    fold = np.abs(y - 0.10 + 0.04 * moved[6] - 0.3 * x**2) - 0.012
    crease = 0.45 * (moved[6] + 0.5 * moved[7])
    _paint(picture, _inside(fold) * _inside(np.abs(x) - face.eye_size) * crease, 0.45 * face.skin)
    white = _inside(np.maximum(top - y, y - bottom)) * _inside(np.abs(x) - face.eye_size)
    _paint(picture, white, 0.92)
    _paint(picture, white * _inside(_oval(x, y + 0.01, width=0.06, height=0.06)), 0.12)
    lid = _inside(np.abs(y - top) - 0.012) * _inside(np.abs(x) - face.eye_size)
    _paint(picture, lid, 0.15)
    if face.glasses:
        rim = np.abs(_oval(x, y, width=0.21, height=0.17)) - 0.014
        _paint(picture, _inside(rim), 0.1)


def _brow(
    picture: np.ndarray, face: Face, moved: Mapping[int, float], x: np.ndarray, y: np.ndarray
) -> None:
    """One brow: 1 lifts its inner end, 2 its outer end, 4 draws it down and in."""
    inner = face.eye_gap - 0.16 - 0.05 * moved[4]
    along = np.clip((x - inner) / 0.33, 0, 1)
    lift = 0.16 * moved[1] * (1 - along) ** 1.5 + 0.15 * moved[2] * along
    drop = moved[4] * (0.15 * (1 - along) + 0.05) + 0.05 * moved[9]
    arch = face.brow_arch * 4 * along * (1 - along) + face.brow_slant * (2 * along - 1)
    line = face.eye_height - face.brow_height - arch - lift + drop
    thick = face.brow_thickness * (1.2 - 0.5 * along)
    ends = np.maximum(inner - x, x - inner - 0.33)
    _paint(
        picture,
        _inside(np.maximum(np.abs(y - line) - thick, ends)),
        min(face.hair, 0.3 * face.skin),
    )
    # Frowning also folds the skin between the brows.
    frown = np.abs(x - 0.05) - 0.012
    between = _inside(frown) * _inside(np.abs(y - face.eye_height + 0.16) - 0.08)
    _paint(picture, between * 0.8 * moved[4], 0.4 * face.skin)


def _nose(
    picture: np.ndarray, face: Face, moved: Mapping[int, float], x: np.ndarray, y: np.ndarray
) -> None:
    """Nostrils, lifted by 9; its wrinkles on the bridge; folds of 9, 10 and 12 to the mouth."""
    tip = face.eye_height + face.nose_length - 0.05 * moved[9]
    nostril = _oval(np.abs(x) - 0.06, y - tip, width=0.035, height=0.022)
    _paint(picture, _inside(nostril), 0.3 * face.skin)
    side = np.abs(np.abs(x) - 0.10 - 0.02 * moved[9]) - 0.010
    _paint(picture, _inside(side) * _inside(np.abs(y - tip + 0.03) - 0.045) * 0.6, 0.6 * face.skin)
    wave = np.abs((y - tip + 0.17) % 0.075 - 0.037) - 0.012
    bridge = _inside(np.abs(x) - 0.08) * _inside(np.abs(y - tip + 0.14) - 0.07)
    _paint(picture, _inside(wave) * bridge * moved[9], 0.4 * face.skin)
    depth = min(1.0, 0.9 * moved[9] + 0.8 * moved[10] + 0.6 * moved[12])
    below = y - tip
    fold = np.abs(np.abs(x) - 0.13 - 0.45 * below) - 0.014
    _paint(picture, _inside(fold) * _inside(np.abs(below - 0.1) - 0.1) * depth, 0.55 * face.skin)


def _mouth(
    picture: np.ndarray, face: Face, moved: Mapping[int, float], x: np.ndarray, y: np.ndarray
) -> None:
    """Corners: 12 up, 15 down, 14 in, 20 out. Lips: 10 and 17 up, 23 thin, 25 and 26 apart."""
    width = face.mouth_width + 0.10 * moved[12] + 0.09 * moved[20] - 0.03 * moved[17]
    width -= 0.03 * moved[26]
    along = x / width
    bend = 0.17 * moved[12] - 0.16 * moved[15] + 0.04 * moved[14] - 0.06 * moved[17]
    middle = face.mouth_height - 0.05 * moved[17] + bend * (0.45 - along**2)
    arc = np.maximum(0, 1 - along**2)
    apart = 0.05 * moved[25] + 0.17 * moved[26] * min(1.0, 0.4 + moved[25])
    upper = middle - (0.25 * apart + 0.08 * moved[10]) * arc
    lower = middle + (0.75 * apart + 0.02 * moved[10]) * arc
    thick = max(0.012, face.lip_thickness * (1 - 0.4 * moved[17] - 0.7 * moved[23]))
    within = _inside(np.abs(x) - width)
    lips = np.maximum(upper - thick * arc**0.5 - y, y - lower - 1.3 * thick * arc**0.5)
    _paint(picture, _inside(lips) * within, face.lips * face.skin)
    opened = np.maximum(upper - y, y - lower)
    _paint(picture, _inside(opened + 0.01) * within, 0.12)
    teeth = np.maximum(opened + 0.01, y - upper - 0.05 - 0.02 * moved[10])
    shown = min(1.0, 1.5 * moved[25] + moved[10])
    _paint(picture, _inside(teeth) * _inside(np.abs(x) - 0.85 * width) * shown, 0.9)
    _paint(picture, _inside(np.abs(y - middle) - 0.012) * within * float(apart < 0.02), 0.25)
    dimple = _oval(np.abs(x) - width - 0.03, y - middle, width=0.02, height=0.05)
    _paint(picture, _inside(dimple) * min(1.0, 1.2 * moved[14]), 0.5 * face.skin)
    chin = np.abs(y - face.mouth_height - 0.17) - 0.012
    _paint(picture, _inside(chin) * _inside(np.abs(x) - 0.09) * moved[17], 0.5 * face.skin)
