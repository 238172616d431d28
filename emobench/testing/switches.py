"""Switches of the whole process: whoever turns one changes all that runs after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True, kw_only=True)
class Switch:
    """How a switch stands, and how it is set."""

    read: Callable[[], Any]
    set: Callable[[Any], Any]


def _set_deterministic(state: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(state[0], warn_only=state[1])


def _deterministic() -> tuple[bool, bool]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


def _set_benchmark(state: bool) -> None:
    torch.backends.cudnn.benchmark = state


SWITCHES: Mapping[str, Switch] = {
    "torch's matmul precision": Switch(
        read=torch.get_float32_matmul_precision, set=torch.set_float32_matmul_precision
    ),
    "torch's deterministic algorithms": Switch(read=_deterministic, set=_set_deterministic),
    "torch's default dtype": Switch(read=torch.get_default_dtype, set=torch.set_default_dtype),
    "torch's grad mode": Switch(read=torch.is_grad_enabled, set=torch.set_grad_enabled),
    "torch's number of threads": Switch(read=torch.get_num_threads, set=torch.set_num_threads),
    "torch's handling of tiny numbers": Switch(
        read=lambda: not bool(torch.tensor([1e-40]).mul(1) > 0), set=torch.set_flush_denormal
    ),
    "cuDNN's benchmark": Switch(read=lambda: torch.backends.cudnn.benchmark, set=_set_benchmark),
    "numpy's handling of errors": Switch(read=np.geterr, set=lambda state: np.seterr(**state)),
}


def switches() -> dict[str, Any]:
    """How every switch stands."""
    return {name: switch.read() for name, switch in SWITCHES.items()}


def turned(before: Mapping[str, Any]) -> list[str]:
    """What has been turned since, in words."""
    now = switches()
    return [
        f"{name} ({_plain(old)} before, {_plain(now[name])} after)"
        for name, old in before.items()
        if now[name] != old
    ]


def turn_back(before: Mapping[str, Any]) -> None:
    """Set every switch that stands otherwise as it was."""
    for name, old in before.items():
        if SWITCHES[name].read() != old:
            SWITCHES[name].set(old)


@contextmanager
def kept_switches() -> Iterator[None]:
    """Whatever is turned inside is turned back."""
    before = switches()
    try:
        yield
    finally:
        turn_back(before)


def _plain(state: Any) -> str:
    return str(state[0] if isinstance(state, tuple) else state)
