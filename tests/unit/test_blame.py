"""Whose code raised: the plugin, and where it can be told the component, is named."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from emobench.api import Component, DataError, NoOptions, PluginError, UsageError
from emobench.blame import blame, blaming, plugin_error
from emobench.registry import Plugin, Registry, collect, load_registry
from emobench.training.events import connect
from emobench.training.loop import LoopDefaults, apply_update

REGISTRATION = """
from emobench.api import Component, Components
from acme_x.options import SteepOptions

def part(name, target, **more):
    return Component(name=name, target=target, summary="made up", **more)

components = Components(
    api_version=2,
    losses=[part("steep", "acme_x.losses:Steep", options=SteepOptions),
            part("flat", "acme_x.losses:Flat"),
            part("steeper", "acme_x.losses:Steeper")],
    techniques=[part("nudge", "acme_x.techniques:Nudge"),
                part("wrap", "acme_x.wrap:Wrap"), part("again", "acme_x.again:Again")],
    backbones=[part("small", "acme_x.nets:Small"), part("made", "acme_x.made:make")],
)
"""
OPTIONS = """
from emobench.api import Field, Options

class SteepOptions(Options):
    power: float = Field(2.0, description="how steep")

    def conflicts(self):
        return [1 / (self.power - 1)]
"""
LOSSES = """
from acme_x.maths import divide

class Flat:
    def __init__(self, options, context): ...
    def __call__(self, logits, targets, weights=None):
        return divide(logits)

class Steep(Flat): ...

class Steeper(Steep): ...

def nobodys(value):
    return divide(value)
"""
MATHS = "def divide(value):\n    return value / 0\n"
TECHNIQUES = """
from emobench.api import event
from emobench.api.streams import Stream

class Nudge:
    def __init__(self, options, context): ...

    @event
    def fit_start(self, run):
        raise KeyError("momentum")

    @event
    def epoch_start(self, run):
        Stream(0).torch(device="no such device")

class Other: ...
"""
WRAP = """
from emobench.api import event

class Wrap:
    def __init__(self, options, context): ...

    @event(wrapper=True)
    def fit_start(self, run):
        return (yield)
"""
AGAIN = """
from emobench.api import event

class Again:
    def __init__(self, options, context): ...

    @event
    def update(self, run, closure):
        closure()
        return True
"""
NETS = """
import torch

class Block(torch.nn.Module):
    def forward(self, x):
        return x @ x

class Small(torch.nn.Module):
    def __init__(self, options, context):
        super().__init__()
        self.inside = torch.nn.Sequential(Block())

    def forward(self, inputs):
        return self.inside(inputs)

class Alone(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x.clone()

    @staticmethod
    def backward(context, gradient):
        raise ValueError("no gradient today")
"""
MADE = "def make(options, context):\n    return lambda: 1 / 0\n"
FILES = {
    "__init__": "",
    "registration": REGISTRATION,
    "options": OPTIONS,
    "losses": LOSSES,
    "maths": MATHS,
    "techniques": TECHNIQUES,
    "wrap": WRAP,
    "again": AGAIN,
    "nets": NETS,
    "made": MADE,
}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The registry with one stranger's plugin, `acme-x` 1.2."""
    (tmp_path / "acme_x").mkdir()
    for name, text in FILES.items():
        (tmp_path / "acme_x" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    plugin = Plugin(package="acme-x", version="1.2", module="acme_x.registration:components")
    yield collect([*load_registry().plugins, plugin])
    for module in [name for name in sys.modules if name.partition(".")[0] == "acme_x"]:
        del sys.modules[module]


def build(registry: Registry, kind: Any, name: str) -> Any:
    return registry.get(kind, name).build(NoOptions(), None)


def raised_by(action: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is, it is judged
        action()
    return caught.value


def test_an_object_is_known_by_its_class_though_a_helper_of_another_module_raised(
    registry: Registry,
) -> None:
    loss = build(registry, "loss", "flat")
    error = raised_by(lambda: loss(1, 2))
    assert str(blame(error, registry)) == "loss 'flat' of plugin acme-x 1.2"


@pytest.mark.parametrize("name", ["steep", "steeper"])
def test_of_components_that_inherit_the_object_own_class_is_meant(
    registry: Registry, name: str
) -> None:
    loss = build(registry, "loss", name)
    error = raised_by(lambda: loss(1, 2))
    assert str(blame(error, registry)) == f"loss '{name}' of plugin acme-x 1.2"


def test_a_part_of_a_network_leads_to_the_network(registry: Registry) -> None:
    network = build(registry, "backbone", "small")
    error = raised_by(lambda: network(torch.ones(2, 3)))
    assert str(blame(error, registry)) == "backbone 'small' of plugin acme-x 1.2"


def test_a_function_is_known_by_a_module_that_serves_one_component(registry: Registry) -> None:
    made = build(registry, "backbone", "made")
    assert str(blame(raised_by(made), registry)) == "backbone 'made' of plugin acme-x 1.2"


def test_the_plugin_alone_is_named_where_the_component_cannot_be_told(registry: Registry) -> None:
    from acme_x.losses import nobodys

    error = raised_by(lambda: nobodys(1))
    assert str(blame(error, registry)) == "plugin acme-x 1.2"


def test_options_that_raise_lead_to_their_component(registry: Registry) -> None:
    options = registry.get("loss", "steep").component.options
    error = raised_by(lambda: options.parse({"power": 1.0}))
    assert str(blame(error, registry)) == "loss 'steep' of plugin acme-x 1.2"


def test_the_technique_whose_event_raised_is_blamed_and_not_the_one_around_it(
    registry: Registry,
) -> None:
    techniques = {name: build(registry, "technique", name) for name in ("wrap", "nudge")}
    hooks = connect(techniques, defaults=LoopDefaults())
    error = raised_by(lambda: hooks.fit_start(run=None))
    assert str(blame(error, registry)) == "technique 'nudge' of plugin acme-x 1.2"


def test_what_fails_in_the_api_is_the_doing_of_its_caller(registry: Registry) -> None:
    hooks = connect({"nudge": build(registry, "technique", "nudge")}, defaults=LoopDefaults())
    error = raised_by(lambda: hooks.epoch_start(run=None))
    assert str(blame(error, registry)) == "technique 'nudge' of plugin acme-x 1.2"


def test_the_cores_own_bug_is_nobodys_fault_though_a_plugin_called_it(registry: Registry) -> None:
    hooks = connect({"again": build(registry, "technique", "again")}, defaults=LoopDefaults())

    run: Any = SimpleNamespace(device=torch.device("cpu"), hooks=hooks)
    error = raised_by(lambda: apply_update(run, []))
    assert "acme_x/again.py" in "".join(traceback.format_tb(error.__traceback__))
    assert blame(error, registry) is None


def test_a_bug_of_a_core_dataset_is_nobodys_fault(registry: Registry) -> None:
    dataset = registry.get("dataset", "synthetic-au").load()
    error = raised_by(lambda: dataset(None, None).items())
    assert blame(error, registry) is None


def test_a_worker_thread_hides_nobody(registry: Registry) -> None:
    loss = build(registry, "loss", "flat")
    with ThreadPoolExecutor(1) as pool:
        error = raised_by(lambda: list(pool.map(loss, [1], [2])))
    assert str(blame(error, registry)) == "loss 'flat' of plugin acme-x 1.2"


def test_the_backward_pass_hides_nobody(registry: Registry) -> None:
    from acme_x.nets import Alone

    x = torch.ones(1, requires_grad=True)
    error = raised_by(lambda: Alone.apply(x).sum().backward())
    assert str(blame(error, registry)) == "backbone 'small' of plugin acme-x 1.2"


def test_an_error_raised_from_a_plugins_leads_to_the_plugin(registry: Registry) -> None:
    loss = build(registry, "loss", "flat")

    def passed_on() -> None:
        try:
            loss(1, 2)
        except ZeroDivisionError as error:
            raise RuntimeError("the batch could not be scored") from error

    assert str(blame(raised_by(passed_on), registry)) == "loss 'flat' of plugin acme-x 1.2"


def test_of_plugins_below_one_name_the_nearer_is_meant() -> None:
    plugins = [
        Plugin(package=f"shared-{name}", version="1", module=f"shared.{name}.registration")
        for name in ("a", "b")
    ]
    code = compile("def go():\n    1 / 0\n", "made-up", "exec")
    found = {}
    for module in ("shared.a.deep.maths", "shared.b", "shared.common", "sharedness"):
        space: dict[str, Any] = {"__name__": module}
        exec(code, space)
        found[module] = str(blame(raised_by(space["go"]), Registry(plugins=plugins)))
    assert found == {
        "shared.a.deep.maths": "plugin shared-a 1",
        "shared.b": "plugin shared-b 1",
        "shared.common": "None",
        "sharedness": "None",
    }


def lend(registry: Registry, target: str) -> None:
    """A plugin `borrower` 1 that offers another's code as a loss of its own."""
    plugin = Plugin(package="borrower", version="1", module="borrower.registration:components")
    registry.plugins.append(plugin)
    registry.add("loss", Component(name="borrowed", target=target, summary="x"), plugin)


def test_who_borrows_from_a_library_is_not_blamed_for_those_who_call_it(
    registry: Registry,
) -> None:
    lend(registry, "sklearn.linear_model:LogisticRegression")
    code = "from sklearn.linear_model import LogisticRegression\n\ndef go():\n"
    space: dict[str, Any] = {"__name__": "acme_x.helping"}
    exec(f"{code}    LogisticRegression(C=-1).fit([[0.0], [1.0]], [0, 1])", space)
    assert str(blame(raised_by(space["go"]), registry)) == "plugin acme-x 1.2"


def test_who_borrows_from_another_plugin_takes_no_blame_from_it(registry: Registry) -> None:
    lend(registry, "acme_x.losses:Flat")
    loss = build(registry, "loss", "flat")
    error = raised_by(lambda: loss(1, 2))
    assert str(blame(error, registry)) == "loss 'flat' of plugin acme-x 1.2"


def test_who_borrows_is_blamed_where_nobody_else_called_the_code(registry: Registry) -> None:
    lend(registry, "sklearn.linear_model:LogisticRegression")
    from sklearn.linear_model import LogisticRegression

    error = raised_by(lambda: LogisticRegression(C=-1).fit([[0.0], [1.0]], [0, 1]))
    assert str(blame(error, registry)) == "loss 'borrowed' of plugin borrower 1"


def test_nobody_owns_the_standard_library(registry: Registry) -> None:
    lend(registry, "json.decoder:JSONDecoder")
    assert blame(raised_by(lambda: json.loads("{")), registry) is None


def test_a_technique_from_elsewhere_is_blamed_and_not_the_one_around_it(
    registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.py").write_text(TECHNIQUES)
    lend(registry, "elsewhere:Nudge")
    techniques = {
        "wrap": build(registry, "technique", "wrap"),
        "nudge": build(registry, "loss", "borrowed"),
    }
    hooks = connect(techniques, defaults=LoopDefaults())
    error = raised_by(lambda: hooks.fit_start(run=None))
    culprit = str(blame(error, registry))
    del sys.modules["elsewhere"]
    assert culprit == "loss 'borrowed' of plugin borrower 1"


@pytest.mark.parametrize("target", ["torch.optim.sgd:SGD", "numpy.random:default_rng"])
def test_a_target_in_a_library_of_all_makes_nobody_its_owner(target: str) -> None:
    found = Registry()
    plugin = Plugin(package="acme-x", version="1.2", module="acme_x")
    found.add("optimizer", Component(name="sgd", target=target, summary="x"), plugin)
    error = raised_by(lambda: torch.optim.SGD([]))
    error_of_numpy = raised_by(lambda: np.random.default_rng(-1))
    assert (blame(error, found), blame(error_of_numpy, found)) == (None, None)


def test_the_message_says_who_what_and_where(registry: Registry) -> None:
    loss = build(registry, "loss", "flat")
    assert str(plugin_error(raised_by(lambda: loss(1, 2)), registry)) == (
        "loss 'flat' of plugin acme-x 1.2: ZeroDivisionError: division by zero "
        "(acme_x/maths.py:2 in divide)"
    )


def test_what_a_plugin_raises_becomes_an_error_that_names_it(registry: Registry) -> None:
    loss = build(registry, "loss", "flat")
    words = "loss 'flat' of plugin acme-x"
    with pytest.raises(PluginError, match=words) as caught, blaming(registry):
        loss(1, 2)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("error", [UsageError("give one"), DataError("no files"), KeyError("x")])
def test_declared_faults_and_the_cores_own_stay_what_they_are(
    registry: Registry, error: Exception
) -> None:
    with pytest.raises(type(error)) as caught, blaming(registry):
        raise error
    assert caught.value is error
