"""`emobench run --dry-run`: what would run and what is stored already. Loads no torch."""

from __future__ import annotations

from collections.abc import Sequence

from emobench.api import EmobenchError
from emobench.boards.words import count
from emobench.cli.text import print_json, print_lines, table
from emobench.registry import Registry
from emobench.runs.opening import stored_record
from emobench.runs.plan import Plan, Settings
from emobench.runs.record import FINAL_STATES

UNKNOWN = "unknown"


def show_plans(
    plans: Sequence[Plan], *, settings: Settings, registry: Registry, as_json: bool
) -> None:
    """Print the plans; whether one is stored is unknown while its data are missing."""
    states = [_stored(plan, settings, registry) for plan in plans]
    if as_json:
        print_json(
            {
                "device": settings.device,
                "plans": [
                    {
                        "recipe": plan.recipe.name,
                        "task": plan.task.name,
                        "seed": plan.seed,
                        "fold": plan.fold,
                        "stored": state,
                    }
                    for plan, state in zip(plans, states, strict=True)
                ],
            }
        )
        return
    rows = [
        [plan.recipe.name, plan.task.name, str(plan.seed), str(plan.fold), state or "no"]
        for plan, state in zip(plans, states, strict=True)
    ]
    head = ["recipe", "task", "seed", "fold", "stored"]
    print_lines(table(head, rows, right=["seed", "fold"]))
    work = [state for state in states if settings.fresh or state not in FINAL_STATES]
    print_lines(["", f"{count(len(work), 'run')} to do on device {settings.device}"])


def _stored(plan: Plan, settings: Settings, registry: Registry) -> str | None:
    """The state of the stored record, None where there is none."""
    try:
        record = stored_record(plan, settings=settings, registry=registry)
    except EmobenchError:
        return UNKNOWN
    return record.state if record else None
