"""What `emobench run` says at the end: scores, classes, confusions, where, and what next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from emobench.api import EmobenchError
from emobench.boards.board import Board
from emobench.boards.rank import build_boards
from emobench.boards.words import NOTHING, count, figure, interval, mean, percent, tally, title
from emobench.cli.leaks import leak_lines, leak_tables
from emobench.cli.predicted import predictions_of
from emobench.cli.progress import plan_name
from emobench.cli.run import Ending
from emobench.cli.text import table
from emobench.runs.record import Record, TargetScores
from emobench.runs.store import RunStore

HEADLINE = ("accuracy", "uar", "macro_f1")
MOST_CONFUSIONS = 5
MOST_NAMED = 5
LOG_LINES = 5
ENOUGH_SEEDS = 5


def summary_lines(endings: Sequence[Ending], *, runs: Path) -> list[str]:
    """The whole summary: in full for a single run, as a table for several."""
    with_record = [ending for ending in endings if ending.record is not None]
    lines: list[str] = []
    if len(endings) == 1:
        for ending in with_record:
            lines += _one_run(ending, runs)
    elif with_record:
        lines += ["", *_runs_table(with_record)]
        records = [ending.record for ending in with_record if ending.record is not None]
        for board in build_boards(records, predictions=predictions_of(records, runs=runs)):
            lines += ["", f"{board.title}, by recipe:", *_recipes_table(board)]
        lines += leak_lines(leak_tables(records, runs=runs))
        lines += _leftovers(records)
        lines += ["", f"records in {runs}"]
    failed = len(endings) - len(with_record)
    if failed and len(endings) > 1:
        lines += ["", f"{count(failed, 'run')} of {len(endings)} ended with an error (see above)"]
    return [*lines, *_next_steps(endings, runs)] if with_record else lines


def _one_run(ending: Ending, runs: Path) -> list[str]:
    record = ending.record
    assert record is not None
    state = "stored record; --fresh runs again" if ending.stored else record.state
    lines = ["", f"{plan_name(ending.plan)}: {state}"]
    if record.state != "ok":
        lines.append(f"{record.state}: {record.reason}")
    lines += record.log[-LOG_LINES:]
    for name, scores in record.scores.items():
        label = f"{name}: " if len(record.scores) > 1 else ""
        lines += ["", f"{label}{_scores(scores, record.task.metric)}"]
        if scores.classes:
            lines += ["", *_class_table(scores)]
        lines += _confusion_lines(scores)
    lines += _members(record, runs)
    lines += _leftovers([record])
    lines += ["", f"record  {runs / record.id / 'record.json'}"]
    if record.scores:
        lines.append(f"plots   {runs / record.id / 'plots'}")
    return lines


def _scores(scores: TargetScores, metric: str) -> str:
    """The task's metric first, then the usual ones, then, where none of these is there, all."""
    names = [name for name in dict.fromkeys((metric, *HEADLINE)) if name in scores.metrics]
    names = names if len(names) > 1 else sorted(scores.metrics)
    return "   ".join(
        f"{title(name)} {figure(scores.metrics[name], metric=name)}" for name in names
    )


def _class_table(scores: TargetScores) -> list[str]:
    rows = [
        [row.name, percent(row.precision), percent(row.recall), percent(row.f1), str(row.support)]
        for row in scores.classes
    ]
    head = ["class", "precision", "recall", "F1", "support"]
    return table(head, rows, right=head[1:])


def worst_confusions(scores: TargetScores) -> list[tuple[str, str, float]]:
    """True class, predicted class and the share of the true class that went there."""
    names = [row.name for row in scores.classes]
    found = [
        (names[truth], names[predicted], items / sum(row))
        for truth, row in enumerate(scores.confusion)
        for predicted, items in enumerate(row)
        if truth != predicted and items
    ]
    return sorted(found, key=lambda one: (-one[2], one[0], one[1]))[:MOST_CONFUSIONS]


def _confusion_lines(scores: TargetScores) -> list[str]:
    worst = worst_confusions(scores)
    if not worst:
        return []
    width = max(len(f"{truth} -> {predicted}") for truth, predicted, _ in worst)
    return [
        "",
        "worst confusions",
        *(f"  {f'{one} -> {other}'.ljust(width)}  {share:4.0%}" for one, other, share in worst),
    ]


def _members(record: Record, runs: Path) -> list[str]:
    """How the members of an ensemble fared alone, those that have a record."""
    store, metric = RunStore(runs), record.task.metric
    found = []
    for run_id in record.members:
        with suppress(EmobenchError):  # a damaged record is the member's own trouble
            found.append(store.get(run_id))
    rows = [
        [one.recipe_name, str(one.seed), figure(one.score, metric=metric), one.state, one.id]
        for one in found
        if one is not None
    ]
    head = ["member", "seed", title(metric), "state", "record"]
    return ["", *table(head, rows, right=["seed", title(metric)])] if rows else []


def _leftovers(records: Sequence[Record]) -> list[str]:
    """What else a user must know of the data, task by task where there are several."""
    tasks = list(dict.fromkeys(record.task.name for record in records))
    if len(tasks) <= 1:
        return _told_of_data(records)
    lines = []
    for task in tasks:
        lines += _told_of_data([one for one in records if one.task.name == task], of=task)
    return lines


def _told_of_data(records: Sequence[Record], *, of: str = "") -> list[str]:
    """What the audit found, what a page must say, and what was left out."""
    lines: list[str] = []
    verdicts = {record.audit.verdict for record in records}
    if verdicts:
        worst = next(word for word in ("leaky", "warned", "clean") if word in verdicts)
        lines += ["", f"audit   {of}: {worst}" if of else f"audit   {worst}"]
    found = {
        f"        {finding.severity}: {finding.message}": None
        for record in records
        for finding in record.audit.findings
        if finding.severity != "info"
    }
    lines += _first(found)
    notes = {record.data.note: None for record in records if record.data and record.data.note}
    lines += [f"note    {note}" for note in notes]
    skipped = {
        f"        {item}: {reason}": None
        for record in records
        if record.data is not None
        for item, reason in record.data.skipped
    }
    if skipped:
        lines += [f"skipped {count(len(skipped), 'item')} that could not be read", *_first(skipped)]
    return lines


def _first(lines: Iterable[str]) -> list[str]:
    known = list(lines)
    more = len(known) - MOST_NAMED
    return [*known[:MOST_NAMED], *([f"        and {more} more"] if more > 0 else [])]


def _runs_table(endings: Sequence[Ending]) -> list[str]:
    rows = []
    for ending in endings:
        record = ending.record
        assert record is not None
        rows.append(
            [
                record.recipe_name,
                record.task.name,
                str(record.seed),
                str(record.task.fold),
                f"{title(record.task.metric)} {figure(record.score, metric=record.task.metric)}",
                f"{record.state} (stored)" if ending.stored else record.state,
                record.id,
            ]
        )
    head = ["recipe", "task", "seed", "fold", "score", "state", "record"]
    return table(head, rows, right=["seed", "fold", "score"])


def _recipes_table(board: Board) -> list[str]:
    others = [name for name in HEADLINE if name != board.metric]
    head = ["recipe", title(board.metric), "95%", *map(title, others), "seeds", "state"]
    rows = [
        [
            row.recipe,
            mean(row.score, spread=row.spread, metric=board.metric),
            interval(row.interval, metric=board.metric) or NOTHING,
            *(figure(row.metrics.get(name), metric=name) for name in others),
            str(len(row.seed_scores)),
            tally(row.states),
        ]
        for row in board.rows
    ]
    kept = [
        column
        for column in range(len(head))
        if head[column] == "state" or any(row[column] != NOTHING for row in rows)
    ]
    lines = table(
        [head[column] for column in kept],
        [[row[column] for column in kept] for row in rows],
        right=head[1:-1],
    )
    reasons = [f"  {row.recipe}: {row.state}: {row.reason}" for row in board.rows if row.reason]
    return [*lines, *reasons]


def _next_steps(endings: Sequence[Ending], runs: Path) -> list[str]:
    """Commands that carry on from here."""
    where = "" if runs == Path("runs") else f" --runs {shlex.quote(str(runs))}"
    seeds = {ending.plan.seed for ending in endings}
    records = [ending.record for ending in endings if ending.record is not None]
    lines = ["", "next", f"  emobench leaderboard{where}"]
    mending = dict.fromkeys(step for record in records if (step := _mending(record, runs)))
    if mending:
        lines += [f"  {step}" for step in mending]
    elif len(seeds) < ENOUGH_SEEDS and len(records) == len(endings):
        lines[-1] += "      compare with what else was run"
        lines.append(
            f"  the same command with --seeds {ENOUGH_SEEDS}: one seed says little"
            if len(seeds) == 1
            else f"  the same command with --seeds {ENOUGH_SEEDS}: a steadier mean"
        )
    return lines


def _mending(record: Record, runs: Path) -> str:
    """What may help a run that ended without a score; empty for one that has one."""
    if record.state == "failed" and record.culprit is not None:
        return (
            f"emobench plugins test {record.culprit.package}      find what is wrong with the "
            "plugin at fault"
        )
    return {
        "diverged": "the same command with a lower learning rate: --set optimizer.lr=RATE",
        "out_of_memory": "the same command with a smaller batch: --set train.batch_size=SIZE",
        "timed_out": "the same command with more time: --time-limit SECONDS",
        "failed": f"mend what the reason says; its log ends in {runs / record.id / 'record.json'}",
        "interrupted": "the same command, which resumes it",
    }.get(record.state, "")
