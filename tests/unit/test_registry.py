from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path

import pytest

from emobench import registry as room
from emobench.api import Component, PluginError, UsageError
from emobench.registry import (
    NameClash,
    Plugin,
    PluginWarning,
    Registry,
    collect,
    installed_plugins,
    load_registry,
)

SOURCE = """
from emobench.api import Component, hookimpl

@hookimpl
def register_{kind}(register):
    register(Component(name="{name}", target="{target}", summary="made up"))
"""

Write = Callable[[str, str], Plugin]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a plugin's module; gives the plugin."""
    monkeypatch.syspath_prepend(tmp_path)
    written: list[str] = []

    def write_plugin(package: str, source: str) -> Plugin:
        module = package.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(source)
        written.append(module)
        return Plugin(package=package, version="1.0", module=module)

    yield write_plugin
    for module in written:
        sys.modules.pop(module, None)


def source(name: str, kind: str = "losses", target: str = "no_such_module:Thing") -> str:
    return SOURCE.format(name=name, kind=kind, target=target)


def test_components_of_all_plugins_are_collected_by_kind(write: Write) -> None:
    entries = [
        write("acme-b", source("b")),
        write("acme-a", source("a")),
        write("acme-c", source("c", "heads")),
    ]
    found = collect(entries)
    assert list(found.of_kind("loss")) == ["a", "b"]
    assert list(found.of_kind("head")) == ["c"]
    assert found.of_kind("sampler") == {}
    assert found.get("loss", "a").plugin.package == "acme-a"
    assert [plugin.package for plugin in found.plugins] == ["acme-b", "acme-a", "acme-c"]


def test_one_name_may_serve_two_kinds(write: Write) -> None:
    found = collect([write("acme-a", source("a")), write("acme-b", source("a", "heads"))])
    assert set(found.components) == {("loss", "a"), ("head", "a")}


def test_two_plugins_that_claim_one_name_are_both_named(write: Write) -> None:
    entries = [write("acme-a", source("focal")), write("acme-b", source("focal"))]
    with pytest.raises(PluginError) as caught:
        collect(entries)
    assert str(caught.value) == (
        "loss 'focal' is claimed twice: by acme-a (acme_a) and by acme-b (acme_b); "
        "uninstall one, or limit what is loaded with EMOBENCH_PLUGINS"
    )


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def (", "SyntaxError"),
        (source("Bad Name"), "component name 'Bad Name' must be lower-case words"),
        (source("x", target="nowhere"), "target 'nowhere' of 'x' must read 'module:Name'"),
        (source("x", kind="loses"), "register_loses"),
        ("", "is broken: its entry point 'acme_bad' offers no component"),
        ("api_version = 99\n" + source("x"), "version 99 of the plugin API, and this emobench"),
        ("api_version = 0\n" + source("x"), "upgrade the plugin, or ask its authors to"),
        ("api_version = '2'\n" + source("x"), "its api_version is '2'; it must be a whole number"),
        (source("x", kind="datasets"), "dataset 'x' must be a DatasetComponent"),
        (
            source("x") + "\n    register('x')\n",
            "TypeError: register() takes a Component, got str",
        ),
    ],
)
def test_a_broken_plugin_is_named_and_takes_no_other_down(
    write: Write, broken: str, reason: str
) -> None:
    found = collect([write("acme-bad", broken), write("acme-good", source("good"))])
    assert list(found.components) == [("loss", "good")]
    assert [plugin.package for plugin in found.plugins] == ["acme-good"]
    assert str(found.broken[0]).startswith("plugin acme-bad 1.0 is broken: ")
    assert reason in str(found.broken[0])


BAD = "plugin acme-bad 1.0 is broken: ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("catalogue", "message"),
    [
        ({}, f"{BAD}; unknown loss 'focl'; did you mean 'focal'?; known: focal"),
        (
            {"focl": "Acme_Bad"},
            f"{BAD}; unknown loss 'focl'; did you mean 'focal'?; known: focal; "
            "'focl' is part of Acme_Bad",
        ),
        (
            {"focl": "acme-other"},
            "unknown loss 'focl'; did you mean 'focal'?; known: focal; "
            f"'focl' is part of acme-other: pip install acme-other; {BAD}",
        ),
    ],
    ids=["anybody's", "the broken one's", "another's"],
)
def test_a_broken_plugin_comes_first_where_the_unknown_name_may_be_its_own(
    write: Write, monkeypatch: pytest.MonkeyPatch, catalogue: dict[str, str], message: str
) -> None:
    monkeypatch.setattr(room, "published_components", lambda: {"loss": catalogue})
    found = collect([write("acme-bad", "1 / 0"), write("acme-good", source("focal"))])
    with pytest.raises(UsageError) as caught:
        found.get("loss", "focl")
    assert str(caught.value) == message


def test_the_trace_of_a_broken_plugin_is_that_of_its_own_code_alone(write: Write) -> None:
    (broken,) = collect([write("acme-bad", "def fall():\n    1 / 0\n\nfall()\n")]).broken
    lines = [line.strip() for line in broken.trace.splitlines() if line.startswith("  File")]
    assert len(lines) == 2
    assert all("acme_bad.py" in line for line in lines)
    assert broken.trace.endswith("ZeroDivisionError: division by zero")


def test_a_wrong_declaration_names_plugin_component_and_option(write: Write) -> None:
    text = (
        "from emobench.api import Component, Components, Field, Options\n"
        "class Wrong(Options):\n"
        "    strength: float = Field(-1.0, ge=0, description='how much')\n"
        "class Lost(Options):\n"
        "    strength: 'Nowhere' = Field(1.0, description='how much')\n"
        "components = Components(api_version=2, losses=[\n"
        "    Component(name='wrong', target='a:B', summary='x', options=Wrong),\n"
        "    Component(name='lost', target='a:B', summary='x', options=Lost),\n"
        "])\n"
    )
    plugin = replace(write("acme-bad", text), module="acme_bad:components")
    found = collect([plugin])
    with pytest.raises(PluginError) as caught:
        found.get("loss", "wrong").fields()
    assert str(caught.value) == (
        "loss 'wrong' of plugin acme-bad 1.0 declares its options wrongly: Wrong.strength: the "
        "default is wrong: must be at least 0, got -1 (in acme_bad)"
    )
    with pytest.raises(PluginError, match=r"of plugin acme-bad 1\.0 declares .*: NameError: "):
        found.get("loss", "lost").fields()


def test_an_absent_component_names_the_package_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "catalogue.json").write_text('{"loss": {"focal": "emobench-losses"}}')
    monkeypatch.setattr(room, "CATALOGUE", tmp_path / "catalogue.json")
    room.published_components.cache_clear()
    try:
        message = Registry().unknown("loss", "focal")
    finally:
        room.published_components.cache_clear()
    assert message == (
        "unknown loss 'focal'; no loss is known; "
        "'focal' is part of emobench-losses: pip install emobench-losses"
    )


@pytest.mark.parametrize("target", ["no_such_module:Thing", "emobench.api:NoSuchThing"])
def test_a_target_that_is_not_there_names_its_plugin(target: str) -> None:
    found = Registry()
    plugin = Plugin(package="acme", version="1.0", module="acme")
    found.add("loss", Component(name="x", target=target, summary="x"), plugin)
    words = f"loss 'x' of plugin acme 1.0 cannot be loaded from '{target}'"
    with pytest.raises(PluginError, match=words):
        found.get("loss", "x").load()


def test_no_plugin_takes_the_place_of_a_component_of_the_core(write: Write) -> None:
    core = next(one for one in load_registry().plugins if one.package == "emobench")
    posing = (
        "from emobench.api import Components, DatasetComponent\n"
        "components = Components(api_version=2, datasets=[DatasetComponent(\n"
        "    name='folder', target='acme:Folder', summary='x', modalities=('audio',),\n"
        "    licence='x', obtain='x', layout='x')])\n"
    )
    plugin = replace(write("acme-poser", posing), module="acme_poser:components")
    for order in ([core, plugin], [plugin, core]):
        with pytest.raises(NameClash) as caught:
            collect(order)
        message = str(caught.value)
        assert message.startswith("dataset 'folder' is claimed twice: by ")
        assert "by emobench (emobench.data.builtin:components)" in message
        assert "by acme-poser (acme_poser:components)" in message


NEWER = "perhaps it was built for a newer emobench: this one serves versions 1 to 2 of the plugin"
TOO_NEW = "version 3 of the plugin API, and this emobench serves 1 to 2: pip install --upgrade"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("components = Components(rerankers=[], api_version=3)", TOO_NEW),
        ("components = Components(rerankers=[], api_version='3')", "it must be a whole number"),
        (
            "components = Components(api_version=2, loses=[])",
            "Components: unknown list 'loses'; did you mean 'losses'?; known: api_version, aug",
        ),
        ("Component(name='a', target='a:B', summary='x', since=3)", NEWER),
        ("from emobench.api import Shiny", NEWER),
        ("import emobench.api.shiny", NEWER),
    ],
)
def test_a_plugin_that_uses_what_a_newer_api_has_is_told_so(
    write: Write, source: str, words: str
) -> None:
    text = f"from emobench.api import Component, Components\n{source}\n"
    plugin = replace(write("acme-new", text), module="acme_new:components")
    (broken,) = collect([plugin]).broken
    assert words in str(broken)


@pytest.mark.parametrize(
    "source",
    ["from emobench_no import x", "from json import Shiny", "dict(1, x=2)", "open('.', colour=1)"],
)
def test_faults_of_another_kind_are_not_laid_to_the_api(write: Write, source: str) -> None:
    (broken,) = collect([write("acme-bad", source)]).broken
    assert "newer" not in str(broken)


LISTS = """
from emobench.api import Component, Components

shared = Component(name="shared", target="a:B", summary="x")
own = Component(name="own", target="a:C", summary="x")
first = Components(api_version=1, losses=[shared])
second = Components(api_version=2, losses=[shared, own])
third = Components(api_version=2, losses=[Component(name="own", target="a:D", summary="x")])
again = second
"""


def named(plugin: Plugin, *attributes: str) -> list[Plugin]:
    return [replace(plugin, module=f"{plugin.module}:{name}") for name in attributes]


def test_what_two_entry_points_of_a_package_share_is_registered_once(write: Write) -> None:
    found = collect(named(write("acme-dup", LISTS), "first", "second", "again"))
    assert list(found.of_kind("loss")) == ["own", "shared"]
    assert found.broken == []
    (package,) = found.packages()
    assert (package.package, package.api) == ("acme-dup", 2)


def test_two_components_of_one_name_break_their_package_and_no_other(write: Write) -> None:
    twice = named(write("acme-dup", LISTS), "second", "third")
    found = collect([*twice, write("acme-good", source("good"))])
    assert list(found.of_kind("loss")) == ["good", "own", "shared"]
    assert [str(broken) for broken in found.broken] == [
        "plugin acme-dup 1.0 is broken: it offers loss 'own' twice: by acme_dup:second (a:C) and "
        "by acme_dup:third (a:D)"
    ]


def test_listing_imports_no_target(write: Write) -> None:
    found = collect([write("acme-a", source("a", target="antigravity:Thing"))])
    assert list(found.of_kind("loss")) == ["a"]
    assert "antigravity" not in sys.modules


def install(folder: Path, name: str, *, kind: str = "dist-info", group: str = "emobench") -> None:
    """Lay down what an installer leaves of a distribution."""
    place = folder / f"{name.replace('-', '_')}-1.0.{kind}"
    place.mkdir(parents=True)
    metadata = "METADATA" if kind == "dist-info" else "PKG-INFO"
    (place / metadata).write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\nName: no\n"
    )
    module = name.replace("-", "_")
    (place / "entry_points.txt").write_text(
        f"[console_scripts]\nx = y:z\n\n[{group}]\nmain = {module}.hooks\n\n[z]\na = b\n"
    )


@pytest.mark.parametrize(
    ("value", "packages"),
    [
        (None, ["emobench", "acme-a", "acme-b"]),
        ("all", ["emobench", "acme-a", "acme-b"]),
        ("none", ["emobench"]),
        ("", ["emobench", "acme-a", "acme-b"]),
        ("acme-b", ["emobench", "acme-b"]),
        (" acme-b , acme-a ", ["emobench", "acme-a", "acme-b"]),
        ("Acme_B", ["emobench", "acme-b"]),
    ],
)
def test_the_variable_limits_what_is_loaded_but_never_the_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, packages: list[str]
) -> None:
    for folder, name in (("one", "acme-b"), ("one", "emobench"), ("two", "acme-a")):
        install(tmp_path / folder, name)
    install(tmp_path / "three", "acme-a")
    monkeypatch.delenv("EMOBENCH_PLUGINS", raising=False)
    if value is not None:
        monkeypatch.setenv("EMOBENCH_PLUGINS", value)
    folders = [str(tmp_path / name) for name in ("one", "two", "three", "missing")]
    assert [plugin.package for plugin in installed_plugins(folders)] == packages


def test_a_name_in_the_variable_that_no_plugin_has_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("emobench", "acme-losses", "acme-heads"):
        install(tmp_path, name)
    monkeypatch.setenv("EMOBENCH_PLUGINS", "acme-loses,acme-heads")
    with pytest.warns(PluginWarning) as caught:
        found = installed_plugins([str(tmp_path)])
    assert [str(each.message) for each in caught] == [
        "EMOBENCH_PLUGINS: unknown plugin package 'acme-loses'; did you mean 'acme-losses'?; "
        "known: acme-heads, acme-losses, emobench"
    ]
    assert [plugin.package for plugin in found] == ["emobench", "acme-heads"]


@pytest.mark.parametrize(
    ("value", "packages", "words"),
    [
        (",", ["emobench"], "it names no plugin, so only the core is loaded; 'none' says that"),
        ("none,acme", ["emobench", "acme"], "'none' beside other names means nothing; they are"),
    ],
)
def test_what_means_nothing_in_the_variable_is_warned_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    packages: list[str],
    words: str,
) -> None:
    for name in ("emobench", "acme", "acme-other"):
        install(tmp_path, name)
    monkeypatch.setenv("EMOBENCH_PLUGINS", value)
    with pytest.warns(PluginWarning) as caught:
        found = installed_plugins([str(tmp_path)])
    assert [plugin.package for plugin in found] == packages
    (told,) = [str(each.message) for each in caught]
    assert told.startswith(f"EMOBENCH_PLUGINS: {words}")


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("none", "'focal' is part of emobench-losses, which EMOBENCH_PLUGINS=none leaves out"),
        ("emobench-losses", "'focal' is part of emobench-losses: pip install emobench-losses"),
    ],
)
def test_a_component_that_the_variable_leaves_out_is_not_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, advice: str
) -> None:
    monkeypatch.setattr(
        room, "published_components", lambda: {"loss": {"focal": "emobench-losses"}}
    )
    monkeypatch.setenv("EMOBENCH_PLUGINS", value)
    assert Registry().unknown("loss", "focal") == (
        f"unknown loss 'focal'; no loss is known; {advice}"
    )


def test_a_third_partys_missing_component_recalls_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMOBENCH_PLUGINS", "none")
    message = Registry().unknown("loss", "acme_loss")
    assert message.endswith("EMOBENCH_PLUGINS=none limits what is loaded")


@pytest.mark.parametrize("kind", ["dist-info", "egg-info"])
def test_name_version_and_module_are_those_of_the_metadata(tmp_path: Path, kind: str) -> None:
    install(tmp_path, "Acme-Losses", kind=kind)
    install(tmp_path, "stranger", kind=kind, group="another")
    assert installed_plugins([str(tmp_path)]) == [
        Plugin(package="Acme-Losses", version="1.0", module="Acme_Losses.hooks")
    ]


def test_what_is_found_is_what_importlib_finds() -> None:
    expected = {
        (distribution.metadata["Name"], distribution.version, entry.value)
        for distribution in distributions()
        for entry in distribution.entry_points
        if entry.group == "emobench"
    }
    found = installed_plugins(sys.path)
    assert {(one.package, one.version, one.module) for one in found} == expected
    assert len(found) >= 4


def test_entry_points_with_attributes_extras_and_comments_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "acme")
    listing = tmp_path / "acme-1.0.dist-info" / "entry_points.txt"
    listing.write_text("[emobench]\n# note = none\nx = acme_inside:holder.hooks [extra]\n")
    (tmp_path / "acme_inside.py").write_text(
        "from types import SimpleNamespace as N\n"
        "from emobench.api import Component, hookimpl\n"
        "@hookimpl\ndef register_losses(register):\n"
        "    register(Component(name='inner', target='a:B', summary='x'))\n"
        "holder = N(hooks=N(register_losses=register_losses))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    plugins = installed_plugins([str(tmp_path)])
    assert [plugin.module for plugin in plugins] == ["acme_inside:holder.hooks"]
    assert list(collect(plugins).of_kind("loss")) == ["inner"]
