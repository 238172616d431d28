"""What the audit reports: findings with their evidence, and how the touched items are worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from emobench.api import Items
from emobench.data.protocols import Split

Severity = Literal["info", "warned", "leaky"]
Verdict = Literal["clean", "warned", "leaky"]

NAMED = 20
"""How many items, or pairs of them, a finding names."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding: what was found, how much of the test set it touches, what to do.

    `count` items are concerned, `share` is the part of the test set among them; `items` and
    `pairs` name the first few.
    """

    check: str
    severity: Severity
    message: str
    advice: str = ""
    count: int = 0
    share: float = 0.0
    items: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the audit said: the worst of its findings."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


def touched_words(touched: Sequence[int], split: Split) -> str:
    """How many of the test items these are."""
    total = len(split.test)
    return f"{len(touched)} of {total} test items ({100 * touched_share(touched, split):.1f}%)"


def touched_share(touched: Sequence[int], split: Split) -> float:
    """These items as a share of the test set."""
    return len(touched) / max(1, len(split.test))


def named(items: Items, positions: Sequence[int]) -> tuple[str, ...]:
    """The ids of the first few positions."""
    return tuple(items.ids[index] for index in positions[:NAMED])
