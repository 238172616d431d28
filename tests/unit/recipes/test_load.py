from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emobench.api import RecipeError
from emobench.recipes import load
from emobench.recipes.emit import to_yaml
from emobench.recipes.load import find_recipe, load_recipe, load_recipes, shipped_recipes
from emobench.recipes.model import Recipe
from emobench.registry import Registry

Write = Callable[..., Path]


def faults(call: Callable[[], object]) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        call()
    return [str(fault) for fault in caught.value.faults]


@pytest.fixture
def failing(registry: Registry, write: Write) -> Callable[..., list[str]]:
    """The faults of a recipe text."""

    def load_text(text: str, *overrides: str) -> list[str]:
        path = write(text)
        return faults(lambda: load_recipe(path, overrides=overrides, registry=registry))

    return load_text


@pytest.fixture
def loaded(registry: Registry, write: Write, plain_recipe: str) -> Callable[..., Recipe]:
    """A recipe that extends the plain one, with a text and overrides."""

    def load_text(text: str = "", *overrides: str) -> Recipe:
        write(plain_recipe, "parent.yaml")
        path = write(f"schema: 1\nextends: parent.yaml\n{text}", "child.yaml")
        return load_recipe(path, overrides=overrides, registry=registry)

    return load_text


def test_a_recipe_is_typed_and_complete(registry: Registry, write: Write) -> None:
    recipe = load_recipe(write(), registry=registry)
    assert recipe.name == "mine"
    assert recipe.path == "mine.yaml"
    assert recipe.dump() == {
        "schema": 1,
        "frontend": {"use": "logmel", "mels": 64},
        "backbone": {"use": "cnn", "channels": [8, 16], "scale": None},
        "head": {"use": "linear"},
        "loss": {"use": "cross_entropy", "label_smoothing": 0.1, "class_weights": "none"},
        "sampler": None,
        "optimizer": {"use": "adamw", "lr": 0.001, "fused": False},
        "scheduler": None,
        "augmentations": [],
        "techniques": [{"use": "mixup", "alpha": 0.4}, {"use": "stopping"}],
        "postprocess": [],
        "train": {
            "epochs": 3,
            "batch_size": 64,
            "select": "best",
            "copies": 0,
            "checkpoint_every": 1,
            "workers": 0,
        },
    }


def test_a_block_remembers_the_plugin_it_came_from(registry: Registry, write: Write) -> None:
    loss = load_recipe(write(), registry=registry).loss
    assert (loss.kind, loss.package, loss.version) == ("loss", "acme", "2.0")


def test_every_fault_of_every_file_is_reported_in_order(
    registry: Registry, write: Write, plain_recipe: str
) -> None:
    first = write(
        "schema: 1\nfrontend: logmell\nbackbone: {use: cnn, chanels: [1], scale: big}\n"
        "head: 3\nloss: {label_smoothing: 2}\noptimizer: {use: adamw}\nlosss: x\n",
        "first.yaml",
    )
    second = write(plain_recipe.replace("epochs: 3", "epochs: 0"), "second.yaml")
    found = faults(lambda: load_recipes([first, second, "third"], registry=registry))
    assert found[:-1] == [
        "first.yaml:2:11: unknown frontend 'logmell'; did you mean 'logmel'?; known: logmel",
        "first.yaml:3:22: cnn: unknown option 'chanels'; did you mean 'channels'?; "
        "known: channels, scale",
        "first.yaml:3:43: cnn.scale: expected number or null, got text 'big'",
        "first.yaml:4:7: expected a head: its name, or a mapping with 'use' and its options",
        "first.yaml:5:7: 'use' is missing: which loss? known: cross_entropy, focal",
        "first.yaml:6:12: adamw: option 'lr' is required",
        "first.yaml:7:1: unknown key 'losss'; did you mean 'loss'?; known: augmentations, "
        "backbone, extends, frontend, head, loss, optimizer, postprocess, sampler, scheduler, "
        "schema, summary, sweep, task, techniques, train",
        "second.yaml:8:17: train.epochs: must be at least 1, got 0",
    ]
    assert found[-1].startswith("unknown recipe 'third'")


def test_a_known_component_that_is_absent_names_its_package(
    failing: Callable[..., list[str]], plain_recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = {"technique": {"swa": "emobench-averaging"}}
    monkeypatch.setattr("emobench.registry.published_components", lambda: catalogue)
    text = plain_recipe.replace("stopping]", "swa]")
    assert failing(text) == [
        "mine.yaml:6:40: unknown technique 'swa'; known: mixup, stopping; "
        "'swa' is part of emobench-averaging: pip install emobench-averaging"
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("schema: 1", "task: a/b", "mine.yaml:1:1: 'schema' is required; write 'schema: 1' first"),
        ("schema: 1", "schema: 2", "1:9: schema 2 is not known here, only schema 1; upgrade"),
        ("schema: 1", "schema: '1'", "1:9: 'schema' must be the number 1"),
        ("schema: 1", "schema: true", "1:9: 'schema' must be the number 1"),
        ("head: linear", "", "1:1: 'head' is required: which head? known: linear"),
        ("head: linear", "head: ~", "4:7: 'head' is required: which head?"),
        ("head: linear", "head: {use: 3}", "4:13: 'use' must be the name of a head"),
        (
            "stopping]",
            "mixup]",
            "6:40: technique 'mixup' is given twice (entries 1 and 2)",
        ),
        ("[{use: mixup, alpha: 0.4}, stopping]", "mixup", "6:13: 'techniques' must be a list"),
        ("{epochs: 3}", "3", "8:8: 'train' must be a mapping, such as {epochs: 30}"),
        ("[8, 16]", "[8, 0]", "cnn.channels.1: must be at least 1, got 0"),
        ("[8, 16]", "[8, true]", "cnn.channels.1: expected whole number, got truth value True"),
        ("[8, 16]", "[]", "cnn.channels: needs at least 1 item(s), got 0"),
        ("1e-3", ".inf", "adamw.lr: must be a finite number, got inf"),
        ("1e-3", "1e999", "adamw.lr: must be a finite number, got inf"),
        ("schema: 1", "schema: 1\ntask: 3", "2:7: 'task' must be text"),
        ("schema: 1", "schema: 1\nextends: [a]", "2:10: 'extends' takes one relative path"),
        ("schema: 1", "schema: 1\nextends: nix", "2:10: unknown recipe 'nix'"),
    ],
)
def test_a_wrong_recipe_is_refused_with_its_place(
    failing: Callable[..., list[str]], plain_recipe: str, old: str, new: str, words: str
) -> None:
    found = failing(plain_recipe.replace(old, new, 1))
    assert words in "\n".join(found)
    assert len(found) == 1


def test_a_check_that_breaks_names_the_plugin(registry: Registry, write: Write) -> None:
    from emobench.api import Component, Options, PluginError
    from emobench.registry import Plugin

    class Broken(Options):
        def conflicts(self) -> list[str]:
            raise ZeroDivisionError("oh")

    other = Registry(components=dict(registry.components))
    component = Component(name="bad", target="a:B", summary="bad", options=Broken)
    other.add("head", component, Plugin(package="acme-bad", version="1.0", module="bad"))
    path = write(write().read_text().replace("linear", "bad"))
    with pytest.raises(PluginError, match=r"head 'bad' of plugin acme-bad 1\.0 cannot check its"):
        load_recipe(path, registry=other)


def test_options_of_a_block_merge_with_the_parents(loaded: Callable[..., Recipe]) -> None:
    recipe = loaded("loss: {class_weights: sqrt}\ntrain: {batch_size: 8}")
    assert recipe.loss.dump() == {
        "use": "cross_entropy",
        "label_smoothing": 0.1,
        "class_weights": "sqrt",
    }
    assert (recipe.train.epochs, recipe.train.batch_size) == (3, 8)


@pytest.mark.parametrize("block", ["focal", "{use: focal}"])
def test_a_block_whose_use_changes_drops_the_parents_options(
    loaded: Callable[..., Recipe], block: str
) -> None:
    assert loaded(f"loss: {block}").loss.dump() == {"use": "focal", "gamma": 2.0, "words": {}}


def test_a_bare_name_that_stays_the_same_keeps_the_options(loaded: Callable[..., Recipe]) -> None:
    assert loaded("loss: cross_entropy").loss.dump()["label_smoothing"] == 0.1


def test_a_list_replaces_the_parents_list(loaded: Callable[..., Recipe]) -> None:
    recipe = loaded("techniques: [stopping]\nbackbone: {channels: [4]}")
    assert [block.use for block in recipe.techniques] == ["stopping"]
    assert recipe.backbone.dump()["channels"] == [4]


def test_null_removes_what_the_parent_has(
    registry: Registry, write: Write, plain_recipe: str
) -> None:
    write(plain_recipe + "sampler: weighted\nscheduler: cosine\n", "parent.yaml")
    path = write("schema: 1\nextends: parent.yaml\nsampler: null\ntechniques: ~\n")
    recipe = load_recipe(path, registry=registry)
    assert recipe.sampler is None
    assert recipe.scheduler is not None
    assert recipe.techniques == ()


def test_a_summary_is_not_inherited_but_a_task_is(
    registry: Registry, write: Write, plain_recipe: str
) -> None:
    write(plain_recipe + "summary: The parent.\ntask: a/b\n", "parent.yaml")
    recipe = load_recipe(write("schema: 1\nextends: parent.yaml\n"), registry=registry)
    assert (recipe.summary, recipe.task) == ("", "a/b")


def test_a_fault_points_to_the_file_it_came_from_once(
    registry: Registry, write: Write, plain_recipe: str
) -> None:
    write(plain_recipe.replace("mixup", "mixupp"), "shared/parent.yaml")
    child = "schema: 1\nextends: ../shared/parent.yaml\nhead: linearr\n"
    sources = [write(child, "a/one.yaml"), write(child, "a/two.yaml")]
    found = faults(lambda: load_recipes(sources, registry=registry))
    assert [fault.partition(";")[0] for fault in found] == [
        "a/one.yaml:3:7: unknown head 'linearr'",
        "shared/parent.yaml:6:20: unknown technique 'mixupp'",
        "a/two.yaml:3:7: unknown head 'linearr'",
    ]


def test_a_parent_that_is_missing_hides_no_other_fault_and_adds_none(
    failing: Callable[..., list[str]],
) -> None:
    found = failing("schema: 1\nextends: gone.yaml\nloss: {gamma: 1}\ntrain: {epochs: x}\n")
    assert len(found) == 2
    assert "unknown recipe 'gone.yaml'" in found[0]
    assert found[1].startswith("mine.yaml:4:17: train.epochs: expected whole number")


def test_recipes_that_extend_one_another_in_a_circle_are_refused(
    registry: Registry, write: Write
) -> None:
    path = write("schema: 1\nextends: b.yaml\n", "a.yaml")
    write("schema: 1\nextends: a.yaml\n", "b.yaml")
    assert faults(lambda: load_recipe(path, registry=registry)) == [
        "b.yaml:2:10: recipes that extend one another in a circle: a.yaml > b.yaml > a.yaml"
    ]


def test_a_chain_that_is_too_long_is_refused(registry: Registry, write: Write) -> None:
    for index in range(20):
        write(f"schema: 1\nextends: r{index + 1}.yaml\n", f"r{index}.yaml")
    found = faults(lambda: load_recipe(Path("r0.yaml"), registry=registry))
    assert found == ["r9.yaml:2:10: more than 10 recipes extend one another"]


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, write: Write, plain_recipe: str) -> None:
    recipes = {
        "baseline": write(plain_recipe, "home/baseline.yaml"),
        "faces/baseline": write(plain_recipe, "home/faces/baseline.yaml"),
    }
    monkeypatch.setattr(load, "shipped_recipes", lambda: recipes)


@pytest.mark.usefixtures("shipped")
def test_a_bare_name_finds_the_shipped_recipe_and_a_path_a_file(write: Write) -> None:
    mine = write()
    assert find_recipe("faces/baseline") == Path("home/faces/baseline.yaml")
    assert find_recipe("mine.yaml") == mine
    assert find_recipe(mine) == mine


@pytest.mark.usefixtures("shipped")
def test_a_shipped_recipe_keeps_its_name_when_given_by_path(registry: Registry) -> None:
    recipe = load_recipe("home/faces/baseline.yaml", registry=registry)
    assert recipe.name == "faces/baseline"


@pytest.mark.usefixtures("shipped")
def test_a_recipe_may_extend_a_shipped_one_by_name(registry: Registry, write: Write) -> None:
    path = write("schema: 1\nextends: faces/baseline\n")
    assert load_recipe(path, registry=registry).train.epochs == 3


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("baselin", "unknown recipe 'baselin'; did you mean 'baseline'?; known: baseline, faces"),
        ("x/baseline.yaml", "x/baseline.yaml: there is no such file; 'baseline' is a shipped"),
        ("\0", "unknown recipe"),
        ("x" * 5000, "unknown recipe 'xxx"),
        (".", ".: is a folder, not a YAML file"),
    ],
)
def test_a_recipe_that_is_not_there(registry: Registry, source: str, words: str) -> None:
    assert words in faults(lambda: load_recipe(source, registry=registry))[0]


def test_shipped_recipes_lie_where_the_package_keeps_them() -> None:
    home = Path(load.__file__).parents[2] / "recipes"
    assert all(path.is_relative_to(home) for path in shipped_recipes().values())


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("train.epochs=7", lambda r: r.train.epochs == 7),
        ("techniques.mixup.alpha=0.2", lambda r: r.techniques[0].dump()["alpha"] == 0.2),
        ("techniques.0.alpha=1", lambda r: r.techniques[0].dump()["alpha"] == 1.0),
        ("techniques.mixup=null", lambda r: [b.use for b in r.techniques] == ["stopping"]),
        ("techniques=[stopping]", lambda r: [b.use for b in r.techniques] == ["stopping"]),
        ("loss.use=focal", lambda r: r.loss.dump() == {"use": "focal", "gamma": 2.0, "words": {}}),
        ("loss=focal", lambda r: r.loss.use == "focal"),
        ("loss.class_weights=sqrt", lambda r: r.loss.dump()["label_smoothing"] == 0.1),
        ("backbone.channels=[1, 2]", lambda r: r.backbone.dump()["channels"] == [1, 2]),
        ("backbone.channels.1=5", lambda r: r.backbone.dump()["channels"] == [8, 5]),
        ("scheduler.use=cosine", lambda r: r.scheduler.use == "cosine"),
        ("head.use=linear", lambda r: r.head.use == "linear"),
        ("task=a/b", lambda r: r.task == "a/b"),
        ("optimizer.lr=1e-4", lambda r: r.optimizer.dump()["lr"] == 1e-4),
    ],
)
def test_an_override_changes_one_value(
    loaded: Callable[..., Recipe], override: str, read: Callable[[Any], bool]
) -> None:
    assert read(loaded("", override))


def test_overrides_pick_the_component_before_its_options(loaded: Callable[..., Recipe]) -> None:
    assert loaded("", "loss.gamma=3", "loss.use=focal").loss.dump()["gamma"] == 3.0


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("train.epochz=3", "--set train.epochz=3: train: unknown option 'epochz'; did you mean"),
        ("train.epochs=x", "--set train.epochs=x: train.epochs: expected whole number, got text"),
        ("train.epochs=", "train.epochs: expected whole number, got nothing"),
        ("train.epochs", "--set train.epochs: write it as KEY=VALUE, such as train.epochs=3"),
        ("train..epochs=1", "write it as KEY=VALUE"),
        ("tran.epochs=1", "unknown key 'tran'; did you mean 'train'?"),
        ("schema=1", "unknown key 'schema'"),
        (
            "techniques.mixupp.alpha=1",
            "recipe 'mine' has no technique 'mixupp'; did you mean 'mixup'?",
        ),
        ("techniques.2.alpha=1", "has no technique '2', only mixup, stopping"),
        (
            "augmentations.noise.mels=9",
            "--set augmentations.noise.mels=9: recipe 'mine' has no augmentation 'noise'; "
            "add it with --set 'augmentations=[{use: noise, mels: 9}]'",
        ),
        (
            "techniques.swa.from=0.7",
            "has no technique 'swa', only mixup, stopping; add it with --set "
            "'techniques=[mixup, stopping, {use: swa, from: 0.7}]'; the whole list replaces the",
        ),
        ("augmentations.noise=null", "recipe 'mine' has no augmentation 'noise'"),
        ("techniques.-1.alpha=1", "has no technique '-1'"),
        ("techniques.mixup.beta=1", "--set techniques.mixup.beta=1: mixup: unknown option 'beta'"),
        (
            "scheduler.warmup=3",
            "recipe 'mine' has no 'scheduler' to change; pick one with scheduler.use=",
        ),
        ("loss.use=focall", "--set loss.use=focall: unknown loss 'focall'; did you mean 'focal'?"),
        ("backbone.channels.7=5", "has 2 items there; '7' is no index of them"),
        ("optimizer.lr=!!int 3", "--set optimizer.lr=!!int 3: tags are not taken"),
        ("optimizer.lr=[", "--set optimizer.lr=[: not valid YAML"),
        ("head=null", "--set head=null: 'head' is required"),
        ("train." + "a." * 2000 + "b=1", "the key has more than 12 parts"),
    ],
)
def test_an_override_that_cannot_hold_names_itself(
    failing: Callable[..., list[str]], plain_recipe: str, override: str, words: str
) -> None:
    found = failing(plain_recipe, override)
    assert words in found[0]
    assert len(found) == 1


def test_an_entry_given_twice_is_addressed_by_index(
    failing: Callable[..., list[str]], plain_recipe: str
) -> None:
    text = plain_recipe + "augmentations: [noise, noise]\n"
    assert "say which by index: 0, 1" in failing(text, "augmentations.noise.mels=3")[0]


recipes = st.fixed_dictionaries(
    {
        "schema": st.just(1),
        "frontend": st.fixed_dictionaries(
            {"use": st.just("logmel"), "mels": st.integers(1, 2**63 - 1)}
        ),
        "backbone": st.fixed_dictionaries(
            {
                "use": st.just("cnn"),
                "channels": st.lists(st.integers(1, 512), min_size=1, max_size=4),
                "scale": st.none() | st.floats(0, exclude_min=True, allow_infinity=False),
            }
        ),
        "head": st.just({"use": "linear"}),
        "loss": st.fixed_dictionaries(
            {
                "use": st.just("focal"),
                "words": st.dictionaries(
                    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
                    .map(lambda key: key[:40])
                    .filter(lambda key: key != "<<"),
                    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
                    | st.sampled_from(["no", "0o14", "1e5", "null", "~", "", "012", "a: b", "# x"]),
                    max_size=4,
                ),
            }
        ),
        "optimizer": st.just("sgd"),
        "techniques": st.lists(st.sampled_from(["mixup", "stopping"]), unique=True),
    },
    optional={"sampler": st.just("weighted"), "summary": st.just("Says no: # ok")},
)


@given(recipes)
@settings(
    max_examples=30,
    deadline=2000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_dumped_recipe_loads_as_itself(
    registry: Registry, write: Write, values: dict[str, Any]
) -> None:
    recipe = load_recipe(write(to_yaml(values)), registry=registry)
    again = load_recipe(write(to_yaml(recipe.dump())), registry=registry)
    assert again == recipe
    assert again.dump() == recipe.dump()
    assert again.loss.dump()["words"] == values["loss"].get("words", {})


PIECES = (
    *("schema: 1\n", "extends: ", "mine.yaml", "frontend: ", "logmel\n", "loss: ", "{use: focal"),
    *("}", "\n", "techniques:\n", "- mixup\n", "- {use: mixup, alpha: ", "0x" + "f" * 300, "&a "),
    *("*a", "train: {epochs: ", "9" * 5000, "null", "\n  ", "words: {", "[[[[", "!!python/name:a "),
    *("optimizer: ", "1e999", "\u2028", "'", '"', "\ud800", "\0", "<<: *a\n", "---\n", "..", "/"),
)
pieces = st.sampled_from(PIECES)


@given(
    st.one_of(st.lists(pieces, max_size=25).map("".join), st.text(max_size=80)),
    st.integers(0, 150),
    st.lists(
        st.text(max_size=10).map(lambda text: "train.epochs=" + text)
        | st.text(max_size=10).map(lambda text: f"techniques.{text}.alpha=1")
        | st.text(max_size=20),
        max_size=3,
    ),
)
@settings(
    max_examples=80,
    deadline=3000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_text_is_a_recipe_or_a_recipe_error(
    registry: Registry, write: Write, plain_recipe: str, text: str, at: int, overrides: list[str]
) -> None:
    mutated = plain_recipe[:at] + text + plain_recipe[at:]
    path = write("")
    for content in (text, mutated):
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
        with contextlib.suppress(RecipeError):
            load_recipe(path, overrides=overrides, registry=registry)


def test_the_advice_on_a_missing_entry_can_be_followed(loaded: Callable[..., Recipe]) -> None:
    with pytest.raises(RecipeError) as caught:
        loaded("", "augmentations.noise.mels=9")
    advised = str(caught.value).split("--set '")[1].rstrip("'")
    assert loaded("", advised).augmentations[0].dump() == {"use": "noise", "mels": 9}


@pytest.mark.parametrize("suffix", [".yaml", ".yml"])
def test_a_name_that_is_a_file_but_for_its_suffix_is_told(
    registry: Registry, write: Write, plain_recipe: str, suffix: str
) -> None:
    write(plain_recipe, f"own{suffix}")
    (fault,) = faults(lambda: load_recipe("own", registry=registry))
    assert fault == f"unknown recipe 'own'; did you mean the file 'own{suffix}'?"
    child = write("schema: 1\nextends: own\n", "below.yaml")
    (fault,) = faults(lambda: load_recipe(child, registry=registry))
    assert fault == f"below.yaml:2:10: unknown recipe 'own'; did you mean the file 'own{suffix}'?"


def test_a_task_file_is_no_recipe_and_says_so_alone(failing: Callable[..., list[str]]) -> None:
    assert failing("dataset: {use: folder, root: clips}\nprotocol: {use: random}\n") == [
        "mine.yaml:1:1: this is a task file, not a recipe; use --task to give it"
    ]


def test_a_component_of_another_kind_says_where_it_belongs(
    failing: Callable[..., list[str]], plain_recipe: str
) -> None:
    (fault,) = failing(plain_recipe.replace("use: adamw, lr: 1e-3", "use: mixup"))
    assert fault.endswith(
        "'mixup' is a technique (key 'techniques'), not an optimizer; known: adamw, sgd"
    )


def test_tags_never_run_code(failing: Callable[..., list[str]], plain_recipe: str) -> None:
    tag = "!!python/object/apply:os.mkdir [made]"
    assert any("tags are not taken" in fault for fault in failing(plain_recipe + f"task: {tag}"))
    assert any("tags are not taken" in fault for fault in failing(plain_recipe, f"task={tag}"))
    assert not Path("made").exists()


def test_copies_of_items_that_nothing_changes_are_a_fault(
    failing: Callable[..., list[str]], plain_recipe: str
) -> None:
    assert failing(plain_recipe.replace("{epochs: 3}", "{epochs: 3, copies: 2}")) == [
        "mine.yaml:8:28: train.copies: the recipe has no 'augmentations', so that every copy would "
        "equal its item; name some, or leave 'copies' at 0"
    ]
