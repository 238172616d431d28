"""Charts are well-formed pictures of what the board says, and safe whatever a name holds."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from emobench.boards.axes import axis, log_axis
from emobench.boards.board import Board
from emobench.boards.charts import charts
from emobench.boards.command import PublishedCommands
from emobench.boards.rank import build_published_boards
from emobench.boards.svg import Picture, fitting, number
from emobench.runs.published import Published
from emobench.runs.record import Costs

Publish = Callable[..., Published]
NAME = '</text><script>alert(1)</script> & "quoted" \x1b[31m\u202e'
SVG = "{http://www.w3.org/2000/svg}"


def board_of(*runs: Published) -> Board:
    (board,) = build_published_boards(runs, commands=PublishedCommands(home="boards"))
    return board


def runs_of(
    publish: Publish, recipe: str, *, seconds: float = 30.0, **changes: object
) -> Published:
    costs = Costs(train_s=seconds, parameters=10, ms_per_item=0.1)
    return publish(recipe, costs=costs, **changes)


@pytest.fixture
def board(published: Publish) -> Board:
    return board_of(
        runs_of(published, "slow", seconds=300, skill=0.9),
        runs_of(published, "quick", seconds=10, skill=0.6),
        runs_of(published, "beaten", seconds=200, skill=0.2),
        runs_of(published, "leaks", seconds=5, skill=0.99, audit="leaky"),
        runs_of(published, "fell", state="collapsed"),
        published("broken", state="failed"),
    )


def texts(picture: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_there_are_three_charts(board: Board) -> None:
    assert list(charts(board)) == ["intervals", "recalls", "costs"]


@pytest.mark.parametrize("name", ["intervals", "recalls", "costs"])
def test_a_chart_has_its_own_background_and_says_who_wrote_it(board: Board, name: str) -> None:
    picture = charts(board)[name]
    root = ElementTree.fromstring(picture)
    first = root.find(f"{SVG}rect")
    assert first is not None
    assert (first.get("width"), first.get("fill")) == (root.get("width"), "#ffffff")
    assert "Written by `emobench leaderboard`" in picture.splitlines()[1]


def test_the_interval_chart_names_every_scored_row_its_tier_and_state(board: Board) -> None:
    shown = texts(charts(board)["intervals"])
    for word in ("slow", "quick", "beaten", "leaks", "fell", "tier 1", "leaky", "collapsed"):
        assert word in shown
    assert "constant predictor" in shown
    assert "80%+" in shown
    assert "broken" not in shown


def test_the_heat_map_has_a_cell_for_each_class_of_each_row(board: Board) -> None:
    root = ElementTree.fromstring(charts(board)["recalls"])
    titles = [node.text for node in root.iter(f"{SVG}title")][1:]
    assert len(titles) == 5 * 3
    recall = board.rows[0].recalls["calm"]
    assert titles[0] == f"calm: {100 * recall:.0f}%"


def test_the_front_holds_the_rows_that_no_honest_row_beats(board: Board) -> None:
    root = ElementTree.fromstring(charts(board)["costs"])
    (front,) = root.iter(f"{SVG}polyline")
    corners = [tuple(map(float, pair.split(","))) for pair in (front.get("points") or "").split()]
    dots = {
        (node.find(f"{SVG}title").text or "").split(":")[0]: (  # type: ignore[union-attr]
            float(node.get("cx") or 0),
            float(node.get("cy") or 0),
        )
        for node in root.iter(f"{SVG}circle")
    }
    assert corners[0] == dots["quick"]
    assert corners[-1] == dots["slow"]
    assert len(corners) == 3
    assert dots["quick"][0] < dots["beaten"][0] < dots["slow"][0]


@pytest.mark.parametrize("name", ["intervals", "recalls", "costs"])
def test_a_name_from_a_stranger_runs_nothing(published: Publish, name: str) -> None:
    runs = [
        published("one", recipe_name=NAME),
        published("two", recipe_name="<b>", costs=Costs(train_s=9.0)),
    ]
    picture = charts(board_of(*runs))[name]
    tags = {node.tag for node in ElementTree.fromstring(picture).iter()}
    shapes = ("svg", "title", "rect", "text", "line", "circle", "polyline")
    assert tags <= {SVG + tag for tag in shapes}
    assert "\x1b" not in picture
    assert "\u202e" not in picture


def test_a_board_of_failures_has_no_charts(published: Publish) -> None:
    assert charts(board_of(published("broken", state="failed"))) == {}


def test_a_lone_row_has_no_chart_of_costs(published: Publish) -> None:
    assert list(charts(board_of(published()))) == ["intervals", "recalls"]


def test_an_axis_has_round_ends_that_hold_all_values() -> None:
    found = axis([0.133, 0.64], start=0, end=100)
    assert (found.low, found.high) == (0.1, 0.7)
    assert found.ticks == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    assert found.place(0.1) == 0
    assert found.place(0.4) == pytest.approx(50)


@pytest.mark.parametrize("values", [[0.5], [0.0], [1.0, 1.0], [-3.0], [1e-9, 2e-9]])
def test_an_axis_of_one_value_is_an_axis(values: list[float]) -> None:
    found = axis(values, start=0, end=100)
    assert found.low <= min(values) <= max(values) <= found.high
    assert found.low < found.high


def test_a_logarithmic_axis_puts_equal_ratios_at_equal_distances() -> None:
    found = log_axis([10, 1000], marks=(10, 100, 1000), start=0, end=100)
    places = [found.place(value) for value in (10, 100, 1000)]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1])
    assert found.ticks == (10, 100, 1000)


def test_what_lies_beyond_an_axis_stands_at_its_end() -> None:
    found = axis([0.0, 1.0], start=0, end=100)
    assert (found.place(-5), found.place(7)) == (0, 100)


@pytest.mark.parametrize(
    ("value", "shown"), [(1.0, "1"), (1.26, "1.3"), (-0.01, "0"), (0.04, "0"), (-2.5, "-2.5")]
)
def test_coordinates_are_short(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_long_text_is_cut() -> None:
    assert fitting("a" * 50, width=67.2, size=12) == "a" * 9 + "…"


def test_the_same_calls_give_the_same_bytes() -> None:
    def draw() -> str:
        picture = Picture(width=10, height=10, title="<T>")
        picture.dot((1, 2), radius=3, fill="#000", title="a & b")
        return picture.render()

    assert draw() == draw()
    assert "<title>a &amp; b</title>" in draw()
