"""Learning curves and confusion matrices as PNG. Imports matplotlib late, keeps no global state."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.runs.files import write_atomic

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from emobench.runs.record import Record

PARTS = ("train", "validation")
LINES = {"train": "--", "validation": "-"}
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
LEARNING_RATE = "learning_rate"
CURVES = ("accuracy", "uar", "macro_f1", "map", "ccc")
"""The figures that get a line; a history may hold many more."""

LARGEST = 24.0
"""Inches; more classes than fit draw smaller."""

Points = tuple[list[float], list[float]]


def plot_record(record: Record, *, history: Sequence[Mapping[str, float]], folder: Path) -> None:
    """Draw a run's learning curves and a confusion matrix a target into `plots` of its folder."""
    plots = folder / "plots"
    plots.mkdir(exist_ok=True)
    fold = f", fold {record.task.fold}" if record.task.folds > 1 else ""
    title = f"{record.recipe_name} on {record.task.name}{fold}, seed {record.seed}"
    if history:
        plot_learning_curves(history, plots / "learning_curves.png", title=title)
    for name, scores in record.scores.items():
        if scores.confusion:
            classes = [row.name for row in scores.classes]
            plot_confusion(scores.confusion, classes, plots / f"confusion_{name}.png", title=title)


def plot_learning_curves(history: Sequence[Mapping[str, float]], path: Path, *, title: str) -> None:
    """Draw loss, metrics and learning rate by epoch; keys that no row has are left out."""
    losses = _curves(history, ("loss",))
    metrics = _curves(history, CURVES)
    rates = _points(history, LEARNING_RATE)
    panels = 1 + bool(metrics) + bool(rates[0])
    figure = _figure(5.0 * panels, 3.8, title)
    axes = figure.subplots(1, panels, squeeze=False)[0].tolist()
    _draw(axes.pop(0), "loss", losses)
    if metrics:
        panel = axes.pop(0)
        _draw(panel, "metrics", metrics)
        if all(0 <= value <= 1 for _, values in metrics.values() for value in values):
            panel.set_ylim(0, 1.02)
    if rates[0]:
        panel = axes.pop(0)
        _draw(panel, "learning rate", {("", "learning rate"): rates})
        panel.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
    _write(figure, path)


def plot_confusion(
    confusion: np.ndarray | Sequence[Sequence[int]],
    classes: Sequence[str],
    path: Path,
    *,
    title: str,
) -> None:
    """Draw counts `(true, predicted)`, coloured by their share of the true class."""
    import numpy as np

    counts = np.asarray(confusion)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    size = min(max(4.5, 0.6 * len(classes) + 2.0), LARGEST)
    figure = _figure(size + 0.8, size, title)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [_shorten(_plain(name)) for name in classes]
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else "black" if count else "#b0b0b0"
        axes.text(column, row, f"{count}", ha="center", va="center", color=colour, fontsize=9)
    bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
    bar.set_label("share of the true class")
    _write(figure, path)


def _figure(width: float, height: float, title: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(_plain(title), fontsize=11)
    return figure


def _curves(
    history: Sequence[Mapping[str, float]], names: Sequence[str]
) -> dict[tuple[str, str], Points]:
    found = {(part, name): _points(history, f"{part}_{name}") for name in names for part in PARTS}
    return {key: points for key, points in found.items() if points[0]}


def _points(history: Sequence[Mapping[str, float]], key: str) -> Points:
    """Epochs and values of the rows that have the key; rows without an epoch count from 1."""
    found = [
        (row.get("epoch", at), row[key])
        for at, row in enumerate(history, 1)
        if row.get(key) is not None
    ]
    return [epoch for epoch, _ in found], [value for _, value in found]


def _draw(axes: Axes, heading: str, curves: Mapping[tuple[str, str], Points]) -> None:
    from matplotlib.ticker import MaxNLocator

    names = list(dict.fromkeys(name for _, name in curves))
    for (part, name), (epochs, values) in curves.items():
        axes.plot(
            epochs,
            values,
            LINES.get(part, "-"),
            color=COLOURS[names.index(name) % len(COLOURS)],
            marker="o" if len(epochs) == 1 else "",
            label=f"{part} {name.replace('_', ' ')}".strip(),
        )
    axes.set_title(heading, fontsize=10)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if len(curves) > 1:
        axes.legend(fontsize=8, loc="best")


def _plain(text: str) -> str:
    """Dollar signs would start matplotlib's own mathematics."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown.replace("$", r"\$")


def _shorten(text: str) -> str:
    return text if len(text) <= 20 else text[:19] + "…"


def _write(figure: Figure, path: Path) -> None:
    picture = io.BytesIO()
    with warnings.catch_warnings():
        # A script that the font lacks is drawn as boxes: no reason to trouble the user.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(picture, format="png", dpi=110)
    write_atomic(path, picture.getvalue())
