"""The records of one contest put together by method: what boards and claims both count. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emobench.boards.board import Verdict
from emobench.boards.contest import method_hashes
from emobench.runs.record import Record

WORST_FIRST: tuple[Verdict, ...] = ("leaky", "warned", "clean")


@dataclass(frozen=True, kw_only=True, eq=False)
class Method:
    """One recipe, made by one version of the code: a run for each seed and fold, sorted by them.

    `audit` is the worst verdict on what its runs saw, whichever record of the contest it is in.
    """

    hash: str
    runs: tuple[Record, ...]
    audit: Verdict


def by_method(records: Sequence[Record]) -> tuple[Method, ...]:
    """Every method of one contest; of one seed and fold the newest run counts.

    Neither an interrupted run nor one that never saw its data replaces another.
    """
    ordered = sorted(records, key=age)
    methods: dict[tuple[str, str], dict[tuple[int, int], Record]] = {}
    for record, method in zip(ordered, method_hashes(ordered), strict=True):
        runs = methods.setdefault((record.recipe_name, method), {})
        place = (record.seed, record.task.fold)
        tells = record.state != "interrupted" and record.data is not None
        if tells or place not in runs:
            runs[place] = record
    audits = _Audits(ordered)
    return tuple(
        Method(
            hash=method,
            runs=tuple(runs[place] for place in sorted(runs)),
            audit=_worst(verdict for run in runs.values() for verdict in audits.of(run)),
        )
        for (_, method), runs in methods.items()
    )


def age(record: Record) -> tuple[str, str]:
    """What orders records from the oldest to the newest."""
    return (record.attempts[-1].started if record.attempts else "", record.id)


class _Audits:
    """The verdicts that records of one contest have, by fold and frontend.

    The audit looks at a fold's items as the frontend gives them to the model: what one record
    says of these holds for the others, which may be older than the check that sees it. A run that
    ended before its data were looked at has no verdict, and adds none.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._frontends: dict[int, frozenset[str]] = {}
        self._seen: dict[tuple[int, str], set[Verdict]] = {}
        for record in records:
            frontends = self._of(record)
            # Of an ensemble's verdict nobody knows which member earned it.
            if record.data is not None and len(frontends) == 1:
                (frontend,) = frontends
                seen = self._seen.setdefault((record.task.fold, frontend), set())
                seen.add(record.audit.verdict)

    def of(self, record: Record) -> Iterator[Verdict]:
        """Every verdict on what this run saw."""
        if record.data is None:
            return
        yield record.audit.verdict
        for frontend in self._of(record):
            yield from self._seen.get((record.task.fold, frontend), ())

    def _of(self, record: Record) -> frozenset[str]:
        # Records that were read together share their recipes.
        key = id(record.recipe)
        if key not in self._frontends:
            self._frontends[key] = frozenset(_frontends(record.recipe))
        return self._frontends[key]


def _frontends(recipe: Mapping[str, Any]) -> Iterator[str]:
    """The frontend of a recipe, or those of an ensemble's members."""
    if "frontend" in recipe:
        yield json.dumps(recipe["frontend"], sort_keys=True, default=str)
    members = recipe.get("members")
    for member in members if isinstance(members, list | tuple) else ():
        inner = member.get("recipe", member) if isinstance(member, Mapping) else None
        if isinstance(inner, Mapping):
            yield from _frontends(inner)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    present = set(verdicts)
    return next((verdict for verdict in WORST_FIRST if verdict in present), "not audited")
