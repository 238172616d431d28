"""How many processor cores this process may use, in a container too. Loads nothing."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = CGROUP) -> int:
    """Cores by affinity, or as many as the container's quota of time comes to, if that is less."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return math.ceil(min(cores, _quota(cgroup)))


def _quota(cgroup: Path) -> float:
    """Cores' worth of time that the container may use; infinite where nothing says so."""
    second = _numbers(cgroup / "cpu.max")
    first = [
        *_numbers(cgroup / "cpu" / "cpu.cfs_quota_us"),
        *_numbers(cgroup / "cpu" / "cpu.cfs_period_us"),
    ]
    for found in (second, first):
        if len(found) == 2 and min(found) > 0:  # version 1 says -1 where there is no quota
            return found[0] / found[1]
    return math.inf


def _numbers(path: Path) -> list[float]:
    """The numbers in a file of the system's; none where it is missing or says `max`."""
    try:
        return [float(word) for word in path.read_text().split()]
    except (OSError, ValueError):
        return []
