"""A board's charts, each the text of an SVG file: intervals, recalls by class; costs lie beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from emobench.boards.axes import Axis, axis
from emobench.boards.board import CONSTANT_NAME, Board, Row, Standing
from emobench.boards.cost_chart import cost_chart
from emobench.boards.svg import BACKGROUND, FAINT, GRID, INK, Picture, fitting
from emobench.boards.words import figure, title
from emobench.scoring.catalogue import METRICS

COLOURS = {
    Standing.HONEST: "#0b63b5",
    Standing.INCOMPLETE: "#5b8db8",
    Standing.LEAKY: "#c2410c",
    Standing.NO_RESULT: "#8c959f",
}
BANDS = ("#f0f4f8", BACKGROUND)
MARK_80 = "#1a7f37"
DARK = 0.75
"""The share from which a cell is dark enough for light figures."""
MOST_ROWS = 40
MOST_CLASSES = 16
LINE = 22.0
NAMES = 220.0
DEEPEST = (11, 99, 181)
"""The colour of a recall of 100%."""


def charts(board: Board) -> Mapping[str, str]:
    """The charts that the board has enough for, by the stem of their file's name."""
    made = {
        "intervals": interval_chart(board),
        "recalls": recall_chart(board),
        "costs": cost_chart(board, colours=COLOURS),
    }
    return {name: chart for name, chart in made.items() if chart}


def interval_chart(board: Board) -> str:
    """Every scored row with its interval, its seeds as dots and its tier; "" without scores."""
    rows = [row for row in board.rows if row.score is not None][:MOST_ROWS]
    if not rows:
        return ""
    left, top, width = NAMES + 20, 34.0, 820.0
    bottom = top + LINE * len(rows)
    picture = Picture(
        width=width, height=bottom + 46, title=f"{board.title}: scores with 95% intervals"
    )
    along = axis(_shown_values(board, rows), start=left + 10, end=width - 110)
    _bands(picture, rows, top=top, start=left, end=width - 110)
    _marks(picture, along, board, top=top, bottom=bottom)
    for place, row in enumerate(rows):
        _interval(picture, row, board, along=along, middle=top + LINE * (place + 0.5))
    picture.text((left - 12, 20), "recipe", size=11, colour=FAINT, anchor="end")
    words = f"{title(board.metric)}, mean over seeds (large), each seed (small), 95% interval"
    picture.text((along.start, 20), words, size=11, colour=FAINT)
    return picture.render()


def recall_chart(board: Board) -> str:
    """Which share of each class each row found; "" where the task has no classes."""
    rows = [row for row in board.rows if row.recalls][:MOST_ROWS]
    classes = list(dict.fromkeys(name for row in rows for name in row.recalls))[:MOST_CLASSES]
    if not classes:
        return ""
    left, top = NAMES + 20, 40.0
    cell = min(84.0, max(46.0, 600.0 / len(classes)))
    width = left + cell * len(classes) + 20
    picture = Picture(
        width=width, height=top + LINE * len(rows) + 20, title=f"{board.title}: recall by class"
    )
    picture.text(
        (left - 12, 20), "share of each class that was found", size=11, colour=FAINT, anchor="end"
    )
    for column, name in enumerate(classes):
        shown = fitting(name, width=cell - 4, size=11)
        picture.text((left + cell * (column + 0.5), top - 8), shown, size=11, anchor="middle")
    for place, row in enumerate(rows):
        above = top + LINE * place
        _name(picture, board, row, at=(left - 12, above + 15))
        for column, name in enumerate(classes):
            at = (left + cell * column, above)
            _cell(picture, at, cell, row.recalls.get(name), name=name)
    return picture.render()


def _shown_values(board: Board, rows: Sequence[Row]) -> list[float]:
    values = [value for row in rows for value in (row.interval or ())]
    values += [score for row in rows for score in row.seed_scores.values()]
    values += [] if board.constant.score is None else [board.constant.score]
    return values or [fmean(row.score for row in rows if row.score is not None)]


def _bands(picture: Picture, rows: Sequence[Row], *, top: float, start: float, end: float) -> None:
    """A band a tier, named where it begins."""
    for place, row in enumerate(rows):
        if row.tier is None:
            continue
        above = top + LINE * place
        picture.rectangle(
            (start, above), width=end + 90 - start, height=LINE, fill=BANDS[(row.tier + 1) % 2]
        )
        if place == 0 or rows[place - 1].tier != row.tier:
            picture.text((end + 22, above + 15), f"tier {row.tier}", size=11, colour=FAINT)


def _marks(picture: Picture, along: Axis, board: Board, *, top: float, bottom: float) -> None:
    """The axis below, the constant predictor, and 80% where the metric is a share."""
    for value in along.ticks:
        x = along.place(value)
        picture.line((x, top), (x, bottom), colour=GRID)
        shown = figure(value, metric=board.metric).replace(".0%", "%")
        picture.text((x, bottom + 16), shown, size=11, colour=FAINT, anchor="middle")
    percent = board.metric in METRICS and METRICS[board.metric].percent
    if percent and along.low < 0.8 <= along.high:
        x = along.place(0.8)
        picture.line((x, top), (x, bottom), colour=MARK_80, dashes="2 3")
        picture.text((x, bottom + 32), "80%+", size=11, colour=MARK_80, anchor="middle")
    if board.constant.score is not None:
        x = along.place(board.constant.score)
        picture.line((x, top), (x, bottom), colour=INK, dashes="5 4")
        picture.text((x, bottom + 32), CONSTANT_NAME, size=11, anchor="middle")


def _interval(picture: Picture, row: Row, board: Board, *, along: Axis, middle: float) -> None:
    assert row.score is not None
    colour = COLOURS[row.standing]
    _name(picture, board, row, at=(NAMES + 8, middle + 4))
    if row.interval is not None:
        low, high = map(along.place, row.interval)
        picture.line((low, middle), (high, middle), colour=colour, width=2)
        for x in (low, high):
            picture.line((x, middle - 4), (x, middle + 4), colour=colour, width=2)
    for score in row.seed_scores.values():
        picture.dot((along.place(score), middle), radius=2, fill=BACKGROUND, outline=colour)
    at = (along.place(row.score), middle)
    told = f"{board.name_of(row)}: {figure(row.score, metric=board.metric)}"
    picture.dot(at, radius=4.5, fill=colour, title=told)
    if row.standing in (Standing.LEAKY, Standing.NO_RESULT, Standing.INCOMPLETE):
        words = row.state if row.standing is Standing.NO_RESULT else row.standing.value
        picture.text((along.end + 22, middle + 4), words, size=11, colour=colour)


def _name(picture: Picture, board: Board, row: Row, *, at: tuple[float, float]) -> None:
    shown = fitting(board.name_of(row), width=NAMES)
    faded = FAINT if row.standing in (Standing.LEAKY, Standing.NO_RESULT) else INK
    picture.text(at, shown, colour=faded, anchor="end")


def _cell(
    picture: Picture, at: tuple[float, float], width: float, share: float | None, *, name: str
) -> None:
    if share is None:
        return
    red, green, blue = (round(255 - share * (255 - deep)) for deep in DEEPEST)
    fill = f"#{red:02x}{green:02x}{blue:02x}"
    shown = f"{100 * share:.0f}"
    picture.rectangle(
        (at[0] + 1, at[1] + 1),
        width=width - 2,
        height=LINE - 2,
        fill=fill,
        title=f"{name}: {shown}%",
    )
    ink = BACKGROUND if share > DARK else INK
    picture.text((at[0] + width / 2, at[1] + 15), shown, size=11, colour=ink, anchor="middle")
