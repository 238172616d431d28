"""`emobench plugins`: what is listed, what is shown of one component, and the cards."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emobench.component_cards import HELPS, HURTS
from emobench.registry import (
    BrokenPlugin,
    Plugin,
    Registry,
    collect,
    installed_plugins,
    load_registry,
)
from emobench.runs.record import AuditVerdict, Provenance
from emobench.sources import versioned_name

Command = Callable[..., Any]
REGISTRATION = """\
from typing import Annotated
from emobench.api import Component, Components, Field, Options, Search

class GentleOptions(Options):
    pull: Annotated[float, Search(0.1, 0.9)] = Field({default}, gt=0, description="how much")

components = Components(
    api_version=2,
    losses=[
        Component(name="gentle", target="acme_gentle.losses:Gentle", summary="Pulls gently.",
                  options=GentleOptions),
        Component(name="borrowed", target="{borrowed}", summary="Pulls like another."),
    ],
)
"""
MISSPELT = (
    "warning: EMOBENCH_PLUGINS: unknown plugin package 'emobench-vison'; did you mean "
    "'emobench-vision'?"
)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Install a plugin of two losses from a folder of one's own; gives its package's folder."""
    package = tmp_path / "checkout" / "acme_gentle"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(package.parent)

    def install(*, default: float = 0.5, borrowed: str = "acme_gentle.losses:Other") -> Path:
        for module in ("acme_gentle.registration", "acme_gentle"):
            sys.modules.pop(module, None)
        source = REGISTRATION.format(default=default, borrowed=borrowed)
        (package / "registration.py").write_text(source)
        plugin = Plugin(
            package="acme-gentle", version="1.2", module="acme_gentle.registration:components"
        )
        registry = collect([plugin])
        monkeypatch.setattr("emobench.registry.load_registry", lambda: registry)
        return package

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield install
    for module in ("acme_gentle.registration", "acme_gentle"):
        sys.modules.pop(module, None)


def test_plugins_list_holds_every_component(emobench: Command) -> None:
    document = json.loads(emobench("plugins", "list", "--json").out)
    listed = {(entry["kind"], entry["name"]) for entry in document["components"]}
    assert document["schema"] == 1
    assert listed == set(load_registry().components)
    text = emobench("plugins", "list").out
    assert all(name in text for _, name in listed)


def test_plugins_list_shows_one_kind(emobench: Command) -> None:
    document = json.loads(emobench("plugins", "list", "--kind", "loss", "--json").out)
    assert {entry["kind"] for entry in document["components"]} == {"loss"}
    wrong = emobench("plugins", "list", "--kind", "los")
    assert wrong.code == 2
    assert "unknown kind 'los'; did you mean 'loss'?" in wrong.err


def test_plugins_show_tells_options_and_a_block_to_copy(emobench: Command) -> None:
    outcome = emobench("plugins", "show", "mixup")
    assert outcome.code == 0
    assert outcome.out.startswith("technique mixup: ")
    assert "alpha" in outcome.out
    assert "techniques: [{use: mixup, alpha:" in outcome.out


def test_the_block_that_plugins_show_gives_is_a_valid_recipe_line(
    emobench: Command, folder: Path
) -> None:
    block = emobench("plugins", "show", "loss/cross_entropy").out.splitlines()[-1].strip()
    text = (folder / "table.yaml").read_text().replace("loss: {use: cross_entropy}", block)
    assert block in text
    (folder / "copied.yaml").write_text(text)
    assert emobench("check", "copied.yaml").code == 0


def test_the_block_that_plugins_show_gives_of_a_folder_is_a_task_file(
    emobench: Command, folder: Path
) -> None:
    shown = emobench("plugins", "show", "folder").out
    place, _, block = shown.partition("in a task file, given with --task FILE.yaml:\n")
    assert "mapping of column, folder, pattern" in place
    (folder / "own.yaml").write_text(block)
    told = emobench("tasks", "show", "own.yaml")
    assert told.code == 0, told.err
    assert all(f"  {key}: " in block for key in ("label", "group", "root"))


def test_the_block_of_another_dataset_is_a_task_file(emobench: Command, folder: Path) -> None:
    block = emobench("plugins", "show", "synthetic-au").out.partition("FILE.yaml:\n")[2]
    (folder / "own.yaml").write_text(block)
    assert emobench("tasks", "show", "own.yaml").code == 0


def test_the_block_of_a_combiner_makes_members_an_ensemble(emobench: Command, folder: Path) -> None:
    block = emobench("plugins", "show", "soft_vote").out.partition("in an ensemble recipe:\n")[2]
    members = "schema: 1\nmembers: [table.yaml, baseline]\n"
    (folder / "own.yaml").write_text(members + textwrap.dedent(block))
    outcome = emobench("check", "own.yaml")
    assert outcome.code == 0, outcome.err
    assert "      combiner  soft_vote" in outcome.out.splitlines()


@pytest.mark.parametrize("name", ["folder", "synthetic-speech", "mixup", "cnn2d"])
def test_plugins_show_keeps_within_the_terminal(
    emobench: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    lines = emobench("plugins", "show", name).out.splitlines()
    assert "package" in lines[[line != "" for line in lines].index(False) + 1]
    assert [line for line in lines if len(line) > 70] == []


def test_a_wrapped_block_is_the_same_block(
    emobench: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    block = emobench("plugins", "show", "synthetic-au").out.partition("FILE.yaml:\n")[2]
    assert len(block.splitlines()) > 1
    (folder / "own.yaml").write_text(block)
    assert emobench("tasks", "show", "own.yaml").code == 0


def test_plugins_show_suggests(emobench: Command) -> None:
    outcome = emobench("plugins", "show", "mixxup")
    assert outcome.code == 2
    assert "unknown component or package 'mixxup'; did you mean 'mixup'?" in outcome.err


def test_broken_plugins_are_shown_with_their_reason(
    emobench: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = Plugin(package="emobench-torn", version="1.0", module="torn")
    broken = BrokenPlugin(plugin=plugin, reason="ImportError: no torn", trace="Traceback ...")
    monkeypatch.setattr("emobench.registry.load_registry", lambda: Registry(broken=[broken]))
    words = "plugin emobench-torn 1.0 is broken: ImportError: no torn"
    listed = emobench("plugins", "list")
    assert listed.code == 0
    assert words in listed.err
    for name in ("show", "test", "cards"):
        outcome = emobench("plugins", name, "emobench-torn")
        assert (outcome.code, outcome.err) == (3, f"Traceback ...\nerror: {words}\n")


def test_a_name_that_a_broken_plugin_may_have_is_answered_with_that_first(
    emobench: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = Plugin(package="emobench-torn", version="1.0", module="torn")
    broken = BrokenPlugin(plugin=plugin, reason="ImportError: no torn", trace="")
    monkeypatch.setattr("emobench.registry.load_registry", lambda: Registry(broken=[broken]))
    assert emobench("plugins", "show", "tearing").err == (
        "error: plugin emobench-torn 1.0 is broken: ImportError: no torn; "
        "unknown component or package 'tearing'; no component or package is known\n"
    )


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution, `acme-plain`, with an entry point in a group of others alone."""
    metadata = tmp_path / "site" / "acme_plain-0.4.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-plain\nVersion: 0.4\n")
    (metadata / "entry_points.txt").write_text("[console_scripts]\nacme = acme:main\n")
    monkeypatch.syspath_prepend(metadata.parent)


@pytest.mark.parametrize("name", ["show", "test"])
def test_a_package_without_an_entry_point_of_ours_is_told_which_lines_it_lacks(
    emobench: Command, installed: None, name: str
) -> None:
    outcome = emobench("plugins", name, "acme-plain")
    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "error: acme-plain 0.4 is installed, but it is no plugin: it has no entry point in group "
        "'emobench'; add to its pyproject.toml, then install it anew:",
        "error:   [project.entry-points.emobench]",
        'error:   acme_plain = "acme_plain.registration:components"',
    ]


def test_a_package_that_the_variable_leaves_out_is_told_of(
    emobench: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emobench.registry.load_registry", Registry)
    outcome = emobench("plugins", "show", "emobench-essentials")
    assert outcome.err.endswith(" is installed, but EMOBENCH_PLUGINS leaves it out\n")


@pytest.mark.parametrize(
    ("layout", "advice"),
    [
        ("acme-new/pyproject.toml", "'acme-new' is not installed: pip install -e ./acme-new"),
        ("Acme_New/pyproject.toml", "'Acme_New' is not installed: pip install -e ./Acme_New"),
        ("acme_new/pyproject.toml pyproject.toml", "pip install -e ./acme_new"),
        ("acme_new/__init__.py pyproject.toml", "is not installed: pip install -e .\n"),
    ],
)
def test_a_folder_of_the_name_asks_to_be_installed(
    emobench: Command, folder: Path, layout: str, advice: str
) -> None:
    for name in layout.split():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    outcome = emobench("plugins", "test", "acme-new")
    assert outcome.code == 2
    assert advice in outcome.err
    assert "pip install -e" not in emobench("plugins", "test", "acme-old").err


def test_plugins_list_tells_package_version_and_source(emobench: Command) -> None:
    lines = emobench("plugins", "list").out.splitlines()
    assert lines[0].split() == ["kind", "name", "package", "source", "summary"]
    (mixup,) = [line for line in lines if line.startswith("technique") and " mixup " in line]
    version = load_registry().get("technique", "mixup").plugin.version
    columns = " ".join(mixup.split())
    assert f" emobench-essentials {version} arXiv:1710.09412 Blend pairs of" in columns
    (gain,) = [line for line in lines if " gain " in line]
    assert "arXiv" not in gain


def test_plugins_list_keeps_within_the_terminal(
    emobench: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = emobench("plugins", "list", "--kind", "technique").out.splitlines()
    assert max(map(len, lines[:-1])) <= 60
    place = lines.index("technique mixup: Blend pairs of examples and their labels.")
    assert lines[place + 1].startswith("    emobench-essentials ")
    assert lines[place + 1].endswith(", arXiv:1710.09412")


def install_two_entry_points(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Package `acme` 1.0, installed from a folder, of two entry points and an alias of one."""
    metadata = site / "acme-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[emobench]\na = acme_two:losses\nb = acme_two:heads\nc = acme_two:losses\n"
    )
    note = {"url": "file:///src/acme", "dir_info": {"editable": True}}
    (metadata / "direct_url.json").write_text(json.dumps(note))
    (site / "acme_two.py").write_text(
        "from emobench.api import Component, Components\n"
        "losses = Components(api_version=1, losses=[\n"
        "    Component(name='mild', target='acme_two:Mild', summary='Pulls mildly.')])\n"
        "heads = Components(api_version=2, heads=[\n"
        "    Component(name='lent', target='json.decoder:JSONDecoder', summary='Looks on.')])\n"
    )
    monkeypatch.syspath_prepend(site)
    registry = collect(installed_plugins([str(site)]))
    sys.modules.pop("acme_two")
    monkeypatch.setattr("emobench.registry.load_registry", lambda: registry)


def test_a_package_of_two_entry_points_is_shown_whole(
    emobench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_two_entry_points(tmp_path / "site", monkeypatch)
    shown = emobench("plugins", "show", "acme")
    assert shown.out.splitlines() == [
        "package  acme 1.0, for version 2 of the plugin API",
        "origin   editable /src/acme",
        "",
        "head lent: Looks on.",
        "loss mild: Pulls mildly.",
    ]
    assert shown.err.startswith("warning: head 'lent' of acme 1.0 is code of Python")


def test_a_package_of_several_entry_points_is_one_plugin(
    emobench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_two_entry_points(tmp_path / "site", monkeypatch)
    assert "2 components from 1 plugin; " in emobench("plugins", "list").out
    (plugin,) = json.loads(emobench("plugins", "list", "--json").out)["plugins"]
    assert (plugin["package"], plugin["api"]) == ("acme", 2)


def test_the_listing_says_which_packages_came_from_elsewhere_than_an_index(
    emobench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    install_two_entry_points(site, monkeypatch)
    listed = emobench("plugins", "list").out
    assert "\n\nnot from a package index:\n  acme 1.0: editable /src/acme\n\n2 comp" in listed
    (site / "acme-1.0.dist-info" / "direct_url.json").unlink()
    assert "package index" not in emobench("plugins", "list").out
    assert "package index" not in emobench("plugins", "list", "--kind", "sampler").out


def test_the_listing_as_data_tells_api_and_origin(emobench: Command) -> None:
    document = json.loads(emobench("plugins", "list", "--json").out)
    plugins = {plugin["package"]: plugin for plugin in document["plugins"]}
    assert plugins["emobench"]["origin"] == "core"
    assert {plugin["api"] for plugin in plugins.values()} == {2}
    assert document["warnings"] == []


def test_code_passed_off_as_ones_own_is_warned_of(
    emobench: Command, acme: Callable[..., Path]
) -> None:
    acme(borrowed="json.decoder:JSONDecoder")
    words = (
        "loss 'borrowed' of acme-gentle 1.2 is code of Python (json.decoder:JSONDecoder), "
        "not of its own package"
    )
    assert emobench("plugins", "list").err == f"warning: {words}\n"
    assert json.loads(emobench("plugins", "list", "--json").out)["warnings"] == [words]
    assert emobench("plugins", "show", "borrowed").err == f"warning: {words}\n"
    assert emobench("plugins", "show", "gentle").err == ""
    assert emobench("plugins", "show", "acme-gentle").err == f"warning: {words}\n"


def test_a_misspelt_name_in_the_variable_is_told_as_a_user_reads_it(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOBENCH_PLUGINS", "emobench-vison")
    outcome = command("plugins", "list")
    assert outcome.code == 0
    assert outcome.err.startswith(MISSPELT)
    assert len(outcome.err.splitlines()) == 1
    assert "essentials" not in outcome.out


def test_plugins_show_prints_the_card_and_its_table_once(emobench: Command) -> None:
    shown = emobench("plugins", "show", "focal").out
    assert "When it hurts. With wrong labels:" in shown
    assert shown.count("how strongly items that are already right are played down") == 1
    assert shown.count("Cross entropy that plays down items which are already right.") == 1
    assert shown.count("1708.02002") == 1
    assert not {"**", "<!--", "```"} & {mark for mark in ("**", "<!--", "```") if mark in shown}


def test_plugins_show_tells_version_api_and_origin(emobench: Command) -> None:
    lines = emobench("plugins", "show", "synthetic-au").out.splitlines()
    version = load_registry().get("dataset", "synthetic-au").plugin.version
    assert lines[2] == f"package  emobench {version}, for version 2 of the plugin API"
    assert lines[3] == "origin   core"


@pytest.mark.parametrize("name", ["acme-gentle", "Acme_Gentle"])
def test_plugins_show_of_a_package_tells_what_it_offers(
    emobench: Command, acme: Callable[..., Path], name: str
) -> None:
    acme()
    assert emobench("plugins", "show", name).out.splitlines() == [
        "package  acme-gentle 1.2, for version 2 of the plugin API",
        "origin   unknown",
        "",
        "loss borrowed: Pulls like another.",
        "loss gentle: Pulls gently.",
    ]


def run_with_focal(emobench: Command, executor: Any, **changes: Any) -> None:
    """Three seeds of `table.yaml`, whose scores are 0.6, 0.7 and 0.8."""
    made = versioned_name(load_registry().get("loss", "focal"))
    stamp = Provenance(emobench="1", api=2, python="3", components={"loss/focal": made})
    executor.changes = lambda plan: {"provenance": stamp, **changes}
    assert emobench("run", "table.yaml", "--seeds", "3").code == 0


def test_plugins_show_tells_what_was_measured_with_it(emobench: Command, executor: Any) -> None:
    run_with_focal(emobench, executor)
    lines = emobench("plugins", "show", "focal").out.splitlines()
    scores = [0.6, 0.7, 0.8]
    words = f"{100 * statistics.mean(scores):.1f}% ± {100 * statistics.stdev(scores):.1f}%"
    (row,) = [line for line in lines if line.startswith("synthetic-au/subjects")]
    assert re.split(r"  +", row) == ["synthetic-au/subjects", "table", "3 runs: 3 ok", "UAR", words]
    assert not any("measured with it" in line for line in emobench_lines(emobench, "mixup"))


def emobench_lines(emobench: Command, name: str) -> list[str]:
    lines: list[str] = emobench("plugins", "show", name).out.splitlines()
    return lines


def test_what_was_measured_with_other_code_is_marked(emobench: Command, executor: Any) -> None:
    older = Provenance(
        emobench="1", api=2, python="3", components={"loss/focal": "emobench-essentials 0.0.9"}
    )
    run_with_focal(emobench, executor, provenance=older)
    (row,) = [line for line in emobench_lines(emobench, "focal") if "3 runs" in line]
    assert row.endswith("70.0% ± 10.0%  other code (0.0.9)")


def test_what_was_measured_on_a_leaking_split_is_marked(
    emobench: Command, executor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_with_focal(emobench, executor, audit=AuditVerdict(verdict="leaky"))
    (row,) = [line for line in emobench_lines(emobench, "focal") if "3 runs" in line]
    assert row.endswith("70.0% ± 10.0%  leaky")
    monkeypatch.setenv("COLUMNS", "60")
    lines = emobench_lines(emobench, "focal")
    assert "synthetic-au/subjects, table: UAR 70.0% ± 10.0%, 3 runs: 3" in lines
    assert max(map(len, lines)) <= 60


def test_records_of_other_components_make_nobody_wait_for_numpy(
    emobench: Command, executor: Any, folder: Path
) -> None:
    run_with_focal(emobench, executor)
    script = (
        "import sys\n"
        "from emobench.cli.app import run_command_line\n"
        "run_command_line(['plugins', 'show', 'mixup'])\n"
        "print(sorted({'numpy', 'torch', 'pandas'} & set(sys.modules)), file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "technique mixup" in result.stdout
    assert result.stderr == "[]\n"


def test_without_records_nothing_is_said_of_measurements(emobench: Command) -> None:
    assert "measured" not in emobench("plugins", "show", "focal").out


def test_a_folder_of_records_that_was_named_must_be_there(
    emobench: Command, refused: Callable[..., str]
) -> None:
    said = refused("plugins", "show", "focal", "--runs", "rusn", code=2)
    assert said.startswith("error: there is no folder rusn; give the folder of records with --runs")


def finish_cards(package: Path) -> None:
    """Write in every card what its author has to say."""
    for card in package.rglob("cards/*/*.md"):
        text = card.read_text().replace(HELPS, "On soft data.").replace(HURTS, "On hard data.")
        card.write_text(text)


@pytest.mark.parametrize("name", ["gentle", "loss/gentle"])
def test_the_card_of_one_component_is_written(
    emobench: Command, acme: Callable[..., Path], name: str
) -> None:
    package = acme()
    assert emobench("plugins", "cards", name).out.endswith("\n1 card, 1 changed\n")
    assert [card.name for card in package.rglob("*.md")] == ["gentle.md"]


def test_a_component_without_a_card_is_told_of(
    emobench: Command, acme: Callable[..., Path]
) -> None:
    acme()
    words = "It has no card, the page on which its author says when it helps and when it hurts;"
    assert words in emobench("plugins", "show", "gentle").out
    assert words not in emobench("plugins", "show", "folder").out
    emobench("plugins", "cards", "acme-gentle")
    assert words not in emobench("plugins", "show", "gentle").out


@pytest.mark.parametrize("name", ["show", "test", "cards"])
@pytest.mark.parametrize("what", ["gentle", "acme-gentle"])
def test_a_default_out_of_bounds_is_the_plugins_fault(
    refused: Callable[..., str], acme: Callable[..., Path], name: str, what: str
) -> None:
    acme(default=-1.0)
    assert refused("plugins", name, what, code=3) == (
        "error: loss 'gentle' of plugin acme-gentle 1.2 declares its options wrongly: "
        "GentleOptions.pull: the default is wrong: must be greater than 0, got -1 "
        "(in acme_gentle.registration)"
    )


def test_cards_are_written_and_then_current(emobench: Command, acme: Callable[..., Path]) -> None:
    package = acme()
    outcome = emobench("plugins", "cards", "acme-gentle")
    card = package / "cards/loss/gentle.md"
    assert f"written: {card}" in outcome.out.splitlines()
    assert outcome.out.endswith("2 cards, 2 changed\n")
    assert card.read_text().startswith("# gentle\n\nPulls gently.\n")
    assert outcome.code == 3
    assert f"error: {card}: '{HELPS}' is still to be written; put your own" in outcome.err
    finish_cards(package)
    checked = emobench("plugins", "cards", "acme-gentle", "--check")
    assert (checked.code, checked.out) == (0, "acme-gentle: 2 cards, all current\n")
    again = emobench("plugins", "cards", "acme-gentle")
    assert (again.code, again.out) == (0, "2 cards, 0 changed\n")


def test_a_stale_table_is_renewed_and_its_words_kept(
    emobench: Command, acme: Callable[..., Path], refused: Callable[..., str]
) -> None:
    package = acme()
    emobench("plugins", "cards", "acme-gentle")
    card = package / "cards/loss/gentle.md"
    finish_cards(package)
    acme(default=0.75)
    before = card.read_text()
    assert refused("plugins", "cards", "acme_gentle", "--check", code=3) == (
        f"error: {card}: its table of options is not that of the code; "
        "run `emobench plugins cards acme-gentle`"
    )
    assert card.read_text() == before
    outcome = emobench("plugins", "cards", "acme-gentle")
    assert outcome.out == f"table renewed: {card}\n2 cards, 1 changed\n"
    assert "`0.75`" in card.read_text()
    assert "On soft data" in card.read_text()


def test_no_card_is_written_into_another_packages_folder(
    refused: Callable[..., str], acme: Callable[..., Path]
) -> None:
    package = acme(borrowed="json.decoder:JSONDecoder")
    said = refused("plugins", "cards", "acme-gentle", code=3)
    assert "loss 'borrowed' of acme-gentle 1.2 is code of Python" in said
    assert not (package / "cards").exists()


def test_no_card_is_written_into_an_installed_wheel(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refused: Callable[..., str],
    acme: Callable[..., Path],
) -> None:
    package = acme()
    installed = tmp_path / "site-packages" / "acme_gentle"
    package.rename(installed.parent.mkdir() or installed)
    monkeypatch.syspath_prepend(installed.parent)
    sys.modules.pop("acme_gentle")
    said = refused("plugins", "cards", "acme-gentle", code=2)
    assert said.startswith("error: acme-gentle is installed as a wheel, and its cards belong into")
    assert said.endswith("`pip install -e .`, then `emobench plugins cards acme-gentle`")
    assert not (installed / "cards").exists()


def test_a_folder_that_cannot_be_written_is_told(
    refused: Callable[..., str], acme: Callable[..., Path]
) -> None:
    package = acme()
    (package / "cards").write_text("a file in the way")
    said = refused("plugins", "cards", "acme-gentle", code=2)
    assert said == f"error: {package}/cards/loss/gentle.md cannot be written: Not a directory"


def test_plugins_show_tells_where_a_component_is_off(emobench: Command) -> None:
    shown = emobench("plugins", "show", "mixup").out
    assert "\noff at   alpha: 0.0 (then, to the bit, as without it)\n" in shown
    assert "off at" not in emobench("plugins", "show", "focal").out


def test_cards_of_an_unknown_package_are_refused(refused: Callable[..., str]) -> None:
    said = refused("plugins", "cards", "emobench-spech", code=2)
    assert "unknown component or package 'emobench-spech'; did you mean 'emobench-speech'?" in said


def test_every_shipped_card_is_current(emobench: Command) -> None:
    packages = {entry.plugin.package for entry in load_registry().components.values()}
    assert len(packages) >= 4
    for package in sorted(packages):
        outcome = emobench("plugins", "cards", package, "--check")
        assert outcome.code == 0, outcome.err
