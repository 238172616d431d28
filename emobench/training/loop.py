"""The one training loop. It owns run, batch, step, loss and metrics, and names no technique.

The order of events stands in `emobench.api.events`. What an event does when no technique
replaces it is `LoopDefaults`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import torch

from emobench.api import Batch, Evaluation, PluginError, RunError, RunState, Step, event
from emobench.scoring.metrics import probabilities, score
from emobench.training.events import merge_terms


class Diverged(RunError):
    """The loss is no longer a finite number."""


class Source(Protocol):
    """Where the loop's batches come from."""

    def train(self, epoch: int, *, progress: float) -> Iterator[Batch]:
        """The micro-batches of an epoch, in order."""
        ...

    def validation(self) -> Iterable[Batch]:
        """The validation set, in order."""
        ...


class Observer(Protocol):
    """Hears of every micro-batch; events reach it like any technique."""

    def step_done(self, run: RunState, steps: int, totals: Totals) -> None:
        """A micro-batch is done; may raise to end the run."""
        ...


@dataclass(slots=True)
class Totals:
    """Sums over an epoch, kept on the device: reading them waits for it."""

    loss: torch.Tensor
    correct: torch.Tensor
    items: int = 0
    steps: int = 0
    classified: bool = False
    terms: dict[str, torch.Tensor] = field(default_factory=dict)

    def metrics(self) -> dict[str, float]:
        """The epoch's training figures; the terms of the loss where it has several."""
        figures = {"train_loss": self.mean_loss()}
        if len(self.terms) > 1:
            for name, total in self.terms.items():
                figures[f"train_loss.{name}"] = float(total) / max(1, self.items)
        if self.classified:
            figures["train_accuracy"] = self.accuracy() or 0.0
        return figures

    def mean_loss(self) -> float:
        """Mean loss an item."""
        return float(self.loss) / max(1, self.items)

    def accuracy(self) -> float | None:
        """Share of items whose target class is predicted; None where there is no class target."""
        return float(self.correct) / max(1, self.items) if self.classified else None


class LoopDefaults:
    """What the loop does where no technique replaces it."""

    @event
    def forward(self, run: RunState, step: Step) -> Mapping[str, torch.Tensor]:
        """Run the model."""
        return run.model(step.batch.inputs)

    @event
    def loss_terms(self, run: RunState, step: Step) -> Mapping[str, torch.Tensor]:
        """The loss of every target."""
        return {
            name: loss(step.output[name], step.batch.targets[name], step.batch.weights)
            for name, loss in run.losses.items()
        }

    @event
    def backward(self, run: RunState, loss: torch.Tensor) -> bool:
        """Fill the gradients."""
        loss.backward()  # type: ignore[no-untyped-call]
        return True

    @event
    def update(self, run: RunState) -> bool:
        """One optimizer step."""
        run.optimizer.step()
        return True

    @event
    def predict(self, run: RunState, batch: Batch) -> Mapping[str, torch.Tensor]:
        """Run the model."""
        return run.model(batch.inputs)

    @event
    def evaluate(self, run: RunState, loader: Iterable[Batch]) -> Evaluation:
        """Predict the whole loader in evaluation mode and score it."""
        return evaluate(run, loader)


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochDone:
    """Where training stands after an epoch; `epoch` counts from 1."""

    epoch: int
    epochs: int
    metrics: Mapping[str, float]


def fit(run: RunState, source: Source, observer: Observer) -> None:
    """Train from `run.epoch` to the end of the schedule, or until a technique stops it."""
    for _ in fit_by_epochs(run, source, observer):
        pass


def fit_by_epochs(run: RunState, source: Source, observer: Observer) -> Iterator[EpochDone]:
    """The same, an epoch at a time: whoever asks for the next one may stop asking."""
    run.hooks.fit_start(run=run)
    while run.epoch < run.schedule.epochs and not run.stop_reason:
        run.logged.clear()
        run.hooks.epoch_start(run=run)
        totals = train_epoch(run, source, observer)
        if not np.isfinite(totals.mean_loss()):
            raise Diverged(f"the training loss is not finite in epoch {run.epoch + 1}")
        metrics = totals.metrics()
        metrics["learning_rate"] = float(run.optimizer.param_groups[0]["lr"])
        evaluation = _answer("evaluate", run.hooks.evaluate(run=run, loader=source.validation()))
        metrics |= {f"validation_{name}": value for name, value in evaluation.metrics.items()}
        told = MappingProxyType(metrics)
        run.scheduler.after_epoch(told)
        run.hooks.epoch_end(run=run, metrics=told)
        run.epoch += 1
        yield EpochDone(epoch=run.epoch, epochs=run.schedule.epochs, metrics=told)
    run.finished = True
    run.hooks.fit_end(run=run)


def train_epoch(run: RunState, source: Source, observer: Observer) -> Totals:
    """One pass over the training batches."""
    run.model.train()
    zero = torch.zeros((), device=run.device)
    totals = Totals(loss=zero, correct=zero.clone())
    window: list[Step] = []
    run.step = 0
    for batch in source.train(run.epoch, progress=run.progress):
        step = Step(batch=batch, epoch=run.epoch, index=run.step)
        _seed(run, step)
        run.hooks.transform_batch(run=run, batch=batch)
        loss = compute_loss(run, step)
        _answer("backward", run.hooks.backward(run=run, loss=loss))
        _count(totals, run, step, loss)
        window.append(step)
        run.step += 1
        if all(run.hooks.ready_to_step(run=run, step=step)):
            apply_update(run, window)
            window = []
        observer.step_done(run, run.steps_per_epoch, totals)
        del batch, step, loss  # so that the next batch takes over their memory
    if window:
        apply_update(run, window)
    return totals


def compute_loss(run: RunState, step: Step) -> torch.Tensor:
    """Forward, then the sum of all loss terms; both stay in `step`."""
    step.output = _answer("forward", run.hooks.forward(run=run, step=step))
    step.losses = merge_terms(run.hooks.loss_terms(run=run, step=step))
    terms = list(step.losses.values())
    return terms[0] if len(terms) == 1 else torch.stack([term.float() for term in terms]).sum()


def apply_update(run: RunState, window: Sequence[Step]) -> None:
    """Turn the gradients of the window into one update of the weights."""

    def closure() -> torch.Tensor:
        run.optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=run.device)
        for step in window:
            _seed(run, step)
            loss = compute_loss(run, step)
            _answer("backward", run.hooks.backward(run=run, loss=loss))
            total += loss.detach()
        run.hooks.before_update(run=run, window=window)
        return total / len(window)

    run.hooks.before_update(run=run, window=window)
    _answer("update", run.hooks.update(run=run, closure=closure))
    run.optimizer.zero_grad(set_to_none=True)
    run.update += 1
    run.scheduler.after_update(run.update)
    run.hooks.after_update(run=run)


def evaluate(run: RunState, loader: Iterable[Batch]) -> Evaluation:
    """Logits of a loader, and targets and metrics where its batches carry targets.

    `predict` never sees a target. The model's mode is left as found.
    """
    was_training = run.model.training
    run.model.eval()
    logits: dict[str, list[torch.Tensor]] = {name: [] for name in run.losses}
    targets: dict[str, list[torch.Tensor]] = {}
    items: list[torch.Tensor] = []
    with torch.no_grad():
        for batch in loader:
            unlabelled = replace(batch, targets={})
            output = _answer("predict", run.hooks.predict(run=run, batch=unlabelled))
            for name in run.losses:
                logits[name].append(output[name].float())
            for name, truth in batch.targets.items():
                targets.setdefault(name, []).append(truth)
            items.append(batch.items)
        joined = {name: torch.cat(parts) for name, parts in logits.items()}
        known = {name: torch.cat(parts) for name, parts in targets.items()}
        metrics = {"loss": _summed_loss(run, joined, known)} if known else {}
    run.model.train(was_training)
    logits_cpu = {name: tensor.cpu().numpy() for name, tensor in joined.items()}
    truth_cpu = {name: tensor.cpu().numpy() for name, tensor in known.items()}
    _refuse_infinite(run, logits_cpu)
    return Evaluation(
        items=torch.cat(items).cpu().numpy(),
        logits=logits_cpu,
        targets=truth_cpu,
        metrics=metrics | _metrics(run, logits_cpu, truth_cpu) if known else {},
    )


def _summed_loss(
    run: RunState, logits: Mapping[str, torch.Tensor], truth: Mapping[str, torch.Tensor]
) -> float:
    return sum(float(loss(logits[name], truth[name])) for name, loss in run.losses.items())


def _refuse_infinite(run: RunState, logits: Mapping[str, np.ndarray]) -> None:
    if not all(np.isfinite(values).all() for values in logits.values()):
        raise Diverged(f"the model's output is not finite after epoch {run.epoch + 1}")


def _metrics(
    run: RunState, logits: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """Figures of the first target under their own names, of the others as `target.name`."""
    metrics: dict[str, float] = {}
    for index, target in enumerate(run.task.targets):
        figures = score(target, probabilities(target, logits[target.name]), truth[target.name])
        prefix = "" if index == 0 else f"{target.name}."
        metrics |= {f"{prefix}{name}": value for name, value in figures.items()}
    return metrics


def _answer(name: str, answer: Any) -> Any:
    """What an event gave; None means that a technique swallowed it."""
    if answer is None:
        raise PluginError(
            f"a technique that replaces or wraps '{name}' gave nothing back; a replacement returns "
            "its result (True for backward and update), a wrapper returns what its yield gave"
        )
    return answer


def _seed(run: RunState, step: Step) -> None:
    """Make what draws from torch's global stream (dropout) a function of the step alone."""
    seed = run.stream.seed_at(step.epoch, step.index)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed visits every kind of device
    if run.device.type == "cuda":
        torch.cuda.manual_seed(seed)


def _count(totals: Totals, run: RunState, step: Step, loss: torch.Tensor) -> None:
    size = len(step.batch)
    totals.loss = totals.loss + loss.detach() * size
    if len(step.losses) > 1:
        for name, term in step.losses.items():
            totals.terms[name] = totals.terms.get(name, 0) + term.detach() * size
    totals.items += size
    totals.steps += 1
    target = run.task.targets[0]
    if target.kind in ("class", "distribution"):
        truth: Any = step.batch.targets[target.name]
        truth = truth if truth.ndim == 1 else truth.argmax(dim=1)
        totals.classified = True
        predicted = step.output[target.name].detach().argmax(dim=1)
        totals.correct = totals.correct + (predicted == truth).sum()
