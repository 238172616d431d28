"""The pictures show what they should, at the right places."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from emobench.sweeps.importance import Importance, importance
from emobench.sweeps.parallel_axes import axis_of
from emobench.sweeps.plots import (
    as_svg,
    draw_front,
    draw_history,
    draw_importance,
    draw_parallel,
    write_pictures,
)
from emobench.sweeps.ranges import Choices, Numbers

PNG = b"\x89PNG"


def mixed(search: Any) -> Any:
    trials = list(search.sweep(8).trials)
    trials[3] = replace(trials[3], state="stopped", validation=None, reports={1: 0.2})
    trials[5] = search.shown(5, trials[5].values, None)
    return search.overview(*trials)


def test_history_tells_states_apart_by_shape_and_colour(search: Any) -> None:
    figure = draw_history(mixed(search))
    assert figure is not None
    (axes,) = figure.axes
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["best so far", "ok (6)", "stopped (1)", "failed (1)"]
    shapes = {collection.get_paths()[0].vertices.tobytes() for collection in axes.collections}
    assert len(shapes) == 3


def test_the_line_of_the_best_only_rises_and_ends_at_the_last_trial(search: Any) -> None:
    shown = mixed(search)
    figure = draw_history(shown)
    assert figure is not None
    (line,) = figure.axes[0].lines
    heights = list(line.get_ydata())
    assert heights == sorted(heights)
    assert line.get_xdata()[-1] == 7
    assert heights[-1] == max(each.validation or 0 for each in shown.trials)


def test_where_lower_is_better_the_line_falls(search: Any) -> None:
    figure = draw_history(search.sweep(8, metric="mae"))
    assert figure is not None
    heights = list(figure.axes[0].lines[0].get_ydata())
    assert heights == sorted(heights, reverse=True)
    assert figure.axes[0].get_ylabel() == "mae (lower is better) on validation"


def test_nothing_to_show_draws_nothing(search: Any) -> None:
    empty = search.overview()
    assert draw_history(empty) is None
    assert draw_front(empty) is None
    assert draw_parallel(empty, importance=Importance()) is None
    assert draw_importance(Importance()) is None


def test_a_line_has_a_gap_where_an_option_does_not_count(search: Any) -> None:
    shown = search.sweep(30)
    figure = draw_parallel(shown, importance=importance(shown))
    assert figure is not None
    names = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    gamma = names.index("gamma")
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) == len(names)]
    gaps = sum(math.isnan(line.get_ydata()[gamma]) for line in lines)
    assert len(lines) == 30
    assert gaps == sum("gamma" not in trial.values for trial in shown.trials)


def test_axes_follow_their_ranges() -> None:
    rate = axis_of(Numbers(low=1e-4, high=1.0, log=True))
    assert rate.place(1e-2) == pytest.approx(0.5)
    assert [words for _, words in rate.marks] == ["0.0001", "0.001", "0.01", "0.1", "1"]
    either = axis_of(Choices(values=("a", [1], True)))
    assert [either.place(value) for value in ("a", [1], True)] == pytest.approx([1 / 6, 0.5, 5 / 6])
    assert math.isnan(either.place("b"))


def test_the_front_is_drawn_from_the_cheapest_on(search: Any) -> None:
    trials = [replace(each, cost=10.0 - each.index) for each in search.sweep(6).trials]
    shown = search.overview(*trials, objectives=2)
    figure = draw_front(shown)
    assert figure is not None
    costs = list(figure.axes[0].lines[0].get_xdata())
    assert costs == sorted(costs)
    assert len(costs) == len(shown.front)


def test_files_are_written_for_what_there_is(search: Any, tmp_path: Path) -> None:
    shown = search.sweep(8)
    written = write_pictures(shown, tmp_path / "plots", importance=importance(shown))
    assert [path.name for path in written] == ["history.png", "importance.png", "parallel.png"]
    assert all(path.read_bytes().startswith(PNG) for path in written)


def test_hostile_names_are_drawn_as_they_are(search: Any) -> None:
    shown = replace(search.sweep(4), name=r"$\frac{</svg><script>$")
    figure = draw_history(shown)
    assert figure is not None
    svg = as_svg(figure, name="history")
    ElementTree.fromstring(svg)
    assert "<script" not in svg


def test_the_same_picture_is_the_same_svg_and_its_colours_are_the_pages(search: Any) -> None:
    first, second = (
        as_svg(figure, name="history")
        for figure in (draw_history(search.sweep(5)), draw_history(search.sweep(5)))
        if figure is not None
    )
    assert first == second
    assert "var(--ink)" in first
    assert "#1f2328" not in first
