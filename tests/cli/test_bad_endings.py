"""Runs that end badly: diverged, stopped by the user, with checkpoints that are damaged."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from emobench.cli.progress import Progress

RUN = ("run", "clips.yaml", "--task", "task.yaml", "--set", "train.epochs=5")
RESULTS = ("predictions.npz", "model.safetensors", "history.jsonl")
Emobench = Callable[..., Any]


def run_folder(runs: str) -> Path:
    (path,) = Path(runs).glob("*/record.json")
    return path.parent


def record(runs: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run_folder(runs) / "record.json").read_text())
    return found


def results(runs: str) -> tuple[Any, ...]:
    """Everything that must not depend on where a run was stopped."""
    return (*((run_folder(runs) / name).read_bytes() for name in RESULTS), record(runs)["scores"])


@pytest.fixture
def straight(clips: Path, emobench: Emobench) -> tuple[Any, ...]:
    """What the run gives when nothing happens to it."""
    assert emobench(*RUN, "--runs", "straight").code == 0
    return results("straight")


@pytest.fixture
def stopped(clips: Path, emobench: Emobench, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The run stopped by SIGINT after the third of five epochs; gives the outcome."""
    usual = Progress.epoch

    def stop(self: Progress, epoch: int, epochs: int, metrics: Mapping[str, float]) -> None:
        usual(self, epoch, epochs, metrics)
        if epoch == 3:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "epoch", stop)
        return emobench(*RUN)


def test_a_run_stopped_by_the_user_says_how_to_resume(stopped: Any) -> None:
    assert stopped.code == 130
    assert stopped.err.splitlines()[-1] == "interrupted; run the same command to resume"
    assert "Traceback" not in stopped.err
    assert record("runs")["state"] == "interrupted"
    assert record("runs")["reason"] == "stopped by the user; the same command resumes it"
    assert record("runs")["scores"] == {}


def test_a_stopped_run_resumes_to_the_numbers_of_one_that_was_not(
    straight: tuple[Any, ...], stopped: Any, emobench: Emobench
) -> None:
    again = emobench(*RUN)
    assert again.code == 0, again.err
    assert "epoch 3/5" not in again.err
    assert [one["state"] for one in record("runs")["attempts"]] == ["interrupted", "ok"]
    assert record("runs")["attempts"][-1]["resumed_from_epoch"] == 3
    assert results("runs") == straight


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [cut_short, flip_a_bit, empty])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(
    straight: tuple[Any, ...],
    stopped: Any,
    emobench: Emobench,
    spoil: Callable[[Path], None],
) -> None:
    spoil(run_folder("runs") / "checkpoints" / "checkpoint-00003.safetensors")
    again = emobench(*RUN)
    assert again.code == 0, again.err
    assert "warning: checkpoint of epoch 3 is damaged and passed over" in again.err
    assert record("runs")["attempts"][-1]["resumed_from_epoch"] == 2
    assert results("runs") == straight


def test_a_run_without_a_sound_checkpoint_begins_again(
    straight: tuple[Any, ...], stopped: Any, emobench: Emobench
) -> None:
    for path in (run_folder("runs") / "checkpoints").iterdir():
        cut_short(path)
    again = emobench(*RUN)
    assert again.code == 0, again.err
    assert again.err.count("is damaged and passed over") == 2
    assert "epoch 1/5" in again.err
    assert results("runs") == straight


@pytest.mark.parametrize("optimizer", ["{use: sgd, lr: 1e6}", "{use: adamw, lr: 1e30}"])
def test_a_run_that_diverges_says_so_and_exits_5(
    clips: Path, emobench: Emobench, optimizer: str
) -> None:
    recipe = clips.parent / "clips.yaml"
    recipe.write_text(recipe.read_text().replace("{use: adamw, lr: 1e-2}", optimizer))
    outcome = emobench(*RUN)
    assert outcome.code == 5
    assert "clips on task, seed 0: diverged" in outcome.out
    assert "not finite" in outcome.out
    assert "--set optimizer.lr=" in outcome.out
    assert "Traceback" not in outcome.out + outcome.err
    assert len(outcome.out.splitlines()) <= 25
    assert record("runs")["state"] == "diverged"
    assert record("runs")["scores"] == {}


def test_a_run_that_diverged_is_answered_from_its_record(clips: Path, emobench: Emobench) -> None:
    recipe = clips.parent / "clips.yaml"
    recipe.write_text(recipe.read_text().replace("{use: adamw, lr: 1e-2}", "{use: sgd, lr: 1e6}"))
    emobench(*RUN)
    again = emobench(*RUN)
    assert again.code == 5
    assert "stored record" in again.out
    assert "not finite" in again.out
