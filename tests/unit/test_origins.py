"""How a plugin was installed, and whose code its components are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from emobench.api import Component
from emobench.origins import borrowed, origin
from emobench.registry import Plugin, Registry, load_registry


def plugin(folder: Path | None, *, package: str = "acme", module: str = "acme.hooks") -> Plugin:
    return Plugin(package=package, version="1.0", module=module, folder=folder)


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ({"url": "file:///src/my%20acme", "dir_info": {"editable": True}}, "editable /src/my acme"),
        ({"url": "file:///src/acme", "dir_info": {}}, "folder /src/acme"),
        ({"url": "file:///d/acme-1-py3-none-any.whl", "archive_info": {}},
         "wheel /d/acme-1-py3-none-any.whl"),
        ({"url": "https://host.example/acme.tar.gz", "archive_info": {}},
         "archive https://host.example/acme.tar.gz"),
        (
            {"url": "https://me:secret@host.example/acme.git",
             "vcs_info": {"vcs": "git", "commit_id": "0123456789abcdef"}},
            "repository https://host.example/acme.git at 0123456789ab",
        ),
        ([], "unknown"),
    ],
)  # fmt: skip
def test_the_installers_note_tells_the_origin(tmp_path: Path, note: Any, expected: str) -> None:
    (tmp_path / "direct_url.json").write_text(json.dumps(note))
    assert origin(plugin(tmp_path)) == expected


def test_without_a_note_a_plugin_came_from_an_index(tmp_path: Path) -> None:
    assert origin(plugin(tmp_path)) == "package index"


def test_a_note_that_cannot_be_read_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "direct_url.json").write_text("{")
    assert origin(plugin(tmp_path)) == "unknown"


def test_a_developed_egg_is_the_folder_it_lies_in(tmp_path: Path) -> None:
    assert origin(plugin(tmp_path / "acme.egg-info")) == f"folder {tmp_path}"


def test_the_core_is_the_core() -> None:
    core = next(one for one in load_registry().plugins if one.package == "emobench")
    assert origin(core) == "core"


def registry_with(*entries: tuple[Plugin, str]) -> Registry:
    registry = Registry(plugins=[plugin for plugin, _ in entries])
    for number, (owner, target) in enumerate(entries):
        registry.add("loss", Component(name=f"x{number}", target=target, summary="x"), owner)
    return registry


def warnings_of(registry: Registry) -> list[str]:
    return borrowed(registry.components.values(), registry=registry)


def test_code_of_another_plugin_is_told() -> None:
    acme = plugin(None)
    other = plugin(None, package="other-losses", module="other:components")
    found = warnings_of(registry_with((acme, "other.losses:Focal"), (other, "other.losses:Focal")))
    assert found == [
        "loss 'x0' of acme 1.0 is code of other-losses (other.losses:Focal), not of its own package"
    ]


@pytest.mark.parametrize("module", ["acme.hooks", "emobench.acme"])
def test_code_of_the_core_is_told_even_where_the_plugin_registers_inside_it(module: str) -> None:
    (found,) = warnings_of(registry_with((plugin(None, module=module), "emobench.acme:Focal")))
    assert "is code of emobench (emobench.acme:Focal)" in found


def test_code_of_an_installed_library_is_told() -> None:
    (found,) = warnings_of(registry_with((plugin(None), "hypothesis.stateful:Bundle")))
    assert "is code of hypothesis (hypothesis.stateful:Bundle)" in found


def test_code_of_the_standard_library_is_told() -> None:
    (found,) = warnings_of(registry_with((plugin(None), "json.decoder:JSONDecoder")))
    assert "is code of Python" in found


@pytest.mark.parametrize("target", ["acme.losses:Focal", "acme:Focal", "not_installed.x:Focal"])
def test_own_code_and_code_of_unknown_owner_pass(target: str) -> None:
    assert warnings_of(registry_with((plugin(None), target))) == []


def test_a_second_package_of_the_same_distribution_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "acme-1.0.dist-info"
    folder.mkdir()
    (folder / "RECORD").write_text("acme/__init__.py,,\nacme_more/__init__.py,,\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert warnings_of(registry_with((plugin(folder), "acme_more.x:Focal"))) == []
    stranger = plugin(None, package="stranger", module="stranger")
    (found,) = warnings_of(registry_with((stranger, "acme_more.x:Focal")))
    assert "is code of acme (acme_more.x:Focal)" in found


def test_the_first_party_plugins_offer_their_own_code() -> None:
    assert warnings_of(load_registry()) == []
