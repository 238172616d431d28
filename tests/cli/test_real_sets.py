"""EmoDB and CK+ through the task files that users copy: read right, split right, trained on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.data.tasks import find_task
from emobench.registry import load_registry
from emobench.runs.folder import read_predictions

ROOT = Path(__file__).parents[2]
TASKS = ROOT / "docs" / "tasks"
RECIPES = Path(__file__).parent / "data"
REAL = ROOT.parent / "shared" / "data"

real_data = pytest.mark.real_data
Emobench = Callable[..., Any]


@pytest.mark.parametrize(
    "path", [TASKS / "ckplus.yaml", TASKS / "emodb.yaml"], ids=lambda path: path.stem
)
def test_a_task_file_for_users_is_valid_and_keeps_groups_apart(path: Path) -> None:
    task = find_task(path, registry=load_registry())
    assert task.name.startswith(f"{path.stem}/")
    assert task.protocol.use == "grouped-kfold"
    options = task.dataset.options.dump()
    assert options["root"].startswith(str(TASKS / path.stem))
    assert options["group"]["pattern"]


@pytest.fixture
def run_one_epoch(
    folder: Path, emobench: Emobench, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Run a recipe on the first fold of a task file whose root is replaced; gives the record."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))

    def call(recipe: str, task: str, *, root: str, data: Path, protocol: str = "") -> Any:
        if not data.is_dir():
            pytest.skip(f"{data.relative_to(REAL)} is not in ../shared/data, beside the repository")
        text = (TASKS / f"{task}.yaml").read_text()
        assert f"root: {root}\n" in text
        text = text.replace(f"root: {root}\n", f"root: {data}\n")
        if protocol:
            head, _, _ = text.partition("protocol:")
            text = f"{head}protocol: {protocol}\n"
        (folder / "task.yaml").write_text(text)
        call = ["run", str(RECIPES / f"{recipe}.yaml"), "--task", "task.yaml", "--fold", "0"]
        outcome = emobench(*call)
        assert outcome.code == 0, outcome.err
        (path,) = folder.glob("runs/*/record.json")
        return json.loads(path.read_text())

    return call


def items(record: dict[str, Any]) -> int:
    return sum(record["data"][part] for part in ("train", "validation", "test"))


def true_classes(folder: Path) -> dict[str, str]:
    """The items of the test set, each with the class that the run took for its truth."""
    (path,) = folder.glob("runs/*/record.json")
    record = json.loads(path.read_text())
    names = [row["name"] for row in record["scores"]["emotion"]["classes"]]
    stored = read_predictions(path.parent)
    truth = stored["test/emotion/truth"].tolist()
    return dict(zip(stored["test/items"].tolist(), [names[index] for index in truth], strict=True))


@real_data
def test_emodb_is_read_and_trained_on(
    folder: Path, run_one_epoch: Callable[..., dict[str, Any]]
) -> None:
    record = run_one_epoch("speech", "emodb", root="./emodb/wav", data=REAL / "emodb" / "wav")
    assert record["state"] in ("ok", "collapsed")
    assert items(record) == 535
    assert record["data"]["skipped"] == []
    assert record["data"]["groups"] == {"train": 6, "validation": 2, "test": 2}
    classes = [row["name"] for row in record["scores"]["emotion"]["classes"]]
    assert classes == ["anger", "boredom", "disgust", "fear", "happiness", "sadness", "neutral"]
    letters = dict(zip("WLEAFTN", classes, strict=True))
    assert all(letters[item[5]] == emotion for item, emotion in true_classes(folder).items())
    assert record["task"]["folds"] == 5
    assert record["audit"]["verdict"] == "clean"


@real_data
def test_ckplus_is_read_and_trained_on(
    folder: Path, run_one_epoch: Callable[..., dict[str, Any]]
) -> None:
    record = run_one_epoch("faces", "ckplus", root="./ckplus", data=REAL / "ckplus")
    assert record["state"] in ("ok", "collapsed")
    assert items(record) == 981
    assert record["data"]["skipped"] == []
    assert sum(record["data"]["groups"].values()) == 118
    classes = [row["name"] for row in record["scores"]["emotion"]["classes"]]
    assert classes == ["anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise"]
    assert all(item.split("/")[0] == emotion for item, emotion in true_classes(folder).items())
    assert record["task"]["folds"] == 5
    assert record["audit"]["verdict"] == "clean"


@real_data
def test_ckplus_split_at_random_is_called_leaky(
    run_one_epoch: Callable[..., dict[str, Any]],
) -> None:
    protocol = "{use: random}"
    record = run_one_epoch(
        "faces", "ckplus", root="./ckplus", data=REAL / "ckplus", protocol=protocol
    )
    assert record["audit"]["verdict"] == "leaky"
    (shared,) = [one for one in record["audit"]["findings"] if one["check"] == "shared-groups"]
    assert "test subjects are also in training or validation" in shared["message"]
