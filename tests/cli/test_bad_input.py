"""Wrong calls and wrong recipes: one clear screen, the right exit code, nothing trained."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emobench.registry import load_registry

Refused = Callable[..., str]
RUN = ("run", "clips.yaml", "--task", "task.yaml")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def recipe(clips: Path) -> Path:
    """The recipe that a test spoils."""
    return clips.parent / "clips.yaml"


def test_an_unknown_component_is_placed_and_the_nearest_named(
    recipe: Path, refused: Refused
) -> None:
    edit(recipe, "use: cnn1d", "use: cnn1e")
    message = refused(*RUN, code=2)
    assert message.startswith("error: clips.yaml:4:17: unknown backbone 'cnn1e'")
    assert "did you mean 'cnn1d'?" in message
    assert re.search(r"known: cnn1d, cnn2d, .*dense", message)


def test_a_misspelt_option_is_placed_and_the_nearest_named(recipe: Path, refused: Refused) -> None:
    edit(recipe, "channels:", "canals:")
    message = refused(*RUN, code=2)
    assert message.startswith("error: clips.yaml:4:24: cnn1d: unknown option 'canals'")
    assert "did you mean 'channels'?" in message
    assert re.search(r"known: .*channels, dropout, kernel", message)


def test_wrong_types_are_all_told_at_once(recipe: Path, emobench: Callable[..., Any]) -> None:
    edit(recipe, "lr: 1e-2", "lr: fast")
    edit(recipe, "epochs: 2", "epochs: [2]")
    outcome = emobench(*RUN)
    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "error: clips.yaml:7:29: adamw.lr: expected number, got text 'fast'",
        "error: clips.yaml:8:17: train.epochs: expected whole number, got list [2]",
    ]


def test_a_recipe_file_that_is_missing_is_named(recipe: Path, refused: Refused) -> None:
    message = refused("run", "clps.yaml", "--task", "task.yaml", code=2)
    assert message.startswith("error: clps.yaml: there is no such file")
    assert "did you mean 'clips.yaml'?" in message


def test_broken_yaml_is_placed(recipe: Path, refused: Refused) -> None:
    edit(recipe, "channels: [8]", "channels: [8")
    message = refused(*RUN, code=2)
    assert message.startswith("error: clips.yaml:4:50: not valid YAML")
    assert "expected ',' or ']', but got '}'" in message


def test_a_recipe_without_a_task_asks_for_one(recipe: Path, refused: Refused) -> None:
    message = refused("run", "clips.yaml", code=2)
    assert "recipe 'clips' names no task; give one with --task" in message
    assert "`emobench tasks list`" in message


def test_an_unknown_task_suggests_one(recipe: Path, refused: Refused) -> None:
    message = refused("run", "clips.yaml", "--task", "synthetic-speech/speakrs", code=2)
    assert "unknown task 'synthetic-speech/speakrs'" in message
    assert "did you mean 'synthetic-speech/speakers'?" in message


def test_an_unknown_dataset_suggests_one(recipe: Path, refused: Refused) -> None:
    message = refused("run", "clips.yaml", "--task", "synthetic-speach/speakers", code=2)
    assert "unknown dataset 'synthetic-speach'; did you mean 'synthetic-speech'?" in message


def test_a_task_file_that_is_missing_is_named(recipe: Path, refused: Refused) -> None:
    message = refused("run", "clips.yaml", "--task", "tsk.yaml", code=2)
    assert message.startswith("error: tsk.yaml: there is no such file")
    assert "`emobench tasks list`" in message


def test_a_task_file_with_an_unknown_option_is_placed(recipe: Path, refused: Refused) -> None:
    edit(recipe.with_name("task.yaml"), "sample_rate", "samplerate")
    message = refused(*RUN, code=2)
    assert message.startswith("error: task.yaml:4:3: folder: unknown option 'samplerate'")
    assert "did you mean 'sample_rate'?" in message


def test_a_recipe_in_place_of_a_task_file_says_so(recipe: Path, refused: Refused) -> None:
    message = refused("run", "clips.yaml", "--task", "clips.yaml", code=2)
    assert message == (
        "error: clips.yaml:1:1: this is a recipe, not a task file; give it before --task: "
        "emobench run RECIPE --task TASK"
    )


def test_a_task_file_in_place_of_a_recipe_says_so(recipe: Path, refused: Refused) -> None:
    message = refused("run", "task.yaml", "--task", "clips.yaml", code=2)
    assert message == (
        "error: task.yaml:1:1: this is a task file, not a recipe; use --task to give it"
    )


def test_a_group_without_data_says_where_groups_belong(recipe: Path, refused: Refused) -> None:
    message = refused(*RUN, "--group", "^(S.)_", code=2)
    assert "--group belongs to --data; a task file states its group itself" in message


def test_a_group_that_is_no_pattern_is_laid_to_the_flag(recipe: Path, refused: Refused) -> None:
    message = refused("run", "clips.yaml", "--data", "clips", "--group", "^(S", code=2)
    assert message.startswith("error: --group: pattern '^(S' is no regular expression")


def test_an_unknown_metric_is_placed(recipe: Path, refused: Refused) -> None:
    edit(recipe.with_name("task.yaml"), "protocol:", "metric: uarr\nprotocol:")
    message = refused(*RUN, code=2)
    assert message.startswith("error: task.yaml:6:9: unknown metric 'uarr'")
    assert "did you mean 'uar'?" in message


def test_a_metric_for_another_kind_of_target_is_refused(recipe: Path, refused: Refused) -> None:
    edit(recipe.with_name("task.yaml"), "protocol:", "metric: ccc\nprotocol:")
    message = refused(*RUN, code=2)
    assert "unknown metric for a class target 'ccc'; known: accuracy, ece" in message
    assert "'ccc' exists, but for targets of kind number" in message


@pytest.mark.parametrize("device", ["gpu", "meta"])
def test_a_device_that_does_not_exist_names_those_that_do(
    recipe: Path, refused: Refused, device: str
) -> None:
    message = refused(*RUN, "--device", device, code=2)
    assert f"device '{device}'" in message
    assert "cpu" in message
    assert "--device auto takes the first GPU" in message


def test_a_loss_that_does_not_take_the_target_names_losses_that_do(
    recipe: Path, refused: Refused
) -> None:
    edit(recipe, "use: cross_entropy", "use: binary_cross_entropy")
    message = refused(*RUN, code=2)
    assert "loss 'binary_cross_entropy' takes targets of kind labels" in message
    assert "'emotion' of task task is of kind class" in message
    assert "losses that take it: cross_entropy, focal" in message


def test_a_frontend_for_another_modality_names_frontends_that_fit(
    recipe: Path, refused: Refused
) -> None:
    edit(recipe, "{use: logmel, seconds: 0.2, window: 256, hop: 128, mels: 16}", "{use: pixels}")
    message = refused(*RUN, code=2)
    assert "frontend 'pixels' reads image, but task task offers audio" in message
    offered = message.partition("frontends for that: ")[2]
    assert "logmel" in offered
    assert "pixels" not in offered


ACME = """\
from emobench.api import Component, hookimpl

@hookimpl
def register_heads(register):
    register(Component(name="acme", target="acme_heads:Head", summary="A head that breaks."))

class Head:
    def __init__(self, options, context):
        raise ValueError("the licence server does not answer")
"""


@pytest.fixture
def acme(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package whose head cannot be built; gives its module."""
    site = recipe.parent / "site"
    metadata = site / "acme_heads-2.1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-heads\nVersion: 2.1\n")
    (metadata / "entry_points.txt").write_text("[emobench]\nacme = acme_heads\n")
    (site / "acme_heads.py").write_text(ACME)
    monkeypatch.syspath_prepend(site)
    edit(recipe, "use: linear", "use: acme")
    load_registry.cache_clear()
    yield site / "acme_heads.py"
    load_registry.cache_clear()
    sys.modules.pop("acme_heads", None)


def test_a_plugin_that_raises_when_built_is_named_with_its_package(
    acme: Path, refused: Refused
) -> None:
    message = refused(*RUN, code=3)
    assert "head 'acme' of plugin acme-heads 2.1 cannot be built" in message
    assert "ValueError: the licence server does not answer" in message


def test_a_plugin_that_cannot_be_imported_is_named_where_it_is_needed(
    acme: Path, refused: Refused
) -> None:
    acme.write_text("import acme_runtime\n")
    message = refused(*RUN, code=2)
    assert "unknown head 'acme'" in message
    assert "plugin acme-heads 2.1 is broken" in message
    assert "No module named 'acme_runtime'" in message
