"""What frontends do with a clip before they transform it: its rate, its length, its level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from emobench.api import Context, UsageError

FLATTEST = 1e-5
"""A clip whose deviation is below this is left flat instead of being blown up."""


def audio_rate(context: Context, *, frontend: str) -> int:
    """The task's sample rate; a task without audio is refused."""
    if "audio" not in context.task.rates:
        offered = ", ".join(context.task.modalities) or "nothing"
        raise UsageError(
            f"frontend '{frontend}' reads audio, but task '{context.task.name}' offers {offered}; "
            "choose a frontend for that"
        )
    return context.task.rates["audio"]


def middle(clip: np.ndarray, *, samples: int) -> np.ndarray:
    """The middle of a clip that is too long; a shorter one as it is."""
    surplus = max(0, len(clip) - samples)
    return clip[surplus // 2 : len(clip) - (surplus - surplus // 2)]


def pad_behind(clip: np.ndarray, *, samples: int) -> np.ndarray:
    """Silence after a clip that is too short; a longer one as it is."""
    return np.pad(clip, (0, max(0, samples - len(clip))))


def fit_length(clip: np.ndarray, *, samples: int) -> np.ndarray:
    """The middle of a clip that is too long; silence after one that is too short."""
    return pad_behind(middle(clip, samples=samples), samples=samples)


def standardise(values: torch.Tensor) -> torch.Tensor:
    """Mean 0 and deviation 1 over all values; a flat clip becomes all 0."""
    centred = values - values.mean()
    return centred / centred.square().mean().sqrt().clamp_min(FLATTEST)


def each_clip(
    items: Sequence[np.ndarray], work: Callable[[np.ndarray], torch.Tensor]
) -> torch.Tensor:
    """The rows of all clips, in order: clips are spread over torch's threads, each on one of them.

    A row then cannot depend on the clips beside it or on the number of threads, to the bit, and two
    threads do twice the work, which they do not where they share the small steps of one clip.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if threads == 1 or len(items) == 1:
            return torch.stack([work(item) for item in items])
        with ThreadPoolExecutor(max_workers=threads) as pool:
            return torch.stack(list(pool.map(work, items)))
    finally:
        torch.set_num_threads(threads)
