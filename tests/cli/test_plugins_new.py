"""`emobench plugins new`: what it says, and that every package it writes is green at once."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emobench.api import KINDS
from emobench.registry import load_registry
from emobench.scaffold.kinds import METHODS

SEARCHED = {
    "backbone": "backbone.width",
    "head": "head.scale",
    "frontend": "frontend.scale",
    "loss": "loss.strength",
    "augmentation": "augmentations.my-augmentation.strength",
    "sampler": "sampler.power",
    "optimizer": "optimizer.momentum",
    "scheduler": "scheduler.warmup",
    "technique": "techniques.my-technique.strength",
    "postprocessor": "postprocess.my-postprocessor.strength",
}

"""For every kind that a sweep may search, a dimension that its recipe must have."""

DIMENSIONS = """\
import sys
from emobench.recipes.load import load_recipes
from emobench.registry import load_registry
from emobench.sweeps.recipe_space import space_of

registry = load_registry()
for recipe in load_recipes(sys.argv[1:], registry=registry):
    print(*(one.key for one in space_of(recipe, registry=registry).describe()))
"""


def test_says_where_the_package_is_and_what_to_type_next(
    emobench: Callable[..., Any], folder: Path
) -> None:
    outcome = emobench("plugins", "new", "loss", "soft-focal", "--out", "plugins")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "plugins/emobench-soft-focal: loss 'soft-focal', ready to be installed. Next:",
        "  cd plugins/emobench-soft-focal",
        '  pip install -e ".[test]"',
        "  pytest",
        "  emobench plugins show loss/soft-focal",
        "  emobench run recipes/try-soft-focal.yaml",
        "then put your method into emobench_soft_focal/soft_focal.py, and after a change:",
        "  emobench plugins test emobench-soft-focal",
        "  emobench plugins cards emobench-soft-focal",
        "what a loss must do is on the page of its kind in emobench's docs (reference/kinds)",
    ]
    assert (folder / "plugins/emobench-soft-focal/emobench_soft_focal/soft_focal.py").is_file()


def test_without_out_it_writes_here(emobench: Callable[..., Any], folder: Path) -> None:
    assert emobench("plugins", "new", "dataset", "my-clips").code == 0
    assert (folder / "emobench-my-clips" / "pyproject.toml").is_file()


def test_a_name_that_is_taken_is_refused_with_a_free_one(
    refused: Callable[..., str], folder: Path
) -> None:
    last = refused("plugins", "new", "loss", "focal", code=2)
    assert last.startswith("error: loss 'focal' is taken by plugin emobench-essentials ")
    assert last.endswith(", and both cannot be installed side by side; 'my-focal' is free")
    assert not list(folder.glob("emobench-*"))


def test_the_suggested_name_is_free_itself(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = copy.deepcopy(load_registry())
    taken = registry.get("loss", "focal")
    registry.components["loss", "my-focal"] = taken
    monkeypatch.setattr("emobench.registry.load_registry", lambda: registry)
    assert refused("plugins", "new", "loss", "focal", code=2).endswith("; 'focal-2' is free")


def test_a_name_of_another_kind_is_free(emobench: Callable[..., Any]) -> None:
    assert emobench("plugins", "new", "head", "focal").err == ""


def test_the_name_of_an_installed_package_is_refused(
    refused: Callable[..., str], folder: Path
) -> None:
    last = refused("plugins", "new", "loss", "speech", code=2)
    assert last.startswith("error: the package emobench-speech ")
    assert last.endswith(
        " is installed, and both cannot be installed side by side; 'my-speech' is free"
    )
    assert not list(folder.glob("emobench-*"))


def test_an_unknown_kind_is_refused(refused: Callable[..., str]) -> None:
    last = refused("plugins", "new", "los", "mine", code=2)
    assert last.startswith("error: unknown kind 'los'; did you mean 'loss'?; known: augmentation,")


def test_a_bad_name_is_refused(refused: Callable[..., str], folder: Path) -> None:
    last = refused("plugins", "new", "loss", "SoftFocal", code=2)
    assert last.endswith("at most 40 characters; 'soft-focal' would do")
    assert not list(folder.glob("emobench-*"))


def test_a_package_that_is_there_is_left_alone(
    emobench: Callable[..., Any], refused: Callable[..., str]
) -> None:
    emobench("plugins", "new", "loss", "mine")
    last = refused("plugins", "new", "loss", "mine", code=2)
    assert last.startswith("error: emobench-mine is there already and not empty;")


def test_the_help_names_every_kind(emobench: Callable[..., Any]) -> None:
    told = emobench("plugins", "new", "--help").out
    assert all(kind in told for kind in KINDS)


def test_nothing_heavy_is_loaded(folder: Path) -> None:
    code = (
        "import sys; from emobench.cli.app import run_command_line\n"
        "assert run_command_line(['plugins', 'new', 'technique', 'light']) == 0\n"
        "print('loaded:', sorted({'torch', 'numpy', 'pandas', 'yaml'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "loaded: []"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_package_is_green_from_the_first_second(
    fresh_environment: Any, tmp_path: Path
) -> None:
    run = fresh_environment.run
    for kind in KINDS:
        run("emobench", "plugins", "new", kind, f"my-{kind}", cwd=tmp_path)
    packages = [f"emobench-my-{kind}" for kind in KINDS]
    editable = [word for package in packages for word in ("-e", f"./{package}")]
    run("python", "-m", "pip", "install", "-q", "--no-deps", *editable, cwd=tmp_path)

    listed = json.loads(run("emobench", "plugins", "list", "--json", cwd=tmp_path).stdout)
    found = {(one["kind"], one["name"], one["package"]) for one in listed["components"]}
    assert {(kind, f"my-{kind}", f"emobench-my-{kind}") for kind in KINDS} <= found

    suites = [f"{package}/tests" for package in packages]
    importing = ("-p", "no:cacheprovider", "--import-mode=importlib")
    run("python", "-m", "pytest", *importing, *suites, cwd=tmp_path)

    recipes = [f"emobench-my-{kind}/recipes/try-my-{kind}.yaml" for kind in KINDS]
    run("emobench", "check", *recipes, cwd=tmp_path)
    searching = [recipe for kind, recipe in zip(KINDS, recipes, strict=True) if kind in SEARCHED]
    space = run("python", "-c", DIMENSIONS, *searching, cwd=tmp_path).stdout.split()
    assert set(SEARCHED.values()) <= set(space)
    assert set(SEARCHED) == {kind for kind in KINDS if METHODS[kind].trains} - {"dataset"}

    data = ("--data-root", "emobench-my-dataset/tests/data", "--set", "train.epochs=1")
    told = json.loads(run("emobench", "run", *recipes, *data, "--json", cwd=tmp_path).stdout)
    states = {one["recipe"]: one["state"] for one in told["runs"]}
    assert set(states.values()) <= {"ok", "collapsed"}
    assert {f"try-my-{kind}" for kind in KINDS} <= set(states)
