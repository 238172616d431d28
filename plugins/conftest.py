"""What tests of all first-party plugins share: patience, and a guard over global randomness."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import pytest
import torch
from hypothesis import settings

# The first call of anything may load half of torch, so the time of one example says nothing.
settings.register_profile("plugins", deadline=None)
settings.load_profile("plugins")


def _next_draws() -> tuple[float, float, float]:
    """What the global generators would draw next; their states stay as they are."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        drawn = (random.random(), float(np.random.random()), float(torch.rand(())))
    random.setstate(python)
    np.random.set_state(numpy)
    return drawn


@pytest.fixture
def global_randomness_untouched() -> Callable[[], AbstractContextManager[None]]:
    """A context in which nothing may be drawn from, or seed, a global random generator."""

    @contextmanager
    def watch() -> Iterator[None]:
        before = _next_draws()
        yield
        assert _next_draws() == before

    return watch
