"""The leak audit: looks at a split before training and says whether its scores can be believed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from emobench.api import Items, ProtocolOptions, Target
from emobench.data.audit_copies import copies
from emobench.data.audit_rules import function_of_inputs
from emobench.data.augmented import COPY_FIELD
from emobench.data.findings import Audit, Finding, Verdict, named, touched_share, touched_words
from emobench.data.protocols import Split
from emobench.data.wording import some


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
    near: np.ndarray | None = None,
) -> Audit:
    """Audit a split; `digests` (one an item, empty where unknown) open the look for duplicates.

    `near` holds pairs `(pairs, 2)` of near-duplicates; see `fingerprints`.
    `features` (one row an item) open the look for targets that are a function of them. Targets are
    looked at as far as `target` says, or all when none is named.
    """
    specs = items.specs if target is None else (target,)
    findings = [*_by_design(items, split, protocol), *_shared_groups(items, split)]
    findings += [
        finding for spec in specs for finding in function_of_inputs(items, split, spec, features)
    ]
    findings += copies(items, split, specs, digests=digests, near=near)
    return Audit(verdict=verdict_of(findings), findings=tuple(findings))


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The worst of the findings; those that only inform leave a split clean."""
    severities = {finding.severity for finding in findings}
    return "leaky" if "leaky" in severities else "warned" if "warned" in severities else "clean"


def _by_design(items: Items, split: Split, protocol: ProtocolOptions) -> Iterator[Finding]:
    if protocol.use == "augment-first":
        origins = items.fields.get(COPY_FIELD, items.ids)
        seen = {origins[index] for index in split.train}
        touched = [index for index in split.test if origins[index] in seen]
        yield Finding(
            check="augmented-twins",
            severity="leaky",
            message="protocol 'augment-first' leaks on purpose: "
            f"{touched_words(touched, split)} have a copy of the same original in training",
            advice="split first and augment after: scores here only measure what leaking is worth",
            count=len(touched),
            share=touched_share(touched, split),
            items=named(items, touched),
        )
    if not items.groups:
        yield Finding(
            check="no-groups",
            severity="warned",
            message="no group (speaker, subject) is known: the split may leak. Say where groups "
            "are found (group: {pattern: ...}, or --group PATTERN)",
            advice="name the group (speaker, subject) of each item and split by it",
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
            advice="look at the pattern or column that gives the group",
            count=alone,
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
            f"validation ({some(shared)}): {touched_words(touched, split)} are theirs",
            advice=f"split by {word}: protocol grouped-kfold or grouped-holdout",
            count=len(touched),
            share=touched_share(touched, split),
            items=named(items, touched),
        )
    inner = training & validation
    if inner:
        touched = [index for index in split.validation if items.groups[index] in inner]
        yield Finding(
            check="shared-groups-validation",
            severity="warned",
            message=f"{len(inner)} of {len(validation)} validation {word}s are also in training "
            f"({some(inner)}): what is chosen on validation is chosen on scores too high",
            advice=f"take validation out of training {word}s, as the grouped protocols do",
            count=len(touched),
            items=named(items, touched),
        )
