"""What a sweep may change in a recipe, and that it changes nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from emobench.api import Component
from emobench.api.errors import PluginError, UsageError
from emobench.recipes.emit import to_yaml
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import Plugin, Registry
from emobench.sweeps.recipe_space import SearchSpace, as_trial, fixed_keys, space_of
from emobench.sweeps.suggest import Conflict, Drawn, Known

DRAWS = 60
CLIPPING = {"techniques.clipping.low": 3, "techniques.clipping.high": 1}
OPENABLE = ("backbone", "loss", "sampler", "optimizer", "scheduler", "augmentations", "techniques")

anything = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def draw(space: SearchSpace, seed: int) -> Recipe:
    """The first recipe by chance whose options go together."""
    for attempt in range(100):
        try:
            return space.build(Drawn(f"{seed} {attempt}"))
        except Conflict:
            continue
    raise AssertionError("nothing in this space goes together")


def used(recipe: Recipe, section: str) -> list[str]:
    return [block.use for block in getattr(recipe, section)]


def inside(recipe: Recipe) -> Recipe:
    """The recipe with a batch size that the range has."""
    return replace(recipe, train=recipe.train.replace(batch_size=16))


def test_a_closed_space_is_every_searched_option_and_the_batch_size(
    recipe: Recipe, registry: Registry
) -> None:
    rows = [
        (row.key, row.values, row.package) for row in space_of(recipe, registry=registry).describe()
    ]
    assert rows == [
        ("backbone.hidden", "[8] or [16, 8]", "acme"),
        ("loss.gamma", "0.5 to 5.0", "acme"),
        ("optimizer.lr", "0.0001 to 0.01, log", "acme"),
        ("augmentations.0.level", "1 to 9", "acme"),
        ("augmentations.1.level", "1 to 9", "acme"),
        ("techniques.mixup.alpha", "0.1 to 0.8", "acme"),
        ("train.batch_size", "16, 32, 64 or 128", "emobench"),
    ]


def test_a_closed_space_changes_searched_options_alone(recipe: Recipe, registry: Registry) -> None:
    drawn = draw(space_of(recipe, registry=registry), 1).method()
    plain = recipe.method()
    assert drawn != plain
    for section, key in (
        ("backbone", "hidden"),
        ("loss", "gamma"),
        ("optimizer", "lr"),
        ("train", "batch_size"),
    ):
        drawn[section][key] = plain[section][key]
    drawn["techniques"][0]["alpha"] = 0.4
    for block, level in zip(drawn["augmentations"], (1, 2), strict=True):
        block["level"] = level
    assert drawn == plain


def test_a_name_says_that_a_recipe_is_a_trial_and_follows_its_content(
    recipe: Recipe, registry: Registry
) -> None:
    space = space_of(recipe, registry=registry)
    first, again, other = (as_trial(recipe, draw(space, seed)) for seed in (1, 1, 2))
    assert first.name.startswith("mine-trial-")
    assert first.name == again.name != other.name


def test_a_drawn_recipe_survives_its_own_yaml(
    recipe: Recipe, registry: Registry, tmp_path: Path
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["loss", "techniques", "scheduler"])
    for seed in range(10):
        drawn = draw(space, seed)
        path = tmp_path / "drawn.yaml"
        path.write_text(to_yaml(drawn.dump()))
        assert load_recipe(path, registry=registry).method() == drawn.method()


def test_a_fixed_option_keeps_the_recipes_value(recipe: Recipe, registry: Registry) -> None:
    space = space_of(
        recipe,
        registry=registry,
        fixed=("optimizer.lr", "techniques.mixup.alpha", "train.batch_size"),
    )
    for seed in range(5):
        drawn = draw(space, seed).method()
        assert drawn["optimizer"]["lr"] == 1e-3
        assert drawn["techniques"][0]["alpha"] == 0.4
        assert drawn["train"]["batch_size"] == 8
    keys = {row.key for row in space.describe()}
    assert keys.isdisjoint({"optimizer.lr", "techniques.mixup.alpha", "train.batch_size"})


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("optimizer.lr=1e-3", "optimizer.lr"),
        ("backbone.hidden.0=4", "backbone.hidden"),
        ("techniques.mixup.alpha=0.1", "techniques.mixup.alpha"),
        ("techniques.0.alpha=0.1", "techniques.mixup.alpha"),
        ("augmentations.1.level=3", "augmentations.1.level"),
        ("loss=focal", "loss"),
        ("techniques.mixup=null", "techniques.mixup"),
    ],
)
def test_what_is_set_by_name_is_fixed(override: str, key: str, recipe: Recipe) -> None:
    assert fixed_keys([override], recipe=recipe) == {key}


def test_an_opened_kind_picks_every_installed_component_equally_often(
    recipe: Recipe, registry: Registry
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["loss"])
    names = [draw(space, seed).loss.use for seed in range(400)]
    counts = [names.count(name) for name in ("cross_entropy", "focal")]
    assert sum(counts) == 400
    assert stats.chisquare(counts).pvalue > 0.001


def test_the_recipes_own_component_keeps_what_is_not_searched(
    recipe: Recipe, registry: Registry
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["loss", "technique"])
    drawn = [draw(space, seed) for seed in range(DRAWS)]
    losses = [one.loss.dump() for one in drawn if one.loss.use == "focal"]
    assert {block["reduction"] for block in losses} == {"sum"}
    mixed = [block.dump() for one in drawn for block in one.techniques if block.use == "mixup"]
    assert {block["mode"] for block in mixed} == {"half"}


def test_an_option_exists_only_where_its_component_was_picked(
    recipe: Recipe, registry: Registry
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["loss"])
    for seed in range(DRAWS):
        values = space.values(draw(space, seed))
        assert ("loss.focal.gamma" in values) == (values["loss"] == "focal")
    whens = {row.key: row.when for row in space.describe()}
    assert whens["loss.focal.gamma"] == "loss is focal"
    assert whens["optimizer.lr"] == ""


def test_a_section_that_no_recipe_needs_may_be_left_out(recipe: Recipe, registry: Registry) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["scheduler"])
    schedulers = {draw(space, seed).scheduler for seed in range(DRAWS)}
    assert {block.use if block else None for block in schedulers} == {None, "cosine"}
    assert space.describe()[3].values == "cosine or none"


def test_each_listed_component_is_in_or_out_by_itself(recipe: Recipe, registry: Registry) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["techniques"])
    found = {tuple(used(draw(space, seed), "techniques")) for seed in range(DRAWS)}
    assert found == {(), ("mixup",), ("clipping",), ("mixup", "clipping")}


def test_options_that_conflict_are_never_drawn(recipe: Recipe, registry: Registry) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["techniques"])
    drawn = [draw(space, seed) for seed in range(DRAWS)]
    blocks = [block.dump() for one in drawn for block in one.techniques if block.use == "clipping"]
    assert blocks
    assert all(block["low"] < block["high"] for block in blocks)


def test_a_component_that_needs_a_users_word_is_left_out_with_a_note(
    recipe: Recipe, registry: Registry
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["techniques", "optimizer"])
    assert space.notes == (
        "technique 'distillation' is left out: its option 'teacher' has no default",
    )


def test_a_required_option_that_is_searched_keeps_its_component_in(
    recipe: Recipe, registry: Registry
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["optimizer"])
    names = {draw(space, seed).optimizer.use for seed in range(DRAWS)}
    assert names == {"adamw", "sgd"}


def test_a_component_that_set_took_out_is_not_put_back(recipe: Recipe, registry: Registry) -> None:
    without = replace(recipe, techniques=())
    space = space_of(
        without, registry=registry, open_kinds=["techniques"], fixed=["techniques.mixup"]
    )
    assert not any("mixup" in used(draw(space, seed), "techniques") for seed in range(20))


def test_opening_one_kind_moves_no_draw_of_another(recipe: Recipe, registry: Registry) -> None:
    closed = draw(space_of(recipe, registry=registry), 5)
    opened = space_of(recipe, registry=registry, open_kinds=["scheduler", "techniques"])
    assert draw(opened, 5).optimizer == closed.optimizer
    assert draw(opened, 5).backbone == closed.backbone


@anything
@given(seed=st.integers(0, 2**32), opened=st.sets(st.sampled_from(OPENABLE)))
def test_values_are_what_build_asks_for_and_build_the_recipe_again(
    seed: int, opened: set[str], recipe: Recipe, registry: Registry, noted: Callable[..., Any]
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=sorted(opened))
    try:
        built = space.build(Drawn(str(seed)))
    except Conflict:
        return
    values = space.values(built)
    asked = noted(Known(values))
    assert space.build(asked) == built
    assert asked.values == values == json.loads(json.dumps(values))


def test_of_one_component_twice_each_keeps_its_own_values(
    recipe: Recipe, registry: Registry
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["augmentations"])
    given = {**space.values(inside(recipe)), "augmentations.0": "out"}
    del given["augmentations.0.level"]
    built = space.build(Known(given))
    assert [block.dump() for block in built.augmentations] == [{"use": "noise", "level": 2}]


def test_an_opened_component_has_keys_of_its_own(recipe: Recipe, registry: Registry) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["optimizer", "scheduler"])
    keys = [row.key for row in space.describe()]
    assert keys[2:6] == ["optimizer", "optimizer.adamw.lr", "optimizer.sgd.lr", "scheduler"]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"loss": "hinge"}, "'loss' is 'hinge', which is none of its choices"),
        ({"loss.focal.gamma": 9.0}, "'loss.focal.gamma' is 9, not from 0.5 to 5"),
        ({"techniques.mixup": "out", "techniques.clipping": "in"}, "no value for 'techniques.clip"),
        ({"techniques.clipping": "in", **CLIPPING}, "low must lie below high"),
    ],
)
def test_values_that_do_not_fit_conflict(
    changed: dict[str, Any], message: str, recipe: Recipe, registry: Registry
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["loss", "techniques"])
    with pytest.raises(Conflict) as caught:
        space.build(Known({**space.values(recipe), **changed}))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("opened", "message"),
    [
        ([], "'techniques' cannot be clipping in this space"),
        (["techniques"], "'loss' cannot be cross_entropy in this space"),
    ],
)
def test_a_recipe_with_another_component_has_no_values(
    opened: list[str], message: str, recipe: Recipe, registry: Registry
) -> None:
    everything = space_of(recipe, registry=registry, open_kinds=["loss", "techniques"])
    other = everything.build(
        Known(
            {
                **everything.values(inside(recipe)),
                "loss": "cross_entropy",
                "techniques.clipping": "in",
                "techniques.clipping.low": 1,
                "techniques.clipping.high": 2,
            }
        )
    )
    space = space_of(recipe, registry=registry, open_kinds=opened)
    with pytest.raises(Conflict, match=message):
        space.values(replace(other, loss=recipe.loss) if not opened else other)


def test_a_plugin_joins_the_space_when_it_is_installed(recipe: Recipe, registry: Registry) -> None:
    theirs = Plugin(package="stranger", version="1", module="stranger")
    registry.add("loss", Component(name="mine", target="a:B", summary="new"), theirs)
    space = space_of(recipe, registry=registry, open_kinds=["loss"])
    row = next(row for row in space.describe() if row.key == "loss")
    assert (row.values, row.package) == ("focal, cross_entropy or mine", "acme, stranger")


def test_a_range_that_its_own_options_refuse_names_the_plugin(
    recipe: Recipe, registry: Registry
) -> None:
    space = space_of(recipe, registry=registry, open_kinds=["postprocess"])
    with pytest.raises(PluginError) as caught:
        [draw(space, seed) for seed in range(DRAWS)]
    assert "postprocessor 'broken' of plugin acme 2.0 refuses what was drawn" in str(caught.value)
    assert "must be at most 1" in str(caught.value)


def test_an_unknown_kind_is_told_with_the_nearest(recipe: Recipe, registry: Registry) -> None:
    with pytest.raises(UsageError, match="unknown kind to open 'techniquess'; did you mean 'techn"):
        space_of(recipe, registry=registry, open_kinds=["techniquess"])


@pytest.mark.parametrize("fixed", ["loss", "loss.use"])
def test_a_choice_cannot_be_fixed_and_open(fixed: str, recipe: Recipe, registry: Registry) -> None:
    with pytest.raises(UsageError) as caught:
        space_of(recipe, registry=registry, open_kinds=["loss"], fixed=[fixed])
    assert str(caught.value) == (
        "--set fixes the loss and --open loss would choose it; leave one of them out"
    )
