"""What a run's record and history say of generated labels, and of honest ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.runs.executor import execute
from emobench.runs.listener import Listener
from emobench.runs.plan import Settings, plan_runs
from emobench.runs.record import Record

TASK = """\
dataset: {{use: synthetic-units, clips: 96, subjects: 12, frames: 4, target: {target}}}
protocol: {{use: grouped-holdout, test: 0.25, validation: 0.25}}
targets: [{named}]
metric: macro_f1
"""
RECIPE = """\
schema: 1
summary: a small network
frontend: {{use: unit_features, add: [ratios]}}
backbone: {{use: dense, hidden: [16, 8], dropout: [0.2, 0.1], hidden_batch_norm: true}}
head: {{use: linear}}
loss: {{use: {loss}}}
optimizer: {{use: adam}}
techniques: [{{use: mean_predictions}}]
train: {{epochs: 2, batch_size: 32}}
"""


class Heard(Listener):
    """Keeps the warnings that a user sees."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def run_on(folder: Path, target: str) -> tuple[Record, list[str], dict[str, float]]:
    """Run the recipe on a task with this target; gives the record, warnings and last epoch."""
    generated = target != "emotion"
    named = "emotions" if generated else "emotion"
    (folder / "task.yaml").write_text(TASK.format(target=target, named=named))
    loss = "binary_cross_entropy" if generated else "cross_entropy"
    (folder / "recipe.yaml").write_text(RECIPE.format(loss=loss))
    registry = load_registry()
    recipe = load_recipe(str(folder / "recipe.yaml"), registry=registry)
    (plan,) = plan_runs([recipe], task_names=[str(folder / "task.yaml")], registry=registry)
    heard = Heard()
    settings = Settings(runs=folder / "runs", cache=folder / "cache", device="cpu")
    record = execute(plan, settings=settings, registry=registry, listener=heard)
    history = (folder / "runs" / record.id / "history.jsonl").read_text().splitlines()
    return record, heard.warnings, json.loads(history[-1])


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A run on generated labels."""
    return run_on(tmp_path_factory.mktemp("generated"), "generated")


def test_generated_labels_make_the_run_leaky_and_the_record_says_why(generated):
    record, _, _ = generated
    assert record.state == "ok"
    assert record.audit.verdict == "leaky"
    (finding,) = [one for one in record.audit.findings if one.severity != "info"]
    assert finding.check == "derived-target"
    assert "'emotions' is a function of the inputs, computed from the row's own" in finding.message


def test_how_labels_are_distributed_is_told_before_training(generated):
    _, warnings, _ = generated
    assert any(
        line.startswith("labels above one half, of 96 rows: happiness ") for line in warnings
    )


def test_the_history_holds_what_is_predicted_on_average_beside_what_is_true(generated):
    _, _, epoch = generated
    for name in ("happiness", "anger", "sadness", "guilt", "fear", "anxiety"):
        assert 0 < epoch[f"mean_predicted.{name}"] < 1
        assert 0 < epoch[f"mean_true.{name}"] < 1


def test_the_same_rows_with_honest_labels_are_clean(tmp_path):
    record, _, _ = run_on(tmp_path, "emotion")
    assert record.audit.verdict == "clean"
    assert {one.severity for one in record.audit.findings} <= {"info"}
