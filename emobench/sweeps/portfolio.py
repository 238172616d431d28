"""Values to try first: recipes that did well on validation elsewhere, brought into a space.

Loads neither numpy nor torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from emobench.data.tasks import Task
from emobench.recipes.check import check_recipe
from emobench.recipes.emit import to_yaml
from emobench.recipes.identity import canonical
from emobench.recipes.model import Recipe
from emobench.recipes.text import parse_text
from emobench.registry import Registry
from emobench.runs.record import LOADING_KEYS, Record
from emobench.scoring.catalogue import METRICS
from emobench.sweeps.evidence import Evidence, read_records, validation_figure
from emobench.sweeps.nearest import Nearest
from emobench.sweeps.recipe_space import SearchSpace
from emobench.sweeps.study import Start
from emobench.sweeps.suggest import Conflict, Values

WORST_REGRET = 0.5
"""A recipe that is in the worse half of the figures on every task is no start."""

STARTS = 5
"""Enough to cover what differs, and a tenth of the default number of trials."""


@dataclass(kw_only=True)
class Candidate:
    """Values, whose they are, and how much worse than the best these were on each task.

    Regrets lie between 0, the best, and 1. `moved` says that values were outside their ranges.
    """

    values: Values
    name: str
    moved: bool = False
    regrets: dict[str, float] = field(default_factory=dict)

    def start(self) -> Start:
        """The values, with words that say where they did best."""
        task = min(self.regrets, key=lambda name: self.regrets[name]).rpartition(" ")[0]
        moved = ", brought into the ranges" if self.moved else ""
        return Start(values=self.values, origin=f"{self.name}, by validation of {task}{moved}")


def starts_for(
    space: SearchSpace,
    *,
    task: Task,
    registry: Registry,
    fingerprint: Callable[[], str],
    records: Path | None = None,
) -> list[Start]:
    """The starts that the records in a folder give; by default, the published ones."""
    evidence = Evidence(task=task, registry=registry, fingerprint=fingerprint)
    return portfolio(space, records=read_records(records), evidence=evidence)


def portfolio(
    space: SearchSpace,
    *,
    records: Iterable[Record],
    evidence: Evidence,
    count: int = STARTS,
) -> list[Start]:
    """The values of at most `count` recipes that did well elsewhere, the most useful first.

    Recipes are compared by their validation figures, mean over seeds and folds, task by task.
    Never by test figures: whoever picks what to begin with by test scores has tuned on the test
    set, though no trial ever saw it. So whether a run collapsed, which was judged there, does not
    count either. Only runs whose audit is clean are asked. Of the task itself only those on the
    fold that trials run on are asked, split in the same way from the same data; other tasks on a
    dataset of its own not at all: what is validation there may be the test set here.

    The first start is the best on average over the tasks; each next one adds most where those
    before it are weak. Values outside a range go to its nearest end; a recipe with components or
    values that the space cannot hold is left out.
    """
    candidates = _candidates(space, records=records, evidence=evidence)
    return [one.start() for one in _greedy(candidates, task=evidence.task.name, count=count)]


def _candidates(
    space: SearchSpace, *, records: Iterable[Record], evidence: Evidence
) -> list[Candidate]:
    """Every recipe that fits the space, with its regrets; those of equal values are one."""
    found: dict[str, Candidate] = {}
    methods: dict[str, Candidate | None] = {}
    for name, runs in _by_task(records, evidence).items():
        for method, regret in _regrets(runs).items():
            if method not in methods:
                methods[method] = _candidate(space, runs[method][0], registry=evidence.registry)
            candidate = methods[method]
            if candidate is not None:
                same = found.setdefault(canonical(candidate.values), candidate)
                same.regrets[name] = min(regret, same.regrets.get(name, 1.0))
    return [one for one in found.values() if min(one.regrets.values()) <= WORST_REGRET]


def _by_task(records: Iterable[Record], evidence: Evidence) -> dict[str, dict[str, list[Record]]]:
    """The runs that may be asked, by task and by method."""
    found: dict[str, dict[str, list[Record]]] = {}
    for record in records:
        if evidence.admits(record):
            runs = found.setdefault(f"{record.task.name} {record.task.version}", {})
            runs.setdefault(_method(record), []).append(record)
    return found


def _method(record: Record) -> str:
    """What makes two records runs of one method: the recipe, but for what names it."""
    plain = {key: value for key, value in record.recipe.items() if key not in ("summary", "task")}
    train = plain.get("train")
    if isinstance(train, Mapping):
        plain["train"] = {key: value for key, value in train.items() if key not in LOADING_KEYS}
    return canonical(plain)


def _regrets(runs: Mapping[str, Sequence[Record]]) -> dict[str, float]:
    """How much worse than the best each method is on one task, from 0 to 1 for the worst.

    A run without a figure, as one that diverged, has the worst figure there is.
    """
    figures = {
        method: [validation_figure(record) for record in each] for method, each in runs.items()
    }
    known = [value for each in figures.values() for value in each if value is not None]
    if not known:
        return {}
    metric = next(iter(runs.values()))[0].task.metric
    sign = 1 if METRICS[metric].higher_is_better else -1
    worst = min(known, key=lambda value: sign * value)
    means = {
        method: sign * fmean(worst if value is None else value for value in each)
        for method, each in figures.items()
    }
    best, least = max(means.values()), min(means.values())
    return {
        method: (best - mean) / (best - least) if best > least else 0.0
        for method, mean in means.items()
    }


def _candidate(space: SearchSpace, record: Record, *, registry: Registry) -> Candidate | None:
    """A recipe's values in the space, or None where the space cannot hold them."""
    recipe = _recipe(record, registry)
    if recipe is None:
        return None
    try:
        wanted = space.values(recipe)
        values = space.values(space.build(Nearest(wanted)))
    except Conflict:
        return None
    return Candidate(values=values, name=record.recipe_name, moved=values != wanted)


def _recipe(record: Record, registry: Registry) -> Recipe | None:
    """The record's recipe; None where a component of it is not installed, or has changed."""
    text = to_yaml(dict[str, Any](record.recipe))
    root = parse_text(text, file=record.id).mapping()
    recipe, _ = check_recipe(root, name=record.recipe_name, path="", registry=registry)
    return recipe


def _greedy(candidates: Sequence[Candidate], *, task: str, count: int) -> list[Candidate]:
    """The candidates that together leave the least regret, in the order of what each adds.

    Once nothing is left to add, those that remain are picked from in the same way anew.
    """
    names = sorted({name for one in candidates for name in one.regrets})
    own = {name for name in names if name.rpartition(" ")[0] == task}
    weights = {name: float(max(1, len(names) - 1)) if name in own else 1.0 for name in names}
    left, picked = list(candidates), list[Candidate]()
    regret = dict.fromkeys(names, 1.0)

    def remaining(one: Candidate, known: Mapping[str, float]) -> float:
        return sum(weights[name] * min(known[name], one.regrets.get(name, 1.0)) for name in names)

    def order(one: Candidate) -> tuple[float, float, str]:
        alone = remaining(one, dict.fromkeys(names, 1.0))
        return remaining(one, regret), alone, canonical(one.values)

    while left and len(picked) < count:
        best = min(left, key=order)
        total = sum(weights[name] * regret[name] for name in names)
        if picked and remaining(best, regret) >= total and total < sum(weights.values()):
            regret = dict.fromkeys(names, 1.0)
            best = min(left, key=order)
        left.remove(best)
        picked.append(best)
        regret = {name: min(known, best.regrets.get(name, 1.0)) for name, known in regret.items()}
    return picked
