"""From records to the ordered rows of a board: pure, and the same for any order of records."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from emobench.boards.board import Board, Constant, Row, RowCosts, Standing, Verdict
from emobench.boards.command import Commands, LocalCommands
from emobench.boards.constant import constant_predictor
from emobench.boards.contest import by_contest
from emobench.boards.methods import Method, age, by_method
from emobench.boards.pooled import (
    MARK,
    Known,
    Pool,
    SeedTallies,
    compare,
    interval_of,
    is_firm,
    pool,
)
from emobench.runs.record import Record, State, TaskStamp
from emobench.scoring.catalogue import METRICS

if TYPE_CHECKING:
    from emobench.runs.published import Published

MOST_TELLING_FIRST: tuple[State, ...] = (
    "collapsed",
    "diverged",
    "out_of_memory",
    "timed_out",
    "failed",
    "ok",
    "interrupted",
)
"""A mean over the seeds that survived would flatter a recipe, so one fault tells for the row. An
interrupted run says nothing of the recipe: it tells only where there is nothing else."""

STANDINGS = tuple(Standing)


def build_boards(
    records: Iterable[Record],
    *,
    shipped: Mapping[str, Mapping[str, Any]] | None = None,
    offered: Collection[TaskStamp] = (),
    predictions: Known | None = None,
) -> tuple[Board, ...]:
    """The board of every contest that has records, by task name; every record is on one.

    `shipped` holds the canonical resolved recipes that a bare name
    finds: a row whose recipe is one of them is reproduced by name, any other from the
    `recipe.yaml` beside its record. `offered` holds the tasks, at fold 0, that a name finds.
    Where `predictions` are at hand, by run id, scores are pooled over folds and have intervals.
    """

    def commands(record: Record) -> Commands:
        found = replace(record.task, fold=0) in offered
        return LocalCommands(shipped=shipped or {}, offered=found)

    answers = _Answers(known=predictions or {}, tallies=SeedTallies())
    return _boards(records, commands=commands, answers=answers)


def build_published_boards(
    published: Iterable[Published], *, commands: Commands, tallies: SeedTallies | None = None
) -> tuple[Board, ...]:
    """The boards of published records, which bring their predictions along.

    `tallies` keeps what is summed up, for others that ask for the same.
    """
    known = {}
    records = []
    for one in published:
        records.append(one.record)
        if one.predictions is not None:
            known[one.record.id] = one.predictions
    answers = _Answers(known=known, tallies=tallies or SeedTallies())
    return _boards(records, commands=lambda _: commands, answers=answers)


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """Predictions by run id, and what was already summed up of them."""

    known: Known
    tallies: SeedTallies


def _boards(
    records: Iterable[Record], *, commands: Callable[[Record], Commands], answers: _Answers
) -> tuple[Board, ...]:
    contests = by_contest(records)
    names = Counter(contest.task for contest in contests)
    boards = []
    for contest, of_contest in contests.items():
        own = commands(of_contest[0])
        board = _board(of_contest, commands=own, data=contest.data, answers=answers)
        mark = contest.mark if names[contest.task] > 1 else ""
        boards.append(replace(board, mark=mark))
    return tuple(sorted(boards, key=lambda board: (board.task, -board.version, board.mark)))


def _board(records: Sequence[Record], *, commands: Commands, data: str, answers: _Answers) -> Board:
    """The board of one contest."""
    task = records[0].task
    by_age = sorted(records, key=age)
    methods = by_method(by_age)
    made = sorted(
        (_row(method, commands, answers) for method in methods),
        key=lambda row: _order(row[0], task.metric),
    )
    compared = compare(
        [row for row, _ in made],
        pools={place: found for place, (_, found) in enumerate(made) if found is not None},
        metric=task.metric,
    )
    rows = compared.rows
    constant = constant_predictor(by_age, metric=task.metric)
    return Board(
        task=task.name,
        version=task.version,
        metric=task.metric,
        targets=task.targets,
        protocol=task.protocol,
        folds=task.folds,
        data=data,
        note=next((run.data.note for run in by_age if run.data and run.data.note), ""),
        rows=rows,
        constant=constant,
        constant_rank=_rows_above(constant, rows, task.metric),
        repeated=len(records) - sum(len(method.runs) for method in methods),
        detectable=compared.detectable,
        groups=compared.groups,
        items=compared.items,
        copy_seeds=_copy_seeds(by_age),
    )


def _copy_seeds(records: Sequence[Record]) -> tuple[int, ...]:
    """Seeds of an ensemble's members that are not its own, and that no ensemble has."""
    ensembles = [record for record in records if record.members]
    members = {run_id for record in ensembles for run_id in record.members}
    chosen = {record.seed for record in ensembles}
    found = {record.seed for record in records if record.id in members}
    return tuple(sorted(found - chosen))


def _row(method: Method, commands: Commands, answers: _Answers) -> tuple[Row, Pool | None]:
    """The row of one recipe, without its tier, and the predictions that it was made from."""
    runs = method.runs
    metric = runs[0].task.metric
    scored = _whole_seeds([run for run in runs if _figure(run, metric) is not None])
    pooled = pool(scored, known=answers.known, tallies=answers.tallies)
    by_seed = _by_seed(scored, metric, pooled)
    score = fmean(by_seed.values()) if by_seed else None
    state = _most_telling(runs)
    folds = _fewest_folds(scored)
    standing = _standing(state, method.audit, score, complete=folds == runs[0].task.folds)
    row = Row(
        recipe=runs[0].recipe_name,
        method_hash=method.hash,
        seeds=tuple(sorted({record.seed for record in runs})),
        folds=folds,
        score=score,
        seed_scores=by_seed,
        spread=stdev(by_seed.values()) if len(by_seed) > 1 else None,
        metrics=_mean_metrics(scored, pooled),
        standing=standing,
        reaches_80=standing in (Standing.HONEST, Standing.INCOMPLETE) and _reaches(score, metric),
        state=state,
        states=_counts(runs),
        reason=next((each.reason for each in runs if each.state == state), ""),
        audit=method.audit,
        costs=_costs(scored),
        records=tuple(record.id for record in runs),
        command=commands.of(runs),
        pooled=pooled is not None,
        interval=interval_of(pooled, metric=metric),
        recalls=_recalls(scored),
    )
    return replace(row, firm_80=is_firm(row)), pooled


def _figure(record: Record, metric: str) -> float | None:
    value = record.metrics.get(metric)
    return value if value is not None and math.isfinite(value) else None


def _whole_seeds(scored: Sequence[Record]) -> list[Record]:
    """The runs of seeds that scored every fold; all of them where no seed did.

    Folds differ in difficulty: a mean over seeds must not mix seeds of different folds.
    """
    counts = Counter(record.seed for record in scored)
    whole = [record for record in scored if counts[record.seed] == record.task.folds]
    return whole or list(scored)


def _by_seed(records: Sequence[Record], metric: str, pooled: Pool | None) -> dict[int, float]:
    """One figure a seed: of its folds' predictions together, or else the mean over its folds."""
    if pooled is not None and metric in METRICS:
        return pooled.seed_scores(metric)
    figures: dict[int, list[float]] = {}
    for record in records:
        value = _figure(record, metric)
        if value is not None:
            figures.setdefault(record.seed, []).append(value)
    return {seed: fmean(values) for seed, values in figures.items()}


def _mean_metrics(records: Sequence[Record], pooled: Pool | None) -> dict[str, float]:
    names = sorted({name for record in records for name in record.metrics})
    means = {name: _by_seed(records, name, pooled) for name in names}
    return {name: fmean(by_seed.values()) for name, by_seed in means.items() if by_seed}


def _recalls(records: Sequence[Record]) -> dict[str, float]:
    """The share of each class's items that was found, over all folds and seeds together."""
    found: Counter[str] = Counter()
    items: Counter[str] = Counter()
    for record in records:
        scores = next(iter(record.scores.values()))
        for place, (row, counts) in enumerate(zip(scores.classes, scores.confusion, strict=False)):
            found[row.name] += counts[place] if place < len(counts) else 0
            items[row.name] += sum(counts)
    return {name: found[name] / total for name, total in items.items() if total}


def _fewest_folds(scored: Sequence[Record]) -> int:
    """The folds that the seed with the fewest has scored."""
    return min(Counter(record.seed for record in scored).values(), default=0)


def _most_telling(runs: Sequence[Record]) -> State:
    present = {record.state for record in runs}
    return next(state for state in MOST_TELLING_FIRST if state in present)


def _counts(runs: Sequence[Record]) -> dict[State, int]:
    counts = Counter(record.state for record in runs)
    return {state: counts[state] for state in ("ok", *MOST_TELLING_FIRST) if counts[state]}


def _standing(state: State, audit: Verdict, score: float | None, *, complete: bool) -> Standing:
    if state != "ok" or score is None:
        return Standing.NO_RESULT
    if audit == "leaky":
        return Standing.LEAKY
    return Standing.HONEST if complete else Standing.INCOMPLETE


def _reaches(score: float | None, metric: str) -> bool:
    return score is not None and metric in METRICS and METRICS[metric].percent and score >= MARK


def _costs(scored: Sequence[Record]) -> RowCosts | None:
    if not scored:
        return None
    return RowCosts(
        train_s=fmean(record.costs.train_s for record in scored),
        parameters=round(fmean(record.costs.parameters for record in scored)),
        ms_per_item=fmean(record.costs.ms_per_item for record in scored),
    )


def _order(row: Row, metric: str) -> tuple[int, int, float, str, str]:
    """Standing first, then state for rows without a result, then score, then name."""
    fault = MOST_TELLING_FIRST.index(row.state) if row.standing is Standing.NO_RESULT else 0
    return (
        STANDINGS.index(row.standing),
        fault,
        _badness(row.score, metric),
        row.recipe,
        row.method_hash,
    )


def _badness(score: float | None, metric: str) -> float:
    if score is None:
        return math.inf
    higher_is_better = metric not in METRICS or METRICS[metric].higher_is_better
    return -score if higher_is_better else score


def _rows_above(constant: Constant, rows: Sequence[Row], metric: str) -> int:
    """The constant predictor stands among the honest rows, below those that equal it."""
    limit = _badness(constant.score, metric)
    honest = [row for row in rows if row.standing is Standing.HONEST]
    return sum(_badness(row.score, metric) <= limit for row in honest)
