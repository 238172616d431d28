"""Plots: what is drawn, that nothing global is touched, that writing is whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from emobench.runs import plots
from emobench.runs.record import ClassScore, Record, TargetScores

ROW = {
    "train_loss": 1.0,
    "train_accuracy": 0.4,
    "validation_loss": 1.2,
    "validation_accuracy": 0.35,
    "validation_uar": 0.3,
    "learning_rate": 1e-3,
}
HISTORY = [{"epoch": float(epoch), **ROW} for epoch in range(1, 6)]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Keeps every figure that is written, and writes it."""
    figures: list[Figure] = []
    write = plots._write

    def keep(figure: Figure, path: Path) -> None:
        figures.append(figure)
        write(figure, path)

    monkeypatch.setattr(plots, "_write", keep)
    return figures


def lines(figure: Figure) -> dict[str, list[str]]:
    return {
        axes.get_title(): [str(line.get_label()) for line in axes.get_lines()]
        for axes in figure.axes
    }


def test_curves_are_grouped_in_panels(tmp_path: Path, drawn: list[Figure]) -> None:
    plots.plot_learning_curves(HISTORY, tmp_path / "curves.png", title="a title")
    assert lines(drawn[0]) == {
        "loss": ["train loss", "validation loss"],
        "metrics": ["train accuracy", "validation accuracy", "validation uar"],
        "learning rate": ["learning rate"],
    }


def test_a_curve_holds_the_values_of_the_rows_that_have_it(
    tmp_path: Path, drawn: list[Figure]
) -> None:
    history: list[dict[str, float]] = [
        {"epoch": 1, "train_loss": 3.0},
        {"epoch": 2},
        {"epoch": 3, "train_loss": 1.0},
    ]
    plots.plot_learning_curves(history, tmp_path / "curves.png", title="")
    (line,) = drawn[0].axes[0].get_lines()
    np.testing.assert_array_equal(line.get_xydata(), [[1, 3.0], [3, 1.0]])


def test_panels_without_curves_are_left_out(tmp_path: Path, drawn: list[Figure]) -> None:
    plots.plot_learning_curves([{"train_loss": 1.0}], tmp_path / "curves.png", title="")
    assert list(lines(drawn[0])) == ["loss"]


def test_an_empty_history_still_gives_a_picture(tmp_path: Path) -> None:
    plots.plot_learning_curves([], tmp_path / "curves.png", title="nothing yet")
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.format == "PNG"


def test_the_matrix_shows_counts_on_the_shares_of_their_row(
    tmp_path: Path, drawn: list[Figure]
) -> None:
    confusion = np.array([[3, 1], [0, 0]])
    plots.plot_confusion(confusion, ("angry", "sad"), tmp_path / "confusion.png", title="")
    axes = drawn[0].axes[0]
    assert [text.get_text() for text in axes.texts] == ["3", "1", "0", "0"]
    np.testing.assert_array_equal(axes.images[0].get_array(), [[0.75, 0.25], [0, 0]])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["angry", "sad"]


def test_names_of_strangers_are_drawn_as_they_are(tmp_path: Path) -> None:
    names = ("$\\frac{", "愤怒 \n\t" + "x" * 50)
    plots.plot_confusion(np.eye(2, dtype=int), names, tmp_path / "confusion.png", title="$_$")
    assert (tmp_path / "confusion.png").stat().st_size > 0


def test_a_failed_write_leaves_the_old_picture_and_no_scraps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "curves.png"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("emobench.runs.files.os.replace", fail)
    with pytest.raises(OSError, match="No space left"):
        plots.plot_learning_curves(HISTORY, path, title="")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_neither_import_nor_drawing_loads_pyplot(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; import emobench.runs.plots as plots\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"plots.plot_learning_curves([], Path({str(tmp_path)!r}) / 'a.png', title='')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_run_is_drawn_below_its_folder_under_its_own_name(
    tmp_path: Path, drawn: list[Figure], make_record: Callable[..., Record]
) -> None:
    scores = TargetScores(
        metrics={"uar": 0.5},
        classes=tuple(
            ClassScore(name=name, precision=0.5, recall=0.5, f1=0.5, support=3)
            for name in ("calm", "angry")
        ),
        confusion=((2, 1), (0, 3)),
    )
    record = make_record(scores={"emotion": scores, "valence": TargetScores(metrics={"mae": 0.1})})
    in_folds = replace(record, task=replace(record.task, fold=2, folds=5))
    plots.plot_record(in_folds, history=HISTORY, folder=tmp_path)
    written = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert written == ["confusion_emotion.png", "learning_curves.png"]
    titles = {figure.get_suptitle() for figure in drawn}
    assert titles == {"baseline on toy/people, fold 2, seed 0"}
    ticks = [label.get_text() for label in drawn[1].axes[0].get_xticklabels()]
    assert ticks == ["calm", "angry"]


def test_without_a_history_no_curve_is_drawn(
    tmp_path: Path, make_record: Callable[..., Record]
) -> None:
    plots.plot_record(make_record(), history=[], folder=tmp_path)
    assert list((tmp_path / "plots").iterdir()) == []
