"""Copies of run folders on storage that machines share, for clusters without a shared disk.

A copy is files named by their content, and a manifest that is written last: what a reader takes is
whole, whatever died on the way. Any URL that fsspec knows will do. No torch here.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from emobench.api.errors import RunError, UsageError
from emobench.recipes.identity import canonical
from emobench.runs.files import explained
from emobench.runs.folder import CHECKPOINTS_FOLDER, RECORD_FILE, read_history
from emobench.runs.record import FINAL_STATES
from emobench.runs.store import EARLIER_FOLDER, RunFolder
from emobench.sweeps.study import Study

SCHEMA = 1
MANIFEST = "manifest-{number:08d}.json"
FETCHED = ".fetched"
BLOCK = 1 << 20
PAUSES = (1.0, 5.0, 20.0)
"""Seconds after which storage that failed is tried again."""

_Done = TypeVar("_Done")

Rank = tuple[bool, int, int, bool]
"""How far a run is: has its answer, epochs, attempts, has ended. A later one is greater."""

NOTHING: Rank = (False, 0, 0, False)


@dataclass(frozen=True, kw_only=True)
class _Manifest:
    """The files of one copy by their paths, each by its digest, and how far the run was."""

    number: int
    rank: Rank
    files: Mapping[str, str]


@dataclass(kw_only=True)
class Storage:
    """Run folders below a URL; a worker and a driver make one each, of the same URL."""

    url: str
    _digests: dict[Path, tuple[tuple[int, int, int], str]] = field(default_factory=dict)

    def push(self, folder: Path) -> int:
        """Copy what changed in a run's folder since its last copy; gives how many files.

        The run must not be at work elsewhere, and not write while this goes on.
        """
        with self._explained(f"copy run {folder.name} to"):
            manifests = self._manifests(folder.name)
            last = manifests[0] if manifests else _Manifest(number=0, rank=NOTHING, files={})
            paths = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
            files = {name: self._digest(path) for name, path in paths.items()}
            rank = _rank(folder)
            if manifests and (files, rank) == (dict(last.files), last.rank):
                return 0
            there = set(last.files.values())
            new = {digest: paths[name] for name, digest in files.items() if digest not in there}
            self._files.makedirs(self._place(folder.name, "blobs"), exist_ok=True)
            for digest, path in new.items():
                self._files.put_file(str(path), self._place(folder.name, "blobs", digest))
            self._publish(folder.name, _Manifest(number=last.number + 1, rank=rank, files=files))
            self._sweep_up(folder.name, keep={*files.values(), *there}, oldest=last.number)
            return len(new)

    def check(self) -> None:
        """Raise what the URL, or the storage itself, is refused for on this machine."""
        with self._explained("reach"):
            self._listed(self._root)

    def fetch(self, run_id: str, *, runs: Path, finished: bool = False) -> bool:
        """Bring the run's folder below `runs` up to its last copy; whether there was any need.

        A folder that is as far as the copy, or further, stays as it is. A run that is `finished`
        comes without its checkpoints: nobody goes on with it.
        """
        folder = runs / run_id
        with self._explained(f"fetch run {run_id} from"):
            for manifest in self._manifests(run_id):
                if manifest.rank <= _rank(folder):
                    return False
                folder.mkdir(parents=True, exist_ok=True)
                with explained(runs), RunFolder(folder, root=runs):
                    wanted = _without_checkpoints(manifest) if finished else manifest
                    if self._bring(run_id, wanted, folder):
                        return True
        return False

    def forget_checkpoints(self, run_id: str) -> None:
        """Delete what a run that is over would go on from; its copy is whole without it."""
        with self._explained(f"delete the checkpoints of run {run_id} in"):
            manifests = self._manifests(run_id)
            if all(_without_checkpoints(each) == each for each in manifests):
                return
            left = _without_checkpoints(replace(manifests[0], number=manifests[0].number + 1))
            self._publish(run_id, left)
            self._sweep_up(run_id, keep=set(left.files.values()), oldest=left.number)

    def _bring(self, run_id: str, manifest: _Manifest, folder: Path) -> bool:
        """Put the manifest's files into the folder, the record last; False if one is not whole."""
        fresh = folder / FETCHED
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        try:
            here = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
            missing = [
                name
                for name, digest in manifest.files.items()
                if name not in here or self._digest(here[name]) != digest
            ]
            for name in missing:
                if not self._download(run_id, manifest.files[name], fresh / name):
                    return False
            for name in sorted(missing, key=lambda one: one == RECORD_FILE):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(fresh / name, folder / name)
            for name in here.keys() - manifest.files.keys():
                here[name].unlink()
            return True
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _download(self, run_id: str, digest: str, path: Path) -> bool:
        """Whether the file came whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._files.get_file(self._place(run_id, "blobs", digest), str(path))
        except FileNotFoundError:
            return False
        return self._digest(path) == digest

    def _manifests(self, run_id: str) -> list[_Manifest]:
        """Every manifest that is whole, newest first."""
        found = []
        for place in self._listed(self._place(run_id)):
            name = place.rpartition("/")[2]
            if name.startswith("manifest-"):
                found.append(_parsed(self._files.cat_file(place)))
        whole = [manifest for manifest in found if manifest is not None]
        return sorted(whole, key=lambda manifest: -manifest.number)

    def _publish(self, run_id: str, manifest: _Manifest) -> None:
        name = MANIFEST.format(number=manifest.number)
        self._files.pipe_file(self._place(run_id, name), _written(manifest))

    def _sweep_up(self, run_id: str, *, keep: set[str], oldest: int) -> None:
        """Delete all but the last two manifests and their files: a reader may be at the older."""
        first_kept = MANIFEST.format(number=oldest)
        for place in self._listed(self._place(run_id)):
            name = place.rpartition("/")[2]
            if name.startswith("manifest-") and name < first_kept:
                self._files.rm_file(place)
        for place in self._listed(self._place(run_id, "blobs")):
            if place.rpartition("/")[2] not in keep:
                self._files.rm_file(place)

    def _listed(self, place: str) -> list[str]:
        self._files.invalidate_cache(place)
        try:
            return [str(name) for name in self._files.ls(place, detail=False)]
        except FileNotFoundError:
            return []

    def _place(self, *parts: str) -> str:
        return "/".join([self._root.rstrip("/"), *parts])

    def _digest(self, path: Path) -> str:
        """The digest of a file's content; of one that did not change, as it was."""
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        known = self._digests.get(path)
        if known is None or known[0] != stamp:
            known = self._digests[path] = (stamp, _digest_of(path))
        return known[1]

    @property
    def _files(self) -> Any:
        return self._opened[0]

    @property
    def _root(self) -> str:
        return str(self._opened[1])

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        try:
            system, root = url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise UsageError(
                f"--storage '{self.url}' cannot be used ({error}); give a URL that fsspec knows, "
                "such as s3://bucket/folder with the package s3fs, gs://bucket/folder with gcsfs, "
                "or file:///shared/folder, and install that package on every machine"
            ) from None
        return system, root

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """Turn what a file system raises, each in its own way, into words."""
        try:
            yield
        except (RunError, UsageError):
            raise
        except Exception as error:
            raise RunError(
                f"cannot {what} the storage '{self.url}' ({type(error).__name__}: {error}); see "
                "that every machine may write there, then give the same command again: what was "
                "finished is kept"
            ) from error


def patiently(
    work: Callable[[], _Done],
    *,
    pauses: Sequence[float] = PAUSES,
    alive: Callable[[], None] = lambda: None,
) -> _Done:
    """Try work with the storage, and again after each pause; `alive` is called before each try."""
    for pause in pauses:
        alive()
        try:
            return work()
        except RunError:
            time.sleep(pause)
    alive()
    return work()


def fetch_finished(storage: Storage, run_id: str, *, runs: Path) -> bool:
    """Bring a run that is over to this machine, as `Storage.fetch` does, but patiently."""
    return patiently(lambda: storage.fetch(run_id, runs=runs, finished=True))


def fetch_trials(study: Study, *, storage: Storage, runs: Path) -> None:
    """Bring the runs of all trials that are over to this machine.

    Most trials of a sweep are stopped: what these would go on from is deleted in the storage.
    """
    for story in study.stories:
        end = story.end
        if end is None or end.run_id is None:
            continue
        is_new = fetch_finished(storage, end.run_id, runs=runs)
        if end.state == "stopped" and (is_new or (runs / end.run_id / CHECKPOINTS_FOLDER).is_dir()):
            # No answer rests on it, and what is left there does no harm.
            with suppress(RunError):
                storage.forget_checkpoints(end.run_id)


@dataclass(kw_only=True)
class Mirror:
    """Keeps the copy of a run close behind it: after an epoch at most every so many seconds.

    Storage that fails is tried again; `alive` is called before every try.
    """

    storage: Storage
    runs: Path
    every: float = 30.0
    pauses: tuple[float, ...] = PAUSES
    alive: Callable[[], None] = lambda: None
    _pushed: float = field(default_factory=time.monotonic)

    def begin(self, run_id: str) -> bool:
        """Take over where another machine left off; whether there was something to fetch."""
        return self._patiently(lambda: self.storage.fetch(run_id, runs=self.runs))

    def epoch(self, run_id: str) -> None:
        """Copy the run, unless that was done a moment ago. One copy that fails does no harm."""
        if time.monotonic() - self._pushed >= self.every:
            self.try_once(run_id)

    def try_once(self, run_id: str) -> None:
        """Copy the run as it is now, where that can be done."""
        self.alive()
        self._pushed = time.monotonic()
        with suppress(RunError):
            self.storage.push(self.runs / run_id)

    def end(self, run_id: str) -> None:
        """Copy the run as it is now: a RunError where the storage goes on failing."""
        self._patiently(lambda: self.storage.push(self.runs / run_id))
        self._pushed = time.monotonic()

    def _patiently(self, work: Callable[[], _Done]) -> _Done:
        return patiently(work, pauses=self.pauses, alive=self.alive)


def _files(folder: Path) -> Iterator[Path]:
    """What belongs to the run: neither its lock nor what is half written or was set aside."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == EARLIER_FOLDER:
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _without_checkpoints(manifest: _Manifest) -> _Manifest:
    files = manifest.files.items()
    kept = {name: digest for name, digest in files if not name.startswith(f"{CHECKPOINTS_FOLDER}/")}
    return replace(manifest, files=kept)


def _rank(folder: Path) -> Rank:
    """How far the run in a folder is; a record that cannot be read counts as none."""
    try:
        record = json.loads((folder / RECORD_FILE).read_bytes())
        state, attempts = str(record["state"]), len(record["attempts"])
    except (OSError, ValueError, KeyError, TypeError):
        return NOTHING
    epochs = max((row["epoch"] for row in read_history(folder)), default=0)
    return state in FINAL_STATES, epochs, attempts, state != "interrupted"


def _digest_of(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _written(manifest: _Manifest) -> bytes:
    plain = {
        "schema": SCHEMA,
        "number": manifest.number,
        "rank": list(manifest.rank),
        "files": dict(manifest.files),
    }
    return json.dumps({"manifest": plain, "digest": _signed(plain)}, indent=1).encode()


def _parsed(content: bytes) -> _Manifest | None:
    """A manifest, if it is whole and of a kind that is known here."""
    try:
        plain = json.loads(content)["manifest"]
        if json.loads(content)["digest"] != _signed(plain) or plain["schema"] != SCHEMA:
            return None
        if any(name.startswith("/") or ".." in name.split("/") for name in plain["files"]):
            return None
        final, epochs, attempts, ended = plain["rank"]
        return _Manifest(
            number=plain["number"], rank=(final, epochs, attempts, ended), files=plain["files"]
        )
    except (ValueError, KeyError, TypeError):
        return None


def _signed(plain: Mapping[str, Any]) -> str:
    return hashlib.blake2b(canonical(plain).encode(), digest_size=16).hexdigest()
