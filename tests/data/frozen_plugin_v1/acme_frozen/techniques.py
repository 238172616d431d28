"""The `leash` technique: answers events of every sort and names few of their arguments."""

from __future__ import annotations

import torch

from emobench.api import event


class Leash:
    """Adds the squared distance of the weights from their start to the loss."""

    def __init__(self, options, context):
        self.strength, self.start, self.updates = options.strength, None, 0

    @event
    def fit_start(self, run):
        if self.start is None:
            self.start = [weights.detach().clone() for weights in run.model.parameters()]

    @event
    def loss_terms(self, run):
        pairs = zip(run.model.parameters(), self.start, strict=True)
        distance = sum((weights - start).pow(2).sum() for weights, start in pairs)
        return {"leash": self.strength * distance}

    @event(wrapper=True)
    def forward(self):
        output = yield
        return output

    @event
    def backward(self, loss):
        loss.backward()
        return True

    @event(tryfirst=True)
    def before_update(self, window):
        assert window, "a window holds a micro-batch at least"

    @event
    def after_update(self):
        self.updates += 1

    @event
    def epoch_end(self, run, metrics):
        run.log("leash.updates", self.updates)

    def state_dict(self):
        return {"start": [tensor.cpu() for tensor in self.start], "updates": self.updates}

    def load_state_dict(self, state):
        self.start = [torch.as_tensor(tensor) for tensor in state["start"]]
        self.updates = state["updates"]
