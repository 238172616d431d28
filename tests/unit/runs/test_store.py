"""No record is lost or half written, and the index is only a cache."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emobench.api import DataError, RunError, UsageError
from emobench.recipes.text import parse_text
from emobench.runs import files
from emobench.runs.record import Record
from emobench.runs.store import RunStore, write_atomic

MakeRecord = Callable[..., Record]


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def put(store: RunStore, record: Record) -> None:
    with store.begin(record) as folder:
        folder.finish(record)


def test_begin_leaves_an_interrupted_record_at_once(
    store: RunStore, make_record: MakeRecord
) -> None:
    with store.begin(make_record()):
        stored = store.get("run-1")
    assert stored is not None
    assert stored.state == "interrupted"
    assert "killed before the run ended" in stored.reason


def test_begin_leaves_the_recipe_as_yaml_that_reads_as_itself(
    store: RunStore, make_record: MakeRecord
) -> None:
    record = make_record(recipe={"schema": 1, "summary": "no", "lr": 1e-5, "word": "1e-3"})
    store.begin(record).close()
    text = (store.run_dir("run-1") / "recipe.yaml").read_text()
    document = parse_text(text, file="recipe.yaml")
    assert document.faults == ()
    values = {key: entry.node.value for key, entry in document.mapping().entries.items()}
    assert values == record.recipe


def test_the_finished_record_is_what_get_gives(store: RunStore, make_record: MakeRecord) -> None:
    put(store, make_record())
    assert store.get("run-1") == make_record()


def test_a_run_that_was_never_begun_has_no_record(store: RunStore) -> None:
    assert store.get("run-1") is None
    assert store.records() == []


def test_an_id_cannot_leave_the_runs_folder(store: RunStore) -> None:
    with pytest.raises(UsageError, match=r"'\.\./x' is no run id"):
        store.get("../x")


def test_a_killed_process_leaves_a_true_record_and_no_lock(
    store: RunStore, make_record: MakeRecord, tmp_path: Path
) -> None:
    script = textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        from emobench.runs.record import Record, TaskStamp
        from emobench.runs.store import RunStore
        task = TaskStamp(name="t", version=1, metric="uar", protocol={{}}, targets=("emotion",))
        record = Record(id="run-1", identity="i", recipe_name="r", recipe={{}}, task=task, seed=0,
                        state="ok")
        folder = RunStore(Path({str(store.root)!r})).begin(record)
        folder.append_history({{"epoch": 1, "loss": 2.5}})
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    result = subprocess.run([sys.executable, "-c", script], check=False)
    assert result.returncode == -signal.SIGKILL
    stored = store.get("run-1")
    assert stored is not None
    assert stored.state == "interrupted"
    with store.begin(make_record()) as folder:
        assert folder.read_history() == [{"epoch": 1, "loss": 2.5}]


def test_a_second_process_on_the_same_run_is_refused_by_name(
    store: RunStore, make_record: MakeRecord
) -> None:
    with (
        store.begin(make_record()),
        pytest.raises(UsageError, match=rf"run run-1 \(process {os.getpid()}\)"),
    ):
        store.begin(make_record())


def test_begin_does_not_overwrite_a_final_record(store: RunStore, make_record: MakeRecord) -> None:
    put(store, make_record())
    with pytest.raises(UsageError, match=r"already has its record \(ok\).*--fresh"):
        store.begin(make_record(seed=9))
    assert store.get("run-1") == make_record()


def test_fresh_moves_all_of_the_earlier_run_aside(store: RunStore, make_record: MakeRecord) -> None:
    for seed in (1, 2, 3):
        with store.begin(make_record(seed=seed), fresh=True) as folder:
            assert folder.read_history() == []
            folder.append_history({"epoch": 1, "seed": seed})
            folder.finish(make_record(seed=seed))
    earlier = store.run_dir("run-1") / "earlier"
    kept = [RunStore(earlier / str(number)) for number in (1, 2)]
    texts = [(one.root / "record.json").read_text() for one in kept]
    assert ['"seed": 1' in texts[0], '"seed": 2' in texts[1]] == [True, True]
    assert (earlier / "2" / "history.jsonl").read_text() == '{"epoch": 1, "seed": 2}\n'


def test_records_are_sorted_by_task_recipe_seed_and_fold(
    store: RunStore, make_record: MakeRecord
) -> None:
    task = make_record().task
    for run_id, seed, fold in (("c", 1, 0), ("a", 0, 1), ("b", 0, 0)):
        put(store, make_record(run_id, seed=seed, task=replace(task, fold=fold)))
    put(store, make_record("d", task=replace(task, name="another/task")))
    assert [record.id for record in store.records()] == ["d", "b", "a", "c"]


def test_a_damaged_record_is_reported_and_hides_no_other(
    store: RunStore, make_record: MakeRecord
) -> None:
    put(store, make_record("good"))
    put(store, make_record("bad"))
    (store.run_dir("bad") / "record.json").write_text('{"schema": 1')
    scan = store.scan()
    assert [record.id for record in scan.records] == ["good"]
    assert [damaged.path.name for damaged in scan.damaged] == ["bad"]
    assert "not valid JSON" in store.damaged[0].reason


def test_a_damaged_record_is_kept_until_the_user_says_fresh(
    store: RunStore, make_record: MakeRecord
) -> None:
    put(store, make_record())
    path = store.run_dir("run-1") / "record.json"
    path.write_text("torn")
    with pytest.raises(DataError, match=r"is damaged: .*--fresh"):
        store.begin(make_record())
    assert path.read_text() == "torn"
    store.begin(make_record(), fresh=True).close()
    assert (store.run_dir("run-1") / "earlier/1/record.json").read_text() == "torn"


def test_a_copied_run_folder_is_not_counted_twice(store: RunStore, make_record: MakeRecord) -> None:
    put(store, make_record())
    copy = store.root / "copy"
    copy.mkdir()
    (copy / "record.json").write_bytes((store.run_dir("run-1") / "record.json").read_bytes())
    assert [record.id for record in store.records()] == ["run-1"]
    assert "'run-1' lies in a folder named 'copy'" in store.damaged[0].reason


@pytest.mark.parametrize(
    "spoil",
    [
        lambda index: index.unlink(),
        lambda index: index.write_text("{"),
        lambda index: index.write_text("[]"),
        lambda index: index.write_text('{"schema": 99, "records": {}}'),
        lambda index: index.write_text('{"schema": 1, "records": {"run-1": {"stamp": [1]}}}'),
    ],
    ids=["missing", "torn", "other-shape", "other-schema", "half-entry"],
)
def test_the_index_is_rebuilt(
    store: RunStore, make_record: MakeRecord, spoil: Callable[[Path], None]
) -> None:
    put(store, make_record())
    before = store.records()
    index = store.root / "index.json"
    good = index.read_bytes()
    spoil(index)
    assert store.records() == before
    assert index.read_bytes() == good


def test_a_changed_record_is_seen_through_the_index(
    store: RunStore, make_record: MakeRecord
) -> None:
    put(store, make_record(state="failed"))
    store.records()
    put(store, make_record(state="ok"))
    assert [record.state for record in store.records()] == ["ok"]


def test_a_removed_run_leaves_the_index(store: RunStore, make_record: MakeRecord) -> None:
    put(store, make_record("a"))
    put(store, make_record("b"))
    store.records()
    (store.run_dir("a") / "record.json").unlink()
    assert [record.id for record in store.records()] == ["b"]
    assert '"a"' not in (store.root / "index.json").read_text()


def test_an_up_to_date_index_is_read_instead_of_the_records(
    store: RunStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, make_record())
    expected = store.records()

    def refuse(text: str) -> Record:
        raise AssertionError("a record file was read")

    monkeypatch.setattr("emobench.runs.store.record_from_json", refuse)
    assert store.records() == expected


def test_history_grows_line_by_line_and_numbers_that_are_none_read_as_none(
    store: RunStore, make_record: MakeRecord
) -> None:
    with store.begin(make_record()) as folder:
        folder.append_history({"epoch": 1, "loss": 0.1 + 0.2})
        folder.append_history({"epoch": 2, "loss": float("nan")})
        assert folder.read_history() == [
            {"epoch": 1, "loss": 0.1 + 0.2},
            {"epoch": 2, "loss": None},
        ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.data())
def test_history_cut_at_any_byte_gives_whole_rows_and_can_grow_again(
    store: RunStore, make_record: MakeRecord, data: st.DataObject
) -> None:
    rows = [{"epoch": epoch, "loss": 1 / epoch} for epoch in (1, 2, 3)]
    with store.begin(make_record(), fresh=True) as folder:
        folder.rewrite_history(rows)
        path = folder.path / "history.jsonl"
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole)))
        path.write_bytes(whole[:cut])
        complete = folder.read_history()
        assert complete == rows[: len(complete)]
        assert whole[:cut].count(b"\n") <= len(complete)
        folder.append_history({"epoch": 9, "loss": 0.5})
        assert folder.read_history() == [*complete, {"epoch": 9, "loss": 0.5}]


def test_a_resumed_run_takes_up_the_history_of_its_checkpoint(
    store: RunStore, make_record: MakeRecord
) -> None:
    with store.begin(make_record()) as folder:
        for epoch in (1, 2, 3):
            folder.append_history({"epoch": epoch})
        folder.rewrite_history(folder.read_history(limit_epoch=2))
        assert folder.read_history() == [{"epoch": 1}, {"epoch": 2}]


def test_predictions_come_back_to_the_bit(store: RunStore, make_record: MakeRecord) -> None:
    arrays = {
        "test/emotion/after": np.random.default_rng(0).random((5, 3), dtype=np.float32),
        "test/items": np.asarray(["a", "b", "ü", "d", "e"]),
        "none": np.zeros((0, 3)),
    }
    with store.begin(make_record()) as folder:
        folder.write_predictions(arrays)
        read = folder.read_predictions()
    assert set(read) == set(arrays)
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_equal_predictions_give_equal_bytes_in_any_order(
    store: RunStore, make_record: MakeRecord
) -> None:
    one, two = np.arange(4), np.ones((2, 2))
    with store.begin(make_record()) as folder:
        path = folder.path / "predictions.npz"
        folder.write_predictions({"one": one, "two": two})
        first = path.read_bytes()
        folder.write_predictions({"two": two.copy(), "one": one.copy()})
        assert path.read_bytes() == first


def test_predictions_hold_no_objects(store: RunStore, make_record: MakeRecord) -> None:
    with store.begin(make_record()) as folder, pytest.raises(ValueError, match="Object arrays"):
        folder.write_predictions({"bad": np.asarray([{}, None], dtype=object)})


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"no archive"])
def test_damaged_predictions_are_a_data_error_that_names_the_file(
    store: RunStore, make_record: MakeRecord, content: bytes
) -> None:
    with store.begin(make_record()) as folder:
        (folder.path / "predictions.npz").write_bytes(content)
        with pytest.raises(DataError, match=r"run-1 cannot be read from .*predictions\.npz"):
            folder.read_predictions()


def test_missing_predictions_are_a_data_error_that_says_what_to_do(
    store: RunStore, make_record: MakeRecord
) -> None:
    with (
        store.begin(make_record()) as folder,
        pytest.raises(DataError, match=r"run-1 has no predictions: .*; run it again with --fresh"),
    ):
        folder.read_predictions()


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomic(path, "old")

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_leftovers_of_a_killed_process_are_cleared(
    store: RunStore, make_record: MakeRecord
) -> None:
    leftover = store.run_dir("run-1") / ".record.json.0123abcd.tmp"
    leftover.parent.mkdir(parents=True)
    leftover.write_text("half")
    store.begin(make_record()).close()
    assert not leftover.exists()


def test_a_full_disk_is_told_with_what_to_do(
    store: RunStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(RunError) as caught:
        store.begin(make_record())
    assert f"the disk that holds the runs folder '{store.root}' is full" in str(caught.value)
    assert "--runs DIR" in str(caught.value)


def test_a_read_only_runs_folder_is_told_with_what_to_do(
    store: RunStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **_options: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UsageError, match=r"cannot be written or read \(Read-only.*--runs DIR"):
        store.begin(make_record())


def test_a_file_where_the_runs_folder_should_be_is_told(
    store: RunStore, make_record: MakeRecord
) -> None:
    store.root.write_text("a file")
    for act in (lambda: store.begin(make_record()), store.records):
        with pytest.raises(UsageError, match=r"something else lies at .*--runs DIR"):
            act()


def test_records_of_a_folder_that_only_can_be_read_are_read(
    store: RunStore, make_record: MakeRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, make_record())

    def refuse(path: Path, data: bytes | str) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("emobench.runs.store.write_atomic", refuse)
    assert store.records() == [make_record()]
