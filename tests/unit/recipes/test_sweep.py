"""The `sweep` key: what it opens, pins, narrows and adds, and every fault of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emobench.api import Fault, RecipeError
from emobench.api.options import Search
from emobench.recipes.emit import to_yaml
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe, SweepBlock
from emobench.registry import Registry

Write = Callable[..., Path]
Loaded = Callable[[str], Recipe]


@pytest.fixture
def loaded(registry: Registry, write: Write, plain_recipe: str) -> Loaded:
    """The plain recipe with these lines under `sweep`."""

    def load(lines: str) -> Recipe:
        return load_recipe(write(plain_recipe + with_sweep(lines)), registry=registry)

    return load


def with_sweep(lines: str) -> str:
    return "sweep:\n" + "".join(f"  {line}\n" for line in lines.splitlines())


def block(recipe: Recipe) -> SweepBlock:
    assert recipe.sweep is not None
    return recipe.sweep


def faults_of(load: Callable[[], object]) -> list[Fault]:
    with pytest.raises(RecipeError) as caught:
        load()
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("line", "key", "search"),
    [
        ("optimizer.lr: 1e-3", "optimizer.adamw.lr", Search(choices=(1e-3,))),
        ("frontend.mels: [40, 64]", "frontend.logmel.mels", Search(choices=(40, 64))),
        ("train.copies: {low: 1, high: 9}", "train.copies", Search(1, 9)),
        ("optimizer.sgd.lr: 1", "", None),
        ("loss.focal.gamma: {low: 1, high: 2}", "loss.focal.gamma", Search(1.0, 2.0)),
        (
            "techniques.mixup.alpha: {low: 0.1, high: 1, log: true}",
            "techniques.mixup.alpha",
            Search(0.1, 1.0, log=True),
        ),
        ("techniques.0.alpha: 0.3", "techniques.0.alpha", Search(choices=(0.3,))),
        (
            "backbone.channels: [[8], [8, 16]]",
            "backbone.cnn.channels",
            Search(choices=([8], [8, 16])),
        ),
        ("backbone.scale: [null, 2]", "backbone.cnn.scale", Search(choices=(None, 2))),
        ("optimizer.fused: [true, false]", "optimizer.adamw.fused", Search(choices=(True, False))),
    ],
)
def test_a_key_gives_an_option_its_range(
    line: str, key: str, search: Search | None, loaded: Loaded
) -> None:
    if search is None:
        assert "unknown option 'lr'" in faults_of(lambda: loaded(line))[0].message
    else:
        assert dict(block(loaded(line)).ranges) == {key: search}


def test_a_narrower_range_stays_logarithmic_where_the_option_is(loaded: Loaded) -> None:
    narrowed = loaded("optimizer.lr: {low: 1e-4, high: 1e-3}")
    linear = loaded("optimizer.lr: {low: 1e-4, high: 1e-3, log: false}")
    assert [block(one).ranges["optimizer.adamw.lr"].log for one in (narrowed, linear)] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("line", "opened"),
    [
        ("open: [loss, techniques]", ("loss", "techniques")),
        ("open: [technique]", ("techniques",)),
        ("open: all", ("all",)),
    ],
)
def test_kinds_are_opened_by_their_own_name_or_by_the_recipes(
    line: str, opened: tuple[str, ...], loaded: Loaded
) -> None:
    assert block(loaded(line)).open == opened


@pytest.mark.parametrize(
    ("line", "components"),
    [
        ("loss: [focal, cross_entropy]", {"loss": ("focal", "cross_entropy")}),
        ("scheduler: [cosine, none]", {"scheduler": ("cosine", "none")}),
        ("techniques: stopping", {"techniques": ("stopping",)}),
    ],
)
def test_a_section_is_opened_among_named_components(
    line: str, components: dict[str, tuple[str, ...]], loaded: Loaded
) -> None:
    assert dict(block(loaded(line)).components) == components


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("open: [los]", 10, "unknown kind to open 'los'; did you mean 'loss'?"),
        ("open: [3]", 10, "unknown kind to open '3'"),
        ("optimiser.lr: 1", 3, "unknown key of sweep 'optimiser.lr'; did you mean"),
        ("train: {epochs: 3}", 3, "unknown key of sweep 'train'"),
        ("optimizer.lrr: 1", 3, "optimizer.adamw: unknown option 'lrr'; did you mean 'lr'?"),
        ("train.epoch: 1", 3, "train: unknown option 'epoch'; did you mean 'epochs'?"),
        ("train.workers: 1", 3, "train: unknown option 'workers'"),
        ("optimizer.lr: 0", 17, "optimizer.lr: must be greater than 0, got 0"),
        ("frontend.mels: [40, 0]", 23, "frontend.mels: must be at least 1, got 0"),
        ("frontend.mels: 4.5", 18, "frontend.mels: expected whole number, got number 4.5"),
        ("frontend.mels: []", 18, "frontend.mels: the list is empty; write a value"),
        ("train.epochs: {low: 0, high: 9}", 23, "train.epochs.low: must be at least 1"),
        ("train.epochs: {low: 1, high: 9.5}", 32, "train.epochs.high: expected whole number"),
        ("train.epochs: {low: 9, high: 1}", 17, "low must lie below high, got 9 and 1"),
        ("train.epochs: {low: 9}", 17, "train.epochs: option 'high' is required"),
        (
            "train.epochs: {low: 1, high: 9, logg: true}",
            35,
            "unknown option 'logg'; did you mean 'log'?",
        ),
        (
            "optimizer.lr: {low: 0, high: 1, log: true}",
            17,
            "low must be greater than 0 where log is true, got 0",
        ),
        (
            "backbone.channels: [8, 16]",
            22,
            "backbone.channels: a list gives the values to choose from, each a list of whole "
            "numbers; to pin it to [8, 16] write [[8, 16]]",
        ),
        (
            "loss.class_weights: {low: 1, high: 2}",
            23,
            "a range is for numbers, and this takes one of none, sqrt; list values",
        ),
        (
            "loss.gamma: 1",
            3,
            "known: class_weights, label_smoothing; for that of 'focal' write",
        ),
        ("loss.focale.gamma: 1", 3, "unknown loss 'focale'; did you mean 'focal'?"),
        ("loss: [focale]", 10, "unknown loss 'focale'; did you mean 'focal'?"),
        ("loss: none", 9, "unknown loss 'none'"),
        ("loss: [3]", 10, "expected the name of a loss, one of those that are to be tried"),
        ("loss: []", 9, "name a loss at least"),
        ("scheduler.warmup: 1", 3, "the recipe has no 'scheduler'; name the scheduler:"),
        ("techniques.mixup: 1", 3, "write the key as techniques.NAME.OPTION"),
        ("techniques.7.alpha: 1", 3, "the recipe has 2 techniques; there is no entry 7"),
    ],
)
def test_a_fault_is_told_with_its_place(
    line: str, column: int, message: str, loaded: Loaded, plain_recipe: str
) -> None:
    (fault,) = faults_of(lambda: loaded(line))
    assert message in fault.message
    below = len(plain_recipe.splitlines()) + 2
    assert (fault.file, fault.line, fault.column) == ("mine.yaml", below, column)


def test_every_fault_is_told_at_once(loaded: Loaded) -> None:
    faults = faults_of(lambda: loaded("open: [los]\noptimizer.lrr: 1\ntrain.epochs: [0, x]"))
    assert [fault.line for fault in faults] == [10, 11, 12, 12]


def test_faults_of_a_block_hide_no_fault_of_the_sweep(
    registry: Registry, write: Write, plain_recipe: str
) -> None:
    text = plain_recipe.replace("lr: 1e-3", "lr: 0") + with_sweep("optimizer.lr: 1\nloss.no.x: 1")
    faults = faults_of(lambda: load_recipe(write(text), registry=registry))
    assert [fault.message for fault in faults] == [
        "adamw.lr: must be greater than 0, got 0",
        "unknown loss 'no'; known: cross_entropy, focal",
    ]


def test_it_must_be_a_mapping(registry: Registry, write: Write, plain_recipe: str) -> None:
    path = write(plain_recipe + "sweep: [loss]\n")
    (fault,) = faults_of(lambda: load_recipe(path, registry=registry))
    assert fault.message.startswith("'sweep' must be a mapping of keys, such as optimizer.lr, to a")


def test_an_ensemble_has_none(registry: Registry, write: Write, plain_recipe: str) -> None:
    write(plain_recipe, "one.yaml")
    members = "schema: 1\nmembers: [{use: one.yaml, copies: 2}]\ncombiner: vote\n"
    path = write(members + with_sweep("open: loss"), "ensemble.yaml")
    (fault,) = faults_of(lambda: load_recipe(path, registry=registry))
    assert fault.message == "an ensemble cannot be swept; give 'sweep' to the recipe of a member"


def test_a_child_inherits_changes_and_removes_keys(
    registry: Registry, write: Write, plain_recipe: str
) -> None:
    write(plain_recipe + with_sweep("open: loss\noptimizer.lr: 1\ntrain.epochs: 3"), "parent.yaml")
    child = "schema: 1\nextends: parent.yaml\n" + with_sweep("optimizer.lr: null\ntrain.epochs: 4")
    found = block(load_recipe(write(child, "child.yaml"), registry=registry))
    assert found.open == ("loss",)
    assert dict(found.ranges) == {"train.epochs": Search(choices=(4,))}


def test_null_removes_all_of_it(registry: Registry, write: Write, plain_recipe: str) -> None:
    write(plain_recipe + with_sweep("open: loss"), "parent.yaml")
    path = write("schema: 1\nextends: parent.yaml\nsweep: null\n", "child.yaml")
    assert load_recipe(path, registry=registry).sweep is None


def test_it_is_no_part_of_the_method_and_stored_nowhere(
    loaded: Loaded, registry: Registry, write: Write, plain_recipe: str
) -> None:
    plain = load_recipe(write(plain_recipe), registry=registry)
    swept = loaded("open: all\noptimizer.lr: 1")
    assert swept.method() == plain.method()
    assert swept == plain
    again = load_recipe(write(to_yaml(swept.dump())), registry=registry)
    assert again.sweep is None
