"""The observer: the best epoch by validation, the first of equals; the time limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import torch

from emobench.api import Evaluation, RunState, Schedule, Stream, TaskFacts
from emobench.runs.folder import RunFolder
from emobench.runs.listener import Listener
from emobench.runs.observer import Observer, TimedOut
from emobench.training.build import ConstantRate
from emobench.training.loop import Totals


def state(metric: str = "uar") -> RunState:
    model = torch.nn.Linear(1, 1)
    anything: Any = model
    return RunState(
        task=TaskFacts(name="t", modalities=(), targets=(), metric=metric, train_items=1),
        stream=Stream(0),
        schedule=Schedule(epochs=9, updates_per_epoch=1),
        device=torch.device("cpu"),
        model=anything,
        losses={},
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        scheduler=ConstantRate(),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    path = tmp_path / "run"
    path.mkdir()
    with RunFolder(path, root=tmp_path) as opened:
        yield opened


def observer(folder: RunFolder, **changes: Any) -> Observer:
    arguments = {"select": "best", "checkpoint_every": 1, "time_limit": None, **changes}
    return Observer(folder=folder, listener=Listener(), **arguments)


def weights(run: RunState) -> float:
    return float(next(run.model.parameters()).detach())


def evaluate(run: RunState, watching: Observer) -> None:
    """Go through the observer's wrapper as the loop's evaluation does."""
    generator = watching.evaluate(run)
    next(generator)
    with pytest.raises(StopIteration):
        generator.send(cast(Evaluation, None))


def train(run: RunState, watching: Observer, scores: list[float], metric: str = "uar") -> None:
    """Epochs whose weights equal their number."""
    for score in scores:
        with torch.no_grad():
            for parameter in run.model.parameters():
                parameter.fill_(run.epoch + 1)
        evaluate(run, watching)
        watching.epoch_end(run, {f"validation_{metric}": score, "train_loss": 1.0})
        run.epoch += 1


@pytest.mark.parametrize(
    ("metric", "scores", "best"),
    [("uar", [0.1, 0.5, 0.5, 0.2], 2), ("mae", [3.0, 1.0, 2.0], 2), ("uar", [0.1, 0.2], 2)],
)
def test_the_first_best_epoch_on_validation_is_what_is_scored(
    folder: RunFolder, metric: str, scores: list[float], best: int
) -> None:
    run, watching = state(metric), observer(folder)
    train(run, watching, scores, metric)
    watching.fit_end(run)
    assert (watching.best_epoch, weights(run)) == (best, best)


def test_the_last_epoch_is_scored_where_the_recipe_wants_it(folder: RunFolder) -> None:
    run, watching = state(), observer(folder, select="last")
    train(run, watching, [0.9, 0.1])
    watching.fit_end(run)
    assert weights(run) == 2


def test_a_resumed_run_knows_its_best_epoch_and_forgets_later_history(folder: RunFolder) -> None:
    train(state(), observer(folder), [0.1, 0.7, 0.3])
    folder.append_history({"epoch": 4, "train_loss": 0.5})
    run, resumed = state(), observer(folder)
    resumed.resume(run)
    assert (run.epoch, weights(run)) == (3, 3)
    assert [row["epoch"] for row in folder.read_history()] == [1, 2, 3]
    resumed.fit_end(run)
    assert weights(run) == 2


def test_seconds_of_earlier_attempts_count(folder: RunFolder) -> None:
    first = observer(folder)
    first.earlier_s = 100
    train(state(), first, [0.1])
    resumed = observer(folder)
    resumed.resume(state())
    assert resumed.train_s > 100


def test_training_past_its_time_limit_ends(folder: RunFolder) -> None:
    watching = observer(folder, time_limit=50.0)
    totals = Totals(loss=torch.zeros(()), correct=torch.zeros(()))
    watching.step_done(state(), 1, totals)
    watching.earlier_s = 51
    with pytest.raises(TimedOut, match="time limit of 50 s"):
        watching.step_done(state(), 1, totals)


def test_what_is_kept_are_the_weights_that_were_evaluated(folder: RunFolder) -> None:
    """A technique that averages swaps its weights in for the evaluation alone."""
    run, watching = state(), observer(folder)
    parameter = next(iter(run.model.parameters()))
    with torch.no_grad():
        parameter.fill_(7)
        evaluate(run, watching)
        parameter.fill_(1)
    watching.epoch_end(run, {"validation_uar": 0.5})
    watching.fit_end(run)
    assert weights(run) == 7


@pytest.mark.parametrize("select", ["best", "last"])
def test_a_resumed_run_remembers_its_best_epoch(folder: RunFolder, select: str) -> None:
    train(state(), observer(folder, select=select), [0.1, 0.7, 0.3])
    resumed = observer(folder, select=select)
    resumed.resume(state())
    assert (resumed.best_epoch, resumed.best_score) == (2, 0.7)


def test_a_checkpoint_of_another_device_is_not_taken_up(folder: RunFolder) -> None:
    train(state(), observer(folder), [0.1])
    run, resumed = state(), observer(folder)
    run.device = torch.device("meta")
    resumed.resume(run)
    assert (run.epoch, resumed.resumed_from) == (0, 0)
