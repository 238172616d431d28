"""What a split must balance: the classes of a target, and what a class needs to be learnt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emobench.api import DataError, Items, Target, unknown_name

NUMBER_BINS = 5


@dataclass(frozen=True, kw_only=True)
class Strata:
    """A target as a table `(items, classes)` of zeros and ones; a number is cut at quantiles."""

    target: Target
    names: tuple[str, ...]
    matrix: np.ndarray

    def one_label(self) -> np.ndarray:
        """One label an item: the rarest class it has, or -1 where it has none."""
        counts = self.matrix.sum(axis=0)
        weighted = np.where(self.matrix > 0, counts[None, :], np.inf)
        labels: np.ndarray = np.where(
            np.isfinite(weighted).any(axis=1), np.argmin(weighted, axis=1), -1
        )
        return labels

    def check_whole(self) -> None:
        """Refuse a target that no split can make learnable."""
        if self.target.kind == "number":
            return
        where = f"target '{self.target.name}'"
        if self.target.kind != "labels" and len(self.names) < 2:
            raise DataError(
                f"{where} has {len(self.names)} class ({', '.join(self.names) or 'none'}); "
                "recognition needs at least two: check where the labels are read from"
            )
        if self.target.kind != "class":
            return
        counts = self.matrix.sum(axis=0).astype(int)
        empty = [name for name, count in zip(self.names, counts, strict=True) if count == 0]
        if empty:
            raise DataError(
                f"{where}: no item is of class {_quoted(empty)}; the classes found are "
                f"{_quoted(self._present(counts))}. Add items, or take it out of the classes"
            )
        single = [name for name, count in zip(self.names, counts, strict=True) if count == 1]
        if single:
            raise DataError(
                f"{where}: class {_quoted(single)} has a single item, which cannot be both learnt "
                "and tested. Add items, or join it with another class"
            )

    def warnings(self) -> list[str]:
        """What is odd about a several-label target but no reason to stop."""
        if self.target.kind != "labels":
            return []
        counts = self.matrix.sum(axis=0)
        empty = [name for name, count in zip(self.names, counts, strict=True) if count == 0]
        return [f"no item has the label {_quoted(empty)}"] if empty else []

    def check_sides(
        self, *, train: np.ndarray, validation: np.ndarray, test: np.ndarray
    ) -> list[str]:
        """Refuse a side with no items and a class that is never trained; word lesser gaps."""
        for side, positions in (("train", train), ("validation", validation), ("test", test)):
            if not len(positions):
                raise DataError(
                    f"the split leaves no item for {side} out of {len(self.matrix)}; add items, "
                    "or change the protocol's shares"
                )
        if self.target.kind == "number":
            return []
        absent = self._absent(train)
        if absent and self.target.kind == "class":
            raise DataError(
                f"class {_quoted(absent)} is absent from the training items, because it occurs in "
                "too few groups; use another protocol or more folds, add items, or join the class "
                "with another"
            )
        sides = [("train", train), ("validation", validation), ("test", test)]
        return [
            f"the {side} set holds no item of class {_quoted(gone)}"
            for side, positions in sides
            if (gone := self._absent(positions))
        ]

    def _absent(self, positions: np.ndarray) -> list[str]:
        here, anywhere = self.matrix[positions].sum(axis=0), self.matrix.sum(axis=0)
        return [
            name
            for name, count, total in zip(self.names, here, anywhere, strict=True)
            if count == 0 and total > 0
        ]

    def _present(self, counts: np.ndarray) -> list[str]:
        return [name for name, count in zip(self.names, counts, strict=True) if count]


def find_strata(items: Items, target: Target | None = None) -> Strata:
    """The strata of a target of the items, its values checked against what its kind allows."""
    if not len(items):
        raise DataError("the dataset is empty: it holds no item to split")
    specs = {spec.name: spec for spec in items.specs}
    name = target.name if target else next(iter(specs), "")
    if name not in specs:
        raise DataError(unknown_name("target", name, specs))
    spec, values = specs[name], np.asarray(items.targets[name])
    if len(values) != len(items):
        raise DataError(f"target '{name}' has {len(values)} values for {len(items)} items")
    if not np.isfinite(values.astype(np.float64)).all():
        bad = items.ids[int(np.argmin(np.isfinite(values).reshape(len(items), -1).all(axis=1)))]
        raise DataError(f"target '{name}' is not a finite number for item '{bad}'")
    matrix, names = _matrix(spec, values)
    return Strata(target=spec, names=names, matrix=matrix)


def _matrix(spec: Target, values: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    if spec.kind == "labels":
        return (values > 0.5).astype(np.float64), spec.classes
    if spec.kind == "number":
        edges = np.quantile(values, np.linspace(0, 1, NUMBER_BINS + 1)[1:-1])
        ids = np.searchsorted(edges, values, side="right")
        return np.eye(NUMBER_BINS)[ids], tuple(f"bin {index}" for index in range(NUMBER_BINS))
    ids = values.argmax(axis=1) if spec.kind == "distribution" else values.astype(np.int64)
    if ids.min() < 0 or ids.max() >= len(spec.classes):
        raise DataError(
            f"target '{spec.name}' has class ids from {ids.min()} to {ids.max()}, but "
            f"{len(spec.classes)} classes"
        )
    return np.eye(len(spec.classes))[ids], spec.classes


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
