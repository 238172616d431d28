"""Mixed precision: autocast around forward, and a loss scaler where float16 needs one."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import torch

from emobench.api import Context, RunState, event
from emobench_essentials.options import AmpOptions


class Amp:
    """Runs forward in 16 bits; logits come back in 32. On the CPU nothing needs scaling."""

    def __init__(self, options: AmpOptions, context: Context) -> None:
        self.device = torch.device(context.device).type
        half = options.dtype == "float16" or (options.dtype == "auto" and self.device == "cuda")
        self.dtype = torch.float16 if half else torch.bfloat16
        scaled = half and self.device == "cuda"
        self.scaler = torch.amp.GradScaler(self.device, enabled=scaled)

    @event(wrapper=True)
    def forward(
        self,
    ) -> Generator[None, Mapping[str, torch.Tensor], Mapping[str, torch.Tensor]]:
        """Surround the model's forward with autocast."""
        with torch.autocast(self.device, dtype=self.dtype):
            output = yield
        return {name: logits.float() for name, logits in output.items()}

    @event
    def backward(self, loss: torch.Tensor) -> bool:
        """Gradients of the scaled loss; of the loss itself when the scaler is off."""
        torch.autograd.backward(self.scaler.scale(loss))
        return True

    @event(tryfirst=True)
    def before_update(self, run: RunState) -> None:
        """Undo the scale, so that clipping and norms see true gradients."""
        if self.scaler.is_enabled():
            self.scaler.unscale_(run.optimizer)

    @event
    def update(self, run: RunState) -> bool:
        """Step, unless the scaler found gradients that are not finite."""
        self.scaler.step(run.optimizer)
        self.scaler.update()
        return True

    def state_dict(self) -> dict[str, Any]:
        """The scale and how long it has held."""
        return self.scaler.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up such a state; an empty one is of a run whose device needed no scaling."""
        if state and self.scaler.is_enabled():
            self.scaler.load_state_dict(state)
