"""The command for Python: `emobench.sweep(...)` mirrors `emobench sweep ...`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from emobench.api.errors import UsageError
from emobench.registry import load_registry
from emobench.runs.plan import Settings
from emobench.sweeps.call import DEFAULT_TRIALS, Call, SweepOptions
from emobench.sweeps.result import SweepResult
from emobench.sweeps.running import run_sweep
from emobench.sweeps.sweep import plan_again, plan_sweep
from emobench.sweeps.watcher import Watcher


def sweep(
    recipe: str | Path | None = None,
    *,
    trials: int = DEFAULT_TRIALS,
    task: str | Path | None = None,
    overrides: Sequence[str] = (),
    options: SweepOptions | None = None,
    settings: Settings | None = None,
    watcher: Watcher | None = None,
) -> SweepResult:
    """Search for better recipes and options; the same call goes on where it stopped.

    Ctrl-C ends the trials and gives what was done until then.
    """
    call = Call(
        recipe=str(recipe) if recipe is not None else None,
        trials=trials,
        task=str(task) if task is not None else None,
        overrides=_texts(overrides),
        options=options or SweepOptions(),
        settings=settings or Settings(),
    )
    sweep = plan_sweep(call, registry=load_registry())
    return run_sweep(sweep, watcher=watcher or Watcher())


def resume_sweep(
    name: str,
    *,
    trials: int | None = None,
    settings: Settings | None = None,
    watcher: Watcher | None = None,
) -> SweepResult:
    """Go on with the sweep of that name as it began, or with more trials.

    Of the settings, `runs` says where it lies; others count where they are not the default.
    """
    settings = settings or Settings()
    call = Call(options=SweepOptions(name=name), settings=settings)
    given: dict[str, Any] = {} if trials is None else {"trials": trials}
    for one in fields(Settings):
        if getattr(settings, one.name) != one.default:
            given[one.name] = getattr(settings, one.name)
    sweep = plan_again(call, given=given, registry=load_registry())
    return run_sweep(sweep, watcher=watcher or Watcher())


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise UsageError(
            f"overrides={value!r}: give a list of texts KEY=VALUE, such as "
            "['train.epochs=3', 'optimizer.lr=0.01']"
        )
    return tuple(value)
