"""The `folder` dataset: anybody's own audio clips or images, by class folders or by a table."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from emobench.api import (
    DataError,
    DatasetContext,
    Items,
    Target,
    Where,
    file_digest,
    read_audio,
    read_image,
    unknown_name,
)
from emobench.data.folder_listing import Listing, list_files, words_of
from emobench.data.folder_options import FolderOptions
from emobench.data.protocols import SPLIT_WORDS


class Folder:
    """Files below one root, each with a label and, where it is known, a group and a split."""

    def __init__(self, options: FolderOptions, context: DatasetContext) -> None:
        self.options = options
        self.root = Path(context.data_root, options.root).expanduser()

    @cached_property
    def listing(self) -> Listing:
        """The files, found once."""
        return list_files(self.root, self.options)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Audio or image, as the files are."""
        return (self.listing.modality,)

    @property
    def rates(self) -> Mapping[str, int]:
        """The rate that audio is resampled to."""
        return {"audio": self.options.sample_rate} if self.listing.modality == "audio" else {}

    @cached_property
    def table(self) -> Items:
        """The items, built once."""
        files, options = self.listing.files, self.options
        labels = self._labels()
        classes = tuple(dict.fromkeys(options.labels.values())) or _in_order(set(labels))
        ids = {name: index for index, name in enumerate(classes)}
        group, split = options.group, options.split
        return Items(
            ids=tuple(file.name for file in files),
            specs=(Target(name="emotion", kind="class", classes=classes),),
            targets={"emotion": np.array([ids[label] for label in labels], dtype=np.int64)},
            groups=words_of(files, group, what="group") if group.given else (),
            group_name=_group_name(group),
            split=self._split() if split.given else (),
        )

    def items(self) -> Items:
        """The table of items; raises DataError when the folder is not as the options say."""
        return self.table

    def _labels(self) -> tuple[str, ...]:
        found = words_of(self.listing.files, self.options.label, what="label")
        renamed = self.options.labels
        if not renamed:
            return found
        strange = sorted(set(found) - set(renamed))
        if strange:
            count = sum(word in strange for word in found)
            raise DataError(
                f"{self.root}: {count} of {len(found)} files have a label that 'labels' does not "
                "know: " + "; ".join(unknown_name("label", word, renamed) for word in strange[:3])
            )
        return tuple(renamed[word] for word in found)

    def _split(self) -> tuple[str, ...]:
        found = words_of(self.listing.files, self.options.split, what="split")
        strange = sorted({word for word in found if word.strip().lower() not in SPLIT_WORDS})
        if strange:
            raise DataError(
                f"{self.root}: split: {unknown_name('part of a split', strange[0], SPLIT_WORDS)}"
            )
        return tuple(SPLIT_WORDS[word.strip().lower()] for word in found)

    def fingerprint(self) -> str:
        """A hash of every file's bytes, of labels, groups and split, and of how files are read."""
        items = self.table
        how = self.options.dump()
        del how["root"]
        digest = hashlib.blake2b(json.dumps(how, sort_keys=True).encode(), digest_size=16)
        for column in (items.ids, items.specs[0].classes, items.groups, items.split):
            digest.update(json.dumps(column).encode())
        digest.update(items.targets["emotion"].tobytes())
        for name in items.ids:
            digest.update(file_digest(self.root / name))
        return digest.hexdigest()

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Decode one file."""
        path = self.root / self.table.ids[index]
        if self.listing.modality == "audio":
            return {"audio": read_audio(path, rate=self.options.sample_rate)}
        return {"image": read_image(path, mode=self.options.colour)}


def _group_name(where: Where) -> str:
    if where.column:
        return where.column.strip()
    named = re.compile(where.pattern).groupindex
    return next((name for name, number in named.items() if number == 1), "group")


def _in_order(labels: set[str]) -> tuple[str, ...]:
    """By name, and whole numbers by value."""
    return tuple(sorted(labels, key=lambda word: (int(word) if word.isdecimal() else -1, word)))
