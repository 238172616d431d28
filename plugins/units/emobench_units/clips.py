"""From frames to rows: what is left of a clip once failed frames are gone, and its statistics."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from emobench.api import DataError
from emobench_units.columns import CLIP_COLUMNS, FRAME_COLUMNS, INTENSITY_COUNT, MEANS
from emobench_units.options import Rows
from emobench_units.tables import Table

FAILED = "the face was not tracked, not trusted, or a value is missing"

DECIMALS = 5
"""Statistics are rounded as clip tables are: it hides processors' last-bit differences."""

FEW_LEFT_OUT = 3
SHARE_LEFT_OUT = 0.05
"""More clips without a usable frame than both of these allow are a fault of the data set."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A clip's usable frames `(frames, 35)`, and their numbers in the file."""

    name: str
    frames: np.ndarray
    numbers: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class UnitRows:
    """Rows `(rows, columns)` of one layout, the clip of each, and what was left out."""

    ids: tuple[str, ...]
    clips: tuple[str, ...]
    values: np.ndarray
    notes: tuple[str, ...] = ()


def usable_frames(table: Table, values: np.ndarray, *, confidence: float) -> np.ndarray:
    """Which rows of a table of frames, of these values, count: tracked, trusted and complete."""
    usable: np.ndarray = np.isfinite(values).all(axis=1)
    if "success" in table.columns:
        usable &= table.numbers(["success"])[:, 0] == 1
    if "confidence" in table.columns:
        usable &= table.numbers(["confidence"])[:, 0] >= confidence
    return usable


def frame_numbers(table: Table) -> tuple[int, ...]:
    """The frames' own numbers, where the table has them, else their places."""
    if "frame" not in table.columns:
        return tuple(range(len(table)))
    values = table.numbers(["frame"])[:, 0]
    if not np.isfinite(values).all():
        raise DataError(f"{table.place}: column 'frame' has an empty cell")
    return tuple(int(value) for value in values)


def refuse_doubled(names: Sequence[tuple[str, int]], *, place: str) -> None:
    """Refuse a frame that stands there twice: another face in the picture, or a copied row."""
    seen: set[tuple[str, int]] = set()
    for line, (clip, number) in enumerate(names, start=2):
        if (clip, number) in seen:
            of = f" of clip '{clip}'" if clip else ""
            raise DataError(
                f"{place}: row {line} gives frame {number}{of} a second time; keep one face "
                "(face_id) and one row a frame"
            )
        seen.add((clip, number))


def clips_of(table: Table, *, clip: str, confidence: float) -> tuple[list[Clip], tuple[str, ...]]:
    """The clips of a table of frames, in order of appearance, with notes on what was left out."""
    table.require(FRAME_COLUMNS)
    names, numbers = table.words(clip, option="clip"), frame_numbers(table)
    if "frame" in table.columns:
        refuse_doubled(list(zip(names, numbers, strict=True)), place=table.place)
    values = table.numbers(FRAME_COLUMNS)
    usable = usable_frames(table, values, confidence=confidence)
    found: dict[str, list[int]] = {name: [] for name in dict.fromkeys(names)}
    for position in np.flatnonzero(usable).tolist():
        found[names[position]].append(position)
    empty = {name: "no usable frame" for name, places in found.items() if not places}
    notes = left_out_note(empty, total=len(found), place=table.place)
    failed = int((~usable).sum())
    notes += dropped_note(failed, total=len(names), why=FAILED)
    clips = [
        Clip(name=name, frames=values[places], numbers=tuple(numbers[place] for place in places))
        for name, places in found.items()
        if places
    ]
    return clips, notes


def clip_statistics(frames: np.ndarray) -> np.ndarray:
    """A clip's row `(69,)`: means, maxima and deviations of intensities, shares of presence."""
    intensities, presences = frames[:, :INTENSITY_COUNT], frames[:, INTENSITY_COUNT:]
    # Deviations are those of a sample, as clip tables have them; one frame has none.
    deviations = intensities.std(axis=0, ddof=1) if len(frames) > 1 else np.zeros(INTENSITY_COUNT)
    row = [intensities.mean(axis=0), intensities.max(axis=0), deviations]
    return np.round(np.concatenate([*row, presences.mean(axis=0)]), DECIMALS)


def rows_of(clips: Sequence[Clip], *, rows: Rows, notes: Sequence[str] = ()) -> UnitRows:
    """One row a clip, or one a frame."""
    if rows == "clip":
        return UnitRows(
            ids=tuple(clip.name for clip in clips),
            clips=tuple(clip.name for clip in clips),
            values=np.stack([clip_statistics(clip.frames) for clip in clips]).astype(np.float32),
            notes=tuple(notes),
        )
    return UnitRows(
        ids=tuple(f"{clip.name}#{number}" for clip in clips for number in clip.numbers),
        clips=tuple(clip.name for clip in clips for _ in clip.numbers),
        values=np.concatenate([clip.frames for clip in clips]).astype(np.float32),
        notes=tuple(notes),
    )


def holds_statistics(table: Table) -> bool:
    """Whether the table has a row a clip, its statistics computed already."""
    return FRAME_COLUMNS[0] not in table.columns and MEANS[0] in table.columns


def clip_rows(table: Table, *, clip: str) -> UnitRows:
    """Rows of a table of clip statistics; clips with a gap are left out and named."""
    table.require(CLIP_COLUMNS)
    names = table.words(clip, option="clip")
    first: dict[str, int] = {}
    for line, name in enumerate(names, start=2):
        if name in first:
            raise DataError(
                f"{table.place}: row {line} lists clip '{name}' a second time (row {first[name]})"
            )
        first[name] = line
    values = table.numbers(CLIP_COLUMNS)
    whole = np.isfinite(values).all(axis=1)
    gaps = {
        name: "a value is missing or not finite"
        for name, good in zip(names, whole, strict=True)
        if not good
    }
    kept = tuple(name for name, good in zip(names, whole, strict=True) if good)
    return UnitRows(
        ids=kept,
        clips=kept,
        values=values[whole].astype(np.float32),
        notes=left_out_note(gaps, total=len(names), place=table.place),
    )


def left_out_note(reasons: dict[str, str], *, total: int, place: str) -> tuple[str, ...]:
    """A note on clips that were left out, or a DataError where they are too many."""
    if not reasons:
        return ()
    shown = "; ".join(f"{name} ({reason})" for name, reason in list(reasons.items())[:3])
    shown += "; …" if len(reasons) > 3 else ""
    count = len(reasons)
    few = count <= FEW_LEFT_OUT or count <= SHARE_LEFT_OUT * total
    if count == total or not few:
        raise DataError(
            f"{place}: {count} of {total} clips cannot be used, too many to leave out: {shown}. "
            "Mend or remove them"
        )
    return (f"{count} of {total} clips are left out: {shown}",)


def dropped_note(dropped: int, *, total: int, why: str) -> tuple[str, ...]:
    """A note on frames that were dropped."""
    if not dropped:
        return ()
    share = 100 * dropped / total
    return (f"{dropped} of {total} frames ({share:.1f}%) are left out: {why}",)


def in_order(labels: Collection[str]) -> tuple[str, ...]:
    """Class names by name, whole numbers by value."""
    return tuple(sorted(labels, key=lambda word: (int(word) if word.isdecimal() else -1, word)))
