"""Two sound techniques, and what each becomes by one mistake."""

from __future__ import annotations

import copy
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import torch
from torch.nn import functional

from emobench.api import (
    Batch,
    Context,
    Evaluation,
    Field,
    Options,
    RunState,
    Search,
    Step,
    UsageError,
    event,
)


class StrengthOptions(Options):
    strength: Annotated[float, Search(0.1, 0.9)] = Field(
        0.5, ge=0, lt=1, description="how much of the other is taken; 0 is off"
    )


class SplitOptions(Options):
    parts: Annotated[int, Search(1, 4)] = Field(2, ge=1, description="micro-batches an update")


class Splits:
    """Makes one update of several micro-batches, with the mean of their gradients."""

    def __init__(self, options: SplitOptions, context: Context) -> None:
        self.steps_per_update = self.parts = options.parts
        self.waiting = 0

    @event
    def epoch_start(self) -> None:
        self.waiting = 0

    @event
    def ready_to_step(self) -> bool:
        self.waiting += 1
        return self.waiting >= self.parts

    @event(tryfirst=True)
    def before_update(self, run: RunState, window: Sequence[Step]) -> None:
        self.waiting = 0
        for weights in run.model.parameters():
            if weights.grad is not None:
                weights.grad.div_(len(window))


class SplitsUntold(Splits):
    def __init__(self, options: SplitOptions, context: Context) -> None:
        super().__init__(options, context)
        self.steps_per_update = 1


class Average:
    """Keeps an average of the weights, evaluates with it and ends with it."""

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        self.strength = options.strength
        self.average: dict[str, torch.Tensor] = {}

    @event
    def fit_start(self, run: RunState) -> None:
        if not self.average:
            self.average = weights_of(run)

    @event
    def after_update(self, run: RunState) -> None:
        for name, now in weights_of(run).items():
            old = self.average[name]
            mixed = self.strength * old + (1 - self.strength) * now
            self.average[name] = mixed if now.is_floating_point() else now

    @event(wrapper=True)
    def evaluate(self, run: RunState) -> Generator[None, Evaluation, Evaluation]:
        if not self.strength or run.finished:
            return (yield)
        kept = weights_of(run)
        run.model.load_state_dict(self.average)
        try:
            return (yield)
        finally:
            self.swap_back(run, kept)

    def swap_back(self, run: RunState, kept: Mapping[str, torch.Tensor]) -> None:
        run.model.load_state_dict(kept)

    @event
    def fit_end(self, run: RunState) -> None:
        if self.strength:
            run.model.load_state_dict(self.average)

    def state_dict(self) -> dict[str, Any]:
        return {"average": self.average}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.average = state["average"]


def weights_of(run: RunState) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in run.model.state_dict().items()}


class Blend:
    """Blends each item of a batch with another, and their targets."""

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        self.strength = options.strength

    @event
    def transform_batch(self, run: RunState, batch: Batch) -> None:
        if not self.strength:
            return
        random = run.stream.child("blend").numpy(run.epoch, run.step)
        share = self.strength * float(random.random())
        partners = torch.from_numpy(random.permutation(len(batch)))
        for name, values in batch.inputs.items():
            batch.inputs[name] = self.blend(values, values[partners], share)
        for name, targets in batch.targets.items():
            rows = self.rows(targets, run.task.target(name).width)
            batch.targets[name] = self.blend_rows(rows, rows[partners], share)

    def blend(self, one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        return (1 - share) * one + share * other

    def blend_rows(self, one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        return self.blend(one, other, share)

    def rows(self, targets: torch.Tensor, classes: int) -> torch.Tensor:
        return targets if targets.is_floating_point() else functional.one_hot(targets, classes)


class MisspeltEvent(Blend):
    @event
    def transform_batches(self, run: RunState, batch: Batch) -> None:
        batch.inputs.clear()


class MisspeltArgument(Blend):
    @event
    def after_update(self, runs: RunState) -> None:
        runs.log("blends", 1.0)


class IdsOfAll(Blend):
    def rows(self, targets: torch.Tensor, classes: int) -> torch.Tensor:
        return functional.one_hot(targets, classes)


class NamelessRefusal(Blend):
    def rows(self, targets: torch.Tensor, classes: int) -> torch.Tensor:
        if classes == 1:
            raise UsageError("numbers cannot be mixed")
        return super().rows(targets, classes)


class RemembersByTrainItems(Blend):
    """Keeps a number for each item, as if training items were numbered from 0."""

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        super().__init__(options, context)
        self.seen = torch.zeros(context.task.train_items)

    @event
    def transform_batch(self, run: RunState, batch: Batch) -> None:
        super().transform_batch(run, batch)
        self.seen[batch.items] += 1


class WeightsByClass(Blend):
    @event
    def transform_batch(self, run: RunState, batch: Batch) -> None:
        super().transform_batch(run, batch)
        batch.weights = torch.ones(len(batch), 1)


class NothingLearned(Blend):
    @event
    def update(self) -> bool:
        return True


class ExpectsIds(Average):
    @event
    def loss_terms(self, run: RunState, step: Step) -> Mapping[str, torch.Tensor]:
        if "emotion" not in step.output:
            return {}
        confidence = step.output["emotion"].log_softmax(dim=1)
        right = confidence.gather(1, step.batch.targets["emotion"][:, None])
        return {"confidence": right.mean() * 0.01}


class LogsAlike(Average):
    @event
    def epoch_end(self, run: RunState) -> None:
        run.log("gradient_norm", 1.0)


class RefusesCompany(Blend):
    @event
    def fit_start(self, run: RunState) -> None:
        before_update = run.hooks.before_update.get_hookimpls()
        if any(not other.plugin_name.startswith(("tiny", "observer")) for other in before_update):
            raise UsageError("gradients are changed twice")


class Forgetful(Average):
    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        pass


class StartsAnew(Average):
    @event
    def fit_start(self, run: RunState) -> None:
        self.average = weights_of(run)


class RunsOn(Blend):
    """Draws from one generator from beginning to end."""

    def __init__(self, options: StrengthOptions, context: Context) -> None:
        super().__init__(options, context)
        self.random = context.stream.torch()

    def blend(self, one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        return super().blend(
            one, other, self.strength * float(torch.rand((), generator=self.random))
        )


class Unpackable(Average):
    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "names": set(self.average)}


class AlwaysOn(Blend):
    def __init__(self, options: StrengthOptions, context: Context) -> None:
        self.strength = max(0.01, options.strength)


class TeachesInEvaluation(Average):
    @event
    def loss_terms(self, run: RunState, step: Step) -> Mapping[str, torch.Tensor]:
        run.model.eval()
        return {}


class GlobalNumpy(Blend):
    def blend_rows(self, one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        return super().blend_rows(one, other, share * float(np.random.random()))


class GlobalTorch(Blend):
    def blend_rows(self, one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        return super().blend_rows(one, other, share * float(torch.rand(())))


class NeverThaws(Average):
    @event
    def epoch_start(self, run: RunState) -> None:
        next(run.model.parameters()).requires_grad_(False)


class FreezesInPassing(Average):
    @event
    def before_update(self, run: RunState) -> None:
        next(run.model.parameters()).requires_grad_(run.update % 2 == 1)


class NoSwapBack(Average):
    def swap_back(self, run: RunState, kept: Mapping[str, torch.Tensor]) -> None:
        pass


class SwapsParametersBack(Average):
    def swap_back(self, run: RunState, kept: Mapping[str, torch.Tensor]) -> None:
        for name, weights in run.model.named_parameters():
            weights.data.copy_(kept[name])


class EndsWithOthers(Average):
    @event(wrapper=True)
    def evaluate(self, run: RunState) -> Generator[None, Evaluation, Evaluation]:
        kept = weights_of(run)
        run.model.load_state_dict(self.average)
        evaluation = yield
        run.model.load_state_dict(kept)
        return evaluation

    @event
    def fit_end(self, run: RunState) -> None:
        run.log("averages", 1.0)


class LosesMass(Blend):
    def blend_rows(self, one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        return (1 - share) * one


class Doubles(Blend):
    @event
    def transform_batch(self, run: RunState, batch: Batch) -> None:
        for tensors in (batch.inputs, batch.targets):
            for name, values in tensors.items():
                tensors[name] = torch.cat([values, values])


class WritesInPlace(Blend):
    def blend(self, one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        if not one.is_floating_point():
            return super().blend(one, other, share)
        return one.mul_(1 - share).add_(share * other)


class CleansWhatIsPredicted(Average):
    @event(wrapper=True)
    def predict(self, batch: Batch) -> Generator[None, Any, Any]:
        for name, values in batch.inputs.items():
            batch.inputs[name] = values - values.mean(dim=0)
        return (yield)


class KnowsBetter(Average):
    @event(wrapper=True)
    def evaluate(self, run: RunState) -> Generator[None, Evaluation, Evaluation]:
        evaluation = yield
        targets = {name: values.copy() for name, values in evaluation.targets.items()}
        for values in targets.values():
            values[0] = values[1]
        return replace(evaluation, targets=targets)


class RebindsTheModel(Average):
    @event
    def fit_start(self, run: RunState) -> None:
        super().fit_start(run)
        run.model = copy.deepcopy(run.model)


class RebindsTheStream(Blend):
    @event
    def fit_start(self, run: RunState) -> None:
        run.stream = run.stream.child("blend")


class LogsNothingFinite(Average):
    @event
    def epoch_end(self, run: RunState) -> None:
        run.log("distance", float("nan"))


class LogsOverTheLoop(Average):
    @event
    def epoch_end(self, run: RunState, metrics: Mapping[str, float]) -> None:
        run.log("validation_loss", metrics["validation_loss"] / 2)


class RemembersLate(Average):
    """Counts epochs from the fourth on, and gives the count to no checkpoint."""

    late = 0

    @event
    def epoch_end(self, run: RunState) -> None:
        self.late += run.epoch >= 3

    @event
    def loss_terms(self, run: RunState, step: Step) -> dict[str, torch.Tensor]:
        output = next(iter(step.output.values()))
        return {"late": 0.01 * self.late * output.square().sum()}


class LowersPrecision(Average):
    @event
    def fit_start(self, run: RunState) -> None:
        super().fit_start(run)
        torch.set_float32_matmul_precision("medium")


class LowersPrecisionForAWhile(Average):
    """Lowers it in every step, and thinks of it only at the end."""

    @event
    def before_update(self, run: RunState) -> None:
        torch.set_float32_matmul_precision("medium")

    @event
    def fit_end(self, run: RunState) -> None:
        super().fit_end(run)
        torch.set_float32_matmul_precision("highest")


class EndsWithoutGradients(Average):
    @event
    def fit_end(self, run: RunState) -> None:
        super().fit_end(run)
        torch.set_grad_enabled(False)


class PraisesItself(Average):
    """Gives back figures that nothing was ever scored for."""

    @event(wrapper=True)
    def evaluate(self, run: RunState) -> Generator[None, Evaluation, Evaluation]:
        evaluation = yield
        return replace(evaluation, metrics=dict.fromkeys(evaluation.metrics, 1.0))
