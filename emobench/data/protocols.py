"""How items are split into train, validation and test. Fitting anything is not done here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emobench.api import DataError, Items, ProtocolOptions, Target, seed_for, unknown_name
from emobench.data.strata import Strata, find_strata
from emobench.data.wording import some

GROUPED = ("grouped-kfold", "grouped-holdout")

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "development": "validation",
    "publictest": "validation",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}
"""What owners call the parts of an official split, in lower case."""

KEEP_CLASS = 1e9
"""A cost above any imbalance: training keeps at least one group of every class if it can."""

DEALS = 8
"""Deals of groups to choose the most even from; one alone can be some points off its share."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """Positions of the items on each side (int64, rising), and what the user should know of it."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    fold: int = 0
    folds: int = 1
    warnings: tuple[str, ...] = ()


def fold_count(protocol: ProtocolOptions) -> int:
    """How many folds the protocol has; one unless it is a k-fold."""
    return protocol.fold_count


def split_items(
    items: Items, protocol: ProtocolOptions, *, fold: int = 0, target: Target | None = None
) -> Split:
    """Split by the protocol, balancing the classes of `target` (the first one when not named)."""
    folds = fold_count(protocol)
    if not 0 <= fold < folds:
        known = "only fold 0" if folds == 1 else f"folds 0 to {folds - 1}"
        raise DataError(f"there is no fold {fold}: protocol '{protocol.use}' has {known}")
    strata = find_strata(items, target)
    strata.check_whole()
    _check_lengths(items)
    warnings: list[str] = [*items.notes, *strata.warnings()]
    if protocol.use in GROUPED:
        train, validation, test = _grouped(items, protocol, strata, fold)
    elif protocol.use == "official":
        train, validation, test = _official(items, protocol, strata, warnings)
    else:
        train, validation, test = _random(protocol, strata)
    warnings += strata.check_sides(train=train, validation=validation, test=test)
    return Split(
        train=train,
        validation=validation,
        test=test,
        fold=fold,
        folds=folds,
        warnings=tuple(warnings),
    )


def _check_lengths(items: Items) -> None:
    for word, column in (("groups", items.groups), ("split", items.split)):
        if column and len(column) != len(items):
            raise DataError(
                f"the dataset gives {len(column)} {word} for {len(items)} items; "
                "it must give one an item, or none at all"
            )


def _generator(protocol: ProtocolOptions, part: str) -> np.random.Generator:
    return np.random.default_rng(seed_for(protocol.seed, "split", protocol.use, part))


def _grouped(
    items: Items, protocol: ProtocolOptions, strata: Strata, fold: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    names, group_of = _groups(items, protocol)
    random = _generator(protocol, "test")
    table = _group_table(group_of, strata.matrix, len(names))
    if protocol.use == "grouped-kfold":
        if len(names) < protocol.folds:
            raise DataError(
                f"{protocol.folds} folds need at least {protocol.folds} {items.group_name}s, the "
                f"dataset has {len(names)} ({some(names)}); set protocol.folds to {len(names)} "
                "or fewer"
            )
        in_test = assign_groups(table, [1 / protocol.folds] * protocol.folds, random=random) == fold
    else:
        shares = [1 - protocol.test, protocol.test]
        in_test = assign_groups(table, shares, random=random, keep_in_first=True) == 1
    rest = np.flatnonzero(~in_test[group_of])
    if np.count_nonzero(~in_test) < 2:
        raise DataError(
            f"fold {fold} of protocol '{protocol.use}' leaves one {items.group_name} for training "
            f"and validation, which need one each; the dataset has {len(names)} "
            f"({some(names)}): use more folds, or add {items.group_name}s"
        )
    train, validation = _hold_out_groups(
        rest, group_of, strata, protocol.validation, _generator(protocol, f"validation {fold}")
    )
    return train, validation, np.flatnonzero(in_test[group_of])


def _groups(items: Items, protocol: ProtocolOptions) -> tuple[tuple[str, ...], np.ndarray]:
    if not items.groups:
        raise DataError(
            f"protocol '{protocol.use}' keeps groups (speakers, subjects) apart, but the dataset "
            "knows none; say where they are found (for a folder: group: {pattern: ...}, {column: "
            "...} or {folder: n}, or --group PATTERN), or choose protocol 'random', which is "
            "marked because it may leak"
        )
    without = [item for item, group in zip(items.ids, items.groups, strict=True) if not group]
    if without:
        raise DataError(
            f"{len(without)} of {len(items)} items have no {items.group_name}: {some(without)}; "
            f"give each one, for protocol '{protocol.use}' keeps {items.group_name}s apart"
        )
    names, group_of = np.unique(np.array(items.groups), return_inverse=True)
    word = items.group_name
    if len(names) == 1:
        raise DataError(
            f"all {len(items)} items are of one {word} ('{names[0]}'), so nothing can be kept "
            f"apart; add other {word}s, or choose protocol 'random', which is marked"
        )
    if len(names) == 2:
        raise DataError(
            f"the dataset has two {word}s ({some(names.tolist())}), but train, validation and "
            f"test need one each; add {word}s, or choose protocol 'random', which is marked"
        )
    return tuple(names.tolist()), group_of.astype(np.int64).reshape(-1)


def _group_table(group_of: np.ndarray, matrix: np.ndarray, groups: int) -> np.ndarray:
    """Items of each group by class, and in the last column their number."""
    table = np.zeros((groups, matrix.shape[1] + 1))
    np.add.at(table, group_of, np.column_stack([matrix, np.ones(len(matrix))]))
    return table


def assign_groups(
    table: np.ndarray,
    shares: Sequence[float],
    *,
    random: np.random.Generator,
    keep_in_first: bool = False,
) -> np.ndarray:
    """Deal groups `(groups, columns)` into parts of these shares, even in every column.

    The best of a few greedy deals. No part stays empty. With `keep_in_first` the first part keeps
    a group of every class (every column but the last) where that is possible.
    """
    deals = [
        _deal(table, shares, order=_large_first(table, random), keep_in_first=keep_in_first)
        for _ in range(DEALS)
    ]
    return min(deals, key=lambda deal: deal[0])[1]


def _large_first(table: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Groups from large to small; those of like size are shuffled among themselves."""
    order = random.permutation(len(table))
    by_size: np.ndarray = order[np.argsort(-np.floor(2 * np.log2(table[order, -1])), kind="stable")]
    return by_size


def _deal(
    table: np.ndarray, shares: Sequence[float], *, order: np.ndarray, keep_in_first: bool
) -> tuple[float, np.ndarray]:
    """One deal and its cost: the sum over parts of squared column shares over the part's own.

    Each group in turn goes where the cost grows least.
    """
    weight = np.asarray(shares, dtype=np.float64)[:, None]
    totals = np.maximum(table.sum(axis=0), 1e-12)
    filled = np.zeros((len(shares), table.shape[1]))
    taken = np.zeros(len(shares), dtype=np.int64)
    part_of = np.full(len(table), -1, dtype=np.int64)
    has_class = table[:, :-1] > 0
    open_groups = has_class.sum(axis=0)
    spent = 0.0
    for left, group in zip(range(len(table), 0, -1), order, strict=True):
        row = table[group]
        open_groups = open_groups - has_class[group]
        cost = ((2 * filled * row + row**2) / totals**2 / weight).sum(axis=1)
        if keep_in_first:
            kept = (filled[0, :-1] > 0) | (open_groups > 0)
            if not kept[has_class[group]].all():
                cost[1:] += KEEP_CLASS
        empty = taken == 0
        if np.count_nonzero(empty) >= left:
            cost[~empty] = np.inf
        part = int(np.argmin(cost))
        part_of[group] = part
        filled[part] += row
        taken[part] += 1
        spent += float(cost[part])
    return spent, part_of


def _hold_out_groups(
    positions: np.ndarray,
    group_of: np.ndarray,
    strata: Strata,
    share: float,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Positions kept and positions held out, no group on both sides."""
    present, local = np.unique(group_of[positions], return_inverse=True)
    table = _group_table(local.reshape(-1), strata.matrix[positions], len(present))
    held = assign_groups(table, [1 - share, share], random=random, keep_in_first=True) == 1
    chosen = held[local.reshape(-1)]
    return positions[~chosen], positions[chosen]


def _official(
    items: Items, protocol: ProtocolOptions, strata: Strata, warnings: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not items.split:
        raise DataError(
            "protocol 'official' needs the dataset's own split, and this one has none; for a "
            "folder, say where it is found (split: {folder: n}, {column: ...} or {pattern: ...}), "
            "or choose protocol 'grouped-kfold'"
        )
    unknown = next((word for word in items.split if word.strip().lower() not in SPLIT_WORDS), None)
    if unknown is not None:
        raise DataError(unknown_name("part of the official split", unknown, SPLIT_WORDS))
    words = np.array([SPLIT_WORDS[word.strip().lower()] for word in items.split])
    train, validation, test = (
        np.flatnonzero(words == word) for word in ("train", "validation", "test")
    )
    for word, positions in (("train", train), ("test", test)):
        if not len(positions):
            raise DataError(f"the official split has no {word} items; it names: {some(set(words))}")
    if len(validation):
        return train, validation, test
    random = _generator(protocol, "validation")
    group_of = np.unique(np.array(items.groups), return_inverse=True)[1].reshape(-1)
    if items.groups and len(np.unique(group_of[train])) > 1:
        train, validation = _hold_out_groups(train, group_of, strata, protocol.validation, random)
        warnings.append(
            "the official split has no validation part: it was taken from training "
            f"{items.group_name}s"
        )
    else:
        train, validation = _hold_out_items(train, strata, protocol.validation, random)
        warnings.append(
            "the official split has no validation part and no groups to take it from: it was "
            "drawn at random from the training items"
        )
    return train, validation, test


def _random(protocol: ProtocolOptions, strata: Strata) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    everything = np.arange(len(strata.matrix), dtype=np.int64)
    rest, test = _hold_out_items(everything, strata, protocol.test, _generator(protocol, "test"))
    random = _generator(protocol, "validation")
    train, validation = _hold_out_items(rest, strata, protocol.validation, random)
    return train, validation, test


def _hold_out_items(
    positions: np.ndarray, strata: Strata, share: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Positions kept and held out, the share taken from every stratum; one alone is kept."""
    held = np.zeros(len(positions), dtype=bool)
    labels = strata.one_label()[positions]
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        if len(members) > 1:
            count = int(np.clip(round(share * len(members)), 1, len(members) - 1))
            held[members[:count]] = True
    return positions[~held], positions[held]
