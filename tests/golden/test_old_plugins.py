"""A plugin written for version 1 of the API, and never touched since, still does all it did."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pluggy
import pytest

from emobench.api import API_VERSION, EVENT_NAMES, Events, NoOptions
from emobench.api.events import EVENT_PROJECT
from emobench.recipes.load import load_recipe
from emobench.registry import Plugin, Registry, collect, load_registry
from emobench.runs.executor import execute
from emobench.runs.folder import read_predictions
from emobench.runs.plan import Plan, Settings, plan_runs
from emobench.runs.record import Record
from emobench.training import build
from emobench.training.events import connect

FROZEN = Path(__file__).parents[1] / "data" / "frozen_plugin_v1"
RECIPE = """
schema: 1
task: task.yaml
frontend: values
backbone: {use: dense, hidden: [8]}
head: linear
loss: {use: powered, power: 1.5}
sampler: halves
optimizer: {use: adam, lr: 0.01}
techniques: [{use: leash, strength: 0.001}]
postprocess: [prior]
train: {epochs: 2, batch_size: 32}
"""
TASK = """
name: tiny-table
dataset: {use: synthetic-au, items: 160, identities: 10}
protocol: {use: grouped-holdout}
"""
OLD_PARTS = {
    ("loss", "powered"),
    ("sampler", "halves"),
    ("technique", "leash"),
    ("postprocessor", "prior"),
    ("combiner", "loudest"),
}


@dataclass(frozen=True, kw_only=True)
class Bench:
    registry: Registry
    plan: Plan
    settings: Settings

    def train(self, **changes: Any) -> Record:
        settings = replace(self.settings, **changes)
        return execute(self.plan, settings=settings, registry=self.registry)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """The old plugin beside those of today, and a recipe that uses all it has for recipes."""
    monkeypatch.syspath_prepend(FROZEN)
    old = Plugin(package="acme-frozen", version="0.3", module="acme_frozen.registration")
    registry = collect([*load_registry().plugins, old])
    (tmp_path / "task.yaml").write_text(TASK)
    (tmp_path / "old.yaml").write_text(RECIPE)
    recipe = load_recipe(tmp_path / "old.yaml", registry=registry)
    (plan,) = plan_runs([recipe], registry=registry)
    settings = Settings(runs=tmp_path / "runs", cache=tmp_path / "cache", device="cpu")
    yield Bench(registry=registry, plan=plan, settings=settings)
    for module in [name for name in sys.modules if name.partition(".")[0] == "acme_frozen"]:
        del sys.modules[module]


def history(runs: Path, record: Record) -> list[dict[str, float]]:
    lines = (runs / record.id / "history.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_the_old_plugin_is_older_than_the_api_of_today() -> None:
    assert API_VERSION > 1


def test_it_registers_as_built_for_version_1(bench: Bench) -> None:
    assert bench.registry.broken == []
    offered = {
        key
        for key, entry in bench.registry.components.items()
        if (entry.plugin.package, entry.plugin.api) == ("acme-frozen", 1)
    }
    assert offered == OLD_PARTS


def test_it_trains_and_the_record_names_the_version_it_was_built_for(bench: Bench) -> None:
    record = bench.train()
    assert record.state in ("ok", "collapsed"), record.reason
    assert record.provenance is not None
    assert record.provenance.plugin_apis["acme-frozen"] == 1
    assert record.provenance.components["technique/leash"] == "acme-frozen 0.3"
    assert record.provenance.emobench == importlib.metadata.version("emobench")
    rows = history(bench.settings.runs, record)
    assert record.data is not None
    steps = -(-(record.data.train // 2) // 32)
    assert [row["leash.updates"] for row in rows] == [steps, 2 * steps]
    assert rows[1]["train_loss.leash"] > 0


def test_its_post_processor_still_changes_what_is_scored(bench: Bench) -> None:
    record = bench.train()
    stored = read_predictions(bench.settings.runs / record.id)
    before, after = stored["test/emotion/before"], stored["test/emotion/after"]
    share = after / before
    expected = share / share[:, :1]
    np.testing.assert_allclose(expected, np.tile(expected[:1], (len(after), 1)), rtol=1e-4)
    assert not np.allclose(before, after)


def test_its_combiner_is_still_built(bench: Bench) -> None:
    combiner = bench.registry.get("combiner", "loudest").build(NoOptions(), None)
    members = np.array([[[0.8, 0.2]], [[0.4, 0.6]]])
    np.testing.assert_allclose(combiner.apply(members), [[0.8 / 1.4, 0.6 / 1.4]])


def with_a_new_argument() -> type[Events]:
    """Every event as it would read with one argument more."""
    lines = ["class Newer:"]
    for name in EVENT_NAMES:
        arguments = [*inspect.signature(getattr(Events, name)).parameters, "novelty"]
        lines.append(f"    def {name}({', '.join(arguments)}): ...")
    space: dict[str, Any] = {}
    exec("\n".join(lines), space)
    newer: type[Events] = space["Newer"]
    marker = pluggy.HookspecMarker(EVENT_PROJECT)
    for name in EVENT_NAMES:
        old = getattr(getattr(Events, name), f"{EVENT_PROJECT}_spec")
        marker(getattr(newer, name), firstresult=old["firstresult"])
    return newer


class Telling:
    """Sends every event with the argument that no technique of today knows."""

    def __init__(self, hooks: Any) -> None:
        self.hooks = hooks
        self.sent: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        def send(**arguments: Any) -> Any:
            self.sent.add(name)
            return getattr(self.hooks, name)(**arguments, novelty="unheard of")

        return send


def test_a_new_argument_of_every_event_breaks_no_old_technique(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor the loop's own answers, nor the observer's; the numbers stay the same to the bit."""
    before = bench.train()
    relays: list[Telling] = []

    def connect_newer(*arguments: Any, **named: Any) -> Any:
        relays.append(Telling(connect(*arguments, **named, events=with_a_new_argument())))
        return relays[-1]

    monkeypatch.setattr(build, "connect", connect_newer)
    after = bench.train(fresh=True)
    assert (after.state, after.reason) == (before.state, before.reason)
    assert after.hashes == before.hashes
    assert relays[0].sent == set(EVENT_NAMES)
