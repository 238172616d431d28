"""Targets that are a function of the inputs: said by the dataset, or found by a linear rule."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emobench.api import Items, Target
from emobench.data.findings import Finding
from emobench.data.protocols import Split

EXACT = 1e-3
"""A rule reproduces a target when it misses no held-out value by more than this of its range."""

FEWEST_FOR_RULE = 20
"""Held-out values that vary, without which an exact rule may be luck."""

WIDEST_FOR_RULE = 256
"""Features an item beyond which no rule is looked for: a row of pixels holds too many."""

MOST_FOR_RULE = 4096
"""Training items that a rule is fitted on; an exact one needs no more."""


def function_of_inputs(
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
            advice="predict what people annotated; a score on this target is that of a formula",
        )
    elif features is not None and _follows_exactly(items, split, target, features):
        yield Finding(
            check="derived-target",
            severity="leaky",
            message=f"'{target.name}' is a function of the inputs: a linear rule fitted on "
            "training items gives every value of the others to a thousandth of its range, as no "
            "measured target would allow; is it a column of the inputs, or computed from them?",
            advice="leave out the columns that give it away, or predict something else",
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
