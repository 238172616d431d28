"""Copies of run folders on shared storage: only what changed, and whole or not at all."""

from __future__ import annotations

import json
import shutil
import sys
import time
import types
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fsspec
import pytest

from emobench.api import RunError, UsageError
from emobench.recipes.load import load_recipe
from emobench.registry import load_registry
from emobench.runs.folder import RunFolder, RunLocked
from emobench.runs.plan import Plan, Settings, plan_runs
from emobench.runs.store import RunStore
from emobench.sweeps import worker
from emobench.sweeps.assignment import Assignment
from emobench.sweeps.call import Call, SweepOptions
from emobench.sweeps.running import run_sweep
from emobench.sweeps.storage import Mirror, Storage, fetch_finished
from emobench.sweeps.study import Study
from emobench.sweeps.sweep import plan_sweep
from emobench.sweeps.trial import Trial
from emobench.sweeps.watcher import Resources, Watcher
from emobench.sweeps.worker import TrialRun

RUN = "run-1"
WITHOUT_S3 = pytest.mark.skipif(find_spec("s3fs") is not None, reason="s3fs is installed")
Content = dict[str, bytes]


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield (tmp_path / "shared").as_uri()
        return
    yield "memory://shared"
    memory = fsspec.filesystem("memory")
    if memory.exists("/shared"):
        memory.rm("/shared", recursive=True)


def write(folder: Path, content: Content) -> None:
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def read(folder: Path) -> Content:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def run(epochs: int, *, state: str = "interrupted", attempts: int = 1) -> Content:
    """What a run's folder holds after so many epochs."""
    record = {"state": state, "attempts": [{}] * attempts}
    rows = "".join(json.dumps({"epoch": epoch + 1}) + "\n" for epoch in range(epochs))
    checkpoint = {f"checkpoints/checkpoint-{epochs:05d}.safetensors": bytes([epochs]) * 3000}
    done = {"model.safetensors": b"weights" * 500}
    return {
        "record.json": json.dumps(record).encode(),
        "history.jsonl": rows.encode(),
        "recipe.yaml": b"schema: 1\n",
        **(done if state == "ok" else checkpoint if epochs else {}),
    }


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The runs of the machine that trains; the run is through three epochs."""
    write(tmp_path / "here" / RUN, run(3))
    return tmp_path / "here"


def test_another_machine_takes_over_what_was_copied(url: str, here: Path, tmp_path: Path) -> None:
    Storage(url=url).push(here / RUN)
    assert Storage(url=url).fetch(RUN, runs=tmp_path / "there")
    assert read(tmp_path / "there" / RUN) == read(here / RUN)


def test_a_run_that_was_never_copied_leaves_no_folder(url: str, tmp_path: Path) -> None:
    assert not Storage(url=url).fetch(RUN, runs=tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_only_what_changed_is_copied(url: str, here: Path) -> None:
    storage = Storage(url=url)
    assert storage.push(here / RUN) == 4
    assert storage.push(here / RUN) == 0
    write(here / RUN, {"history.jsonl": run(4)["history.jsonl"]})
    assert Storage(url=url).push(here / RUN) == 1


def test_what_the_run_has_deleted_is_deleted_in_the_copy(
    url: str, here: Path, tmp_path: Path
) -> None:
    storage = Storage(url=url)
    storage.push(here / RUN)
    there = tmp_path / "there"
    storage.fetch(RUN, runs=there)
    (here / RUN / "checkpoints" / "checkpoint-00003.safetensors").unlink()
    write(here / RUN, run(5, state="ok"))
    storage.push(here / RUN)
    assert Storage(url=url).fetch(RUN, runs=there)
    assert read(there / RUN) == run(5, state="ok")


def test_old_files_do_not_pile_up(url: str, here: Path, tmp_path: Path) -> None:
    storage = Storage(url=url)
    for epoch in range(1, 8):
        write(here / RUN, run(epoch))
        (here / RUN / "checkpoints" / f"checkpoint-{epoch - 1:05d}.safetensors").unlink(
            missing_ok=True
        )
        storage.push(here / RUN)
    files, root = fsspec.core.url_to_fs(url)
    names = [name.rpartition("/")[2] for name in files.ls(f"{root}/{RUN}", detail=False)]
    assert sorted(names) == ["blobs", "manifest-00000006.json", "manifest-00000007.json"]
    assert len(files.ls(f"{root}/{RUN}/blobs", detail=False)) <= 8


def test_a_machine_that_is_further_keeps_what_it_has(url: str, here: Path, tmp_path: Path) -> None:
    Storage(url=url).push(here / RUN)
    there = tmp_path / "there"
    write(there / RUN, run(4))
    assert not Storage(url=url).fetch(RUN, runs=there)
    assert read(there / RUN) == run(4)


@pytest.mark.parametrize(
    ("local", "copied"),
    [
        (run(3), run(4)),
        (run(3), run(3, attempts=2)),
        (run(3), run(3, state="failed")),
        (run(9), run(3, state="ok")),
        ({"record.json": b'{"state": "inter'}, run(1)),
    ],
    ids=["epochs", "attempts", "ended", "answered", "torn record"],
)
def test_what_is_further_is_taken(
    url: str, tmp_path: Path, local: Content, copied: Content
) -> None:
    write(tmp_path / "here" / RUN, copied)
    write(tmp_path / "there" / RUN, local)
    Storage(url=url).push(tmp_path / "here" / RUN)
    assert Storage(url=url).fetch(RUN, runs=tmp_path / "there")
    assert read(tmp_path / "there" / RUN) == copied


def test_locks_leftovers_and_what_was_set_aside_stay_behind(
    url: str, here: Path, tmp_path: Path
) -> None:
    write(here / RUN, {".lock": b"1", ".record.json.ab.tmp": b"{", "earlier/1/record.json": b"{}"})
    Storage(url=url).push(here / RUN)
    Storage(url=url).fetch(RUN, runs=tmp_path / "there")
    assert read(tmp_path / "there" / RUN) == run(3)


class Died(Exception):
    """The machine died."""


@pytest.mark.parametrize("writes", range(12))
def test_a_machine_that_dies_while_it_copies_leaves_the_old_copy_or_the_new(
    url: str, here: Path, tmp_path: Path, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    Storage(url=url).push(here / RUN)
    files, _ = fsspec.core.url_to_fs(url)
    left = writes

    def dying(name: str) -> Any:
        whole = getattr(files, name)

        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left >= 0:
                return whole(*arguments, **named)
            if name == "put_file":
                files.pipe_file(arguments[1], Path(arguments[0]).read_bytes()[:10])
            elif name == "pipe_file":
                whole(arguments[0], arguments[1][:50])
            raise Died

        return call

    later = {**run(6), "recipe.yaml": b"schema: 1\nsummary: later\n"}
    write(here / RUN, later)
    (here / RUN / "checkpoints" / "checkpoint-00003.safetensors").unlink()
    with monkeypatch.context() as patch:
        for name in ("put_file", "pipe_file", "rm_file"):
            patch.setattr(files, name, dying(name))
        try:
            Storage(url=url).push(here / RUN)
            died = False
        except RunError:
            died = True
    assert died == (left < 0)
    Storage(url=url).fetch(RUN, runs=tmp_path / "there")
    assert read(tmp_path / "there" / RUN) in (run(3), later)
    Storage(url=url).push(here / RUN)
    Storage(url=url).fetch(RUN, runs=tmp_path / "there")
    assert read(tmp_path / "there" / RUN) == later


def test_a_damaged_file_makes_way_for_the_copy_before(url: str, here: Path, tmp_path: Path) -> None:
    storage = Storage(url=url)
    storage.push(here / RUN)
    files, root = fsspec.core.url_to_fs(url)
    before = set(files.ls(f"{root}/{RUN}/blobs", detail=False))
    write(here / RUN, run(4))
    storage.push(here / RUN)
    for place in set(files.ls(f"{root}/{RUN}/blobs", detail=False)) - before:
        files.pipe_file(place, b"damaged")
    assert Storage(url=url).fetch(RUN, runs=tmp_path / "there")
    assert read(tmp_path / "there" / RUN) == run(3)


def test_a_manifest_that_points_out_of_the_folder_is_not_followed(
    url: str, here: Path, tmp_path: Path
) -> None:
    from emobench.sweeps import storage as module

    Storage(url=url).push(here / RUN)
    files, root = fsspec.core.url_to_fs(url)
    manifest = module._Manifest(number=9, rank=(True, 9, 1, True), files={"../out": "0" * 32})
    files.pipe_file(f"{root}/{RUN}/manifest-00000009.json", module._written(manifest))
    Storage(url=url).fetch(RUN, runs=tmp_path / "there")
    assert read(tmp_path / "there" / RUN) == run(3)


def test_a_run_that_is_at_work_here_is_left_alone(url: str, here: Path, tmp_path: Path) -> None:
    Storage(url=url).push(here / RUN)
    there = tmp_path / "there"
    (there / RUN).mkdir(parents=True)
    with RunFolder(there / RUN, root=there), pytest.raises(RunLocked):
        Storage(url=url).fetch(RUN, runs=there)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nowhere://bucket/x", "Protocol not known: nowhere"),
        pytest.param("s3://bucket/x", "Install s3fs", marks=WITHOUT_S3),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_what_to_do(
    url: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        Storage(url=url).fetch(RUN, runs=tmp_path)
    assert reason in str(caught.value)
    assert "s3://bucket/folder with the package s3fs" in str(caught.value)


def test_storage_that_fails_is_told_in_words(
    url: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, _ = fsspec.core.url_to_fs(url)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("access denied")

    monkeypatch.setattr(files, "put_file", refuse)
    with pytest.raises(RunError) as caught:
        Storage(url=url).push(here / RUN)
    assert str(caught.value) == (
        f"cannot copy run {RUN} to the storage '{url}' (PermissionError: access denied); see that "
        "every machine may write there, then give the same command again: what was finished is "
        "kept"
    )


def test_a_mirror_copies_after_epochs_now_and_then_and_always_at_the_end(
    here: Path, tmp_path: Path
) -> None:
    url = (tmp_path / "shared").as_uri()
    slow, there = Mirror(storage=Storage(url=url), runs=here, every=1000.0), tmp_path / "there"
    slow.epoch(RUN)
    assert not Storage(url=url).fetch(RUN, runs=there)
    slow.end(RUN)
    assert Mirror(storage=Storage(url=url), runs=there).begin(RUN)
    eager = Mirror(storage=Storage(url=url), runs=here, every=0.0)
    write(here / RUN, run(4))
    eager.epoch(RUN)
    assert Storage(url=url).fetch(RUN, runs=there)


def test_after_epochs_a_copy_that_fails_does_no_harm(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = (tmp_path / "shared").as_uri()
    files, _ = fsspec.core.url_to_fs(url)

    def refuse(*_: Any, **__: Any) -> None:
        raise TimeoutError("no answer")

    mirror = Mirror(storage=Storage(url=url), runs=here, every=0.0, pauses=())
    with monkeypatch.context() as patch:
        patch.setattr(files, "put_file", refuse)
        mirror.epoch(RUN)
        with pytest.raises(RunError, match="no answer"):
            mirror.end(RUN)
    mirror.end(RUN)
    assert Storage(url=url).fetch(RUN, runs=tmp_path / "there")


def test_storage_that_fails_for_a_moment_is_tried_again(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = (tmp_path / "shared").as_uri()
    files, _ = fsspec.core.url_to_fs(url)
    whole, signs = files.put_file, list[str]()

    def hiccup(*arguments: Any, **named: Any) -> Any:
        if len(signs) < 3:
            raise TimeoutError("no answer")
        return whole(*arguments, **named)

    monkeypatch.setattr(files, "put_file", hiccup)
    mirror = Mirror(
        storage=Storage(url=url),
        runs=here,
        pauses=(0.0, 0.0, 0.0),
        alive=lambda: signs.append("alive"),
    )
    mirror.end(RUN)
    assert len(signs) == 3
    assert Storage(url=url).fetch(RUN, runs=tmp_path / "there")


def test_storage_that_goes_on_failing_is_told(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = (tmp_path / "shared").as_uri()
    files, _ = fsspec.core.url_to_fs(url)
    tries = []

    def refuse(*_: Any, **__: Any) -> None:
        tries.append("put")
        raise TimeoutError("no answer")

    monkeypatch.setattr(files, "put_file", refuse)
    mirror = Mirror(storage=Storage(url=url), runs=here, pauses=(0.0, 0.0))
    with pytest.raises(RunError, match="no answer"):
        mirror.end(RUN)
    assert len(tries) == 3


def test_a_run_that_is_over_comes_without_its_checkpoints(
    url: str, here: Path, tmp_path: Path
) -> None:
    Storage(url=url).push(here / RUN)
    there = tmp_path / "there"
    write(there / RUN, run(2))
    assert fetch_finished(Storage(url=url), RUN, runs=there)
    assert read(there / RUN) == {
        name: data for name, data in run(3).items() if not name.startswith("checkpoints/")
    }
    assert not fetch_finished(Storage(url=url), RUN, runs=there)


def test_a_run_without_its_checkpoints_is_whole(url: str, here: Path, tmp_path: Path) -> None:
    storage = Storage(url=url)
    storage.push(here / RUN)
    write(here / RUN, run(4))
    storage.push(here / RUN)
    files, root = fsspec.core.url_to_fs(url)
    for _ in range(2):
        Storage(url=url).forget_checkpoints(RUN)
        names = [name.rpartition("/")[2] for name in files.ls(f"{root}/{RUN}", detail=False)]
        assert sorted(names) == ["blobs", "manifest-00000003.json"]
        assert len(files.ls(f"{root}/{RUN}/blobs", detail=False)) == 3
    assert Storage(url=url).fetch(RUN, runs=tmp_path / "there")
    assert {*read(tmp_path / "there" / RUN)} == {"record.json", "history.jsonl", "recipe.yaml"}


def test_checkpoints_of_a_run_that_was_never_copied_are_none(url: str) -> None:
    Storage(url=url).forget_checkpoints(RUN)
    Storage(url=url).check()


def test_a_download_that_fails_for_a_moment_is_tried_again(
    url: str, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Storage(url=url).push(here / RUN)
    files, _ = fsspec.core.url_to_fs(url)
    whole, pauses = files.get_file, list[float]()

    def hiccup(*arguments: Any, **named: Any) -> Any:
        if len(pauses) < 2:
            raise TimeoutError("no answer")
        return whole(*arguments, **named)

    monkeypatch.setattr(files, "get_file", hiccup)
    monkeypatch.setattr(time, "sleep", pauses.append)
    assert fetch_finished(Storage(url=url), RUN, runs=tmp_path / "there")
    assert pauses == [1.0, 5.0]


def test_storage_that_cannot_be_reached_is_told_in_words(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, _ = fsspec.core.url_to_fs(url)

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("access denied")

    monkeypatch.setattr(files, "ls", refuse)
    with pytest.raises(RunError) as caught:
        Storage(url=url).check()
    assert f"cannot reach the storage '{url}' (PermissionError: access denied)" in str(caught.value)


def test_a_worker_goes_on_where_that_of_a_dead_machine_was(
    small: Path,
    tmp_path: Path,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr(worker, "Mirror", partial(Mirror, every=0.0))
    registry = load_registry()
    recipe = load_recipe(str(small), overrides=["train.epochs=4"], registry=registry)
    (plan,) = plan_runs([recipe], registry=registry)
    assert isinstance(plan, Plan)

    def on(machine: str) -> TrialRun:
        folder = tmp_path / machine
        assignment = Assignment(
            trial=Trial(index=0, recipe=recipe, plan=plan, values={}),
            milestones=(2,),
            settings=Settings(runs=folder, cache=tmp_path / "cache", device="cpu", plots=False),
            halt=folder / "halt",
            patience=600.0,
            storage=url,
        )
        return TrialRun(assignment, registry=registry)

    first, second = on("first"), on("second")
    request.addfinalizer(partial(first.stop, "the test is over"))
    while first.advance().reports[-1].epoch < 2:
        pass
    progress = second.advance()
    while progress.end is None:
        progress = second.advance()
    assert progress.end.state in ("ok", "collapsed")
    assert progress.end.run_id is not None
    record = RunStore(tmp_path / "second").get(progress.end.run_id)
    assert record is not None
    assert [attempt.resumed_from_epoch for attempt in record.attempts] == [0, 2]
    assert Storage(url=url).fetch(record.id, runs=tmp_path / "driver")
    assert RunStore(tmp_path / "driver").get(record.id) == record


def test_a_sweep_whose_machines_share_no_folder_has_a_finale(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(
        study: Study, *, trials: int, settings: Settings, resources: Resources, watcher: Watcher
    ) -> None:
        """Runs every trial on another machine, which then is gone."""
        while trial := study.next_trial(count=trials):
            assignment = Assignment(
                trial=trial,
                milestones=(),
                settings=replace(settings, runs=tmp_path / f"machine {trial.index}"),
                halt=tmp_path / "halt",
                patience=600.0,
                storage=resources.storage,
            )
            run = TrialRun(assignment, registry=registry)
            while (end := run.advance().end) is None:
                pass
            study.ended(trial.index, end)
            shutil.rmtree(tmp_path / f"machine {trial.index}")

    registry = load_registry()
    engine = types.ModuleType("emobench.sweeps.engine")
    engine.run_on_ray = elsewhere  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "emobench.sweeps.engine", engine)
    call = Call(
        recipe=str(small),
        overrides=("train.epochs=4",),
        trials=2,
        options=SweepOptions(
            name="far",
            search="random",
            warm_start="none",
            final_seeds=1,
            storage=(tmp_path / "shared").as_uri(),
        ),
        settings=Settings(
            runs=tmp_path / "runs", cache=tmp_path / "cache", device="cpu", plots=False
        ),
    )
    done = run_sweep(plan_sweep(call, registry=registry), watcher=Watcher())
    assert done.final is not None
    assert done.final.state == "ok"
    assert done.final.ensemble is not None
