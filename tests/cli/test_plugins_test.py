"""`emobench plugins test`: what it runs, what it tells, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emobench.component_cards import HELPS, HURTS, new_card
from emobench.registry import BrokenPlugin, Plugin, Registry, collect

Command = Callable[..., Any]
REGISTRATION = """\
from emobench.api import Component, Components, DatasetComponent, Field, Options


class LevelOptions(Options):
    level: int = Field(1, description="how much it smooths; more than 2 is too much")


class PlaceOptions(Options):
    place: str = Field(description="where the files lie")


components = Components(
    api_version=2,
    postprocessors=[
        Component(name="sound", target="acme_tested.methods:Sound", summary="Smooths a little.",
                  options=LevelOptions),
        Component(name="peeking", target="acme_tested.methods:Peeking", summary="Evens out."),
        Component(name="leaving", target="acme_tested.methods:Leaving", summary="Ends it all."),
        Component(name="unbuilt", target="acme_tested.methods:Unbuilt", summary="Is not there."),
    ],
    datasets=[
        DatasetComponent(name="mine", target="acme_tested.methods:Mine", summary="My files.",
                         options=PlaceOptions, modalities=("table",), licence="mine",
                         obtain="ask me", layout="as you like"),
    ],
)
"""
METHODS = """\
import sys

import numpy as np

from emobench.api import UsageError


class Sound:
    objective = ""

    def __init__(self, options, context):
        if context.target.kind not in ("class", "distribution"):
            raise UsageError("classes only")
        self.level = getattr(options, "level", 1)

    def fit(self, logits, targets):
        print("fitting")

    def apply(self, logits):
        assert self.level < 3, "smoothed to nothing"
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


class Peeking(Sound):
    def apply(self, logits):
        shares = super().apply(logits) / super().apply(logits).mean(axis=0)
        return shares / shares.sum(axis=1, keepdims=True)


class Leaving(Sound):
    def fit(self, logits, targets):
        sys.exit("enough")


class Unbuilt(Sound):
    def __init__(self, options, context):
        self.table = np.zeros(3).reshape(2)
"""
PEEK = "a_row_depends_on_itself_alone"


@pytest.fixture(autouse=True)
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """An installed plugin with a sound component, two broken ones, and one that asks for more."""
    package = tmp_path / "checkout" / "acme_tested"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "registration.py").write_text(REGISTRATION)
    (package / "methods.py").write_text(METHODS)
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    plugin = Plugin(
        package="acme-tested", version="0.3", module="acme_tested.registration:components"
    )
    registry = collect([plugin])
    for kind, name in registry.components:
        card = package / "cards" / kind / f"{name}.md"
        card.parent.mkdir(parents=True, exist_ok=True)
        text = new_card(kind, registry.get(kind, name).component)
        card.write_text(text.replace(HELPS, "With noise.").replace(HURTS, "Without."))
    monkeypatch.setattr("emobench.registry.load_registry", lambda: registry)
    yield registry
    for module in [name for name in sys.modules if name.partition(".")[0] == "acme_tested"]:
        del sys.modules[module]


def test_a_sound_component_passes_and_what_was_left_out_is_told(emobench: Command) -> None:
    outcome = emobench("plugins", "test", "sound")
    name, passed, failed, *_ = outcome.out.splitlines()[2].split()
    assert (outcome.code, name, failed) == (0, "postprocessor/sound", "0")
    assert int(passed) > 10
    assert "it names no objective: nothing is fitted" in outcome.out
    assert "never_worse_on_what_it_was_fitted_on: postprocessor/sound" in outcome.out


def test_a_failure_tells_the_law_what_was_found_and_how_to_run_it_alone(emobench: Command) -> None:
    outcome = emobench("plugins", "test", "postprocessor/peeking")
    assert outcome.code == 3
    block = outcome.out.partition(f"\npostprocessor/peeking: {PEEK}\n")[2].splitlines()[:3]
    assert block[0].startswith("  law    The result of an item does not depend on which others")
    assert block[1].startswith("  found  an item's result is another when it is given alone")
    assert block[2] == f"  alone  emobench plugins test postprocessor/peeking --check {PEEK}"
    assert outcome.err.splitlines()[-1].startswith("error: ")
    assert "checks failed: postprocessor/peeking (" in outcome.err


def test_the_command_that_runs_a_failed_check_alone_runs_it_alone(emobench: Command) -> None:
    outcome = emobench("plugins", "test", "peeking", "--check", PEEK, "--json")
    (component,) = json.loads(outcome.out)["components"]
    assert [(check["name"], check["outcome"]) for check in component["checks"]] == [
        (PEEK, "failed")
    ]
    assert outcome.code == 3


def test_a_package_has_all_its_components_tested_in_one_document(emobench: Command) -> None:
    outcome = emobench("plugins", "test", "Acme_Tested", "--json")
    document = json.loads(outcome.out)
    found = {each["name"]: each for each in document["components"]}
    assert document["schema"] == 1
    assert list(found) == ["sound", "peeking", "leaving", "unbuilt", "mine"]
    assert found["sound"]["failed"] == 0 < found["sound"]["passed"]
    assert found["peeking"]["failed"] >= 1
    assert "fitting" in outcome.err


def test_a_component_that_ends_the_process_fails_and_the_rest_goes_on(emobench: Command) -> None:
    outcome = emobench("plugins", "test", "leaving")
    assert outcome.code == 3
    assert "found  SystemExit: enough" in outcome.out


def test_checks_that_failed_alike_are_told_once_with_the_place_in_the_code(
    emobench: Command, tmp_path: Path
) -> None:
    outcome = emobench("plugins", "test", "leaving")
    assert outcome.out.count("SystemExit: enough") == 1
    _, heading, rest = outcome.out.partition(" checks failed alike\n")
    lines = rest.splitlines()
    assert heading
    assert lines[0] == "  found  SystemExit: enough"
    assert lines[1].startswith("  in     checkout/acme_tested/methods.py:")
    assert lines[1].endswith(" in fit")
    assert lines[2].startswith("  by     ")
    assert ", gives_probabilities, " in lines[2]
    assert lines[3].startswith("  alone  emobench plugins test postprocessor/leaving --check ")


def test_a_component_that_cannot_be_built_is_asked_no_more(emobench: Command) -> None:
    outcome = emobench("plugins", "test", "unbuilt", "--json")
    (found,) = json.loads(outcome.out)["components"]
    assert (found["failed"], found["passed"], len(found["checks"])) == (1, 0, 1)
    assert found["not_run"] > 10
    (check,) = found["checks"]
    assert check["message"].startswith("PluginError: postprocessor 'unbuilt' of plugin acme-tested")
    assert check["place"].startswith("checkout/acme_tested/methods.py:")
    assert check["place"].endswith(" in __init__")
    told = emobench("plugins", "test", "unbuilt").out
    assert (
        f"postprocessor/unbuilt cannot be built: its other {found['not_run']} checks would say "
        "the same and were not run" in told
    )


@pytest.fixture
def interrupting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user interrupts the second check of the second component."""
    from emobench.testing import runner

    run_check = runner.run_check
    seen = []

    def check(suite: Any, name: str) -> Any:
        seen.append(name)
        if suite.component == "peeking" and seen[-2] == "test_builds_from_its_defaults":
            raise KeyboardInterrupt
        return run_check(suite, name)

    monkeypatch.setattr(runner, "run_check", check)


def test_an_interrupt_keeps_what_was_finished(emobench: Command, interrupting: None) -> None:
    outcome = emobench("plugins", "test", "acme-tested")
    rows = [line.split() for line in outcome.out.splitlines()[2:4]]
    assert outcome.code == 130
    assert outcome.err.splitlines()[-1] == "interrupted"
    assert [row[0] for row in rows] == ["postprocessor/sound", "postprocessor/peeking"]
    assert int(rows[0][1]) > 10
    assert rows[1][1] == "1"
    assert "2 components: " in outcome.out
    assert " not run in " in outcome.out
    assert "cannot be built" not in outcome.out
    assert "postprocessor/leaving" not in outcome.out


def test_an_interrupted_document_says_so(emobench: Command, interrupting: None) -> None:
    outcome = emobench("plugins", "test", "acme-tested", "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, document["interrupted"], len(document["components"])) == (130, True, 2)


def test_in_a_pipe_each_component_is_told_as_it_finishes(
    emobench: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from emobench.testing import runner

    run_check = runner.run_check
    told: dict[str, str] = {}

    def check(suite: Any, name: str) -> Any:
        told.setdefault(suite.component, capsys.readouterr().out)
        return run_check(suite, name)

    monkeypatch.setattr(runner, "run_check", check)
    emobench("plugins", "test", "acme-tested", "--check", "pickles")
    assert told["peeking"].splitlines()[-1].startswith("postprocessor/sound ")


def test_a_component_that_requires_an_option_is_left_out_of_its_package(emobench: Command) -> None:
    found = json.loads(
        emobench("plugins", "test", "acme-tested", "--check", "pickles", "--json").out
    )["components"]
    assert found[-1]["checks"] == []
    assert found[-1]["reason"] == (
        "option 'place' has no default: test the component alone and give it with --set place=VALUE"
    )


@pytest.mark.parametrize("flags", [("--set", "level=3"), ("--options", "{level: 3}")])
def test_options_reach_the_component_and_the_command_to_repeat(
    emobench: Command, flags: tuple[str, str]
) -> None:
    outcome = emobench("plugins", "test", "sound", *flags, "--check", "gives_probabilities")
    assert outcome.code == 3
    assert "found  smoothed to nothing" in outcome.out
    assert "plugins test postprocessor/sound --options '{\"level\": 3}' --check" in outcome.out


def test_verbose_tells_every_check(emobench: Command) -> None:
    outcome = emobench("plugins", "test", "sound", "--verbose")
    lines = [line.split() for line in outcome.out.splitlines()]
    assert [line[0] for line in lines if line[-1:] == ["gives_probabilities"]] == ["passed"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("acme-testd",), "unknown component or package 'acme-testd'; did you mean 'acme-tested'?"),
        (("sound", "--check", "gives_probability"), "did you mean 'gives_probabilities'?"),
        (("acme-tested", "--set", "level=2"), "options are those of one component; name it"),
        (("sound", "--set", "levels=2"), "unknown option 'levels'; did you mean 'level'?"),
        (("sound", "--set", "level"), "--set level: expected KEY=VALUE"),
        (("sound", "--options", "3"), "--options: expected a mapping such as '{gamma: 1.5}'"),
        (("mine",), "option 'place' has no default"),
    ],
)
def test_a_call_that_cannot_be_meant_ends_with_2(
    emobench: Command, arguments: tuple[str, ...], told: str
) -> None:
    outcome = emobench("plugins", "test", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert told in outcome.err


def test_a_plugin_that_cannot_be_loaded_ends_with_3(emobench: Command, acme: Registry) -> None:
    plugin = Plugin(package="acme-broken", version="1", module="acme_broken")
    acme.broken.append(BrokenPlugin(plugin=plugin, reason="ImportError: gone", trace="Traceback"))
    outcome = emobench("plugins", "test", "acme-broken")
    assert outcome.code == 3
    assert "plugin acme-broken 1 is broken: ImportError: gone" in outcome.err


def test_the_tests_of_an_editable_package_are_pointed_at(
    emobench: Command, acme: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hint = f"what these checks left out: pytest {tmp_path}/tests"
    monkeypatch.setattr("emobench.cli.suite_report.origin", lambda plugin: f"editable {tmp_path}")
    assert hint not in emobench("plugins", "test", "sound", "--check", "pickles").out
    (tmp_path / "tests").mkdir()
    assert hint in emobench("plugins", "test", "sound", "--check", "pickles").out
