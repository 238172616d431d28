"""The state of a run between two epochs: what a checkpoint holds of it, and how it is taken up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emobench.api import RunState


def capture(run: RunState, techniques: Mapping[str, object], *, epochs_done: int) -> dict[str, Any]:
    """Everything that an interrupted run needs to go on as if it never had been."""
    return {
        "epoch": epochs_done,
        "update": run.update,
        "stop_reason": run.stop_reason,
        "model": dict(run.model.state_dict()),
        "optimizer": run.optimizer.state_dict(),
        "scheduler": run.scheduler.state_dict(),
        "techniques": {name: item.state_dict() for name, item in _stateful(techniques).items()},
    }


def restore(run: RunState, techniques: Mapping[str, object], state: Mapping[str, Any]) -> None:
    """Take up what `capture` gave."""
    run.model.load_state_dict(state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.scheduler.load_state_dict(state["scheduler"])
    run.epoch, run.update = state["epoch"], state["update"]
    run.stop_reason = state["stop_reason"]
    for name, technique in _stateful(techniques).items():
        technique.load_state_dict(state["techniques"][name])


def _stateful(techniques: Mapping[str, object]) -> dict[str, Any]:
    return {name: item for name, item in techniques.items() if hasattr(item, "state_dict")}
