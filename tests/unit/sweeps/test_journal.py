"""The journal gives back what was written, whatever moment its writer died at."""

from __future__ import annotations

import errno
import io
import json
import math
from pathlib import Path

import pytest

from emobench.api.errors import DataError, EmobenchError
from emobench.sweeps.journal import Asked, Ended, Event, Heard, Journal, read_events
from emobench.sweeps.trial import Report, TrialEnd

EVENTS: list[Event] = [
    Asked(trial=0, values={"lr": 1e-3, "hidden": [16, 8], "loss": "focal"}, origin="as it stands"),
    Heard(trial=0, report=Report(epoch=1, epochs=3, validation=0.5, seconds=1.25)),
    Ended(trial=0, end=TrialEnd(state="ok", run_id="r-1", validation=0.6, epochs=3)),
]


def written(folder: Path, events: list[Event]) -> Path:
    path = folder / "journal.jsonl"
    with Journal(path, root=folder) as journal:
        for event in events:
            journal.add(event)
    return path


def test_events_come_back_in_their_order(tmp_path: Path) -> None:
    assert list(read_events(written(tmp_path, EVENTS))) == EVENTS


def test_no_journal_is_no_events(tmp_path: Path) -> None:
    assert list(read_events(tmp_path / "none.jsonl")) == []


def test_figures_that_are_no_numbers_come_back_as_none(tmp_path: Path) -> None:
    report = Report(epoch=1, epochs=3, validation=math.nan)
    _, event = read_events(written(tmp_path, [EVENTS[0], Heard(trial=0, report=report)]))
    assert isinstance(event, Heard)
    assert event.report.validation is None


def test_an_event_can_be_read_by_others_before_the_journal_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal(path, root=tmp_path) as journal:
        journal.add(EVENTS[0])
        assert list(read_events(path)) == EVENTS[:1]


def test_a_journal_cut_at_any_byte_loses_its_last_event_at_most(tmp_path: Path) -> None:
    path = written(tmp_path, EVENTS)
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        ends = [end for end, sign in enumerate(whole) if sign == ord("\n")]
        assert list(read_events(path)) == EVENTS[: sum(end <= cut for end in ends)]


def test_what_follows_a_line_torn_at_any_byte_is_read(tmp_path: Path) -> None:
    whole = written(tmp_path, EVENTS[:2]).read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first + 1, len(whole)):
        path = tmp_path / f"{cut}.jsonl"
        path.write_bytes(whole[:cut])
        with Journal(path, root=tmp_path) as journal:
            journal.add(EVENTS[2])
        kept = EVENTS if cut == len(whole) - 1 else [EVENTS[0], EVENTS[2]]
        assert list(read_events(path)) == kept


def test_a_line_cut_short_by_a_full_disk_takes_no_later_event_along(tmp_path: Path) -> None:
    class FullDisk(io.FileIO):
        def write(self, line: bytes) -> int:
            super().write(line[:20])
            raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "journal.jsonl"
    with Journal(path, root=tmp_path) as journal:
        journal.add(EVENTS[0])
        journal.close()
        journal._file = FullDisk(path, "ab+")
        with pytest.raises(EmobenchError):
            journal.add(EVENTS[1])
        journal.add(EVENTS[2])
    assert list(read_events(path)) == [EVENTS[0], EVENTS[2]]


def test_damage_in_the_middle_names_the_line_and_what_to_do(tmp_path: Path) -> None:
    path = written(tmp_path, EVENTS)
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace(":", ";", 1)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match=r"is damaged in line 2 .*mend that line, or restore the f"):
        list(read_events(path))
    path.write_text("\n".join([lines[0], lines[2]]) + "\n")
    assert list(read_events(path)) == [EVENTS[0], EVENTS[2]]


LATER: Event = Asked(trial=1, values={}, origin="searched")
GAPS: list[tuple[list[Event], str]] = [
    (EVENTS[1:], "line 1, which tells of trial 0, and the line that asked for trial 0 is missing"),
    ([LATER], "line 1, which tells of trial 1, and the line that asked for trial 0 is missing"),
    (
        [*EVENTS, Ended(trial=1, end=TrialEnd(state="ok"))],
        "line 4, which tells of trial 1, and the line that asked for trial 1 is missing",
    ),
    ([*EVENTS, LATER, EVENTS[0]], "line 5, which asks for trial 0 a second time"),
]


@pytest.mark.parametrize(("events", "gap"), GAPS)
def test_a_line_that_was_lost_is_told_with_what_to_do(
    tmp_path: Path, events: list[Event], gap: str
) -> None:
    path = written(tmp_path, events)
    with pytest.raises(DataError) as caught:
        list(read_events(path))
    assert str(caught.value) == (
        f"the journal '{path}' has a gap before {gap}; restore the file from a backup, or begin "
        "another sweep with --name"
    )


def test_an_event_of_a_newer_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps({"event": "dreamt", "trial": 0}) + "\n")
    with pytest.raises(DataError, match="an event 'dreamt' is not known"):
        list(read_events(path))
