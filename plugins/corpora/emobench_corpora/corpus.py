"""One corpus as a dataset: a clip a file, everything about it read from the file's name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from emobench.api import DataError, DatasetContext, Items, Target, file_digest, read_audio
from emobench_corpora.listing import Clip, Listing, Naming, find_home, list_clips
from emobench_corpora.options import CorpusOptions


class Corpus:
    """The clips of one corpus that have these classes, grouped by speaker.

    `kept` names, for fields of the file name, the words that count. `whole` is how many clips that
    leaves of a whole copy. `test_speaker` is the test part of the official split.
    """

    modalities: tuple[str, ...] = ("audio",)

    def __init__(
        self,
        naming: Naming,
        options: CorpusOptions,
        context: DatasetContext,
        *,
        classes: tuple[str, ...],
        whole: int,
        kept: Mapping[str, Collection[str]] | None = None,
        test_speaker: str = "",
    ) -> None:
        self.naming = naming
        self.options = options
        self.data_root = Path(context.data_root).expanduser()
        self.classes = classes
        self.whole = whole
        self.kept = dict(kept or {})
        self.test_speaker = test_speaker
        self.rates: Mapping[str, int] = {"audio": options.sample_rate}

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.naming.about.name

    @cached_property
    def home(self) -> Path | None:
        """The folder of the corpus; None where there is none."""
        return find_home(self.data_root, folder=self.options.folder, naming=self.naming)

    @cached_property
    def listing(self) -> Listing:
        """The clips found, before any is left out; raises DataError when the corpus is missing."""
        if self.home is None:
            place = self.data_root.absolute()
            raise self.naming.about.missing(f"{place} (--data-root, or EMOBENCH_DATA)")
        return list_clips(self.home, self.naming)

    @cached_property
    def clips(self) -> tuple[Clip, ...]:
        """The clips that count; raises DataError when there are none."""
        clips = tuple(clip for clip in self.listing.clips if self._counts(clip))
        if not clips:
            wanted = "; ".join(f"{name} {' or '.join(words)}" for name, words in self.kept.items())
            raise DataError(
                f"dataset '{self.name}': of {len(self.listing.clips)} clips in {self.home}, such "
                f"as {self.listing.clips[0].path}, none has {wanted or 'a class that counts'}"
            )
        return clips

    def _counts(self, clip: Clip) -> bool:
        chosen = all(clip.said.fields[name] in words for name, words in self.kept.items())
        return chosen and clip.said.emotion in self.classes

    @cached_property
    def table(self) -> Items:
        """The items, built once."""
        said = [clip.said for clip in self.clips]
        return Items(
            ids=tuple(one.id for one in said),
            specs=(Target(name="emotion", kind="class", classes=self.classes),),
            targets={
                "emotion": np.array([self.classes.index(one.emotion) for one in said], np.int64)
            },
            groups=tuple(one.speaker for one in said),
            group_name=self.naming.person,
            split=tuple("test" if one.speaker == self.test_speaker else "train" for one in said)
            if self.test_speaker
            else (),
            fields={name: tuple(one.fields[name] for one in said) for name in said[0].fields},
            notes=self._notes(),
        )

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if self.listing.copies:
            files = len(self.listing.clips) + self.listing.copies
            notes.append(
                f"{self.name}: {self.listing.copies} of {files} files are second copies of a clip, "
                "alike to the byte, and are left out"
            )
        if len(self.clips) != self.whole:
            notes.append(
                f"{self.name}: {len(self.clips)} clips were found, a whole copy has {self.whole}"
            )
        return tuple(notes)

    def items(self) -> Items:
        """The table of items; raises DataError, with how to obtain the data, when it is missing."""
        return self.table

    def fingerprint(self) -> str:
        """A hash of what clips count, of their bytes and of how they are read; knows no path."""
        how: dict[str, Any] = self.options.dump()
        del how["folder"]
        items = self.table
        told = [self.name, how, items.ids, self.classes, items.groups, items.split]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        digest.update(items.targets["emotion"].tobytes())
        for clip in self.clips:
            digest.update(file_digest(self._path(clip)))
        return digest.hexdigest()[:32]

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Decode one clip."""
        path = self._path(self.clips[index])
        return {"audio": read_audio(path, rate=self.options.sample_rate)}

    def _path(self, clip: Clip) -> Path:
        assert self.home is not None, "clips are listed from a folder that was found"
        return self.home / clip.path
