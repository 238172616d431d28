"""Pictures of a sweep: history, parallel coordinates, importance, Pareto front; PNG or SVG.

Validation figures alone. Imports matplotlib late and keeps no global state.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.runs.files import write_atomic
from emobench.scoring.catalogue import METRICS
from emobench.sweeps.importance import Importance
from emobench.sweeps.overview import Overview, Shown, ShownState
from emobench.sweeps.parallel_axes import Along, axis_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, GRID, GROUND = "#1f2328", "#59636e", "#d8dee4", "#ffffff"
BLUE, ORANGE, GREEN, PURPLE, RED = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b3261e"

PAGE_COLOURS = {
    "ink": INK,
    "faint": FAINT,
    "grid": GRID,
    "ground": GROUND,
    "blue": BLUE,
    "orange": ORANGE,
    "red": RED,
}
"""Colours that a page sets itself, as it may be dark."""

MARKS: Mapping[ShownState, tuple[str, str]] = {
    "ok": ("o", BLUE),
    "collapsed": ("s", PURPLE),
    "stopped": ("v", ORANGE),
    "under way": ("D", GREEN),
    "diverged": ("x", RED),
    "out_of_memory": ("P", RED),
    "timed_out": ("1", RED),
    "failed": ("X", RED),
    "interrupted": ("D", GREEN),
}
"""Shape and colour by state; those without any figure lie on the lower edge."""

MOST_OPTIONS = 8
MOST_LINES = 300
MOST_BARS = 15


def pictures(shown: Overview, *, importance: Importance) -> dict[str, Figure]:
    """Every picture there is enough for, by the stem of its file's name."""
    drawn = {
        "history": draw_history(shown),
        "importance": draw_importance(importance),
        "parallel": draw_parallel(shown, importance=importance),
        "pareto": draw_front(shown) if shown.objectives > 1 else None,
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def write_pictures(shown: Overview, folder: Path, *, importance: Importance) -> list[Path]:
    """Write every picture as PNG into a folder; gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, figure in pictures(shown, importance=importance).items():
        path = folder / f"{name}.png"
        content = io.BytesIO()
        with _unknown_letters_allowed():
            figure.savefig(content, format="png", dpi=130)
        write_atomic(path, content.getvalue())
        written.append(path)
    return written


def as_svg(figure: Figure, *, name: str) -> str:
    """A picture as one SVG element for a page, its colours left to the page's own."""
    import matplotlib as mpl

    content = io.StringIO()
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}),
        _unknown_letters_allowed(),
    ):
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    text = content.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    for variable, colour in PAGE_COLOURS.items():
        svg = svg.replace(colour, f"var(--{variable})")
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    return re.sub(r'width="[\d.]+pt" height="[\d.]+pt" ', "", svg.strip(), count=1)


def draw_history(shown: Overview) -> Figure | None:
    """Each trial's figure in the order they began, the best so far, states by shape and colour."""
    from matplotlib.ticker import MaxNLocator

    known = [trial for trial in shown.trials if trial.figure is not None]
    if not known:
        return None
    figure, axes = _panel(8.4, 4.2, f"{shown.name}: trials on {shown.task}")
    best = _best_so_far(shown)
    if best:
        axes.step(*zip(*best, strict=True), where="post", color=INK, lw=1.2, label="best so far")
    low, high = _limits([trial.figure for trial in known if trial.figure is not None])
    axes.set_ylim(low, high)
    edge = low + 0.025 * (high - low)
    for state, (mark, colour) in MARKS.items():
        of_state = [trial for trial in shown.trials if trial.state == state]
        points = [(trial.index, _or(trial.figure, edge)) for trial in of_state]
        if points:
            across, up = zip(*points, strict=True)
            axes.scatter(
                across,
                up,
                marker=mark,
                s=26,
                color=colour,
                alpha=0.85,
                linewidths=1.2 if mark in "x1" else 0,
                label=f"{state.replace('_', ' ')} ({len(points)})",
                zorder=3,
            )
    axes.set_xlabel("trial")
    _figures_upright(axes, shown)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(axes)
    return figure


def draw_importance(importance: Importance) -> Figure | None:
    """A bar an option; those no longer than chance would make them are faint."""
    bars = importance.shares[:MOST_BARS]
    if not bars:
        return None
    figure, axes = _panel(8.4, 1.4 + 0.3 * len(bars), "What the options explain by themselves")
    places = list(range(len(bars)))
    axes.barh(
        places,
        [100 * bar.share for bar in bars],
        color=[BLUE if bar.beyond_chance else GRID for bar in bars],
        height=0.7,
    )
    for place, bar in zip(places, bars, strict=True):
        axes.annotate(
            f"{100 * bar.share:.0f}%",
            (100 * bar.share, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=INK if bar.beyond_chance else FAINT,
            fontsize=9,
        )
    axes.set_yticks(places, [_plain(_cut(bar.key, 42)) for bar in bars])
    axes.invert_yaxis()
    axes.set_xlim(0, max(5.0, 112 * max(bar.share for bar in bars)))
    axes.set_xlabel(f"% of the differences between trials ({importance.words})", fontsize=9)
    return figure


def draw_parallel(shown: Overview, *, importance: Importance) -> Figure | None:
    """A line a trial through its values of the most important options; the best stand out."""
    keys = [each.key for each in importance.shares[:MOST_OPTIONS]] or list(shown.ranges)
    keys = keys[:MOST_OPTIONS]
    lines = [trial for trial in shown.order if trial.figure is not None]
    if len(lines) < 2 or not keys:
        return None
    figure, axes = _panel(
        max(8.4, 1.55 * (len(keys) + 1)), 4.8, "Values of trials, the best by colour"
    )
    scales = [axis_of(shown.ranges[key]) for key in keys]
    figures = [trial.figure for trial in lines if trial.figure is not None]
    low, high = _limits(figures)
    last = Along(marks=_figure_marks(shown, low, high), low=low, high=high)
    step = max(1, len(lines) // MOST_LINES)
    for rank, trial in reversed(list(enumerate(lines))[::step]):
        _line(axes, trial, keys=keys, scales=[*scales, last], share=rank / max(1, len(lines) - 1))
    _uprights(axes, [*scales, last])
    names = [*(_plain(_name_in_two(key)) for key in keys), _metric_words(shown)]
    axes.set_xticks(range(len(names)), names, fontsize=9)
    axes.set_yticks([])
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlim(-0.25, len(keys) + 0.55)
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    return figure


def draw_front(shown: Overview) -> Figure | None:
    """Figure against cost, with the trials that no other beats in both."""
    points = [
        trial for trial in shown.trials if trial.validation is not None and trial.cost is not None
    ]
    if not points:
        return None
    figure, axes = _panel(8.4, 4.2, f"{shown.name}: figure and cost")
    front = set(shown.front)
    beaten = [(_or(t.cost), _or(t.validation)) for t in points if t.index not in front]
    unbeaten = {t.index: (_or(t.cost), _or(t.validation)) for t in points if t.index in front}
    if beaten:
        across, up = zip(*beaten, strict=True)
        axes.scatter(across, up, marker="o", s=20, color=FAINT, alpha=0.6, label="beaten")
    line = [unbeaten[index] for index in shown.front]
    across, up = zip(*line, strict=True)
    axes.step(across, up, where="post", color=BLUE, lw=1.2)
    axes.scatter(across, up, marker="D", s=34, color=BLUE, label="unbeaten", zorder=3)
    shortest = 0.045 * (max(up) - min(up))
    named = -math.inf
    for index in shown.front:
        cost, value = unbeaten[index]
        if abs(value - named) > shortest:
            axes.annotate(
                f"trial {index}",
                (cost, value),
                xytext=(6, -11),
                textcoords="offset points",
                color=INK,
                fontsize=8,
            )
            named = value
    costs = [cost for cost, _ in [*beaten, *line]]
    if min(costs) > 0 and max(costs) / min(costs) > 20:
        axes.set_xscale("log")
    axes.set_xlabel("cost of a trial")
    _figures_upright(axes, shown)
    _legend(axes)
    return figure


def _panel(width: float, height: float, title: str) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor=GROUND)
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_facecolor(GROUND)
    axes.set_title(_plain(_cut(title, 90)), fontsize=11, color=INK, loc="left")
    axes.grid(color=GRID, lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(INK)
    for name, spine in axes.spines.items():
        spine.set_color(GRID)
        spine.set_visible(name in ("left", "bottom"))
    return figure, axes


def _figures_upright(axes: Axes, shown: Overview) -> None:
    from matplotlib.ticker import PercentFormatter

    axes.set_ylabel(f"{_metric_words(shown)} on validation")
    if METRICS[shown.metric].percent:
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1.0))


def _legend(axes: Axes) -> None:
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        borderaxespad=0,
    )


def _line(
    axes: Axes, trial: Shown, *, keys: Sequence[str], scales: Sequence[Along], share: float
) -> None:
    """A trial's line; where an option does not count with the trial's choices, it has a gap."""
    places: list[float] = []
    for key, scale in zip(keys, scales, strict=False):
        placed = trial.placed.get(key)
        places.append(math.nan if placed is None else scale.place(placed.value))
    places.append(scales[-1].share(_or(trial.figure)))
    best = share <= 0.1
    axes.plot(
        range(len(places)),
        places,
        color=ORANGE if share == 0 else BLUE if best else FAINT,
        lw=2.2 if share == 0 else 1.4 if best else 0.7,
        alpha=1.0 if share == 0 else 0.8 if best else 0.35,
        marker="o",
        markersize=4 if best else 2,
        zorder=4 if share == 0 else 3 if best else 2,
    )


def _uprights(axes: Axes, scales: Sequence[Along]) -> None:
    for at, scale in enumerate(scales):
        axes.axvline(at, color=GRID, lw=1, zorder=1)
        for place, words in scale.marks:
            axes.annotate(
                _plain(_cut(words, 16)),
                (at, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=INK,
                zorder=5,
                bbox={"facecolor": GROUND, "edgecolor": "none", "alpha": 0.75, "pad": 0.6},
            )


def _figure_marks(shown: Overview, low: float, high: float) -> tuple[tuple[float, str], ...]:
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    return tuple((share, figure_words(shown, low + share * (high - low))) for share in shares)


def figure_words(shown: Overview, value: float | None) -> str:
    """A figure of the sweep's metric as people read it."""
    if value is None:
        return "-"
    return f"{100 * value:.1f}%" if METRICS[shown.metric].percent else f"{value:.3g}"


def _metric_words(shown: Overview) -> str:
    lower = "" if shown.sign > 0 else " (lower is better)"
    return f"{shown.metric.replace('_', ' ')}{lower}"


def _best_so_far(shown: Overview) -> list[tuple[int, float]]:
    """Index and figure after each trial that was trained to its end, and at the last trial."""
    pick = max if shown.sign > 0 else min
    ended = [(trial.index, trial.validation) for trial in shown.trials]
    scored = [(index, value) for index, value in ended if value is not None]
    bests = list(accumulate((value for _, value in scored), pick))
    steps = [(index, best) for (index, _), best in zip(scored, bests, strict=True)]
    return [*steps, (shown.trials[-1].index, bests[-1])] if steps else []


def _limits(values: Sequence[float]) -> tuple[float, float]:
    """Ends that hold all the values with some room."""
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 0.05
    return low - room, high + room


def _or(value: float | None, other: float = math.nan) -> float:
    return other if value is None else value


def _name_in_two(key: str) -> str:
    """A key on two lines: the option alone on the second."""
    first, dot, last = key.rpartition(".")
    return f"{_cut(first, 20)}\n{_cut(last, 20)}" if dot else _cut(key, 20)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _plain(text: str) -> str:
    """Text in which nothing is taken for mathematics."""
    return "".join(sign for sign in text.replace("$", r"\$") if sign == "\n" or sign.isprintable())


def _unknown_letters_allowed() -> warnings.catch_warnings[None]:
    """Letters that the font lacks become boxes, without a warning each."""
    return warnings.catch_warnings(action="ignore", category=UserWarning)
