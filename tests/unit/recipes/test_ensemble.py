"""Ensemble files: members, combiner, what may not stand beside them, and what `--set` changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emobench.api import RecipeError
from emobench.recipes.emit import to_yaml
from emobench.recipes.load import load_recipe, load_recipes, shipped_recipes
from emobench.recipes.model import EnsembleRecipe
from emobench.registry import Registry

Write = Callable[..., Path]
Load = Callable[..., EnsembleRecipe]
Faults = Callable[..., list[str]]

ENSEMBLE = """\
schema: 1
summary: Two of one kind.
task: set/offer
members:
  - own.yaml
  - use: other.yaml
    copies: 2
    set: {train.epochs: 7, loss.label_smoothing: 0.2}
combiner: {use: vote, weights: [1, 2, 3]}
"""


@pytest.fixture
def folder(write: Write) -> Write:
    """Where `own.yaml` and `other.yaml` lie; writes more files there."""
    write(name="own.yaml")
    write("schema: 1\nextends: own.yaml\nloss: {label_smoothing: 0.3}\n", "other.yaml")
    return write


@pytest.fixture
def load(folder: Write, registry: Registry) -> Load:
    def load_text(text: str = ENSEMBLE, *overrides: str) -> EnsembleRecipe:
        path = folder(text, "together.yaml")
        (ensemble,) = load_recipes([path], overrides=overrides, registry=registry)
        assert isinstance(ensemble, EnsembleRecipe)
        return ensemble

    return load_text


@pytest.fixture
def faults(load: Load) -> Faults:
    def of(text: str = ENSEMBLE, *overrides: str) -> list[str]:
        with pytest.raises(RecipeError) as caught:
            load(text, *overrides)
        return [str(fault) for fault in caught.value.faults]

    return of


def test_members_are_whole_recipes_changed_by_their_own_set(load: Load) -> None:
    ensemble = load()
    own, other = ensemble.members
    assert (ensemble.name, ensemble.task, ensemble.summary) == (
        "together",
        "set/offer",
        "Two of one kind.",
    )
    assert (own.recipe.name, own.copies, own.recipe.train.epochs) == ("own", 1, 3)
    assert (other.recipe.name, other.copies, other.recipe.train.epochs) == ("other", 2, 7)
    assert other.recipe.loss.dump()["label_smoothing"] == 0.2
    assert ensemble.combiner.dump() == {"use": "vote", "weights": [1.0, 2.0, 3.0]}


def test_a_member_is_the_recipe_that_its_file_is(load: Load, registry: Registry) -> None:
    assert load().members[0].recipe == load_recipe("own.yaml", registry=registry)


def test_members_are_looked_for_beside_the_file_that_names_them(folder: Write, load: Load) -> None:
    folder("schema: 1\nextends: ../own.yaml\ntrain: {epochs: 9}\n", "deep/own.yaml")
    folder("schema: 1\nmembers: [{use: own.yaml, copies: 2}]\ncombiner: vote\n", "deep/pair.yaml")
    ensemble = load("schema: 1\nextends: deep/pair.yaml\n")
    assert ensemble.members[0].recipe.train.epochs == 9


def test_a_written_out_ensemble_loads_as_itself_without_its_members_files(
    load: Load, registry: Registry
) -> None:
    ensemble = load()
    text = to_yaml(ensemble.dump())
    for name in ("own.yaml", "other.yaml"):
        Path(name).unlink()
    Path("together.yaml").write_text(text)
    assert load_recipes(["together.yaml"], registry=registry) == [ensemble]


def test_a_written_out_member_takes_a_line_a_key(load: Load) -> None:
    lines = to_yaml(load().dump()).splitlines()
    start = lines.index("members:")
    assert lines[start + 1 : start + 5] == [
        "  - name: own",
        "    copies: 1",
        "    recipe:",
        "      schema: 1",
    ]
    assert "      backbone: {use: cnn, channels: [8, 16], scale: null}" in lines


def test_extends_merges_the_combiner_and_replaces_the_members(folder: Write, load: Load) -> None:
    folder(ENSEMBLE, "parent.yaml")
    start = "schema: 1\nextends: parent.yaml\n"
    weighed = load(start + "combiner: {weights: null}\n")
    assert weighed.combiner.dump() == {"use": "vote", "weights": None}
    assert [member.copies for member in weighed.members] == [1, 2]
    stacked = load(start + "combiner: stack\nmembers: [{use: own.yaml, copies: 3}]\n")
    assert stacked.combiner.dump() == {"use": "stack"}
    assert [member.copies for member in stacked.members] == [3]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "task: set/offer",
            "head: linear",
            "together.yaml:3:1: 'head' has no place in an ensemble, which 'members' makes this: an "
            "ensemble trains nothing itself; give 'head' to its members, in their files or by "
            "`set`",
        ),
        (
            "- own.yaml",
            "- owm",
            f"together.yaml:5:5: unknown recipe 'owm'; known: {', '.join(shipped_recipes())}; "
            "nor is it a file beside this one",
        ),
        (
            "- own.yaml",
            "- own",
            "together.yaml:5:5: unknown recipe 'own'; did you mean the file 'own.yaml'?",
        ),
        (
            "- own.yaml",
            "- together.yaml",
            "together.yaml:5:5: 'together' is an ensemble, and only recipes that train can be "
            "members; name its members here instead",
        ),
        ("copies: 2", "copies: 0", "together.yaml:7:13: copies: must be at least 1, got 0"),
        (
            "copies: 2",
            "copy: 2",
            "together.yaml:7:5: unknown key of a member 'copy'; did you mean 'copies'?; known: "
            "copies, name, recipe, set, use",
        ),
        (
            "train.epochs: 7",
            "train.epochs: x",
            "together.yaml:8:25: train.epochs: expected whole number, got text 'x'",
        ),
        (
            "train.epochs: 7",
            "task: x",
            "together.yaml:8:11: unknown key 'task'; known: augmentations, backbone, frontend, "
            "head, loss, optimizer, postprocess, sampler, scheduler, techniques, train",
        ),
        (
            "train.epochs: 7",
            "sampler.x: 1",
            "together.yaml:8:11: recipe 'other' has no 'sampler' to change; pick one with "
            "sampler.use=NAME",
        ),
        (
            "use: vote",
            "use: voting",
            "together.yaml:9:17: unknown combiner 'voting'; did you mean 'vote'?; known: stack, "
            "vote",
        ),
        (
            "{use: vote, weights: [1, 2, 3]}",
            "mixup",
            "together.yaml:9:11: 'mixup' is a technique (key 'techniques'), not a combiner; known: "
            "stack, vote",
        ),
        (
            "combiner: {use: vote, weights: [1, 2, 3]}",
            "",
            "together.yaml:1:1: 'combiner' is required: which combiner? known: stack, vote",
        ),
        (
            "- own.yaml",
            "- {use: own.yaml, name: mine}",
            "together.yaml:5:21: 'name' goes with 'recipe'; a member named by 'use' keeps its own "
            "name",
        ),
        (
            "- own.yaml",
            "- {name: mine, recipe: {extends: own.yaml}}",
            "together.yaml:5:26: 'extends' cannot stand in a recipe that is written out here",
        ),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(
    faults: Faults, old: str, new: str, expected: str
) -> None:
    assert old in ENSEMBLE
    assert faults(ENSEMBLE.replace(old, new, 1)) == [expected]


@pytest.mark.parametrize("members", ["[]", "[own.yaml]", "[{use: own.yaml, copies: 1}]"])
def test_one_member_alone_is_no_ensemble(faults: Faults, members: str) -> None:
    assert faults(f"schema: 1\nmembers: {members}\ncombiner: vote\n") == [
        "together.yaml:2:10: an ensemble needs two members at least; name another recipe, or give "
        "copies: 2"
    ]


@pytest.mark.parametrize("members", ["own.yaml", "{use: own.yaml}", "3"])
def test_members_must_be_a_list(faults: Faults, members: str) -> None:
    (fault,) = faults(f"schema: 1\nmembers: {members}\ncombiner: vote\n")
    assert fault.startswith("together.yaml:2:10: 'members' must be a list, each entry after a '- '")


def test_faults_of_a_members_own_file_point_into_it(folder: Write, faults: Faults) -> None:
    folder("schema: 1\nextends: own.yaml\nloss: {label_smoothing: 3}\n", "other.yaml")
    text = ENSEMBLE.replace("    set: {train.epochs: 7, loss.label_smoothing: 0.2}\n", "")
    assert faults(text) == [
        "other.yaml:3:25: cross_entropy.label_smoothing: must be less than 1, got 3"
    ]


def test_an_ensemble_does_not_extend_a_recipe_that_trains(faults: Faults) -> None:
    text = "schema: 1\nextends: own.yaml\nmembers: [own.yaml, other.yaml]\n"
    assert faults(text) == [
        "together.yaml:2:10: 'own.yaml' is no ensemble, and an ensemble extends only another one; "
        "name it under 'members'"
    ]


def test_a_recipe_that_trains_does_not_extend_an_ensemble(folder: Write, faults: Faults) -> None:
    folder(ENSEMBLE, "parent.yaml")
    assert faults("schema: 1\nextends: parent.yaml\nloss: focal\n") == [
        "together.yaml:3:1: 'loss' has no place here: 'parent.yaml', which this extends, is an "
        "ensemble, and an ensemble trains nothing itself"
    ]


def test_set_changes_the_combiner_and_every_member(load: Load) -> None:
    ensemble = load(ENSEMBLE, "combiner.weights=[3, 2, 1]", "train.epochs=5", "task=a/b")
    assert ensemble.combiner.dump()["weights"] == [3.0, 2.0, 1.0]
    assert [member.recipe.train.epochs for member in ensemble.members] == [5, 5]
    assert ensemble.task == "a/b"
    assert load(ENSEMBLE, "combiner=stack").combiner.dump() == {"use": "stack"}


def test_set_comes_after_what_a_member_sets_itself(load: Load) -> None:
    text = ENSEMBLE.replace("train.epochs: 7", "optimizer: sgd")
    assert load(text).members[1].recipe.optimizer.use == "sgd"
    again = load(text, "optimizer={use: adamw, lr: 0.5}").members[1].recipe.optimizer
    assert (again.use, again.dump()["lr"]) == ("adamw", 0.5)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("members.0=own.yaml", "--set members.0=own.yaml: members cannot be changed so; a key of"),
        ("combiner.weight=1", "--set combiner.weight=1: vote: unknown option 'weight'; did you"),
        ("techniques.cutmix.alpha=1", "recipe 'own' has no technique 'cutmix', only mixup, stop"),
        ("combine=vote", "--set combine=vote: unknown key 'combine'; did you mean 'combiner'?"),
    ],
)
def test_a_set_that_goes_nowhere_says_why(faults: Faults, override: str, words: str) -> None:
    assert words in faults(ENSEMBLE, override)[0]


def test_a_recipe_that_trains_takes_no_combiner(write: Write, registry: Registry) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(), overrides=["combiner=vote"], registry=registry)
    assert str(caught.value) == (
        "--set combiner=vote: recipe 'mine' is no ensemble: a combiner joins members, and it has "
        "none"
    )


def test_where_only_a_recipe_that_trains_will_do_an_ensemble_is_refused(
    load: Load, registry: Registry
) -> None:
    load()
    with pytest.raises(RecipeError, match=r"together\.yaml: this is an ensemble, and only a"):
        load_recipe("together.yaml", registry=registry)
