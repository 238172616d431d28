"""What may be compared: records by what they were scored on, recipes by what they do. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emobench.runs.record import LOADING_KEYS, Record

NOT_THE_METHOD = frozenset({"name", "summary", "task", "schema"})
"""Recipe keys that say what a recipe is called, not what it does."""


@dataclass(frozen=True, kw_only=True)
class Contest:
    """All that scores must share to be compared; `terms` is the task's stamp but for the fold."""

    task: str
    terms: str
    data: str

    @property
    def mark(self) -> str:
        """A short hash that tells apart contests of one task name."""
        return _hash([self.terms, self.data])


def by_contest(records: Iterable[Record]) -> dict[Contest, list[Record]]:
    """Every record under its contest.

    A run that ended before its data were read joins the one contest on the same terms; where
    there is none, or more than one, it stands apart.
    """
    contests: dict[Contest, list[Record]] = {}
    dataless = []
    # Records that were read together share their stamps: each stamp is written out once.
    known: dict[tuple[int, str], Contest] = {}
    for record in records:
        if record.data is None:
            dataless.append(record)
            continue
        stamp = id(record.task), record.data.fingerprint
        if stamp not in known:
            known[stamp] = _contest(record, record.data.fingerprint)
        contests.setdefault(known[stamp], []).append(record)
    seen = tuple(contests)
    for record in dataless:
        apart = _contest(record, "")
        fits = [one for one in seen if (one.task, one.terms) == (apart.task, apart.terms)]
        contests.setdefault(fits[0] if len(fits) == 1 else apart, []).append(record)
    return contests


def recipe_hash(recipe: Mapping[str, Any]) -> str:
    """Short hash of what a resolved recipe does, whatever it is called and wherever it runs."""
    return _hash(_method(recipe))


def method_hash(record: Record) -> str:
    """Short hash of what decides a record's numbers beside seed and fold: recipe and code.

    Two versions of a plugin are two methods, whatever the recipe says.
    """
    made = record.provenance
    code = [made.emobench, dict(made.components)] if made else []
    return _hash([_method(record.recipe), code]) if code else recipe_hash(record.recipe)


def method_hashes(records: Sequence[Record]) -> list[str]:
    """The `method_hash` of each; what records share, having been read together, is hashed once."""
    known: dict[tuple[int, int], str] = {}
    for record in records:
        made = id(record.recipe), id(record.provenance)
        if made not in known:
            known[made] = method_hash(record)
    return [known[id(record.recipe), id(record.provenance)] for record in records]


def follows(recipe: Mapping[str, Any], *, shipped: Mapping[str, Any]) -> bool:
    """Whether a recipe's options are the shipped one's.

    Options that came later, which the recipe of an older record cannot name, do not count.
    """
    return _within(_method(recipe), _method(shipped))


def _within(known: Any, whole: Any) -> bool:
    if isinstance(known, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and _within(value, whole[key]) for key, value in known.items())
    if isinstance(known, list | tuple) and isinstance(whole, list | tuple):
        return len(known) == len(whole) and all(map(_within, known, whole))
    return bool(known == whole)


def _method(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the numbers; of an ensemble's members likewise."""
    method = {key: value for key, value in recipe.items() if key not in NOT_THE_METHOD}
    if isinstance(train := method.get("train"), Mapping):
        method["train"] = {key: train[key] for key in train if key not in LOADING_KEYS}
    if isinstance(members := method.get("members"), list | tuple):
        method["members"] = [_method(each) for each in members if isinstance(each, Mapping)]
    if isinstance(member := method.get("recipe"), Mapping):
        method["recipe"] = _method(member)
    return method


def _contest(record: Record, data: str) -> Contest:
    task = record.task
    terms = [task.version, dict(task.protocol), list(task.targets), task.metric, task.folds]
    return Contest(task=task.name, terms=_canonical(terms), data=data)


def _hash(value: Any) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()[:8]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
