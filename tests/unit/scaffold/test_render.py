from __future__ import annotations

import ast
import tomllib

import pytest
import yaml

from emobench.api import KINDS, Kind
from emobench.scaffold.kinds import METHODS
from emobench.scaffold.names import PluginNames
from emobench.scaffold.render import FILES, TEMPLATES, package_files, render


def files_of(kind: Kind, name: str = "soft-focal") -> dict[str, str]:
    return package_files(PluginNames(kind=kind, name=name), core_version="0.7.1")


def test_a_placeholder_is_replaced_and_other_braces_stay() -> None:
    assert render("{use: {{name}}} {{{name}}}", {"name": "x"}) == "{use: x} {x}"


def test_a_placeholder_that_means_nothing_is_a_bug_of_the_template() -> None:
    with pytest.raises(KeyError, match="nobody"):
        render("{{nobody}}", {"name": "x"})


def test_every_kind_has_a_method() -> None:
    assert set(METHODS) == set(KINDS)


def test_every_template_is_rendered_somewhere() -> None:
    known = {f"{template}.txt" for template in (*FILES, "prose.md")}
    assert {path.name for path in TEMPLATES.rglob("*") if path.is_file()} == known
    assert {path.name for path in TEMPLATES.iterdir()} == {"common", *KINDS}


def test_a_package_has_these_files() -> None:
    assert set(files_of("loss")) == {
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "emobench_soft_focal/__init__.py",
        "emobench_soft_focal/cards/loss/soft-focal.md",
        "emobench_soft_focal/options.py",
        "emobench_soft_focal/py.typed",
        "emobench_soft_focal/registration.py",
        "emobench_soft_focal/soft_focal.py",
        "recipes/try-soft-focal.yaml",
        "tests/test_soft_focal.py",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_project_file_declares_entry_point_dependencies_and_tests(kind: Kind) -> None:
    project = tomllib.loads(files_of(kind)["pyproject.toml"])["project"]
    assert project["name"] == "emobench-soft-focal"
    assert project["entry-points"]["emobench"] == {
        "soft_focal": "emobench_soft_focal.registration:components"
    }
    assert "emobench>=0.7.1" in project["dependencies"]
    assert "emobench" in project["keywords"]
    assert any(one.startswith("pytest") for one in project["optional-dependencies"]["test"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_code_imports_is_declared(kind: Kind) -> None:
    files = files_of(kind)
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(files["emobench_soft_focal/soft_focal.py"]))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    needed = {name.partition(".")[0] for name in imported} & {"torch", "numpy", "emobench"}
    project = tomllib.loads(files["pyproject.toml"])["project"]
    assert needed <= {one.partition(">")[0] for one in project["dependencies"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_method_is_a_function_before_it_is_a_class(kind: Kind) -> None:
    tree = ast.parse(files_of(kind)["emobench_soft_focal/soft_focal.py"])
    lines = {node.name: node.lineno for node in tree.body if hasattr(node, "name")}
    functions = [name for name in lines if name[0].islower()]
    assert any(lines[name] < lines["SoftFocal"] for name in functions)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"dataset"}))
def test_the_recipe_uses_the_component(kind: Kind) -> None:
    recipe = yaml.safe_load(files_of(kind)["recipes/try-soft-focal.yaml"])
    block = recipe[METHODS[kind].section]
    assert (block[0] if METHODS[kind].listed else block) == {"use": "soft-focal"}


def test_the_dataset_recipe_runs_on_the_dataset() -> None:
    recipe = yaml.safe_load(files_of("dataset")["recipes/try-soft-focal.yaml"])
    assert recipe["task"] == "soft-focal/subjects"


def test_what_all_kinds_share_is_written_once() -> None:
    own = {path.name for path in TEMPLATES.rglob("*.txt") if path.parent.name != "common"}
    shared = {path.name for path in (TEMPLATES / "common").iterdir()}
    replaced = {(path.parent.name, path.name) for path in TEMPLATES.rglob("*.txt")}
    twice = {(kind, name) for kind, name in replaced if name in own & shared and kind != "common"}
    assert twice == {
        ("combiner", "recipe.yaml.txt"),
        ("dataset", "recipe.yaml.txt"),
        ("dataset", "registration.py.txt"),
    }
