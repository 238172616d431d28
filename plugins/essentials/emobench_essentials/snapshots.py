"""The `snapshot` technique (Huang et al. 2017): one training, several models, their mean word."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional

from emobench.api import Batch, Context, RunState, TargetKind, event
from emobench_essentials.options import SnapshotOptions
from emobench_essentials.schedulers import cycle_length


def joint_logits(logits: Sequence[torch.Tensor], *, kind: TargetKind) -> torch.Tensor:
    """Logits whose probabilities are the mean of those of all `logits`; of numbers the mean."""
    stacked = torch.stack(list(logits))
    if kind == "number":
        return stacked.mean(dim=0)
    if kind == "labels":
        present = functional.logsigmoid(stacked).logsumexp(dim=0)
        return present - functional.logsigmoid(-stacked).logsumexp(dim=0)
    return stacked.log_softmax(dim=-1).logsumexp(dim=0) - math.log(len(logits))


class Snapshot:
    """Keeps the weights at the end of each cycle; once training is over, all of them predict."""

    def __init__(self, options: SnapshotOptions, context: Context) -> None:
        self.options = options
        self.device = torch.device(context.device)
        self.snapshots: list[dict[str, torch.Tensor]] = []

    @event
    def after_update(self, run: RunState) -> None:
        """Keep the weights where a cycle ends, the last one with training."""
        updates = run.schedule.updates
        length = cycle_length(updates, cycles=self.options.cycles)
        if run.update % length and run.update != updates:
            return
        kept = {name: values.clone() for name, values in run.model.state_dict().items()}
        self.snapshots = [*self.snapshots, kept][-(self.options.last or self.options.cycles) :]

    @event
    def predict(self, run: RunState, batch: Batch) -> Mapping[str, torch.Tensor]:
        """The mean of the snapshots' probabilities; the model's own word while it is training."""
        if not run.finished or not self.snapshots:
            return run.model(batch.inputs)
        model = cast(nn.Module, run.model)
        outputs = [
            functional_call(model, weights, (batch.inputs,), tie_weights=False)
            for weights in self.snapshots
        ]
        return {
            name: joint_logits(
                [output[name].float() for output in outputs], kind=run.task.target(name).kind
            )
            for name in outputs[0]
        }

    def state_dict(self) -> dict[str, Any]:
        """The weights kept."""
        return {"snapshots": self.snapshots}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up such a state."""
        self.snapshots = [
            {name: values.to(self.device) for name, values in weights.items()}
            for weights in state["snapshots"]
        ]
