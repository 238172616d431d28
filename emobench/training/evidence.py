"""What the history tells of each epoch beside its scores, so that a collapse can be explained.

It watches and changes nothing: no weight, no draw, no mode. All of it costs one forward pass over
a part of one training batch an epoch, and a gradient norm on a few updates.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress

import numpy as np
import torch

from emobench.api import Batch, Evaluation, RunState, Step, Target
from emobench.training.probes import Probe, dropout_kept

CLASSIFIED = ("class", "distribution")
WATCHED_UPDATES = 8
"""Updates of an epoch whose gradients are measured, at most, spread evenly over it."""

WATCHED_BATCHES = 200
"""Batches of an epoch whose labels are counted, its first ones."""

FEWEST_PROBED, MOST_PROBED = 24, 64
"""Items of the last training batch that go through the model once more, in evaluation mode."""

PROBED_SHARE = 1 / 48
"""Of the training items, what is probed between those two: about a hundredth of an epoch's work."""

SAMPLED_WEIGHTS = 1024
"""Weights of a tensor by which its change is measured, spread evenly over it."""


class Watch:
    """Gathers an epoch's figures; the observer lends it its ears."""

    def __init__(self) -> None:
        self.target: Target | None = None
        self.slopes: torch.Tensor | None = None
        self._evaluated: dict[str, float] = {}
        self._forget()

    def _forget(self) -> None:
        self._norms: list[torch.Tensor] = []
        self._weights: list[tuple[torch.Tensor, int]] = []
        self._taught: list[torch.Tensor] = []
        self._given: list[torch.Tensor] = []
        self._probe: Probe | None = None

    def fit_start(self, run: RunState) -> None:
        """Find the target that is watched and ask its loss how it weighs the classes."""
        first = next(iter(run.task.targets), None)
        if first is not None and first.kind in CLASSIFIED:
            self.target = first
            self.slopes = loss_slopes(run, first)

    def epoch_start(self, run: RunState) -> None:
        """Begin anew, from the weights as they are."""
        self._forget()
        self._weights = sampled_weights(run)

    def transform_batch(self, batch: Batch) -> Generator[None, None, None]:
        """Count the labels before and after what may change them."""
        name = self.target.name if self.target else ""
        if name not in batch.targets or len(self._taught) >= WATCHED_BATCHES:
            yield
            return
        given = batch.targets[name].detach().clone()
        yield
        self._given.append(given)
        self._taught.append(batch.targets[name].detach())

    def before_update(self, run: RunState, window: Sequence[Step]) -> None:
        """Measure the gradient of some updates, and remember the last batch of the epoch."""
        if run.step % math.ceil(run.steps_per_epoch / WATCHED_UPDATES) == 0:
            gradients = [weights.grad for weights in run.model.parameters()]
            known = [gradient for gradient in gradients if gradient is not None]
            if known:
                self._norms.append(torch.nn.utils.get_total_norm(known).detach())
        if run.step >= run.steps_per_epoch - 1 and self.target is not None:
            items = int(PROBED_SHARE * run.task.train_items)
            items = min(MOST_PROBED, max(FEWEST_PROBED, items))
            probe = Probe.of(window[-1], self.target.name, items=items)
            self._probe = probe or self._probe  # a last batch of few items is a remainder

    def evaluate(self, run: RunState) -> Generator[None, Evaluation, Evaluation]:
        """Look at the model that is evaluated: a technique may have swapped in other weights."""
        self._evaluated = {}
        if self._probe is not None and not run.finished:
            self._evaluated = self._probe.figures(run.model)
            self._probe = None
        evaluation = yield
        if self.target is not None and evaluation is not None and not run.finished:
            self._evaluated |= prediction_figures(self.target, evaluation.logits[self.target.name])
        return evaluation

    def figures(self, run: RunState) -> dict[str, float]:
        """What was seen in the epoch, by name."""
        figures = dict(self._evaluated)
        norms = [float(norm) for norm in self._norms]
        finite = [norm for norm in norms if math.isfinite(norm)]
        if norms:
            figures["gradient_norm"] = sum(finite) / len(finite) if finite else math.inf
        if self._weights:
            figures["weight_change"] = weight_change(self._weights, sampled_weights(run))
        figures["dropout_kept"] = dropout_kept(run.model)
        if self.target is not None and self._taught:
            figures |= self._label_figures(self.target)
        self._forget()
        return figures

    def _label_figures(self, target: Target) -> dict[str, float]:
        classes = len(target.classes)
        given = _as_rows(torch.cat(self._given), classes)
        taught = _as_rows(torch.cat(self._taught), classes)
        before, after = _shares(given), _shares(taught)
        figures = {
            "labels_moved": float((given - taught).clamp_min(0).sum(dim=1).mean()),
            "labels_shifted": float((before - after).abs().sum() / 2),
            **_by_class("taught", target, after.tolist()),
        }
        if self.slopes is not None:
            pull = after * self.slopes.to(after)
            figures["loss_slope"] = float(self.slopes.mean())
            figures |= _by_class("pull", target, (pull / pull.sum().clamp_min(1e-30)).tolist())
        return figures


def loss_slopes(run: RunState, target: Target) -> torch.Tensor | None:
    """How strongly the loss pulls at an item of each class `(classes,)`; cross entropy is 1.

    Asked of a copy of the loss, with logits of 0 and one item a class; None where it cannot say.
    """
    classes = len(target.classes)
    logits = torch.zeros(classes, classes, device=run.device, requires_grad=True)
    plain = math.sqrt((1 - 1 / classes) ** 2 + (classes - 1) / classes**2) / classes
    with suppress(Exception), torch.random.fork_rng(devices=[]), torch.enable_grad():
        loss = copy.deepcopy(run.losses[target.name])
        answer = loss(logits, torch.arange(classes, device=run.device))
        (gradient,) = torch.autograd.grad(answer, logits)
        slopes: torch.Tensor = gradient.norm(dim=1).cpu().double() / plain
        return slopes if bool(torch.isfinite(slopes).all()) else None
    return None


def sampled_weights(run: RunState) -> list[tuple[torch.Tensor, int]]:
    """Some of the numbers of every trainable tensor, and how many each of them stands for."""
    found = []
    for weights in run.model.parameters():
        if weights.requires_grad and weights.numel():
            stride = math.ceil(weights.numel() / SAMPLED_WEIGHTS)
            found.append((weights.detach().reshape(-1)[::stride].float().clone(), stride))
    return found


def weight_change(
    before: list[tuple[torch.Tensor, int]], after: list[tuple[torch.Tensor, int]]
) -> float:
    """How far the weights went, as a share of their length."""
    if [len(old) for old, _ in before] != [len(new) for new, _ in after]:
        return math.nan
    moved = sum(
        stride * (new - old).square().sum()
        for (old, stride), (new, _) in zip(before, after, strict=True)
    )
    length = sum(stride * old.square().sum() for old, stride in before)
    return math.sqrt(float(moved) / max(float(length), 1e-30))


def prediction_figures(target: Target, logits: np.ndarray) -> dict[str, float]:
    """What the model says of the validation set `(items, classes)`: of what, and how decidedly."""
    counts = np.bincount(logits.argmax(axis=1), minlength=len(target.classes))
    with np.errstate(over="ignore", invalid="ignore"):
        wide = logits.astype(np.float64)
        spread, variation = wide.std(axis=1).mean(), wide.std(axis=0).mean()
    return {
        "logit_spread": float(spread),
        "logit_variation": float(variation),
        **_by_class("predicted", target, (counts / max(1, len(logits))).tolist()),
    }


def _as_rows(labels: torch.Tensor, classes: int) -> torch.Tensor:
    if labels.is_floating_point():
        return labels.double()
    inside = labels.clamp(0, classes - 1)
    return torch.nn.functional.one_hot(inside, classes).double()


def _shares(rows: torch.Tensor) -> torch.Tensor:
    total = rows.sum(dim=0).cpu()
    return total / total.sum().clamp_min(1e-30)


def _by_class(name: str, target: Target, values: list[float]) -> Mapping[str, float]:
    return {f"{name}.{label}": value for label, value in zip(target.classes, values, strict=True)}
