"""What the datasets of this package share: rows with words about them become a table of items."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from emobench.api import Items, Target
from emobench_units.clips import UnitRows, in_order
from emobench_units.generation import (
    DERIVED,
    GENERATED_CLASSES,
    Divisors,
    distribution_words,
    generate_labels,
)
from emobench_units.options import TargetChoice, UnitRowsOptions

DIVISORS_OF: Mapping[TargetChoice, Divisors] = {
    "generated": "improved",
    "generated-before": "before",
}
GENERATED = "emotions"
"""The name of a generated target: several emotions at once."""


@dataclass(frozen=True, kw_only=True)
class About:
    """Words about each row; `emotions` may be empty where labels are generated."""

    emotions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    group_name: str = "subject"
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def make_items(rows: UnitRows, about: About, *, options: UnitRowsOptions) -> Items:
    """The table: the emotion that the data carry, or the labels that the rows themselves give."""
    divisors = DIVISORS_OF.get(options.target)
    if divisors is None:
        classes = about.classes or in_order(set(about.emotions))
        places = {name: index for index, name in enumerate(classes)}
        spec = Target(name="emotion", kind="class", classes=classes)
        values = np.array([places[word] for word in about.emotions], dtype=np.int64)
        notes, derived = rows.notes, {}
    else:
        spec = Target(name=GENERATED, kind="labels", classes=GENERATED_CLASSES)
        values = generate_labels(rows.values, divisors=divisors, soft=options.soft)
        notes, derived = (*rows.notes, distribution_words(values)), {GENERATED: DERIVED}
    return Items(
        ids=rows.ids,
        specs=(spec,),
        targets={spec.name: values},
        groups=about.groups,
        group_name=about.group_name,
        fields={"clip": rows.clips, **about.fields},
        notes=notes,
        derived=derived,
    )


def digest_of(items: Items, options: UnitRowsOptions, *contents: bytes) -> str:
    """A fingerprint of options, words, targets and what files hold; paths are left out."""
    said = {name: value for name, value in options.dump().items() if name not in ("root", "table")}
    digest = hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16)
    words: Sequence[object] = (
        items.ids,
        [(spec.name, spec.classes) for spec in items.specs],
        items.groups,
        sorted(items.fields.items()),
    )
    digest.update(json.dumps(words).encode())
    for spec in items.specs:
        digest.update(np.ascontiguousarray(items.targets[spec.name]).tobytes())
    for content in contents:
        digest.update(content)
    return digest.hexdigest()
