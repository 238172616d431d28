"""A plugin that raises while a run is at work is named in the error and in the record."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emobench.api import PluginError, UsageError
from emobench.recipes.load import load_recipe
from emobench.registry import Plugin, Registry, collect, load_registry
from emobench.runs.executor import execute
from emobench.runs.plan import Plan, Settings, plan_runs
from emobench.runs.record import Culprit, Record
from emobench.runs.store import RunStore

PLUGIN = Path(__file__).parents[2] / "data" / "raising_plugin"

Train = Callable[[dict[str, str]], Record]
ACME = {"package": "acme-raising", "version": "1.2"}


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.syspath_prepend(PLUGIN)
    plugin = Plugin(**ACME, module="acme_raising:components")
    yield collect([*load_registry().plugins, plugin])
    sys.modules.pop("acme_raising", None)


@pytest.fixture
def train(registry: Registry, plan: Plan, settings: Settings, tmp_path: Path) -> Train:
    """Train the small recipe with some of its lines changed."""

    def run(changes: dict[str, str]) -> Record:
        path = tmp_path / "small.yaml"
        lines = [
            line for line in path.read_text().splitlines() if line.partition(":")[0] not in changes
        ]
        path.write_text("\n".join([*lines, *(f"{key}: {changes[key]}" for key in changes)]))
        (only,) = plan_runs([load_recipe(path, registry=registry)], registry=registry)
        return execute(only, settings=settings, registry=registry)

    return run


DIVISION = "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("changes", "component"),
    [
        ({"techniques": "[raising_event]"}, "technique/raising_event"),
        ({"techniques": "[raising_state]"}, "technique/raising_state"),
        ({"loss": "raising_loss"}, "loss/raising_loss"),
        ({"sampler": "raising_sampler"}, "sampler/raising_sampler"),
        ({"optimizer": "raising_optimizer"}, "optimizer/raising_optimizer"),
        ({"scheduler": "raising_scheduler"}, "scheduler/raising_scheduler"),
        ({"postprocess": "[raising_fit]"}, "postprocessor/raising_fit"),
        ({"frontend": "raising_frontend"}, "frontend/raising_frontend"),
        (
            {
                "augmentations": "[raising_augmentation]",
                "train": "{epochs: 1, batch_size: 32, workers: 2}",
            },
            "augmentation/raising_augmentation",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" in value else "",
)
def test_what_raises_is_named_in_the_reason_and_as_data(
    train: Train, changes: dict[str, str], component: str
) -> None:
    record = train(changes)
    kind, _, name = component.partition("/")
    assert record.state == "failed"
    assert record.reason == (f"{kind} '{name}' of plugin acme-raising 1.2: {DIVISION}")
    assert record.culprit == Culprit(**ACME, component=component)
    assert "acme_raising.py" in " ".join(record.log)


def test_a_record_that_ends_well_names_nobody(train: Train) -> None:
    assert train({}).culprit is None


def test_a_fault_that_a_plugin_declares_is_opened_with_its_name(
    train: Train, settings: Settings
) -> None:
    words = "technique 'declared' of plugin acme-raising 1.2: the licence has run out"
    with pytest.raises(PluginError) as caught:
        train({"techniques": "[declared]"})
    (record,) = RunStore(settings.runs).records()
    assert record.reason == str(caught.value) == words
    assert record.culprit == Culprit(**ACME, component="technique/declared")


def test_a_fault_of_the_call_that_a_plugin_finds_stays_one(train: Train) -> None:
    with pytest.raises(UsageError, match=r"^this technique wants a bigger network$"):
        train({"techniques": "[unsuited]"})


def test_a_dataset_that_raises_before_there_is_a_record_is_a_plugins_error(
    train: Train, settings: Settings
) -> None:
    with pytest.raises(PluginError) as caught:
        train({"task": "raising_dataset/all"})
    words = "dataset 'raising_dataset' of plugin acme-raising 1.2: KeyError: 'speakers' "
    assert str(caught.value).startswith(f"{words}(raising_plugin/acme_raising.py:")
    assert RunStore(settings.runs).records() == []
