"""The suite of frontends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, cast

import numpy as np
import torch

from emobench.api import Context, Dataset, Items, Kind, Stream
from emobench.data.prepared import prepare
from emobench.testing.suite import Suite, assert_same, not_shown
from emobench.testing.tiny import ITEM_SHAPES, RATE, tiny_context, tiny_items, tiny_target

MODALITIES = tuple(ITEM_SHAPES)
COUNT = 5
"""Items that the laws are asked of."""


class FrontendSuite(Suite):
    """Checks a frontend on tiny clips, pictures or rows of its modality.

    `reference` is the author's: the same features, computed plainly in float64 by other means.
    Differences up to `tolerance` of the features' scale are let pass.
    """

    kind: ClassVar[Kind] = "frontend"
    tolerance: ClassVar[float] = 1e-4

    def reference(self, item: np.ndarray) -> np.ndarray:
        """The features of one decoded item, by an independent way and in float64."""
        not_shown("the suite gives nothing to compare with", hook="reference")

    @property
    def modality(self) -> str:
        """What the frontend reads."""
        said = getattr(self.entry.load(), "modality", None)
        assert said in MODALITIES, (
            f"its class says modality = {said!r}; it must be one of {', '.join(MODALITIES)}"
        )
        return str(said)

    def contexts(self) -> Sequence[Context]:
        """A task of the frontend's modality; shapes are those of decoded items."""
        return [tiny_context(inputs={self.modality: ITEM_SHAPES[self.modality]})]

    def items(self) -> list[np.ndarray]:
        """Decoded items, no two alike."""
        return tiny_items(self.modality, count=COUNT)

    def act(self, built: Any, context: Context) -> Sequence[np.ndarray | torch.Tensor | float]:
        """Features of the tiny items."""
        return [built.apply(self.items())]

    def deterministic(self) -> Any:
        """The frontend, where it says that it is deterministic."""
        built = self.build()
        if not built.deterministic:
            not_shown("it says that it is not deterministic")
        return built

    def test_agrees_with_its_reference(self) -> None:
        """Its features are those of a plain reference in float64."""
        built = self.build()
        for index, item in enumerate(self.items()):
            expected = np.asarray(self.reference(item), dtype=np.float64)
            ours = built.apply([item])[0].double().numpy()
            assert ours.shape == expected.shape, (
                f"gives {ours.shape} for item {index}, its reference {expected.shape}"
            )
            scale = float(np.abs(expected).max()) or 1.0
            off = float(np.abs(ours - expected).max()) / scale
            assert off <= self.tolerance, (
                f"differs from its reference by {off:.3g} of the features' scale for item {index}; "
                f"{self.tolerance:g} are let pass"
            )

    def test_a_batch_equals_one_by_one(self) -> None:
        """Many items at once give the same rows as each by itself, to the bit."""
        built, items = self.deterministic(), self.items()
        together = built.apply(list(items))
        alone = torch.cat([built.apply([item]) for item in items])
        assert_same([together], [alone], what="when items are given one by one")

    def test_a_row_depends_on_its_own_item_alone(self) -> None:
        """Neither the items beside it nor those before it change an item's row, to the bit."""
        built, items = self.deterministic(), self.items()
        row = built.apply(list(items))[0]
        beside = built.apply([items[0], *(_altered(item) for item in items[1:])])[0]
        assert_same([row], [beside], what="when the items beside it are others")
        last = built.apply([*items[1:], items[0]])[-1]
        assert_same([row], [last], what="when it comes last instead of first")

    def test_gives_what_its_shape_promises(self) -> None:
        """Features are finite float32 of `shape()`, whatever the item's size."""
        built = self.build()
        shape = built.shape()
        assert isinstance(shape, tuple), f"shape() gives {shape!r}, not a tuple of whole numbers"
        assert all(type(size) is int and size > 0 for size in shape), (
            f"shape() gives {shape!r}; it must be whole numbers above 0"
        )
        for count in (1, COUNT):
            features = built.apply(self.items()[:count])
            assert_features(features, (count, *shape), what=f"of {count} items")
        assert built.shape() == shape, "shape() is another after the first items"

    def test_different_items_give_different_features(self) -> None:
        """What is in an item shows in its features."""
        built, items = self.build(), self.items()
        for item in items:
            both = built.apply([item, _altered(item)])
            assert not torch.equal(both[0], both[1]), (
                "different items of one size give the same features: it does not look at them"
            )

    def test_says_whether_it_is_deterministic(self) -> None:
        """One that calls itself deterministic gives the same under any seed, again and again."""
        said = getattr(self.entry.load(), "deterministic", None)
        assert type(said) is bool, f"its class must say deterministic = True or False, not {said!r}"
        built, items = self.deterministic(), self.items()
        first = built.apply(list(items))
        assert_same([first], [built.apply(list(items))], what="when applied a second time")
        elsewhere = self.build(replace(self.context, stream=Stream(1, "other")))
        assert_same(
            [first],
            [elsewhere.apply(list(items))],
            what="under another seed; set deterministic = False, so that it is not cached as if it "
            "did not draw",
        )

    def test_the_prepared_cache_gives_the_same_bytes(self) -> None:
        """What the cache holds, written and reloaded, is what the frontend gives, to the bit."""
        items = self.items()
        self.deterministic()
        data = _InMemory(items, self.modality)
        with TemporaryDirectory(prefix="emobench-") as folder:
            prepared = [
                prepare(
                    cast(Dataset, data),
                    data.items(),
                    frontend=self.build(),
                    key="tiny",
                    cache=Path(folder),
                )
                for _ in range(2)
            ]
            assert not prepared[0].skipped, f"an item is left out: {prepared[0].skipped[0].reason}"
            written, reloaded = (np.array(each.features) for each in prepared)
            from_cache = prepared[1].from_cache
            del prepared
        assert from_cache, (
            "its features are computed again though they lie in the cache: shape() differs between "
            "two objects built alike"
        )
        assert_same([written], [reloaded], what="when reloaded from the cache")
        assert_same([written], [self.build().apply(items)], what="when not taken from the cache")

    def test_leaves_its_items_alone(self) -> None:
        """The items that it is given are not changed in place."""
        items = self.items()
        kept = [item.copy() for item in items]
        self.build().apply(items)
        assert len(items) == len(kept), "the list of items is changed"
        assert_same(kept, items, what="once the frontend has read it: it changes items in place")

    def test_odd_items_give_finite_features(self) -> None:
        """Silence, one sample, one pixel, a constant row, a clip far too long: all stay finite."""
        built = self.build()
        for name, item in odd_items(self.modality, self.items()).items():
            features = built.apply([item])
            assert_features(features, (1, *built.shape()), what=f"for {name}")


def assert_features(features: Any, shape: tuple[int, ...], *, what: str) -> None:
    """Fail unless this is a finite float32 tensor of that shape."""
    assert isinstance(features, torch.Tensor), f"gives a {type(features).__name__}, not a tensor"
    assert features.dtype == torch.float32, f"gives {features.dtype} {what}, not float32"
    assert tuple(features.shape) == shape, (
        f"gives {tuple(features.shape)} {what}, its shape() promises {shape}"
    )
    assert bool(torch.isfinite(features).all()), f"gives features that are not finite {what}"


def odd_items(modality: str, items: Sequence[np.ndarray]) -> Mapping[str, np.ndarray]:
    """Items as real data hold them now and then."""
    first = items[0]
    if modality == "audio":
        return {
            "silence": np.zeros_like(first),
            "a single sample": first[100:101].copy(),
            "a clip twenty seconds long": np.resize(first, 20 * RATE),
            "a clip of full scale": np.sign(first).astype(np.float32),
            "a constant clip": np.full_like(first, 0.5),
            "a nearly silent clip": (first * 1e-6).astype(np.float32),
        }
    if modality == "image":
        return {
            "an image of one pixel": first[:1, :1].copy(),
            "a black image": np.zeros_like(first),
            "a white image": np.full_like(first, 255),
            "a grey image of one channel": first[:, :, :1].copy(),
            "a line of pixels": first[:1].copy(),
            "a large image": np.repeat(np.repeat(first, 8, axis=0), 5, axis=1),
        }
    return {
        "a row of zeros": np.zeros_like(first),
        "a constant row": np.full_like(first, 3.0),
        "a row of huge values": (first * 1e12).astype(np.float32),
        "a row of tiny values": (first * 1e-12).astype(np.float32),
    }


def _altered(item: np.ndarray) -> np.ndarray:
    """Another item of the same size: reversed, and of quite another range."""
    if item.dtype == np.uint8:
        return np.ascontiguousarray(255 - item[::-1])
    return np.ascontiguousarray(3.0 * item[::-1] + 0.1).astype(item.dtype)


class _InMemory:
    """A dataset of items that are already decoded."""

    def __init__(self, items: Sequence[np.ndarray], modality: str) -> None:
        self.decoded = items
        self.modalities = (modality,)
        self.rates: Mapping[str, int] = {"audio": RATE} if modality == "audio" else {}

    def items(self) -> Items:
        """The table."""
        target = tiny_target()
        ids = tuple(f"item-{index}" for index in range(len(self.decoded)))
        return Items(
            ids=ids, specs=(target,), targets={target.name: np.arange(len(ids)) % target.width}
        )

    def load(self, index: int) -> dict[str, np.ndarray]:
        """One item."""
        return {self.modalities[0]: self.decoded[index]}
