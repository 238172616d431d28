"""Several corpora as one dataset: common emotions, one sample rate, speakers never merged."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from emobench.api import DatasetContext, Items, Target
from emobench_corpora.corpus import Corpus
from emobench_corpora.cremad import cremad
from emobench_corpora.emodb import emodb
from emobench_corpora.labels import COMMON_LABELS, classes_of
from emobench_corpora.options import (
    CorpusName,
    CremadOptions,
    EmodbOptions,
    RavdessOptions,
    SaveeOptions,
    SpeechCorporaOptions,
    TessOptions,
)
from emobench_corpora.ravdess import ravdess
from emobench_corpora.registration import SPEECH_CORPORA
from emobench_corpora.savee import savee
from emobench_corpora.tess import tess

READERS: Mapping[CorpusName, tuple[Callable[..., Corpus], Callable[..., Any]]] = {
    "ravdess": (ravdess, RavdessOptions),
    "emodb": (emodb, EmodbOptions),
    "crema-d": (cremad, CremadOptions),
    "tess": (tess, TessOptions),
    "savee": (savee, SaveeOptions),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """An item of the whole: which member it is of, its position there, its common emotion."""

    corpus: CorpusName
    position: int
    emotion: str


class SpeechCorpora:
    """Members' clips one after another, their ids and speakers prefixed by the corpus."""

    modalities: tuple[str, ...] = ("audio",)

    def __init__(self, options: SpeechCorporaOptions, context: DatasetContext) -> None:
        self.options = options
        self.classes = classes_of(options.corpora, shared=options.classes == "shared")
        self.rates: Mapping[str, int] = {"audio": options.sample_rate}
        self.members: Mapping[CorpusName, Corpus] = {
            name: _open(name, options, context) for name in options.corpora
        }

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The clips that count; raises DataError when a member is missing."""
        absent = [name for name, member in self.members.items() if member.home is None]
        if absent:
            place = next(iter(self.members.values())).data_root.absolute()
            raise SPEECH_CORPORA.missing(
                f"{place} (--data-root, or EMOBENCH_DATA) as a whole: there is no "
                f"{', no '.join(absent)}"
            )
        rows = []
        for name, member in self.members.items():
            for position, clip in enumerate(member.clips):
                emotion = COMMON_LABELS[name].get(clip.said.emotion, "")
                if emotion in self.classes:
                    rows.append(Row(corpus=name, position=position, emotion=emotion))
        return tuple(rows)

    @cached_property
    def table(self) -> Items:
        """The items, built once."""
        rows = self.rows
        tables = {name: member.items() for name, member in self.members.items()}
        fields = dict.fromkeys(field for table in tables.values() for field in table.fields)

        return Items(
            ids=tuple(f"{row.corpus}/{tables[row.corpus].ids[row.position]}" for row in rows),
            specs=(Target(name="emotion", kind="class", classes=self.classes),),
            targets={
                "emotion": np.array([self.classes.index(row.emotion) for row in rows], np.int64)
            },
            groups=tuple(f"{row.corpus}:{tables[row.corpus].groups[row.position]}" for row in rows),
            group_name="speaker",
            split=tuple(self._part(row) for row in rows) if self.options.test_corpora else (),
            fields={
                "corpus": tuple(row.corpus for row in rows),
                **{field: _column(rows, tables, field) for field in fields},
            },
            notes=(
                *(note for table in tables.values() for note in table.notes),
                *self._left_out(),
            ),
        )

    def _part(self, row: Row) -> str:
        return "test" if row.corpus in self.options.test_corpora else "train"

    def _left_out(self) -> list[str]:
        """A sentence for each member that has clips of other emotions."""
        notes = []
        for name, member in self.members.items():
            counts = Counter(
                clip.said.emotion
                for clip in member.clips
                if COMMON_LABELS[name].get(clip.said.emotion, "") not in self.classes
            )
            if counts:
                told = ", ".join(f"{count} {emotion}" for emotion, count in sorted(counts.items()))
                notes.append(
                    f"{name}: {counts.total()} clips are left out, for the classes are "
                    f"{', '.join(self.classes)}: {told}"
                )
        return notes

    def items(self) -> Items:
        """The table of items; raises DataError, with how to obtain the data, when it is missing."""
        return self.table

    def fingerprint(self) -> str:
        """A hash of the members' own and of how they are put together; knows no path."""
        how = self.options.dump()
        del how["folders"]
        told = [
            how,
            self.classes,
            self.table.ids,
            self.table.split,
            [member.fingerprint() for member in self.members.values()],
        ]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        digest.update(self.table.targets["emotion"].tobytes())
        return digest.hexdigest()[:32]

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Decode one clip."""
        row = self.rows[index]
        return self.members[row.corpus].load(row.position)


def _column(
    rows: tuple[Row, ...], tables: Mapping[CorpusName, Items], field: str
) -> tuple[str, ...]:
    """A field of the file names; empty for members whose names do not have it."""
    return tuple(
        tables[row.corpus].fields[field][row.position] if field in tables[row.corpus].fields else ""
        for row in rows
    )


def _open(name: CorpusName, options: SpeechCorporaOptions, context: DatasetContext) -> Corpus:
    reader, own = READERS[name]
    folder = options.folders.get(name, "")
    return reader(own(folder=folder, sample_rate=options.sample_rate), context)
