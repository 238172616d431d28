"""What two recipes differ in, and the recipes that turn each change on and off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from emobench.api import UsageError
from emobench.recipes.load import load_recipe
from emobench.recipes.model import Recipe
from emobench.registry import load_registry
from emobench.runs.ablation import ablation, changes_between, with_change

Load = Callable[..., Recipe]

PARENT = """
schema: 1
task: synthetic-au/subjects
frontend: {use: values}
backbone: {use: dense, hidden: [16]}
head: {use: linear}
loss: {use: cross_entropy}
optimizer: {use: adamw, lr: 0.01}
techniques: [{use: mixup, alpha: 0.2}, early_stopping]
train: {epochs: 2, batch_size: 256}
"""


@pytest.fixture
def parent(tmp_path: Path) -> Recipe:
    return written(tmp_path / "parent.yaml", PARENT)


@pytest.fixture
def child(tmp_path: Path, parent: Recipe) -> Load:
    """A recipe that extends the parent by these lines."""

    def load(*lines: str) -> Recipe:
        text = "\n".join(["schema: 1", "extends: parent.yaml", *lines])
        return written(tmp_path / "child.yaml", text)

    return load


def written(path: Path, text: str) -> Recipe:
    path.write_text(text)
    return load_recipe(str(path), registry=load_registry())


def names(child: Recipe, parent: Recipe) -> list[str]:
    return [change.name for change in changes_between(child, against=parent)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("loss: {use: focal}", ["loss"]),
        ("loss: {class_weights: sqrt, label_smoothing: 0.1}",
         ["loss.label_smoothing", "loss.class_weights"]),
        ("optimizer: {lr: 0.02}", ["optimizer.lr"]),
        ("scheduler: {use: onecycle}", ["scheduler"]),
        ("train: {epochs: 3, batch_size: 32}", ["train.epochs", "train.batch_size"]),
        ("train: {workers: 3, checkpoint_every: 2}", []),
        ("techniques: [{use: mixup, alpha: 0.4}, early_stopping]", ["techniques.mixup"]),
        ("techniques: [early_stopping]", ["techniques.mixup"]),
        ("techniques: [{use: mixup, alpha: 0.2}, early_stopping, amp]", ["techniques.amp"]),
        ("techniques: [early_stopping, {use: mixup, alpha: 0.2}]", ["techniques (order)"]),
    ],
)  # fmt: skip
def test_each_difference_is_one_change(
    child: Load, parent: Recipe, line: str, found: list[str]
) -> None:
    assert names(child(line), parent) == found


def test_options_that_hold_only_together_are_one_change(child: Load, parent: Recipe) -> None:
    both = child("backbone: {hidden: [8, 8], dropout: [0.1, 0.2]}")
    assert names(both, parent) == ["backbone"]


def test_the_second_entry_of_a_name_has_a_number(child: Load, parent: Recipe) -> None:
    once = child("augmentations: [{use: noise}]")
    twice = child("augmentations: [{use: noise}, {use: noise, probability: 0.1}]")
    assert names(twice, once) == ["augmentations.noise#2"]


def test_all_changes_made_one_after_the_other_lead_to_the_child(
    child: Load, parent: Recipe
) -> None:
    other = child(
        "backbone: {hidden: [8]}",
        "loss: {use: focal}",
        "scheduler: {use: onecycle}",
        "techniques: [amp, early_stopping, {use: mixup, alpha: 0.4}]",
        "train: {epochs: 5}",
    )
    forth, back = parent, other
    for change in changes_between(other, against=parent):
        forth = with_change(forth, change, of=other)
        back = with_change(back, change, of=parent)
    assert forth.method() == other.method()
    assert back.method() == parent.method()


def test_an_entry_is_added_where_it_stands_in_the_other_list(child: Load, parent: Recipe) -> None:
    other = child("techniques: [{use: mixup, alpha: 0.2}, amp, early_stopping]")
    (change,) = changes_between(other, against=parent)
    added = with_change(parent, change, of=other)
    assert [block.use for block in added.techniques] == ["mixup", "amp", "early_stopping"]


def test_each_change_is_on_alone_in_the_parent_and_off_alone_in_the_child(
    child: Load, parent: Recipe
) -> None:
    other = child("loss: {use: focal}", "optimizer: {lr: 0.02}", "train: {epochs: 5}")
    apart = ablation(other, against=parent)
    loss = apart.variants[0]
    assert (loss.added.name, loss.removed.name) == ("parent with loss", "child without loss")
    assert changes_between(loss.added, against=parent) == (loss.change,)
    assert len(changes_between(loss.removed, against=parent)) == 2
    assert len(apart.recipes()) == 2 + 2 * 3


def test_of_a_single_change_parent_and_child_are_all_there_is_to_run(
    child: Load, parent: Recipe
) -> None:
    other = child("loss: {use: focal}")
    assert ablation(other, against=parent).recipes() == (parent, other)


def test_a_variant_that_a_known_recipe_is_has_its_name(child: Load, parent: Recipe) -> None:
    other = child("loss: {use: focal}", "train: {epochs: 5}")
    known = replace(child("loss: {use: focal}"), name="faces/focal", task=None)
    added = ablation(other, against=parent, known=[known]).variants[0].added
    assert added.name == "faces/focal"


def test_recipes_that_do_the_same_are_refused(child: Load, parent: Recipe) -> None:
    with pytest.raises(UsageError, match="'child' and 'parent' do the same: there is nothing to"):
        ablation(child("summary: The same again."), against=parent)


def test_the_guides_improved_model_falls_into_the_recipes_of_its_changes() -> None:
    """The action-unit family holds each change of its guide alone, so nothing is trained anew."""
    registry = load_registry()
    alone = ["wider", "dropout", "batch-norm", "class-weights", "plateau", "early-stopping"]
    alone += ["epochs", "best-checkpoint"]
    known = [load_recipe(f"aus/{name}", registry=registry) for name in alone]
    apart = ablation(
        load_recipe("aus/improved", registry=registry),
        against=load_recipe("aus/before", registry=registry),
        known=known,
    )
    added = {one.added.name for one in apart.variants}
    assert {f"aus/{name}" for name in alone} < added
    assert added - {f"aus/{name}" for name in alone} == {
        "aus/before with techniques.mean_predictions"
    }


def test_a_change_tells_both_values(child: Load, parent: Recipe) -> None:
    (change,) = changes_between(child("loss: {use: focal, gamma: 3.0}"), against=parent)
    assert (change.before, change.after) == ("cross_entropy", "{use: focal, gamma: 3.0}")
