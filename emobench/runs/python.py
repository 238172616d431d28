"""The commands for Python: `emobench.run(...)` mirrors `emobench run ...`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emobench.registry import load_registry
from emobench.runs.listener import Listener
from emobench.runs.plan import Settings, plan_runs
from emobench.runs.record import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Result:
    """The records of a call, in the order in which they were run."""

    records: tuple[Record, ...]

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
        load_recipes(_texts(recipe), overrides=tuple(overrides), registry=registry),
        task_names=_texts(task) if task is not None else [],
        seeds=tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds),
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


def _texts(value: str | Path | Sequence[str | Path]) -> list[str]:
    return [str(value)] if isinstance(value, str | Path) else [str(one) for one in value]
