"""What a recipe says of its own sweep, as the space has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emobench.api.options import Search
from emobench.recipes.model import Recipe, SweepBlock
from emobench.registry import Registry
from emobench.sweeps.recipe_space import SearchSpace, space_of
from emobench.sweeps.suggest import Conflict, Drawn, Known


@pytest.fixture
def swept(recipe: Recipe, registry: Registry) -> Any:
    """The space of the recipe with this `sweep`."""

    def make(
        *, fixed: tuple[str, ...] = (), opened: tuple[str, ...] = (), **said: Any
    ) -> SearchSpace:
        own = replace(recipe, sweep=SweepBlock(**said))
        return space_of(own, registry=registry, open_kinds=opened, fixed=fixed)

    return make


def words(space: SearchSpace) -> dict[str, str]:
    return {row.key: row.values for row in space.describe()}


def built(space: SearchSpace, count: int = 60) -> list[Recipe]:
    found = []
    for seed in range(count):
        try:
            found.append(space.build(Drawn(str(seed))))
        except Conflict:
            continue
    return found


def test_a_pinned_option_has_its_value_in_every_trial_and_no_dimension(swept: Any) -> None:
    space = swept(ranges={"optimizer.adamw.lr": Search(choices=(5e-3,))})
    assert {one.optimizer.options.dump()["lr"] for one in built(space)} == {5e-3}
    assert "optimizer.lr" not in words(space)


def test_pins_are_told_in_the_order_of_a_recipe_with_when_they_count(swept: Any) -> None:
    space = swept(
        open=("techniques",),
        ranges={
            "train.batch_size": Search(choices=(4,)),
            "techniques.mixup.mode": Search(choices=("half",)),
            "backbone.dense.hidden": Search(choices=((8, 4),)),
            "loss.focal.gamma": Search(choices=(1, 2)),
        },
    )
    assert [(pin.key, pin.values, pin.when) for pin in space.pinned()] == [
        ("backbone.hidden", "[8, 4]", ""),
        ("techniques.mixup.mode", "half", "mixup is in"),
        ("train.batch_size", "4", ""),
    ]


def test_what_a_call_fixes_is_no_pin(swept: Any) -> None:
    space = swept(fixed=("optimizer.lr",), ranges={"optimizer.adamw.lr": Search(choices=(5e-3,))})
    assert space.pinned() == ()


def test_a_pin_leaves_the_recipe_as_it_stands(swept: Any, recipe: Recipe) -> None:
    space = swept(ranges={"optimizer.adamw.lr": Search(choices=(5e-3,))})
    assert space.recipe.method() == recipe.method()
    assert "optimizer.lr" not in space.values(space.recipe)


def test_a_range_replaces_the_options_own(swept: Any) -> None:
    space = swept(
        ranges={"loss.focal.gamma": Search(1, 1.5), "train.batch_size": Search(choices=(4, 8))}
    )
    assert words(space)["loss.gamma"] == "1 to 1.5"
    assert {one.train.batch_size for one in built(space)} == {4, 8}


def test_an_option_without_a_range_gets_one(swept: Any) -> None:
    space = swept(
        ranges={
            "train.epochs": Search(2, 4),
            "loss.focal.reduction": Search(choices=("sum", "mean")),
        }
    )
    assert {one.train.epochs for one in built(space)} == {2, 3, 4}
    assert {one.loss.options.dump()["reduction"] for one in built(space)} == {"sum", "mean"}


def test_epochs_are_searched_only_where_a_recipe_asks_for_it(swept: Any) -> None:
    assert "train.epochs" not in words(swept(opened=("all",)))


def test_what_set_fixes_stays_whatever_the_recipe_says(swept: Any) -> None:
    space = swept(
        fixed=("optimizer.lr", "train.batch_size", "loss"),
        open=("loss", "optimizer"),
        components={"loss": ("cross_entropy",)},
        ranges={
            "optimizer.adamw.lr": Search(choices=(5e-3,)),
            "train.batch_size": Search(choices=(4, 9)),
        },
    )
    found = built(space)
    assert {one.loss.use for one in found} == {"focal"}
    assert {one.train.batch_size for one in found} == {8}
    assert {
        one.optimizer.options.dump()["lr"] for one in found if one.optimizer.use == "adamw"
    } == {1e-3}


def test_a_recipe_opens_its_own_kinds(swept: Any) -> None:
    assert words(swept(open=("loss",)))["loss"] == "focal or cross_entropy"


def test_all_opens_every_section(swept: Any, recipe: Recipe) -> None:
    space = swept(opened=("all",))
    assert all(section.open for section in space.sections)
    assert words(space)["frontend"] == "values"
    assert words(space)["scheduler"] == "cosine or none"


def test_named_components_are_those_chosen_among_besides_the_recipes_own(swept: Any) -> None:
    space = swept(components={"optimizer": ("sgd",), "techniques": ("clipping",)})
    assert words(space)["optimizer"] == "adamw or sgd"
    assert {tuple(block.use for block in one.techniques) for one in built(space)} == {
        ("mixup",),
        ("mixup", "clipping"),
    }
    assert "techniques.mixup" not in words(space)


@pytest.mark.parametrize(
    ("names", "choices"), [(("cosine",), "cosine or none"), (("cosine", "none"), "cosine or none")]
)
def test_a_block_that_the_recipe_lacks_may_stay_out(
    names: tuple[str, ...], choices: str, swept: Any
) -> None:
    assert words(swept(components={"scheduler": names}))["scheduler"] == choices


def test_a_recipe_may_say_what_a_component_needs(swept: Any) -> None:
    space = swept(
        components={"techniques": ("distillation",)},
        ranges={"techniques.distillation.teacher": Search(choices=("mine",))},
    )
    assert space.notes == ()
    teachers = {
        block.dump()["teacher"]
        for one in built(space)
        for block in one.techniques
        if block.use == "distillation"
    }
    assert teachers == {"mine"}


def test_an_entry_is_meant_by_name_or_by_place(swept: Any) -> None:
    space = swept(
        ranges={
            "augmentations.noise.level": Search(choices=(2, 3)),
            "augmentations.1.level": Search(choices=(7,)),
        }
    )
    levels = {tuple(block.dump()["level"] for block in one.augmentations) for one in built(space)}
    assert levels == {(2, 7), (3, 7)}


def test_what_the_sweep_never_has_is_noted(swept: Any) -> None:
    space = swept(ranges={"loss.cross_entropy.smoothing": Search(choices=(1,))})
    assert space.notes == (
        "sweep: 'loss.cross_entropy.smoothing' has no effect, as this sweep never has that "
        "component",
    )


def test_neither_the_space_nor_a_trial_says_anything_of_its_sweep(swept: Any) -> None:
    space = swept(open=("loss",))
    assert space.recipe.sweep is None
    assert space.build(Drawn("0")).sweep is None


@pytest.fixture
def unaugmented(recipe: Recipe, registry: Registry) -> Any:
    """Build a recipe with copies and no augmentation in, from a space with these ranges."""

    def build(**ranges: Search) -> Recipe:
        copied = replace(
            recipe,
            train=recipe.train.replace(copies=2, batch_size=16),
            sweep=SweepBlock(open=("augmentations",), ranges=ranges),
        )
        space = space_of(copied, registry=registry)
        values = dict(space.values(copied))
        for key in list(values):
            if key.startswith("augmentations"):
                values[key] = "out"
        return space.build(Known(values))

    return build


def test_without_augmentations_there_are_no_copies(unaugmented: Any) -> None:
    assert unaugmented().train.copies == 0


def test_copies_that_are_searched_conflict_with_no_augmentation(unaugmented: Any) -> None:
    with pytest.raises(Conflict, match=r"train\.copies needs augmentations, and none is in"):
        unaugmented(**{"train.copies": Search(1, 3)})
