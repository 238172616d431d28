"""The chart of cost against score, with the front of rows that nothing beats in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from emobench.boards.axes import Axis, axis, log_axis
from emobench.boards.board import Board, Row, Standing
from emobench.boards.svg import BACKGROUND, FAINT, GRID, INK, Picture, Point, fitting, text_width
from emobench.boards.words import duration, figure, title
from emobench.scoring.catalogue import METRICS

WIDTH, HEIGHT = 820.0, 440.0
LEFT, RIGHT, TOP, BOTTOM = 70.0, 24.0, 34.0, 54.0
FRONT = "#9a6700"
FEWEST_POINTS = 2
NAME_WIDTH = 170.0
NAME_SIZE = 11

MINUTE, HOUR = 60.0, 3600.0
TIMES = (
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0),
    *(count * MINUTE for count in (1, 2, 5, 10, 20, 30)),
    *(count * HOUR for count in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
)
"""Times that a clock calls round."""

Box = tuple[float, float, float, float]


@dataclass(kw_only=True)
class _Labels:
    """Names beside their points, none over another."""

    taken: list[Box] = field(default_factory=list)

    def beside(self, x: float, y: float, text: str) -> tuple[float, float, str] | None:
        """Where the name goes and how it is anchored; None where there is no room."""
        wide = text_width(text, size=NAME_SIZE)
        for at, anchor, left in (
            ((x + 5, y - 10), "start", x + 5),
            ((x + 9, y + 4), "start", x + 9),
            ((x - 5, y - 10), "end", x - 5 - wide),
            ((x - 9, y + 4), "end", x - 9 - wide),
            ((x + 5, y + 16), "start", x + 5),
            ((x - 5, y + 16), "end", x - 5 - wide),
        ):
            box = (left, at[1] - 10, left + wide, at[1] + 3)
            inside = box[0] >= LEFT and box[2] <= WIDTH and box[1] >= TOP - 12
            if inside and not any(_overlap(box, other) for other in self.taken):
                self.taken.append(box)
                return at[0], at[1], anchor
        return None


def cost_chart(board: Board, *, colours: Mapping[Standing, str]) -> str:
    """Score against the training time of a run; "" below two rows."""
    rows = [row for row in board.rows if row.score is not None and _cost(row) > 0]
    if len(rows) < FEWEST_POINTS:
        return ""
    picture = Picture(width=WIDTH, height=HEIGHT, title=f"{board.title}: cost against score")
    across = log_axis([_cost(row) for row in rows], marks=TIMES, start=LEFT, end=WIDTH - RIGHT)
    scores = [_score(row) for row in rows]
    up = axis(scores, start=HEIGHT - BOTTOM, end=TOP)
    _grid(picture, across, up, board)
    front = _front(rows, board)
    corners = _corners([(across.place(_cost(row)), up.place(_score(row))) for row in front])
    if corners:
        picture.path(corners, colour=FRONT)
    labels = _Labels(
        taken=[
            *(_around(across.place(_cost(row)), up.place(_score(row))) for row in rows),
            *(_between(one, other) for one, other in pairwise(corners)),
        ]
    )
    for row in [*front, *(row for row in rows if row not in front)]:
        x, y = across.place(_cost(row)), up.place(_score(row))
        told = f"{board.name_of(row)}: {figure(row.score, metric=board.metric)}"
        picture.dot(
            (x, y),
            radius=5,
            fill=colours[row.standing],
            outline=BACKGROUND,
            title=f"{told}, {duration(_cost(row))}",
        )
        shown = fitting(board.name_of(row), width=NAME_WIDTH, size=NAME_SIZE)
        place = labels.beside(x, y, shown)
        if place is not None:
            ink = INK if row.standing is Standing.HONEST else FAINT
            picture.text(place[:2], shown, size=NAME_SIZE, colour=ink, anchor=place[2])
    return picture.render()


def _cost(row: Row) -> float:
    return row.costs.train_s if row.costs else 0.0


def _score(row: Row) -> float:
    assert row.score is not None
    return row.score


def _grid(picture: Picture, across: Axis, up: Axis, board: Board) -> None:
    for value in up.ticks:
        y = up.place(value)
        picture.line((LEFT, y), (WIDTH - RIGHT, y), colour=GRID)
        shown = figure(value, metric=board.metric).replace(".0%", "%")
        picture.text((LEFT - 8, y + 4), shown, size=11, colour=FAINT, anchor="end")
    for value in across.ticks:
        x = across.place(value)
        picture.line((x, TOP), (x, HEIGHT - BOTTOM), colour=GRID)
        shown = duration(value).replace(".0 ", " ")
        picture.text((x, HEIGHT - BOTTOM + 16), shown, size=11, colour=FAINT, anchor="middle")
    words = "training time of a run (as measured where it ran), logarithmic"
    picture.text((WIDTH / 2, HEIGHT - 14), words, size=11, colour=FAINT, anchor="middle")
    line = "; line: nothing honest is both faster and better"
    picture.text((LEFT, 20), title(board.metric) + line, size=11, colour=FAINT)


def _front(rows: Sequence[Row], board: Board) -> list[Row]:
    """The honest rows that no other honest row beats in cost and score, cheapest first."""
    higher = board.metric not in METRICS or METRICS[board.metric].higher_is_better
    sign = 1 if higher else -1
    front: list[Row] = []
    honest = [row for row in rows if row.standing is Standing.HONEST]
    for row in sorted(honest, key=lambda row: (_cost(row), -sign * _score(row))):
        if not front or sign * _score(row) > sign * _score(front[-1]):
            front.append(row)
    return front


def _corners(points: Sequence[Point]) -> list[Point]:
    """Steps: until the next row, nothing better can be had. None where one row has it all."""
    if len(points) < FEWEST_POINTS:
        return []
    corners = [points[0]]
    for (_, before), (x, y) in pairwise(points):
        corners += [(x, before), (x, y)]
    return corners


def _between(one: Point, other: Point) -> Box:
    (x, y), (to_x, to_y) = one, other
    return min(x, to_x) - 1, min(y, to_y) - 1, max(x, to_x) + 1, max(y, to_y) + 1


def _around(x: float, y: float) -> Box:
    return x - 6, y - 6, x + 6, y + 6


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
