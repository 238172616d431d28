"""What `emobench ablate` says: one table of every change, added alone and removed alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emobench.boards.ablation import Effect, OwnScore, corrected, effect_of, effect_words, score_of
from emobench.boards.words import count, figure, title
from emobench.cli.predicted import with_predictions
from emobench.cli.text import print_json, print_lines, table, terminal_width, wrapped

if TYPE_CHECKING:
    from emobench.cli.run import Ending
    from emobench.recipes.model import Recipe
    from emobench.runs.ablation import Ablation, Change
    from emobench.runs.published import Published

LONGEST = 48


@dataclass(frozen=True, kw_only=True)
class Row:
    """One change and what it does, both ways."""

    change: Change
    added: Effect
    removed: Effect


@dataclass(frozen=True, kw_only=True)
class Table:
    """All changes, and the two recipes they lie between."""

    task: str
    metric: str
    parent: OwnScore
    child: OwnScore
    together: Effect
    rows: tuple[Row, ...]


def report(apart: Ablation, endings: Sequence[Ending], *, runs: Path, as_json: bool) -> None:
    """Print the table, or the one JSON document."""
    found = _measure(apart, endings, runs=runs)
    if as_json:
        from emobench.cli.run_json import run_document

        print_json({**run_document(endings, runs=runs), "ablation": _data(apart, found)})
    else:
        print_lines(["", *_lines(apart, found), "", f"records in {runs}"])


def change_lines(apart: Ablation) -> list[str]:
    """What differs between the two recipes."""
    rows = [
        [one.change.name, _short(one.change.before), _short(one.change.after)]
        for one in apart.variants
    ]
    return table(["change", apart.parent.name, apart.child.name], rows)


def _measure(apart: Ablation, endings: Sequence[Ending], *, runs: Path) -> Table:
    task = endings[0].plan.task
    of = _by_recipe(endings, runs)

    def effect(recipe: Recipe, against: Recipe) -> Effect:
        return effect_of(of.get(recipe, ()), against=of.get(against, ()), metric=task.metric)

    return Table(
        task=task.name,
        metric=task.metric,
        parent=score_of(of.get(apart.parent, ()), metric=task.metric),
        child=score_of(of.get(apart.child, ()), metric=task.metric),
        together=effect(apart.child, apart.parent),
        rows=_corrected(
            Row(
                change=one.change,
                added=effect(one.added, apart.parent),
                removed=effect(one.removed, apart.child),
            )
            for one in apart.variants
        ),
    )


def _corrected(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows with p-values that are corrected for every effect of the table."""
    told = list(rows)
    effects = iter(corrected([effect for row in told for effect in (row.added, row.removed)]))
    return tuple(replace(row, added=next(effects), removed=next(effects)) for row in told)


def _by_recipe(endings: Sequence[Ending], runs: Path) -> Mapping[Recipe, Sequence[Published]]:
    found: dict[Any, list[Published]] = {}
    for ending in endings:
        if ending.record is not None:
            held = found.setdefault(ending.plan.recipe, [])
            held += with_predictions([ending.record], runs=runs)
    return found


def _lines(apart: Ablation, found: Table) -> list[str]:
    parent, child = apart.parent.name, apart.child.name
    rows = [
        [
            row.change.name,
            effect_words(row.added, metric=found.metric),
            effect_words(row.removed, metric=found.metric),
        ]
        for row in found.rows
    ]
    note = (
        f"Added alone: {parent} with this change, less {parent}. Removed alone: {child} without "
        f"it, less {child}. 95% intervals over people and seeds, on the same test items and the "
        "same seeds; of many changes one in twenty misses by chance. An effect with * differs from "
        "nothing however many changes there are (Holm over the table, 5%). From one seed nobody "
        "knows what another would change: its interval is over people alone, and earns no *."
    )
    return [
        *change_lines(apart),
        "",
        f"{child} against {parent} on {found.task}, by {title(found.metric)}:",
        f"  {parent}  {_score_words(found.parent, found.metric)}",
        f"  {child}  {_score_words(found.child, found.metric)}",
        f"  all {count(len(rows), 'change')} together  "
        f"{effect_words(found.together, metric=found.metric)}",
        "",
        *table(["change", "added alone", "removed alone"], rows),
        *wrapped(note, width=terminal_width()),
    ]


def _score_words(own: OwnScore, metric: str) -> str:
    score = own.score
    if score is None:
        return own.note
    ends = f"{figure(score.low, metric=metric)}, {figure(score.high, metric=metric)}"
    told = f" ({own.note})" if own.note else ""
    return f"{figure(score.estimate, metric=metric)} [{ends}]{told}"


def _data(apart: Ablation, found: Table) -> dict[str, Any]:
    return {
        "recipe": apart.child.name,
        "against": apart.parent.name,
        "task": found.task,
        "metric": found.metric,
        "scores": {"recipe": asdict(found.child), "against": asdict(found.parent)},
        "together": asdict(found.together),
        "changes": [
            {
                "change": row.change.name,
                "before": row.change.before,
                "after": row.change.after,
                "added": {"recipe": one.added.name, **asdict(row.added)},
                "removed": {"recipe": one.removed.name, **asdict(row.removed)},
            }
            for one, row in zip(apart.variants, found.rows, strict=True)
        ],
    }


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
