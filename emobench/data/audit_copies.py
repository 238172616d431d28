"""Items that are in the set more than once: exact and near copies, and what is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from emobench.api import Items, Target
from emobench.data.findings import (
    NAMED,
    Finding,
    Severity,
    named,
    touched_share,
    touched_words,
)
from emobench.data.protocols import Split

LEAKY_SHARE = 0.01
"""Duplicates that touch less of the test set than this cannot move a score by a point: warned."""

NEAR_WARNED_SHARE = 0.01
"""Near-duplicates that touch less may all be mistakes of the measure: told, and no more."""

NEAR_LEAKY_SHARE = 0.05
"""Near-duplicates that touch this much of the test set move a score whatever the mistakes are."""

COPIED_SHARE = 0.5
"""Items that have a copy, as a share of all, from which a whole corpus may be in twice."""

REMOVE = "remove all but one of each, or give all copies of one recording the same group"

TRAINING, VALIDATION, TEST = range(3)

Pairs = list[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class _Likeness:
    """What exact and near copies differ in: the words, and how much of them is how bad."""

    check: str
    word: str
    grade: Callable[[float], Severity]
    grade_inner: Callable[[float], Severity]


def copies(
    items: Items,
    split: Split,
    specs: Sequence[Target],
    *,
    digests: Sequence[str] | None,
    near: np.ndarray | None,
) -> Iterator[Finding]:
    """All findings about copies, exact ones by `digests` and near ones by pairs."""
    used = set(np.concatenate([split.train, split.validation, split.test]).tolist())
    exact = _alike(digests, used) if digests is not None else []
    yield from _copied(items, split, _exact_pairs(exact, _sides(items, split)), EXACT)
    for spec in specs if exact else ():
        yield from _conflicting(items, split, exact, spec)
    alike = _near_only(near, digests, used)
    yield from _copied(items, split, alike, NEAR)
    for spec in specs if alike else ():
        if spec.kind == "class":
            yield from _near_conflicting(items, split, alike, spec)
    yield from _copied_corpus(items, used, exact, alike)


def _alike(digests: Sequence[str], used: set[int]) -> list[list[int]]:
    """Positions of items of equal content, two or more together, of those that the split uses."""
    by_digest: dict[str, list[int]] = defaultdict(list)
    for index in sorted(used):
        if digests[index]:
            by_digest[digests[index]].append(index)
    return [together for together in by_digest.values() if len(together) > 1]


def _exact_pairs(alike: list[list[int]], side: np.ndarray) -> Pairs:
    """Each item with the first of its copies on every side: all that matters of all pairs."""
    pairs = set()
    for together in alike:
        firsts = {side[index]: index for index in reversed(together)}
        pairs |= {
            (min(index, first), max(index, first))
            for index in together
            for first in firsts.values()
            if index != first
        }
    return sorted(pairs)


def _near_only(near: np.ndarray | None, digests: Sequence[str] | None, used: set[int]) -> Pairs:
    """Near pairs that the split uses and that are not equal altogether."""
    if near is None:
        return []
    return [
        (one, other)
        for one, other in near.tolist()
        if one in used
        and other in used
        and (digests is None or not digests[one] or digests[one] != digests[other])
    ]


def _copied(items: Items, split: Split, alike: Pairs, likeness: _Likeness) -> Iterator[Finding]:
    """Copies of one kind: in test, in validation, and on one side alone."""
    side = _sides(items, split)
    crossing = [pair for pair in alike if (side[pair[0]] == TEST) != (side[pair[1]] == TEST)]
    touched = _members(crossing, side, TEST)
    if touched:
        share = touched_share(touched, split)
        yield Finding(
            check=likeness.check,
            severity=likeness.grade(share),
            message=f"{touched_words(touched, split)} are {likeness.word}s of training or "
            "validation items",
            advice=REMOVE,
            count=len(touched),
            share=share,
            items=named(items, touched),
            pairs=_named_pairs(items, crossing),
        )
    inner = [pair for pair in alike if {side[pair[0]], side[pair[1]]} == {TRAINING, VALIDATION}]
    held = _members(inner, side, VALIDATION)
    if held:
        yield Finding(
            check=f"{likeness.check}-validation",
            severity=likeness.grade_inner(len(held) / len(split.validation)),
            message=f"{len(held)} of {len(split.validation)} validation items are "
            f"{likeness.word}s of training items",
            advice=REMOVE,
            count=len(held),
            items=named(items, held),
            pairs=_named_pairs(items, inner),
        )
    within = [pair for pair in alike if side[pair[0]] == side[pair[1]]]
    several = sorted({index for pair in within for index in pair})
    if several:
        yield Finding(
            check=f"{likeness.check}-within",
            severity="info",
            message=f"{len(several)} items have {_a(likeness.word)} on their own side of the "
            "split: no leak, but fewer different items than there seem to be",
            advice="nothing while one group holds them; a random split would leak",
            count=len(several),
            items=named(items, several),
            pairs=_named_pairs(items, within),
        )


def _members(pairs: Pairs, side: np.ndarray, wanted: int) -> list[int]:
    """The items of these pairs that lie on one side."""
    return sorted({index for pair in pairs for index in pair if side[index] == wanted})


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _sides(items: Items, split: Split) -> np.ndarray:
    """Where each item lies; -1 for those that the split leaves out."""
    sides = np.full(len(items), -1, dtype=np.int64)
    sides[split.train] = TRAINING
    sides[split.validation] = VALIDATION
    sides[split.test] = TEST
    return sides


def _near_severity(share: float) -> Severity:
    if share >= NEAR_LEAKY_SHARE:
        return "leaky"
    return "warned" if share >= NEAR_WARNED_SHARE else "info"


EXACT = _Likeness(
    check="duplicates",
    word="exact duplicate",
    grade=lambda share: "leaky" if share >= LEAKY_SHARE else "warned",
    grade_inner=lambda share: "warned",
)

NEAR = _Likeness(
    check="near-duplicates",
    word="near-duplicate",
    grade=_near_severity,
    grade_inner=lambda share: "warned" if share >= NEAR_WARNED_SHARE else "info",
)


def _conflicting(
    items: Items, split: Split, alike: list[list[int]], target: Target
) -> Iterator[Finding]:
    values = np.asarray(items.targets[target.name])
    torn = sorted(
        index
        for together in alike
        if any(not np.array_equal(values[together[0]], values[other]) for other in together)
        for index in together
    )
    if torn:
        touched = sorted(set(split.test.tolist()) & set(torn))
        yield Finding(
            check="conflicting-labels",
            severity="warned",
            message=f"{len(torn)} items are identical in content but not in '{target.name}'; "
            f"{touched_words(touched, split)} are among them",
            advice="no method can get both right: settle the label, or remove them",
            count=len(torn),
            share=touched_share(touched, split),
            items=named(items, torn),
        )


def _near_conflicting(
    items: Items, split: Split, alike: Pairs, target: Target
) -> Iterator[Finding]:
    values = np.asarray(items.targets[target.name])
    torn = [pair for pair in alike if values[pair[0]] != values[pair[1]]]
    if not torn:
        return
    several = sorted({index for pair in torn for index in pair})
    # Two expressions of one face may differ by less than a copy does; those of two faces do not.
    strange = {
        index
        for one, other in torn
        if not items.groups or items.groups[one] != items.groups[other]
        for index in (one, other)
    }
    touched = sorted(set(split.test.tolist()) & set(several))
    used = len(split.train) + len(split.validation) + len(split.test)
    yield Finding(
        check="conflicting-labels-near",
        severity="warned" if len(strange) >= NEAR_WARNED_SHARE * used else "info",
        message=f"{len(several)} items are near-duplicates in content but differ in "
        f"'{target.name}'; {touched_words(touched, split)} are among them",
        advice="look at the pairs: one of two labels is wrong, or the difference is a small one",
        count=len(several),
        share=touched_share(touched, split),
        items=named(items, several),
        pairs=_named_pairs(items, torn),
    )


def _copied_corpus(
    items: Items, used: set[int], exact: list[list[int]], alike: Pairs
) -> Iterator[Finding]:
    same = {index for together in exact for index in together}
    several = same | {index for pair in alike for index in pair}
    if len(several) < COPIED_SHARE * len(used):
        return
    doubled = len(same) >= COPIED_SHARE * len(used)
    yield Finding(
        check="copied-corpus",
        severity="warned" if doubled else "info",
        message=f"{len(several)} of {len(used)} items ({100 * len(several) / len(used):.1f}%) have "
        + (
            "an exact copy: the corpus is in here more than once"
            if doubled
            else "an exact or near copy: several items come of one recording, or the corpus is in "
            "here more than once"
        ),
        advice="keep one copy: with more, intervals are too narrow, whatever the split"
        if doubled
        else "keep what comes of one recording in one group",
        count=len(several),
        items=named(items, sorted(several)),
    )


def _named_pairs(items: Items, pairs: Pairs) -> tuple[tuple[str, str], ...]:
    return tuple((items.ids[one], items.ids[other]) for one, other in pairs[:NAMED])
