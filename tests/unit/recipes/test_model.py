from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emobench.recipes.load import load_recipe
from emobench.registry import Registry

Write = Callable[..., Path]


def test_blocks_come_in_the_order_of_the_keys(registry: Registry, write: Write) -> None:
    names = [block.use for block in load_recipe(write(), registry=registry).blocks()]
    assert names == ["logmel", "cnn", "linear", "cross_entropy", "adamw", "mixup", "stopping"]


@pytest.mark.parametrize(
    "override", ["train.workers=2", "train.checkpoint_every=5", "task=a/b", "summary=other"]
)
def test_the_method_leaves_out_what_moves_no_number(
    registry: Registry, write: Write, override: str
) -> None:
    recipe = load_recipe(write(), registry=registry)
    other = load_recipe(write(), overrides=[override], registry=registry)
    assert other != recipe
    assert other.method() == recipe.method()


@pytest.mark.parametrize("override", ["train.epochs=4", "loss.use=focal", "techniques=[]"])
def test_the_method_holds_what_moves_numbers(
    registry: Registry, write: Write, override: str
) -> None:
    recipe = load_recipe(write(), registry=registry)
    assert load_recipe(write(), overrides=[override], registry=registry).method() != (
        recipe.method()
    )
