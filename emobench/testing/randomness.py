"""A watch over the global random generators: components draw from their own streams alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def next_draws() -> tuple[float, float, float]:
    """What Python's, numpy's and torch's global generators would draw next; nothing is drawn."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        drawn = (random.random(), float(np.random.random()), float(torch.rand(())))
    random.setstate(python)
    np.random.set_state(numpy)
    return drawn


@contextmanager
def untouched_randomness(what: str) -> Iterator[None]:
    """Fail when `what` draws from, or seeds, a global generator."""
    before = next_draws()
    yield
    after = next_draws()
    names = ("Python's", "numpy's", "torch's")
    moved = [name for name, old, new in zip(names, before, after, strict=True) if old != new]
    assert not moved, (
        f"{what} draws from or seeds {' and '.join(moved)} global generator; draw from "
        "`context.stream` or `run.stream`, so that no other component's draws are moved"
    )
