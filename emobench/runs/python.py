"""The commands for Python: `emobench.run(...)` mirrors `emobench run ...`."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from emobench.api.errors import UsageError
from emobench.registry import load_registry
from emobench.runs.listener import Listener
from emobench.runs.plan import Settings, plan_runs
from emobench.runs.record import Record

if TYPE_CHECKING:
    import pandas as pd


MOST_SHOWN = 4
"""Recipes on tasks that a result's repr names."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Result:
    """The records of a call, in the order in which they were run."""

    records: tuple[Record, ...]

    def __repr__(self) -> str:
        states = Counter(record.state for record in self.records)
        told = ", ".join(f"{number} {state}" for state, number in states.items())
        means = _means(self.records)
        more = [f"and {len(means) - MOST_SHOWN} more"] if len(means) > MOST_SHOWN else []
        runs = f"{len(self.records)} run{'' if len(self.records) == 1 else 's'}"
        return f"<Result: {'; '.join([f'{runs} ({told})', *means[:MOST_SHOWN], *more])}>"

    def frame(self) -> pd.DataFrame:
        """One row a run: what it was, how it ended, and every test figure of its first target."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "recipe": record.recipe_name,
                    "task": record.task.name,
                    "seed": record.seed,
                    "fold": record.task.fold,
                    "state": record.state,
                    "reason": record.reason,
                    "metric": record.task.metric,
                    "score": record.score,
                    "audit": record.audit.verdict,
                    **record.metrics,
                    "train_s": record.costs.train_s,
                    "id": record.id,
                }
                for record in self.records
            ]
        )


def run(
    recipe: str | Path | Sequence[str | Path],
    *,
    task: str | Path | Sequence[str | Path] | None = None,
    seeds: int | Sequence[int] = 1,
    fold: int | None = None,
    overrides: Sequence[str] = (),
    settings: Settings | None = None,
    listener: Listener | None = None,
) -> Result:
    """Run recipes on tasks with seeds 0 to N-1, or those named; stored records are answers.

    The first error stops the call; what was run until then is stored.
    """
    from emobench.recipes.load import load_recipes
    from emobench.runs.executor import execute

    registry = load_registry()
    plans = plan_runs(
        load_recipes(
            _names(recipe, what="recipe"), overrides=_overrides(overrides), registry=registry
        ),
        task_names=_names(task, what="task") if task is not None else [],
        seeds=_seeds(seeds),
        fold=fold,
        registry=registry,
    )
    settings = settings or Settings()
    heard = listener or Listener()
    return Result(
        records=tuple(
            execute(plan, settings=settings, registry=registry, listener=heard) for plan in plans
        )
    )


def _means(records: Sequence[Record]) -> list[str]:
    """The mean of the task's own metric, of every recipe on every task."""
    scores: dict[str, list[float]] = {}
    for record in records:
        name = f"{record.recipe_name} on {record.task.name}: {record.task.metric}"
        scores.setdefault(name, [])
        scores[name] += [] if record.score is None else [record.score]
    return [
        f"{name} {fmean(found):.3f}" if found else f"{name} -" for name, found in scores.items()
    ]


def _names(value: object, *, what: str) -> list[str]:
    given = [value] if isinstance(value, str | Path) else value
    listed = list(given) if isinstance(given, list | tuple) else []
    if not listed or not all(isinstance(one, str | Path) and str(one) for one in listed):
        raise UsageError(
            f"{what}={_shown(value)}: give the name or the path of a {what}, or a list of these"
        )
    return [str(one) for one in listed]


def _overrides(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise UsageError(
            f"overrides={_shown(value)}: give a list of texts KEY=VALUE, such as "
            "['train.epochs=3', 'optimizer.lr=0.01']"
        )
    return tuple(value)


def _seeds(value: object) -> tuple[int, ...]:
    """Seeds 0 to N-1 for a number; NumPy's whole numbers count as such."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | dict):
        seeds = [_whole(one) for one in value]
    else:
        count = _whole(value)
        seeds = list(range(count)) if count is not None else []
    if not seeds or any(seed is None or seed < 0 for seed in seeds):
        raise UsageError(
            f"seeds={_shown(value)}: give how many, at least 1 (3 runs the seeds 0, 1 and 2), or "
            "a list of whole numbers from 0, such as [0, 7]"
        )
    return tuple(seed for seed in seeds if seed is not None)


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        return None
    return operator.index(value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
