"""The conformance suites of backbones and heads."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import nn

from emobench.api import Context, Features, Kind, Stream
from emobench.testing.suite import Suite, assert_same, not_shown
from emobench.testing.tiny import FEATURE_SHAPES, tiny_context, tiny_inputs

ITEMS = 4
RATE = 0.05
SIXTEEN_BIT_ERROR = 0.1
"""How far, as a share of the length, bfloat16 may carry the output away."""

_ACCEPTED: dict[type[Suite], Sequence[Any]] = {}


class ModelSuite(Suite):
    """The checks that backbones and heads share; each says what goes in and what comes out."""

    promise: ClassVar[str]
    """What the module gives, in words."""

    def inputs(self, context: Context, *, items: int = ITEMS) -> tuple[torch.Tensor, ...]:
        """What the module takes, as plain tensors."""
        raise NotImplementedError

    def output(self, module: nn.Module, inputs: Sequence[torch.Tensor], context: Context) -> Any:
        """What the module gives for them."""
        raise NotImplementedError

    def promised_width(self, module: nn.Module, context: Context) -> int:
        """How many numbers an item becomes."""
        raise NotImplementedError

    @cached_property
    def accepted(self) -> Sequence[Any]:
        """The contexts that the component can be built with, tried once for all checks."""
        if type(self) not in _ACCEPTED:
            _ACCEPTED[type(self)] = super().accepted
        return _ACCEPTED[type(self)]

    def act(self, built: nn.Module, context: Context) -> Sequence[torch.Tensor]:
        """The output in evaluation mode."""
        return [self.evaluate(built, context)]

    def evaluate(
        self, module: nn.Module, context: Context, inputs: Sequence[torch.Tensor] | None = None
    ) -> torch.Tensor:
        """The output in evaluation mode, without gradients."""
        module.eval()
        with torch.no_grad():
            given = self.inputs(context) if inputs is None else inputs
            output: torch.Tensor = self.output(module, given, context)
            return output

    def train_once(self, module: nn.Module, *, items: int = ITEMS) -> torch.Tensor:
        """Forward and backward in training mode, every output weighed differently."""
        module.train()
        module.zero_grad(set_to_none=True)
        random = torch.Generator().manual_seed(5)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(5)
            output: torch.Tensor = self.output(
                module, self.inputs(self.context, items=items), self.context
            )
        weights = torch.randn(output.shape, generator=random)
        torch.autograd.backward([(output * weights).sum()])
        return output.detach()

    def test_gives_as_many_numbers_as_it_promises(self) -> None:
        """On every input that it takes, each item becomes the promised count of finite numbers."""
        for context in self.accepted:
            module = self.build(context)
            output = self.evaluate(module, context)
            width = self.promised_width(module, context)
            where = f"{self.promise} for inputs {dict(context.inputs)}"
            assert output.shape == (ITEMS, width), (
                f"{where} has shape {tuple(output.shape)}, promised is {(ITEMS, width)}"
            )
            assert torch.isfinite(output).all(), f"{where} is not finite"

    def test_tells_items_apart(self) -> None:
        """Different items give different numbers."""
        for context in self.accepted:
            output = self.evaluate(self.build(context), context)
            same = [index for index in range(1, ITEMS) if torch.equal(output[0], output[index])]
            assert not same, (
                f"{self.promise} for inputs {dict(context.inputs)} is the same for items 0 and "
                f"{same[0]}, which differ"
            )

    def test_a_batch_of_one_equals_its_row(self) -> None:
        """In evaluation an item alone gives what it gives among others."""
        module = self.build()
        inputs = self.inputs(self.context)
        together = self.evaluate(module, self.context, inputs)
        for index in (0, ITEMS - 1):
            alone = self.evaluate(
                module, self.context, [each[index : index + 1] for each in inputs]
            )
            assert alone.shape == together[index : index + 1].shape, (
                f"a batch of one gives shape {tuple(alone.shape)}"
            )
            assert torch.allclose(alone[0], together[index], rtol=1e-4, atol=1e-5), (
                f"item {index} alone gives other numbers than in a batch, by up to "
                f"{float((alone[0] - together[index]).abs().max()):.2g}; in evaluation an item "
                "must not feel its neighbours"
            )

    def test_evaluation_changes_nothing(self) -> None:
        """In evaluation it gives the same twice, and its weights and statistics stay."""
        module = self.build()
        before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
        first = self.evaluate(module, self.context)
        second = self.evaluate(module, self.context)
        assert torch.equal(first, second), "evaluated twice it gives different numbers"
        after = module.state_dict()
        moved = [name for name in before if not torch.equal(before[name], after[name])]
        assert not moved, f"evaluation changes {moved[0]}"

    def test_trains_on_two_items(self) -> None:
        """A batch of two gives a finite output and finite gradients in training."""
        module = self.build()
        assert torch.isfinite(self.train_once(module, items=2)).all(), (
            f"{self.promise} of a batch of two is not finite in training"
        )
        for name, parameter in module.named_parameters():
            gradient = parameter.grad
            assert gradient is None or torch.isfinite(gradient).all(), (
                f"the gradient of {name} is not finite for a batch of two"
            )

    def test_no_parameter_is_dead(self) -> None:
        """Every trainable parameter gets a gradient, at the latest after one update."""
        module = self.build()
        trainable = {
            name: parameter
            for name, parameter in module.named_parameters()
            if parameter.requires_grad
        }
        alive: set[str] = set()
        for _ in range(2):
            self.train_once(module)
            with torch.no_grad():
                for name, parameter in trainable.items():
                    if parameter.grad is not None and parameter.grad.any():
                        alive.add(name)
                        parameter -= RATE * parameter.grad
        dead = [name for name in trainable if name not in alive]
        assert not dead, (
            f"no gradient reaches {', '.join(dead[:3])}; use it, freeze it or leave it out"
        )

    def test_state_survives_a_round_trip(self) -> None:
        """A second one of other weights, given the state of the first, gives the same numbers."""
        module = self.build()
        self.train_once(module)
        expected = self.evaluate(module, self.context)
        other = self.build(replace(self.context, stream=Stream(99, "other")))
        other.load_state_dict(module.state_dict())
        assert_same(
            [expected],
            [self.evaluate(other, self.context)],
            what="in one that took up the state; keep every number in a parameter or a buffer",
        )

    def test_leaves_its_inputs_alone(self) -> None:
        """What it is given is as before, in training and in evaluation."""
        module = self.build()
        inputs = self.inputs(self.context)
        kept = [each.clone() for each in inputs]
        for mode in (False, True):
            module.train(mode)
            with torch.no_grad(), torch.random.fork_rng(devices=[]):
                self.output(module, inputs, self.context)
            assert all(map(torch.equal, inputs, kept)), "it changes its inputs where they lie"

    def test_works_in_mixed_precision(self) -> None:
        """Under autocast in bfloat16 it gives nearly the same."""
        module = self.build()
        inputs = self.inputs(self.context, items=2)
        expected = self.evaluate(module, self.context, inputs)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = self.evaluate(module, self.context, inputs).float()
        error = float((output - expected).norm() / expected.norm().clamp_min(1e-12))
        assert error <= SIXTEEN_BIT_ERROR, (
            f"under autocast in bfloat16 {self.promise} is off by {error:.0%} of its length"
        )

    def test_exports(self) -> None:
        """It passes through torch.export and the export gives the same numbers."""
        if not getattr(self.entry.load(), "exports", True):
            not_shown("its class says `exports = False`")
        module = self.build().eval()
        inputs = self.inputs(self.context)
        expected = self.evaluate(module, self.context)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch warns of its own layers, such as a GRU
                program = torch.export.export(Positional(self, module, self.context), inputs)
        except Exception as error:
            raise AssertionError(
                f"torch.export cannot take it; mend it, or say `exports = False` on the class: "
                f"{str(error).strip().splitlines()[0]}"
            ) from error
        exported = program.module()(*inputs)
        assert torch.allclose(exported, expected, rtol=1e-4, atol=1e-5), (
            "its export gives other numbers than itself, by up to "
            f"{float((exported - expected).abs().max()):.2g}"
        )


class Positional(nn.Module):
    """A module behind plain tensors, which is what torch.export takes."""

    def __init__(self, suite: ModelSuite, module: nn.Module, context: Context) -> None:
        super().__init__()
        self.module = module
        self.suite = suite
        self.context = context

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """The module's output."""
        output: torch.Tensor = self.suite.output(self.module, inputs, self.context)
        return output


class BackboneSuite(ModelSuite):
    """The checks that backbones must pass."""

    kind: ClassVar[Kind] = "backbone"
    promise: ClassVar[str] = "the embedding"

    def contexts(self) -> Sequence[Context]:
        """A tiny task for every shape that a frontend may give."""
        return [tiny_context(inputs=shapes) for shapes in FEATURE_SHAPES]

    def inputs(self, context: Context, *, items: int = ITEMS) -> tuple[torch.Tensor, ...]:
        """A batch of features, in the order of the context's modalities."""
        return tuple(tiny_inputs(context, items=items).values())

    def output(self, module: nn.Module, inputs: Sequence[torch.Tensor], context: Context) -> Any:
        """The embedding."""
        return module(dict(zip(context.inputs, inputs, strict=True))).embedding

    def promised_width(self, module: nn.Module, context: Context) -> int:
        """The backbone's own word."""
        width: int = module.width  # type: ignore[assignment]
        return width


class HeadSuite(ModelSuite):
    """The checks that heads must pass."""

    kind: ClassVar[Kind] = "head"
    promise: ClassVar[str] = "the logits"

    def contexts(self) -> Sequence[Context]:
        """A tiny task for classes, for several labels, for shares and for a number."""
        return [tiny_context(kind=kind) for kind in ("class", "labels", "distribution", "number")]

    def inputs(self, context: Context, *, items: int = ITEMS) -> tuple[torch.Tensor, ...]:
        """A batch of embeddings."""
        random = torch.Generator().manual_seed(3)
        return (torch.randn(items, context.width, generator=random),)

    def output(self, module: nn.Module, inputs: Sequence[torch.Tensor], context: Context) -> Any:
        """The logits."""
        return module(Features(embedding=inputs[0]))

    def promised_width(self, module: nn.Module, context: Context) -> int:
        """What the target asks for."""
        assert context.target is not None
        return context.target.width
