"""Named random streams: adding a technique never moves another's draws, and no state is kept.

Every draw's seed is a hash of the run's seed, the stream's name and the caller's own counters
(epoch, step), so a resumed run draws what an uninterrupted one would have drawn.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    import torch


def seed_for(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the stream of that name; equal names give equal seeds on any machine."""
    text = "\x1f".join(f"{type(name).__name__[0]}{name}" for name in (seed, *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


@dataclass(frozen=True)
class Stream:
    """A named source of generators: `stream.torch(epoch, step)` draws the same every time."""

    seed: int
    name: str = "run"

    def child(self, name: str) -> Stream:
        """The stream of that name below this one."""
        return Stream(self.seed, f"{self.name}/{name}")

    def seed_at(self, *counters: int) -> int:
        """The seed of this stream at these counters."""
        return seed_for(self.seed, self.name, *counters)

    def numpy(self, *counters: int) -> numpy.random.Generator:
        """A numpy generator for these counters."""
        import numpy

        return numpy.random.default_rng(self.seed_at(*counters))

    def torch(self, *counters: int, device: str | torch.device = "cpu") -> torch.Generator:
        """A torch generator for these counters."""
        import torch

        return torch.Generator(device=device).manual_seed(self.seed_at(*counters))
