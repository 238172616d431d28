"""Action units move the parts of the drawn face that they are named for."""

import numpy as np

from emobench.data.synthetic.action_units import UNITS
from emobench.data.synthetic.drawing import Pose, draw, draw_face_shape

LEVEL = Pose(right=0.0, down=0.0, scale=1.0, roll=0.0, light=0.0, grain=0.0)
FACE = draw_face_shape(np.random.default_rng(0), variation=0.0)


def picture(**raised):
    """The common face with some units at 2.6, as darkness from 0 to 1."""
    units = np.array([2.6 if f"au{unit}" in raised else 0.0 for unit in UNITS])
    drawn = draw(FACE, units, LEVEL, np.random.default_rng(0))
    return 1 - drawn[:, :, 0] / 255.0


def height(darkness, rows, columns):
    """The mean row of what is darker than skin, in a part of the picture; smaller is higher."""
    part = np.clip(darkness[rows, columns] - 0.5, 0, None)
    return (part.sum(axis=1) * np.arange(len(part))).sum() / part.sum()


BROWS, MOUTH = slice(12, 19), slice(30, 41)


def test_the_face_at_rest_is_symmetric():
    darkness = picture()
    np.testing.assert_allclose(darkness, darkness[:, ::-1], atol=0.02)


def test_unit_2_raises_the_outer_brows():
    outer = slice(14, 18)
    rested, raised = picture(), picture(au2=True)
    assert height(raised, BROWS, outer) < height(rested, BROWS, outer) - 1


def test_unit_4_lowers_the_inner_brows():
    rows, inner = slice(12, 24), slice(19, 22)
    rested, raised = picture(), picture(au4=True)
    assert height(raised, rows, inner) > height(rested, rows, inner) + 1


def test_unit_12_lifts_the_mouth_corners_and_unit_15_drops_them():
    def bend(darkness):
        corner, middle = (
            height(darkness, MOUTH, slice(18, 20)),
            height(darkness, MOUTH, slice(23, 25)),
        )
        return corner - middle

    assert bend(picture(au12=True)) < bend(picture()) - 0.7
    assert bend(picture(au15=True)) > bend(picture()) + 0.7


def test_units_25_and_26_open_the_mouth():
    def dark(darkness):
        return (darkness[MOUTH, 20:28] > 0.75).sum()

    assert dark(picture(au25=True, au26=True)) > dark(picture()) + 8


def test_unit_45_closes_the_eyes():
    def white(darkness):
        return (darkness[18:24, 13:22] < 0.2).sum()

    assert white(picture(au45=True)) < 0.6 * white(picture())


def test_every_unit_changes_the_picture():
    rested = picture()
    for unit in UNITS:
        assert np.abs(picture(**{f"au{unit}": True}) - rested).max() > 0.05, unit
