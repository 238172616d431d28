"""What every kind's conformance suite shares: the component under test, and checks for all kinds.

A suite is a plain class of `test_...` methods: pytest runs a subclass named `Test...`, and
`emobench plugins test` runs it without pytest. It needs nothing but two attributes.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any, ClassVar, NoReturn
from unittest import SkipTest

import numpy as np
import torch

from emobench.api import Kind, Options, UsageError
from emobench.component_cards import card_fault
from emobench.registry import Registered, load_registry
from emobench.sweeps.space import draw_options
from emobench.testing.randomness import untouched_randomness
from emobench.testing.switches import kept_switches, switches, turn_back, turned
from emobench.testing.tiny import tiny_context

HEAVY = ("torch", "numpy", "pandas", "scipy", "sklearn", "librosa", "torchvision", "timm", "ray")
"""What the registration of a plugin must not import: `emobench check` has 0.3 s for everything."""

DRAWS = 12
"""Points of the search space that are tried."""


class HookMissing(SkipTest):
    """A check that was left out because its author alone knows what it needs."""


def not_shown(reason: str, *, hook: str = "") -> NoReturn:
    """Leave a check out, saying why; runners report it as skipped.

    `hook` names the method that the suite's author must define for the check to be shown.
    """
    raise HookMissing(f"{reason}: define `{hook}`") if hook else SkipTest(reason)


class Suite:
    """The checks that components of every kind must pass.

    `component` names the one under test; `options` are given beside its defaults (what is required,
    or small sizes that keep the tests quick).
    """

    kind: ClassVar[Kind]
    component: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    registered: ClassVar[Registered | None] = None
    """The component itself, where it is not installed under its name."""

    def contexts(self) -> Sequence[Any]:
        """What it may be built with; those that it refuses with a UsageError do not count."""
        return (tiny_context(),)

    def act(self, built: Any, context: Any) -> Sequence[np.ndarray | torch.Tensor | float]:
        """What the object does on tiny input, as numbers: equal objects give equal ones."""
        raise NotImplementedError(f"{type(self).__name__} must say how a {self.kind} acts")

    @cached_property
    def entry(self) -> Registered:
        """The registered component."""
        return self.registered or load_registry().get(self.kind, self.component)

    @cached_property
    def accepted(self) -> Sequence[Any]:
        """The contexts that the component can be built with; without any, checks are left out."""
        accepted, refusals = [], []
        for context in self.contexts():
            try:
                self.build(context)
            except UsageError as refusal:
                refusals.append(str(refusal))
            else:
                accepted.append(context)
        if not accepted:
            reasons = "; ".join(dict.fromkeys(refusals))
            not_shown(f"it refuses every tiny task ({reasons})", hook="contexts")
        return accepted

    @property
    def context(self) -> Any:
        """The first context that the component accepts."""
        return self.accepted[0]

    @property
    def given(self) -> Mapping[str, Any]:
        """The options that are given beside the defaults."""
        return self.options

    def settings(self, **changes: Any) -> Options:
        """Its options: the suite's, with changes."""
        return self.entry.component.options(**{**self.given, **changes})

    def build(self, context: Any = None, **changes: Any) -> Any:
        """The object under test, its weights drawn from the context's own stream."""
        context = self.context if context is None else context
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(context.stream.seed_at() if hasattr(context, "stream") else 0)
            return self.entry.build(self.settings(**changes), context)

    def test_builds_from_its_defaults(self) -> None:
        """It builds from its defaults; what has none stands in the suite's `options`."""
        required = [field.name for field in self.entry.component.options.fields() if field.required]
        missing = [name for name in required if name not in self.given]
        assert not missing, (
            f"option '{missing[0]}' has no default; name a value in the suite's `options`"
        )
        kept = {name: self.given[name] for name in required}
        built = self.entry.build(self.entry.component.options(**kept), self.context)
        assert built is not None

    def test_refuses_an_unknown_option(self) -> None:
        """An option that it does not have is refused by name."""
        _, faults = self.entry.component.options.parse({**self.given, "no_such_option": 1})
        told = [fault.message for fault in faults if "no_such_option" in fault.message]
        assert told, "the options let 'no_such_option' pass in silence"

    def test_every_point_of_its_search_space_builds(self) -> None:
        """Whatever a sweep draws from its search ranges builds."""
        options = self.entry.component.options
        if not any(field.search for field in options.fields()):
            not_shown("no option has a search range")
        context = self.context
        for draw in range(DRAWS):
            values = draw_options(options, f"draw {draw}", keep=self.given)
            try:
                self.entry.build(options(**values), context)
            except Exception as error:
                raise AssertionError(f"the point {values} does not build: {error}") from error

    def test_options_that_switch_it_off_are_valid(self) -> None:
        """The options that are to switch it off are options that it takes."""
        if not self.entry.component.off:
            not_shown("the component names no options that switch it off")
        self.settings(**self.entry.component.off)

    def test_pickles(self) -> None:
        """It, its options and its registration survive pickling and act as before."""
        built = self.build()
        before = self.act(built, self.context)
        entry, options, again = pickle.loads(
            pickle.dumps((self.entry, self.settings(), self.build()))
        )
        assert (entry, options) == (self.entry, self.settings())
        assert_same(before, self.act(again, self.context), what="after pickling it")

    def test_equal_seeds_give_equal_results(self) -> None:
        """Built twice with one seed it gives the same numbers, to the bit."""
        first = self.act(self.build(), self.context)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(12345)
            second = self.act(self.build(), self.context)
        assert_same(first, second, what="when built and used a second time")

    def test_leaves_global_randomness_alone(self) -> None:
        """It neither draws from nor seeds a global random generator.

        While it is built it may draw its weights from torch's, which is seeded for that.
        """
        context = self.context
        with untouched_randomness(f"{self.kind} '{self.entry.name}'"):
            self.act(self.build(context), context)
        with torch.random.fork_rng(devices=[]):
            states = []
            for seed in (1, 2):
                torch.manual_seed(seed)
                self.entry.build(self.settings(), context)
                states.append(torch.get_rng_state())
        assert not torch.equal(*states), (
            f"{self.kind} '{self.entry.name}' seeds torch's global generator when it is built: "
            "the weights of every run would begin alike, whatever its seed"
        )

    def test_leaves_switches_of_the_process_alone(self) -> None:
        """Precision, default types, gradients, threads and the like stand as they stood before."""
        with kept_switches():
            before = switches()
            self.act(self.build(), self.context)
            found = turned(before)
        assert not found, left_turned(found)

    def setup_method(self) -> None:
        """Note how the switches of the process stand; pytest calls it before every check."""
        self.found = switches()

    def teardown_method(self) -> None:
        """Turn back what a check left turned, or the next one would run otherwise."""
        found = turned(self.found)
        turn_back(self.found)
        assert not found, left_turned(found)

    def test_registration_loads_nothing_heavy(self) -> None:
        """Importing its registration loads neither torch nor numpy nor their like."""
        module = self.entry.plugin.module.partition(":")[0]
        loaded = heavy_imports(module)
        assert not loaded, (
            f"importing {module} loads {', '.join(loaded)}; name targets as texts and import such "
            "packages in the modules they lead to"
        )

    def test_card_is_current(self) -> None:
        """Its card ships with it, and the card's table of options is that of the code."""
        fault = card_fault(self.kind, self.entry.component)
        assert not fault, fault


def left_turned(found: Sequence[str]) -> str:
    """What to do about switches of the process that were left turned."""
    return (
        f"it turns {'; '.join(found)}, and leaves it so for all that runs after it in the process; "
        "turn it for as long as it is needed, with a context manager or in `try` and `finally`"
    )


@cache
def heavy_imports(module: str) -> tuple[str, ...]:
    """Which heavy packages a module loads, seen in a process of its own."""
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; import {module}; "
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, f"{module} cannot be imported: {answer.stderr.strip()}"
    return tuple(answer.stdout.split())


def assert_same(
    first: Sequence[np.ndarray | torch.Tensor | float],
    second: Sequence[np.ndarray | torch.Tensor | float],
    *,
    what: str,
) -> None:
    """Fail unless both hold the same numbers, to the bit."""
    assert len(first) == len(second), f"gives {len(second)} results instead of {len(first)} {what}"
    for index, (one, other) in enumerate(zip(first, second, strict=True)):
        same = np.array_equal(as_array(one), as_array(other), equal_nan=True)
        assert same, f"result {index} differs {what}"


def as_array(value: np.ndarray | torch.Tensor | float) -> np.ndarray:
    """A result in numpy, whatever it came as."""
    return np.asarray(value.detach().cpu() if isinstance(value, torch.Tensor) else value)
