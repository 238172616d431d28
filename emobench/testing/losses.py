"""The conformance suite of losses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch.nn import functional

from emobench.api import Context, Kind, TargetKind
from emobench.testing.suite import Suite, assert_same, not_shown
from emobench.testing.tiny import CLASSES, TARGET_KINDS, tiny_context, tiny_labels

ITEMS = 8
BETWEEN = 5
"""Other batches between two that are equal."""

UPDATES = 20
FEWER = len(CLASSES) - 1
"""Classes of a second task, for losses that are made for one number of them."""

HUGE = {torch.float32: 1e4, torch.bfloat16: 1e4, torch.float16: 100.0}
"""How large hard logits are; float16 ends at 65504, which squared ones must not pass."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A loss with logits and targets of one form that it must take."""

    context: Context
    loss: Any
    logits: torch.Tensor
    targets: torch.Tensor
    form: str

    @property
    def kind(self) -> TargetKind:
        """The kind of the target."""
        assert self.context.target is not None
        return self.context.target.kind

    def aim(self, targets: torch.Tensor | None = None) -> torch.Tensor:
        """Logits that point at the targets, from -1 to 1 where they are classes."""
        targets = self.targets if targets is None else targets
        if self.kind == "number":
            return targets[:, None].clone()
        return 2 * as_rows(targets, classes=self.logits.shape[1]) - 1

    def measure(
        self, logits: torch.Tensor, *, weights: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss at these logits, and its gradient."""
        logits = logits.detach().clone().requires_grad_()
        given = () if weights is None else (weights,)
        value: torch.Tensor = self.loss(logits, self.targets, *given)
        assert value.ndim == 0, f"{self} gives {tuple(value.shape)} numbers instead of one"
        assert value.requires_grad, f"{self} gives a value that no gradient comes from"
        (gradient,) = torch.autograd.grad(value, logits, allow_unused=True)
        assert gradient is not None, f"{self} gives a value that the logits have no part in"
        return value.detach(), gradient

    def __str__(self) -> str:
        return f"the loss of {self.form}"


def as_rows(targets: torch.Tensor, *, classes: int) -> torch.Tensor:
    """Class ids as one-hot rows; whatever is rows already passes as numbers."""
    return functional.one_hot(targets, classes).float() if targets.ndim == 1 else targets.float()


class LossSuite(Suite):
    """The checks that losses must pass, for every kind of target in `kinds`."""

    kind: ClassVar[Kind] = "loss"
    joint: ClassVar[str] = ""
    """Why the loss of a batch is no mean of its items' losses, where it is none (a correlation)."""
    detached: ClassVar[str] = ""
    """Why the gradient is not that of the value, where this is meant to be so."""

    def reference(
        self, logits: torch.Tensor, targets: torch.Tensor, *, context: Context
    ) -> torch.Tensor | float | None:
        """The same loss by another's code; None where there is none."""
        return None

    def contexts(self) -> Sequence[Context]:
        """A tiny task for every kind of target that the loss names, of one kind a second."""
        kinds: frozenset[TargetKind] = getattr(self.entry.load(), "kinds", frozenset())
        assert kinds, f"loss '{self.entry.name}' must name the targets it takes in `kinds`"
        contexts = [tiny_context(kind=kind) for kind in TARGET_KINDS if kind in kinds]
        return [*contexts, tiny_context(classes=FEWER)] if "class" in kinds else contexts

    def act(self, built: Any, context: Context) -> Sequence[torch.Tensor]:
        """Value and gradient on one batch of each form."""
        trials = [replace(trial, loss=built) for trial in self.trials_of(context)]
        return [number for trial in trials for number in trial.measure(trial.logits)]

    def trials_of(self, context: Context) -> Iterator[Trial]:
        """The forms that targets of the context's kind may come in."""
        assert context.target is not None
        kind, classes = context.target.kind, len(context.target.classes)
        random = torch.Generator().manual_seed(7)
        logits = torch.randn(ITEMS, context.target.width, generator=random)
        forms = {f"kind {kind}": tiny_labels(kind, items=ITEMS, classes=classes)}
        if classes == FEWER:
            forms = {f"kind {kind}, of {classes} classes": forms[f"kind {kind}"]}
        elif kind == "class":
            forms["kind class, mixed into shares"] = tiny_labels("distribution", items=ITEMS)
        if kind == "labels":
            labels = forms["kind labels"]
            forms["kind labels, mixed into shares"] = 0.7 * labels + 0.3 * labels.roll(1, dims=0)
        loss = self.build(context)
        for form, targets in forms.items():
            yield Trial(context=context, loss=loss, logits=logits, targets=targets, form=form)

    @cached_property
    def trials(self) -> list[Trial]:
        """Every form of every kind of target that the loss takes."""
        return [trial for context in self.accepted for trial in self.trials_of(context)]

    def trials_with_classes(self, *kinds: TargetKind) -> list[Trial]:
        """One trial a kind of target, of those among `kinds` that the loss takes."""
        found = {trial.kind: trial for trial in reversed(self.trials) if trial.kind in kinds}
        if not found:
            not_shown(f"the loss takes no targets of kind {' or '.join(kinds)}")
        return list(found.values())

    def test_takes_every_kind_it_names(self) -> None:
        """It gives a finite loss for every kind of target that it names in `kinds`."""
        self.accepted  # noqa: B018 - one that refuses every task is not asked
        for context in self.contexts():
            for trial in self.trials_of(context):
                value, _ = trial.measure(trial.logits)
                assert torch.isfinite(value), f"{trial} is {value:g} on plain logits"

    def test_finite_on_hard_logits(self) -> None:
        """Huge and equal logits, in 32 and in 16 bits, give a finite loss and gradient."""
        for trial in self.trials:
            aim = trial.aim()
            for dtype, size in HUGE.items():
                hard = {
                    f"huge ({size:g}) and right": size * aim,
                    f"huge ({size:g}) and wrong": -size * aim,
                    "all 0": torch.zeros_like(aim),
                    f"all {size:g}": torch.full_like(aim, size),
                }
                for words, logits in hard.items():
                    value, gradient = trial.measure(logits.to(dtype))
                    where = f"{trial} on {str(dtype).removeprefix('torch.')} logits that are"
                    assert torch.isfinite(value), f"{where} {words} is {value:g}"
                    assert torch.isfinite(gradient).all(), f"{where} {words}: gradient not finite"

    def test_gradient_reaches_the_logits(self) -> None:
        """Every item, and every class, has a part in the gradient."""
        for trial in self.trials:
            _, gradient = trial.measure(trial.logits)
            for axis, part in ((1, "item"), (0, "class")):
                silent = (gradient == 0).all(dim=axis).nonzero().flatten().tolist()
                assert not silent, f"{trial}: no gradient reaches {part} {silent[0]}"

    def test_gradient_is_right_by_finite_differences(self) -> None:
        """The gradient is the slope of the value, by differences in double precision."""
        if self.detached:
            not_shown(self.detached)
        for trial in self.trials:
            if trial.targets.is_floating_point():
                trial = replace(trial, targets=trial.targets.double())
            logits = trial.logits.double()
            value, gradient = trial.measure(logits)
            slope = slope_by_differences(trial, logits, exact=value.dtype == torch.float64)
            error = float((gradient - slope).abs().max())
            assert error <= 1e-3 * float(slope.abs().max()) + 1e-6, (
                f"{trial}: its gradient is off by {error:.2g} where the value's slope is up to "
                f"{float(slope.abs().max()):.2g}; mend it, or say in the suite's `detached` why"
            )

    def test_ids_and_one_hot_rows_agree(self) -> None:
        """Class ids and their one-hot rows cost the same and pull the same way."""
        for trial in self.trials_with_classes("class"):
            rows = as_rows(trial.targets, classes=trial.logits.shape[1])
            by_ids = trial.measure(trial.logits)
            by_rows = replace(trial, targets=rows).measure(trial.logits)
            for what, one, other in zip(("value", "gradient"), by_ids, by_rows, strict=True):
                assert torch.allclose(one, other, rtol=1e-5, atol=1e-7), (
                    f"the {what} for class ids is not that for their one-hot rows"
                )

    def test_soft_labels_count(self) -> None:
        """The more of a label goes over to what the logits deny, the higher is the loss."""
        for trial in self.trials_with_classes("class", "distribution", "labels"):
            classes = trial.logits.shape[1]
            believed = torch.arange(ITEMS) % classes
            denied = (believed + 1) % classes
            start, end = (functional.one_hot(ids, classes).float() for ids in (believed, denied))
            values = []
            for share in (0.0, 0.25, 0.5, 0.75, 1.0):
                blended = replace(trial, targets=(1 - share) * start + share * end)
                values.append(float(blended.measure(6 * start - 3)[0]))
            assert all(after > before for before, after in pairwise(values)), (
                f"{trial} does not rise while a label moves, by quarters, from the class that the "
                f"logits favour to another: {', '.join(f'{value:.4g}' for value in values)}"
            )

    def test_goes_down_in_20_updates(self) -> None:
        """Twenty steps down the gradient lower the loss."""
        for trial in self.trials:
            before, _ = trial.measure(trial.logits)
            after, _ = trial.measure(descend(trial))
            assert after < before, (
                f"{trial} is {after:g} after {UPDATES} steps down its gradient and was {before:g}"
            )

    def test_updates_approach_the_targets(self) -> None:
        """Twenty steps down the gradient bring the predictions nearer to the targets."""
        for trial in self.trials:
            before, after = miss(trial, trial.logits), miss(trial, descend(trial))
            assert after < before, (
                f"{trial}: {UPDATES} steps down its gradient lead away from the targets, from a "
                f"mean miss of {before:.3g} to {after:.3g}"
            )

    def test_each_item_answers_to_its_own_target(self) -> None:
        """Logits that fit their own targets cost less than those that fit their neighbours'."""
        for trial in self.trials:
            own, _ = trial.measure(3 * trial.aim() if trial.kind != "number" else trial.aim())
            shifted = trial.aim(trial.targets.roll(1, dims=0))
            other, _ = trial.measure(3 * shifted if trial.kind != "number" else shifted)
            assert own < other, (
                f"{trial} is {own:g} for logits that fit and {other:g} for those of the item "
                "before; are logits `(batch, 1)` taken against targets `(batch,)`?"
            )

    def test_weights_of_one_are_none(self) -> None:
        """Item weights of one change nothing."""
        for trial in self.trials:
            plain, weighted = (
                trial.measure(trial.logits, weights=weights)
                for weights in (None, torch.ones(ITEMS))
            )
            for one, other in zip(plain, weighted, strict=True):
                assert torch.allclose(one, other, rtol=1e-5, atol=1e-7), (
                    f"{trial} changes when every item weighs one"
                )

    def test_weight_zero_removes_an_item(self) -> None:
        """An item of weight zero has no gradient."""
        for trial in self.trials:
            weights = torch.ones(ITEMS)
            weights[2] = 0
            _, gradient = trial.measure(trial.logits, weights=weights)
            assert (gradient[2] == 0).all(), f"{trial}: an item of weight 0 still has a gradient"

    def test_weights_multiply_before_the_mean(self) -> None:
        """The loss is linear in the item weights: they are not divided out again."""
        if self.joint:
            not_shown(self.joint)
        first, second = torch.linspace(0, 2, ITEMS), torch.linspace(3, 1, ITEMS) ** 2
        for trial in self.trials:
            one, other, both = (
                trial.measure(trial.logits, weights=weights)[0]
                for weights in (first, second, first + second)
            )
            assert torch.allclose(one + other, both, rtol=1e-4, atol=1e-6), (
                f"{trial} is {one:g} and {other:g} with two sets of weights and {both:g} with "
                "their sum; weights multiply the items' losses before the mean over the batch"
            )

    def test_is_a_mean_over_the_batch(self) -> None:
        """A batch that holds every item twice costs what it costs with each once."""
        for trial in self.trials:
            once, _ = trial.measure(trial.logits)
            doubled = replace(trial, targets=torch.cat([trial.targets, trial.targets]))
            twice, _ = doubled.measure(torch.cat([trial.logits, trial.logits]))
            assert torch.allclose(once, twice, rtol=1e-4, atol=1e-6), (
                f"{trial} goes from {once:g} to {twice:g} when each item comes twice; it must be a "
                "mean, or the rate would depend on the batch's size"
            )

    def test_leaves_its_inputs_alone(self) -> None:
        """Logits, targets and weights are as before."""
        for trial in self.trials:
            given = {
                "logits": trial.logits * 1.0,
                "targets": trial.targets.clone(),
                "weights": torch.linspace(0.5, 2, ITEMS),
            }
            kept = {name: tensor.clone() for name, tensor in given.items()}
            trial.loss(given["logits"], given["targets"], given["weights"])
            changed = [name for name in given if not torch.equal(given[name], kept[name])]
            assert not changed, f"{trial} changes the {' and '.join(changed)} it was given"

    def test_keeps_nothing_from_batch_to_batch(self) -> None:
        """Equal batches cost the same whatever came between: no checkpoint holds a loss's state."""
        for trial in self.trials:
            before = trial.measure(trial.logits)
            for number in range(BETWEEN):
                trial.measure(trial.logits.roll(number, dims=0) * 2 + 1)
            after = trial.measure(trial.logits)
            assert_same(
                before,
                after,
                what=f"when {trial} was asked of other batches in between; it must keep no state, "
                "which a resumed run would begin without",
            )

    def test_agrees_with_its_reference(self) -> None:
        """It gives the numbers of another's code for the same loss."""
        compared = 0
        for trial in self.trials:
            expected = self.reference(trial.logits, trial.targets, context=trial.context)
            if expected is None:
                continue
            compared += 1
            value, _ = trial.measure(trial.logits)
            assert abs(float(value) - float(expected)) <= 1e-4 * abs(float(expected)) + 1e-7, (
                f"{trial} is {float(value):.6g} where its reference gives {float(expected):.6g}"
            )
        if not compared:
            not_shown("the suite gives nothing to compare with", hook="reference")


def slope_by_differences(trial: Trial, logits: torch.Tensor, *, exact: bool) -> torch.Tensor:
    """The value's slope along each logit; wider steps where the loss works in 32 bits."""
    width = 1e-5 if exact else 1e-2
    slope = torch.zeros_like(logits)
    with torch.no_grad():
        for index in range(logits.numel()):
            ends = []
            for side in (width, -width):
                moved = logits.clone()
                moved.view(-1)[index] += side
                ends.append(float(trial.loss(moved, trial.targets)))
            slope.view(-1)[index] = (ends[0] - ends[1]) / (2 * width)
    return slope


def descend(trial: Trial) -> torch.Tensor:
    """The logits after twenty steps down the gradient, a tenth each: for losses of any scale."""
    logits = trial.logits.clone()
    for _ in range(UPDATES):
        _, gradient = trial.measure(logits)
        logits = logits - 0.1 * gradient / gradient.abs().max().clamp_min(1e-30)
    return logits


def miss(trial: Trial, logits: torch.Tensor) -> float:
    """How far predictions lie from the targets: probabilities from labels, or numbers."""
    if trial.kind == "number":
        return float((logits[:, 0] - trial.targets).abs().mean())
    rows = as_rows(trial.targets, classes=logits.shape[1])
    if trial.kind == "labels":
        return float((torch.sigmoid(logits) - rows).abs().mean())
    return float((torch.softmax(logits, dim=1) - rows).abs().mean())
