"""The prepared cache: the features themselves, one build among many, and no half-built one."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import resource
from pathlib import Path

import numpy as np
import pytest
import torch

from emobench.api import DataError, Items, PluginError, Target
from emobench.data.prepared import default_cache, prepare

COUNT = 150


class Rows:
    """A table data set that can be broken item by item; counts what it decodes."""

    modalities = ("table",)
    rates = {}

    def __init__(self, count=COUNT, broken=(), infinite=(), log=None):
        self.count = count
        self.broken = set(broken)
        self.infinite = set(infinite)
        self.log = log

    def items(self):
        return Items(
            ids=tuple(f"row{index}" for index in range(self.count)),
            specs=(Target(name="emotion", kind="class", classes=("happy", "sad")),),
            targets={"emotion": np.arange(self.count) % 2},
        )

    def fingerprint(self):
        return "rows"

    def load(self, index):
        if self.log is not None:
            with self.log.open("a") as file:
                file.write(f"{index}\n")
        if index in self.broken:
            raise DataError(f"row{index}.csv: the file is empty (0 bytes)")
        row = np.array([index, index**0.5, 1.0], dtype=np.float32)
        return {"table": np.full_like(row, np.nan) if index in self.infinite else row}


class Doubled:
    """A frontend that doubles its items."""

    deterministic = True
    modality = "table"

    def shape(self):
        return (3,)

    def apply(self, items):
        return 2 * torch.tensor(np.stack(items))


def run(cache, dataset=None, frontend=None, **changes):
    dataset = dataset or Rows()
    return prepare(
        dataset,
        dataset.items(),
        frontend=frontend or Doubled(),
        **{"key": "abc", "cache": cache, **changes},
    )


def expected(count=COUNT):
    index = np.arange(count, dtype=np.float32)
    return 2 * np.stack([index, np.sqrt(index), np.ones_like(index)], axis=1)


def test_features_are_what_the_frontend_makes_of_every_item_in_order(tmp_path):
    prepared = run(tmp_path)
    np.testing.assert_allclose(prepared.features, expected(), rtol=1e-6)
    assert prepared.usable.all()
    assert not prepared.from_cache


def test_features_are_read_only(tmp_path):
    with pytest.raises(ValueError, match="read-only"):
        run(tmp_path).features[0] = 1


def test_the_second_call_reads_without_decoding(tmp_path):
    log = tmp_path / "log"
    first, second = (run(tmp_path / "cache", Rows(log=log)) for _ in range(2))
    assert second.from_cache
    assert len(log.read_text().splitlines()) == COUNT
    np.testing.assert_array_equal(first.features, second.features)


def test_another_key_is_built_anew(tmp_path):
    run(tmp_path)
    assert not run(tmp_path, key="def").from_cache


def test_nothing_but_the_finished_cache_is_left(tmp_path):
    run(tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "abc",
        "abc/features.npy",
        "abc/meta.json",
    ]


def test_progress_ends_at_the_number_of_items(tmp_path):
    told = []
    run(tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(64, COUNT), (128, COUNT), (COUNT, COUNT)]


@pytest.mark.parametrize("from_cache", [False, True])
def test_unreadable_items_are_left_out_and_named_with_the_reason(tmp_path, from_cache):
    dataset = Rows(broken=[3], infinite=[140])
    prepared = [run(tmp_path, dataset) for _ in range(2)][from_cache]
    assert prepared.from_cache is from_cache
    assert [(entry.id, entry.reason) for entry in prepared.skipped] == [
        ("row3", "the file is empty (0 bytes)"),
        ("row140", "holds samples that are not finite numbers"),
    ]
    assert np.flatnonzero(~prepared.usable).tolist() == [3, 140]
    assert not prepared.features[[3, 140]].any()
    np.testing.assert_allclose(
        prepared.features[prepared.usable], np.delete(expected(), [3, 140], 0)
    )


def test_an_item_whose_features_are_not_finite_is_left_out(tmp_path):
    class Inverse(Doubled):
        def apply(self, items):
            return 1 / torch.tensor(np.stack(items))

    assert run(tmp_path, frontend=Inverse()).skipped[0].id == "row0"


@pytest.mark.parametrize(("broken", "stops"), [(3, False), (7, False), (8, True), (COUNT, True)])
def test_too_many_unreadable_items_stop_with_the_first_few(tmp_path, broken, stops):
    dataset = Rows(broken=range(broken))
    if not stops:
        assert len(run(tmp_path, dataset).skipped) == broken
        return
    with pytest.raises(DataError) as caught:
        run(tmp_path, dataset)
    assert str(caught.value).startswith(
        f"{broken} of {COUNT} items cannot be read, too many to leave out: "
        "row0 (the file is empty (0 bytes)); row1"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_few_broken_items_of_a_small_set_are_left_out_but_never_all(tmp_path):
    assert len(run(tmp_path, Rows(count=5, broken=range(3))).skipped) == 3
    with pytest.raises(DataError, match="2 of 2 items cannot be read"):
        run(tmp_path, Rows(count=2, broken=range(2)), key="def")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: os.truncate(folder / "features.npy", 500),
        lambda folder: (folder / "features.npy").write_bytes(b"x" * 1928),
        lambda folder: (folder / "features.npy").unlink(),
        lambda folder: (folder / "meta.json").write_text('{"format": 1'),
        lambda folder: (folder / "meta.json").unlink(),
        lambda folder: (folder / "meta.json").write_text(json.dumps({"format": 0})),
    ],
    ids=["truncated", "header", "no array", "half meta", "no meta", "other meta"],
)
def test_a_damaged_cache_is_rebuilt(tmp_path, damage):
    run(tmp_path)
    damage(tmp_path / "abc")
    prepared = run(tmp_path)
    assert not prepared.from_cache
    np.testing.assert_allclose(prepared.features, expected(), rtol=1e-6)
    assert run(tmp_path).from_cache


def test_a_cache_of_other_items_under_the_same_key_is_not_believed(tmp_path):
    run(tmp_path)
    dataset = Rows()
    items = dataset.items()
    renamed = Items(ids=items.ids[::-1], specs=items.specs, targets=items.targets)
    again = prepare(dataset, renamed, frontend=Doubled(), key="abc", cache=tmp_path)
    assert not again.from_cache


def test_what_a_killed_build_left_is_cleaned_away(tmp_path):
    leftover = tmp_path / "abc.building-x1"
    leftover.mkdir(parents=True)
    (leftover / "features.npy").write_bytes(b"half")
    assert not run(tmp_path).from_cache
    assert [path.name for path in tmp_path.iterdir()] == ["abc"]


def test_a_full_disk_says_which_folder_and_how_much_and_leaves_nothing(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(DataError) as caught:
            run(tmp_path, Rows(count=90_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert f"no room in the cache folder {tmp_path}: the prepared features need 1.0 MiB" in str(
        caught.value
    )
    assert list(tmp_path.iterdir()) == []


def test_a_cache_folder_that_is_a_file_is_refused_with_advice(tmp_path):
    (tmp_path / "cache").touch()
    with pytest.raises(
        DataError, match=r"cache cannot be used: .*; set EMOBENCH_CACHE to a folder"
    ):
        run(tmp_path / "cache")


def test_a_frontend_for_another_modality_is_refused(tmp_path):
    class Audio(Doubled):
        modality = "audio"

    with pytest.raises(DataError, match="the frontend takes audio, the dataset gives table"):
        run(tmp_path, frontend=Audio())


def test_a_frontend_that_breaks_its_promise_is_a_plugin_fault(tmp_path):
    class Wrong(Doubled):
        def shape(self):
            return (4,)

    with pytest.raises(PluginError, match=r"frontend Wrong promised \(64, 4\) and gave \(64, 3\)"):
        run(tmp_path, frontend=Wrong())


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOBENCH_CACHE", str(tmp_path / "mine"))
    assert default_cache() == tmp_path / "mine"
    monkeypatch.delenv("EMOBENCH_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert default_cache() == Path.home() / ".cache" / "emobench"


class Tripled(Doubled):
    """A frontend of numpy alone, wrapped: torch does not outlive a fork."""

    def apply(self, items):
        return _Plain(3 * np.stack(items))


class _Plain(np.ndarray):
    """An array that answers what `prepare` asks of a tensor."""

    def __new__(cls, values):
        return np.asarray(values).view(cls)

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return np.asarray(self)


def _build_at_once(barrier, cache, log, answers):
    barrier.wait()
    prepared = run(cache, Rows(log=log), Tripled())
    answers.put((prepared.from_cache, float(prepared.features.sum())))


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_processes_that_build_at_once_build_it_once_and_all_read_it(tmp_path):
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(3), context.Queue()
    log = tmp_path / "log"
    workers = [
        context.Process(target=_build_at_once, args=(barrier, tmp_path / "cache", log, answers))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    found = [answers.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(timeout=60)
    assert sorted(from_cache for from_cache, _ in found) == [False, True, True]
    assert len({total for _, total in found}) == 1
    assert len(log.read_text().splitlines()) == COUNT
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["abc"]


def test_whoever_waits_for_another_process_tells_so_and_goes_on_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr("emobench.data.prepared.LOCK_POLL_S", 0.01)
    heard = []
    with (tmp_path / "abc.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def progress(done, total):
            heard.append((done, total))
            if len(heard) == 3:
                fcntl.flock(held, fcntl.LOCK_UN)

        run(tmp_path, progress=progress)
    assert heard[:3] == [(0, COUNT)] * 3
    assert heard[-1] == (COUNT, COUNT)


def test_a_wait_for_another_process_can_be_ended(tmp_path):
    def progress(done, total):
        raise KeyboardInterrupt

    with (tmp_path / "abc.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, progress=progress)
    assert run(tmp_path).features.shape == (COUNT, 3)
