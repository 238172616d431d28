"""Real sets: read right, split right and trained on by the task files users copy; and audited."""

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


TWINS = ["03-01-03-01-02-01-07", "03-01-03-01-02-02-07"]
"""The two clips of RAVDESS that are one recording."""


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where fingerprints are kept, so that a set is looked at once for all its tasks."""
    return tmp_path_factory.mktemp("looks")


@pytest.fixture
def audited(
    folder: Path, looks: Path, emobench: Emobench, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """The document of `emobench audit` for a task of a real set."""
    monkeypatch.setenv("EMOBENCH_CACHE", str(looks))

    def call(task: str, *, data: Path, protocol: str = "") -> Any:
        if not data.is_dir():
            pytest.skip(f"{data.relative_to(REAL)} is not in ../shared/data, beside the repository")
        if protocol:
            head, _, _ = (TASKS / f"{task}.yaml").read_text().partition("protocol:")
            head = head.replace(f"root: ./{data.name}\n", f"root: {data}\n")
            (folder / "task.yaml").write_text(f"{head}protocol: {protocol}\n")
            task = "task.yaml"
        outcome = emobench("audit", task, "--data-root", str(REAL), "--json")
        assert outcome.code == 0, outcome.err
        return json.loads(outcome.out)

    return call


def the_finding(audit: dict[str, Any], check: str) -> Any:
    (found,) = [one for one in audit["findings"] if one["check"] == check]
    return found


@real_data
@pytest.mark.slow
def test_folds_of_actors_of_ravdess_are_clean_and_the_identical_pair_is_named(
    audited: Callable[..., dict[str, Any]],
) -> None:
    document = audited("ravdess/actors", data=REAL / "ravdess")
    assert [audit["verdict"] for audit in document["audits"]] == ["clean"] * 5
    for audit in document["audits"]:
        assert the_finding(audit, "duplicates-within")["pairs"] == [TWINS]
        # Second takes of one sentence by one actor, which may be as like as copies are.
        takes = the_finding(audit, "near-duplicates-within")
        assert takes["count"] <= 0.01 * 1440
        assert all(one[:15] == other[:15] for one, other in takes["pairs"])
        assert all(one[-2:] == other[-2:] for one, other in takes["pairs"])


@real_data
@pytest.mark.slow
def test_ravdess_at_random_is_leaky_by_its_actors_and_the_identical_pair_is_named(
    audited: Callable[..., dict[str, Any]],
) -> None:
    (audit,) = audited("ravdess/random", data=REAL / "ravdess")["audits"]
    assert audit["verdict"] == "leaky"
    assert the_finding(audit, "shared-groups")["share"] == 1.0
    assert TWINS in [pair for found in audit["findings"] for pair in found["pairs"]]


@real_data
def test_folds_of_speakers_of_emodb_are_clean_and_no_clip_is_taken_for_another(
    audited: Callable[..., dict[str, Any]],
) -> None:
    document = audited("emodb/speakers", data=REAL / "emodb")
    assert [audit["verdict"] for audit in document["audits"]] == ["clean"] * 5
    told = {found["check"] for audit in document["audits"] for found in audit["findings"]}
    assert told == {"label-distribution"}


@real_data
def test_near_copies_of_ckplus_touch_a_random_test_set_nearly_whole(
    audited: Callable[..., dict[str, Any]],
) -> None:
    data = REAL / "ckplus"
    (audit,) = audited("ckplus", data=data, protocol="{use: random}")["audits"]
    near = the_finding(audit, "near-duplicates")
    assert (near["severity"], near["count"]) == ("leaky", 191)
    assert near["share"] == pytest.approx(191 / 196)
    assert the_finding(audit, "copied-corpus")["count"] == 970


@real_data
def test_folds_of_subjects_of_ckplus_keep_all_near_copies_together(
    audited: Callable[..., dict[str, Any]],
) -> None:
    protocol = "{use: grouped-kfold, folds: 5}"
    document = audited("ckplus", data=REAL / "ckplus", protocol=protocol)
    assert [audit["verdict"] for audit in document["audits"]] == ["clean"] * 5
    for audit in document["audits"]:
        assert the_finding(audit, "near-duplicates-within")["count"] == 970
