"""`openface`: anybody's own OpenFace output, one CSV file a clip or one table of all clips."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from emobench.api import (
    DataError,
    DatasetContext,
    Items,
    Where,
    file_digest,
    files_below,
    unknown_name,
)
from emobench_units.clips import (
    FAILED,
    Clip,
    UnitRows,
    clip_rows,
    clips_of,
    dropped_note,
    frame_numbers,
    holds_statistics,
    left_out_note,
    refuse_doubled,
    rows_of,
    usable_frames,
)
from emobench_units.columns import FRAME_COLUMNS
from emobench_units.options import OpenFaceOptions
from emobench_units.tables import MissingColumnsError, Table, read_table
from emobench_units.unit_items import About, digest_of, make_items

SUFFIXES = (".csv", ".csv.gz")


class OpenFace:
    """Clips below one root; each has a label, unless labels are generated, and may have a group."""

    modalities: tuple[str, ...] = ("table",)
    rates: Mapping[str, int] = {}

    def __init__(self, options: OpenFaceOptions, context: DatasetContext) -> None:
        self.options = options
        self.root = Path(context.data_root, options.root).expanduser()

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The CSV files that count, by their path below the root."""
        if not self.root.is_dir():
            what = "is not a folder" if self.root.exists() else "does not exist"
            raise DataError(
                f"the data folder {self.root} {what}; give the folder that holds OpenFace's CSV "
                "files (dataset.root in the task file)"
            )
        if self.options.table:
            return (self.options.table,)
        found = tuple(name for name in files_below(self.root) if name.endswith(SUFFIXES))
        if not found:
            raise DataError(
                f"{self.root} holds no CSV file; run OpenFace's FeatureExtraction with -aus, "
                "which writes one for each clip"
            )
        return found

    @cached_property
    def rows(self) -> UnitRows:
        """The rows, read once."""
        options = self.options
        if options.table:
            table = read_table(self.root / options.table, place=options.table)
            if options.rows == "clip" and holds_statistics(table):
                return clip_rows(table, clip=options.clip)
            clips, notes = clips_of(table, clip=options.clip, confidence=options.confidence)
        else:
            clips, notes = self._from_files()
        return rows_of(clips, rows=options.rows, notes=notes)

    def _from_files(self) -> tuple[list[Clip], tuple[str, ...]]:
        clips, reasons, dropped, total = [], {}, 0, 0
        for name in self.files:
            try:
                clip, frames = self._read_clip(name)
            except MissingColumnsError:
                raise
            except DataError as error:
                reasons[name] = str(error).removeprefix(f"{name}: ")
                continue
            clips.append(clip)
            total += frames
            dropped += frames - len(clip.frames)
        notes = left_out_note(reasons, total=len(self.files), place=str(self.root))
        return clips, notes + dropped_note(dropped, total=total, why=FAILED)

    def _read_clip(self, name: str) -> tuple[Clip, int]:
        """A file's clip, and how many frames it had in all."""
        table = read_table(self.root / name, place=name)
        table.require(FRAME_COLUMNS)
        numbers = frame_numbers(table)
        refuse_doubled([("", number) for number in numbers], place=name)
        values = table.numbers(FRAME_COLUMNS)
        usable = usable_frames(table, values, confidence=self.options.confidence)
        if not usable.any():
            raise DataError(f"{name}: no usable frame")
        kept = np.flatnonzero(usable)
        clip = Clip(
            name=name,
            frames=values[kept],
            numbers=tuple(numbers[place] for place in kept.tolist()),
        )
        return clip, len(table)

    @cached_property
    def table(self) -> Items:
        """The items, built once."""
        rows, options = self.rows, self.options
        clips = tuple(dict.fromkeys(rows.clips))
        labels = dict(zip(clips, self._labels(clips), strict=True))
        groups = dict(zip(clips, self._groups(clips), strict=True))
        about = About(
            emotions=tuple(labels[clip] for clip in rows.clips),
            classes=tuple(dict.fromkeys(options.labels.values())),
            groups=tuple(groups[clip] for clip in rows.clips) if any(groups.values()) else (),
            group_name=self._group_name(),
        )
        return make_items(rows, about, options=options)

    def _labels(self, clips: Sequence[str]) -> Sequence[str]:
        if self.options.target != "emotion":
            return [""] * len(clips)
        found = self._words(clips, self.options.label, what="label")
        renamed = self.options.labels
        strange = sorted(set(found) - set(renamed)) if renamed else []
        if strange:
            raise DataError(
                f"{self.root}: a label that 'labels' does not know: "
                + unknown_name("label", strange[0], renamed)
            )
        return [renamed.get(word, word) for word in found]

    def _groups(self, clips: Sequence[str]) -> Sequence[str]:
        if self.options.group.given:
            return self._words(clips, self.options.group, what="group")
        # Frames of one clip are nearly alike: without a person, at least clips are kept apart.
        return clips if self.options.rows == "frame" else [""] * len(clips)

    def _group_name(self) -> str:
        where = self.options.group
        if not where.given:
            return "clip" if self.options.rows == "frame" else "group"
        named = re.compile(where.pattern).groupindex
        return where.column.strip() or next(iter(named), "group")

    def _words(self, clips: Sequence[str], where: Where, *, what: str) -> Sequence[str]:
        if where.column:
            return self._column(clips, where.column, what=what)
        words = [where.word_in(clip) for clip in clips]
        without = [clip for clip, word in zip(clips, words, strict=True) if not word]
        if without:
            raise DataError(
                f"{what}: {where} gives no word for {len(without)} of {len(clips)} clips, such as "
                f"'{without[0]}'"
            )
        return [word or "" for word in words]

    def _column(self, clips: Sequence[str], column: str, *, what: str) -> Sequence[str]:
        """One word a clip; its rows must agree."""
        table = self._whole_table
        found: dict[str, str] = {}
        named = table.words(self.options.clip, option="clip")
        for clip, word in zip(named, table.words(column, option=f"{what}.column"), strict=True):
            if found.setdefault(clip, word) != word:
                raise DataError(
                    f"{table.place}: clip '{clip}' has two words in column '{column.strip()}': "
                    f"'{found[clip]}' and '{word}'"
                )
        return [found[clip] for clip in clips]

    @property
    def _whole_table(self) -> Table:
        return read_table(self.root / self.options.table, place=self.options.table)

    def items(self) -> Items:
        """The table of items; raises DataError when the files are not as the options say."""
        return self.table

    def fingerprint(self) -> str:
        """A hash of every file's bytes, of labels and groups, and of the options."""
        contents = [file_digest(self.root / name) for name in self.files]
        return digest_of(self.table, self.options, *contents)

    def load(self, index: int) -> dict[str, np.ndarray]:
        """One row."""
        return {"table": self.rows.values[index].copy()}
