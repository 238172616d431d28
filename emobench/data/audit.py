"""The leak audit: looks at a split before training and says whether its scores can be believed."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emobench.api import Items, ProtocolOptions, Target
from emobench.data.augmented import COPY_FIELD
from emobench.data.protocols import Split
from emobench.data.wording import some

Severity = Literal["info", "warned", "leaky"]
Verdict = Literal["clean", "warned", "leaky"]

LEAKY_SHARE = 0.01
"""Duplicates that touch less of the test set than this cannot move a score by a point: warned."""

NAMED = 20
"""How many items a finding names."""

EXACT = 1e-3
"""A rule reproduces a target when it misses no held-out value by more than this of its range."""

FEWEST_FOR_RULE = 20
"""Held-out values that vary, without which an exact rule may be luck."""

WIDEST_FOR_RULE = 256
"""Features an item beyond which no rule is looked for: a row of pixels holds too many."""

MOST_FOR_RULE = 4096
"""Training items that a rule is fitted on; an exact one needs no more."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding of the audit; `items` names the first few that it is about."""

    check: str
    severity: Severity
    message: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the audit said: the worst of its findings."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


def row_digests(features: np.ndarray, *, usable: np.ndarray | None = None) -> tuple[str, ...]:
    """A content digest of each row; empty for rows that are not usable."""
    return tuple(
        hashlib.blake2b(np.ascontiguousarray(row).tobytes(), digest_size=16).hexdigest()
        if usable is None or usable[index]
        else ""
        for index, row in enumerate(features)
    )


def audit(
    items: Items,
    split: Split,
    protocol: ProtocolOptions,
    *,
    digests: Sequence[str] | None = None,
    features: np.ndarray | None = None,
    target: Target | None = None,
) -> Audit:
    """Audit a split; `digests` (one an item, empty where unknown) open the look for duplicates.

    `features` (one row an item) open the look for targets that are a function of them. Targets are
    looked at as far as `target` says, or all when none is named.
    """
    specs = items.specs if target is None else (target,)
    findings = [*_by_design(items, split, protocol), *_shared_groups(items, split)]
    findings += [
        finding for spec in specs for finding in _function_of_inputs(items, split, spec, features)
    ]
    if digests is not None:
        alike = _alike(digests, split)
        findings += _duplicates(items, split, alike)
        for spec in specs:
            findings += _conflicting_labels(items, split, alike, spec)
    severities = {finding.severity for finding in findings}
    verdict: Verdict = (
        "leaky" if "leaky" in severities else "warned" if "warned" in severities else "clean"
    )
    return Audit(verdict=verdict, findings=tuple(findings))


def _by_design(items: Items, split: Split, protocol: ProtocolOptions) -> Iterator[Finding]:
    if protocol.use == "augment-first":
        origins = items.fields.get(COPY_FIELD, items.ids)
        seen = {origins[index] for index in split.train}
        touched = [index for index in split.test if origins[index] in seen]
        yield Finding(
            check="augmented-twins",
            severity="leaky",
            message="protocol 'augment-first' leaks on purpose: "
            f"{_share(touched, split)} have a copy of the same original in training",
            items=_named(items, touched),
        )
    if not items.groups:
        yield Finding(
            check="no-groups",
            severity="warned",
            message="no group (speaker, subject) is known: the split may leak. Say where groups "
            "are found (group: {pattern: ...}, or --group PATTERN)",
        )


def _shared_groups(items: Items, split: Split) -> Iterator[Finding]:
    if not items.groups:
        return
    word = items.group_name
    sizes = Counter(items.groups)
    alone = sum(size == 1 for size in sizes.values())
    if 2 * alone > len(items):
        yield Finding(
            check="tiny-groups",
            severity="warned",
            message=f"{len(sizes)} {word}s for {len(items)} items: most stand alone, so that "
            f"keeping them apart keeps nothing apart; is this what tells one {word} from another?",
        )
    training = {items.groups[index] for index in split.train}
    validation = {items.groups[index] for index in split.validation}
    in_test = {items.groups[index] for index in split.test}
    shared = in_test & (training | validation)
    if shared:
        touched = [index for index in split.test if items.groups[index] in shared]
        yield Finding(
            check="shared-groups",
            severity="leaky",
            message=f"{len(shared)} of {len(in_test)} test {word}s are also in training or "
            f"validation ({some(shared)}): {_share(touched, split)} are theirs",
            items=_named(items, touched),
        )
    inner = training & validation
    if inner:
        touched = [index for index in split.validation if items.groups[index] in inner]
        yield Finding(
            check="shared-groups-validation",
            severity="warned",
            message=f"{len(inner)} of {len(validation)} validation {word}s are also in training "
            f"({some(inner)}): what is chosen on validation is chosen on scores too high",
            items=_named(items, touched),
        )


def _function_of_inputs(
    items: Items, split: Split, target: Target, features: np.ndarray | None
) -> Iterator[Finding]:
    """A target computed from the inputs, because the dataset says so or because it shows."""
    if target.name in items.derived:
        yield Finding(
            check="derived-target",
            severity="leaky",
            message=f"'{target.name}' is a function of the inputs, computed from "
            f"{items.derived[target.name]}: a score on it tells how well a formula is imitated, "
            "not how well emotion is recognised",
        )
    elif features is not None and _follows_exactly(items, split, target, features):
        yield Finding(
            check="derived-target",
            severity="leaky",
            message=f"'{target.name}' is a function of the inputs: a linear rule fitted on "
            "training items gives every value of the others to a thousandth of its range, as no "
            "measured target would allow; is it a column of the inputs, or computed from them?",
        )


def _follows_exactly(items: Items, split: Split, target: Target, features: np.ndarray) -> bool:
    """Whether a linear rule, cut off at the ends of the range, gives all held-out values.

    Asked of numbers and shares alone: whole classes and 0/1 labels can be told apart without an
    error in honest data too, so that nothing would follow.
    """
    values = np.asarray(items.targets[target.name], dtype=np.float64).reshape(len(items), -1)
    width = int(np.prod(features.shape[1:]))
    graded = target.kind == "number" or not np.isin(values, (0, 1)).all()
    if target.kind == "class" or not graded or width > WIDEST_FOR_RULE:
        return False
    return any(_rule_fits(column, split, features) for column in values.T)


def _rule_fits(values: np.ndarray, split: Split, features: np.ndarray) -> bool:
    """Least squares on training items off the ends of the range; values at the ends may be cut."""
    low, high = values[split.train].min(), values[split.train].max()
    spread = high - low
    inner = split.train[(values[split.train] > low) & (values[split.train] < high)]
    others = np.concatenate([split.validation, split.test])
    varied = np.count_nonzero((values[others] > low) & (values[others] < high))
    width = int(np.prod(features.shape[1:])) + 1
    if not spread or len(inner) < width + FEWEST_FOR_RULE or varied < FEWEST_FOR_RULE:
        return False
    inner = inner[:MOST_FOR_RULE]
    rule, *_ = np.linalg.lstsq(_with_constant(features, inner), values[inner], rcond=None)
    given = np.clip(_with_constant(features, others) @ rule, low, high)
    missed = np.abs(given - np.clip(values[others], low, high))
    return bool(missed.max() <= EXACT * spread)


def _with_constant(features: np.ndarray, positions: np.ndarray) -> np.ndarray:
    rows = np.asarray(features[positions], dtype=np.float64).reshape(len(positions), -1)
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def _alike(digests: Sequence[str], split: Split) -> list[list[int]]:
    """Positions of items of equal content, two or more together, of those that the split uses."""
    by_digest: dict[str, list[int]] = defaultdict(list)
    for index in np.sort(np.concatenate([split.train, split.validation, split.test])).tolist():
        if digests[index]:
            by_digest[digests[index]].append(index)
    return [together for together in by_digest.values() if len(together) > 1]


def _duplicates(items: Items, split: Split, alike: list[list[int]]) -> Iterator[Finding]:
    training, validation = set(split.train.tolist()), set(split.validation.tolist())
    test = set(split.test.tolist())
    outside = training | validation
    touched = _with_twin(alike, side=test, others=outside)
    if touched:
        enough = len(touched) >= LEAKY_SHARE * len(test)
        yield Finding(
            check="duplicates",
            severity="leaky" if enough else "warned",
            message=f"{_share(touched, split)} are exact duplicates of training or validation "
            "items",
            items=_named(items, touched),
        )
    inner = _with_twin(alike, side=validation, others=training)
    if inner:
        yield Finding(
            check="duplicates-validation",
            severity="warned",
            message=f"{len(inner)} of {len(validation)} validation items are exact duplicates of "
            "training items",
            items=_named(items, inner),
        )


def _with_twin(alike: list[list[int]], *, side: set[int], others: set[int]) -> list[int]:
    return sorted(
        index
        for together in alike
        if not others.isdisjoint(together)
        for index in together
        if index in side
    )


def _conflicting_labels(
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
        test = set(split.test.tolist())
        touched = [index for index in torn if index in test]
        yield Finding(
            check="conflicting-labels",
            severity="warned",
            message=f"{len(torn)} items are identical in content but not in '{target.name}'; "
            f"{_share(touched, split)} are among them",
            items=_named(items, torn),
        )


def _share(touched: Sequence[int], split: Split) -> str:
    total = len(split.test)
    return f"{len(touched)} of {total} test items ({100 * len(touched) / max(1, total):.1f}%)"


def _named(items: Items, positions: Sequence[int]) -> tuple[str, ...]:
    return tuple(items.ids[index] for index in positions[:NAMED])
