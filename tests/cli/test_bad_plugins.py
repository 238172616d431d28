"""Plugins of another API version, and plugins that raise: what a user is told, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emobench.api import API_VERSION
from emobench.registry import load_registry

RAISING = Path(__file__).parents[1] / "data" / "raising_plugin" / "acme_raising.py"
HEADS = """
from emobench.api import Component, Components

components = Components(
    api_version={version},
    heads=[Component(name="acme", target="acme_heads:Head", summary="A head.")],
)
"""
SERVED = f"of the plugin API, and this emobench serves 1 to {API_VERSION}"
VERSIONS = {
    "99": f"it was built for version 99 {SERVED}: pip install --upgrade emobench",
    "0": f"it was built for version 0 {SERVED}: upgrade the plugin, or ask its authors to",
    "'two'": "its api_version is 'two'; it must be a whole number",
}

Command = Callable[..., Any]
Install = Callable[[str, str], None]


@pytest.fixture
def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a module as package `acme`, version 2.1, whose entry point names `components`."""
    site = folder / "site"
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("EMOBENCH_CACHE", str(folder / "cache"))
    installed = []

    def write(module: str, source: str) -> None:
        metadata = site / "acme-2.1.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 2.1\n")
        (metadata / "entry_points.txt").write_text(f"[emobench]\nacme = {module}:components\n")
        (site / f"{module}.py").write_text(source)
        installed.append(module)
        load_registry.cache_clear()

    yield write
    load_registry.cache_clear()
    for module in installed:
        sys.modules.pop(module, None)


@pytest.fixture
def raising(install: Install) -> None:
    """A plugin whose parts raise when they are first used."""
    install("acme_raising", RAISING.read_text())


def use(recipe: Path, old: str, new: str) -> None:
    text = recipe.read_text()
    assert old in text
    recipe.write_text(text.replace(old, new))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_plugin_of_another_api_version_is_listed_with_what_to_do(
    install: Install, emobench: Command, version: str
) -> None:
    install("acme_heads", HEADS.format(version=version))
    listed = emobench("plugins", "list")
    words = f"plugin acme 2.1 is broken: {VERSIONS[version]}"
    assert listed.code == 0
    assert words in " ".join((listed.out + listed.err).split())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["check", "run"])
def test_a_recipe_that_needs_such_a_plugin_is_told_where_and_why(
    install: Install, folder: Path, refused: Callable[..., str], version: str, name: str
) -> None:
    install("acme_heads", HEADS.format(version=version))
    use(folder / "table.yaml", "{use: linear}", "acme")
    message = refused(name, "table.yaml", code=2)
    broken = f"plugin acme 2.1 is broken: {VERSIONS[version]}"
    assert message.startswith(f"error: table.yaml:6:7: {broken}; unknown head 'acme'; known: ")


@pytest.mark.parametrize("name", ["check", "run"])
def test_options_that_raise_are_the_fault_of_their_plugin(
    raising: None, folder: Path, refused: Callable[..., str], name: str
) -> None:
    use(folder / "table.yaml", "{use: cross_entropy}", "{use: raising_loss, depth: 2}")
    assert refused(name, "table.yaml", code=3) == (
        "error: loss 'raising_loss' of plugin acme 2.1 cannot check its options: "
        "ZeroDivisionError: division by zero"
    )


@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_a_dataset_that_raises_is_the_fault_of_its_plugin(
    raising: None, emobench: Command, flags: tuple[str, ...]
) -> None:
    outcome = emobench("run", "table.yaml", "--task", "raising_dataset/all", *flags)
    assert outcome.code == 3
    assert "Traceback" not in outcome.err
    words = "dataset 'raising_dataset' of plugin acme 2.1: KeyError: 'speakers'"
    assert f"error: {words} (site/acme_raising.py:" in outcome.err
    assert not Path("runs").exists()


def test_a_technique_that_raises_is_named_in_the_run_and_on_the_board(
    raising: None, folder: Path, emobench: Command
) -> None:
    use(folder / "table.yaml", "train:", "techniques: [raising_event]\ntrain:")
    (folder / "task.yaml").write_text(
        "name: small\ndataset: {use: synthetic-au, items: 160, identities: 10}\n"
        "protocol: {use: grouped-holdout}\n"
    )
    words = "technique 'raising_event' of plugin acme 2.1: ZeroDivisionError: division by zero"
    outcome = emobench("run", "table.yaml", "--task", "task.yaml", "--json")
    assert outcome.code == 5
    (run,) = json.loads(outcome.out)["runs"]
    assert (run["state"], run["reason"]) == ("failed", words)
    emobench("leaderboard", "--out", "boards")
    boards = "".join(path.read_text() for path in (folder / "boards").rglob("*.md"))
    assert words in boards.replace("\\", "")


BORROWING = HEADS.replace("acme_heads:Head", "json.decoder:JSONDecoder")
BORROWED = (
    "warning: head 'acme' of acme 2.1 is code of Python (json.decoder:JSONDecoder), not of its own "
    "package"
)


@pytest.mark.parametrize("call", [("check",), ("run",), ("run", "--json"), ("run", "--dry-run")])
def test_a_recipe_of_code_that_a_plugin_passes_off_as_its_own_is_warned_of(
    install: Install, folder: Path, emobench: Command, executor: Any, call: tuple[str, ...]
) -> None:
    install("acme_heads", BORROWING.format(version=2))
    assert BORROWED not in emobench(*call, "table.yaml").err
    use(folder / "table.yaml", "{use: linear}", "acme")
    outcome = emobench(*call, "table.yaml", *(["--seeds", "2"] if "run" in call else []))
    assert outcome.err.splitlines().count(BORROWED) == 1


def test_a_bug_of_the_core_stays_a_bug(
    raising: None, emobench: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emobench.runs.plan.plan_runs", lambda *_, **__: 1 / 0)
    outcome = emobench("run", "table.yaml")
    assert outcome.code == 1
    assert "this is a bug in emobench or in a plugin" in outcome.err
