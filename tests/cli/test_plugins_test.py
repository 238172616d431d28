"""`emobench plugins test`: what it runs, what it tells, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emobench.component_cards import new_card
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
        card.write_text(new_card(kind, registry.get(kind, name).component))
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
    assert list(found) == ["sound", "peeking", "leaving", "mine"]
    assert found["sound"]["failed"] == 0 < found["sound"]["passed"]
    assert found["peeking"]["failed"] >= 1
    assert "fitting" in outcome.err


def test_a_component_that_ends_the_process_fails_and_the_rest_goes_on(emobench: Command) -> None:
    outcome = emobench("plugins", "test", "leaving")
    assert outcome.code == 3
    assert "found  SystemExit: enough" in outcome.out


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
        (("sound", "--set", "levl=2"), "unknown option 'levl'; did you mean 'level'?"),
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
