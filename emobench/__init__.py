"""emobench: benchmarks emotion recognition with numbers that can be believed.

The public names load on first use: importing the package loads neither torch, numpy nor pandas.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emobench.recipes.load import load_recipe, load_recipes
    from emobench.registry import load_registry
    from emobench.runs.listener import Listener
    from emobench.runs.plan import Settings
    from emobench.runs.python import Result, run
    from emobench.runs.record import Record
    from emobench.runs.store import RunStore
    from emobench.sweeps.call import SweepOptions
    from emobench.sweeps.python import resume_sweep, sweep
    from emobench.sweeps.result import SweepResult
    from emobench.sweeps.watcher import Watcher

__all__ = [
    "Listener",
    "Record",
    "Result",
    "RunStore",
    "Settings",
    "SweepOptions",
    "SweepResult",
    "Watcher",
    "load_recipe",
    "load_recipes",
    "load_registry",
    "resume_sweep",
    "run",
    "sweep",
]

_HOME = {
    "Listener": "emobench.runs.listener",
    "Record": "emobench.runs.record",
    "Result": "emobench.runs.python",
    "RunStore": "emobench.runs.store",
    "Settings": "emobench.runs.plan",
    "SweepOptions": "emobench.sweeps.call",
    "SweepResult": "emobench.sweeps.result",
    "Watcher": "emobench.sweeps.watcher",
    "load_recipe": "emobench.recipes.load",
    "load_recipes": "emobench.recipes.load",
    "load_registry": "emobench.registry",
    "resume_sweep": "emobench.sweeps.python",
    "run": "emobench.runs.python",
    "sweep": "emobench.sweeps.python",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("emobench")
    if name not in _HOME:
        raise AttributeError(f"module 'emobench' has no attribute '{name}'")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
