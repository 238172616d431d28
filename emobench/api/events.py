"""The loop's events, for techniques.

    fit_start(run)
    for each epoch
      epoch_start(run)
      for each micro-batch
        transform_batch(run, batch)              edits in place: batch augmentation, MixUp, CutMix
        forward(run, step) -> output             may be wrapped (AMP) or replaced
        loss_terms(run, step) -> {name: tensor}  distillation, penalties: all are added
        backward(run, loss)                      may be replaced
        ready_to_step(run, step) -> bool         any False delays the update (accumulation)
      when ready
        before_update(run, window)               gradients become true, then clipping and norms
        update(run, closure)                     may be replaced (AMP scaler, SAM)
        after_update(run)                        EMA, SWA, per-update schedulers
      evaluate(run, loader) -> evaluation        may be wrapped (swap in averaged weights)
        predict(run, batch) -> output
      epoch_end(run, metrics)                    early stopping, snapshots, sweep report
    fit_end(run)

A technique is a plain class; it marks each method that answers an event with `@event` and names
only the arguments it uses. `@event(wrapper=True)` surrounds an event: a generator with one `yield`,
which gives the event's result and must be handed on: `return (yield)`, or another result.
`@event(tryfirst=True)` puts what makes gradients true (unscale, divide) before the clipping. A
method marked `@event` whose name is no event is an error when the run starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import torch

    from emobench.api.types import Batch, Evaluation, RunState, Step

EVENT_PROJECT = "emobench-events"
event = pluggy.HookimplMarker(EVENT_PROJECT)
_spec = pluggy.HookspecMarker(EVENT_PROJECT)

REPLACEABLE = ("forward", "backward", "update", "predict")
"""Events that one technique may replace; `evaluate` may only be wrapped."""


class Events:
    """The fourteen events and their arguments."""

    @_spec
    def fit_start(self, run: RunState) -> None:
        """Training begins, or resumes: the model, optimizer and scheduler are built and loaded.

        On resume a technique's own `load_state_dict` has been called before: build here only what
        is not there yet.
        """

    @_spec
    def epoch_start(self, run: RunState) -> None:
        """An epoch begins; `run.epoch` counts from 0."""

    @_spec
    def transform_batch(self, run: RunState, batch: Batch) -> None:
        """Put other tensors into a training batch, on the device; targets may become distributions.

        The tensors found there are not written to: they may be the data set's own.
        """

    @_spec(firstresult=True)
    def forward(self, run: RunState, step: Step) -> Mapping[str, torch.Tensor] | None:
        """Logits by target for `step.batch`. The loop's own: `run.model(step.batch.inputs)`."""

    @_spec
    def loss_terms(self, run: RunState, step: Step) -> Mapping[str, torch.Tensor] | None:
        """Scalars to add to the loss, each under its own name; the loop's own are the targets'."""

    @_spec(firstresult=True)
    def backward(self, run: RunState, loss: torch.Tensor) -> bool | None:
        """Fill the gradients from the summed loss; a replacement returns True."""

    @_spec
    def ready_to_step(self, run: RunState, step: Step) -> bool | None:
        """Whether an update may follow this micro-batch; any False delays it.

        What is left at the end of an epoch becomes an update of its own.
        """

    @_spec
    def before_update(self, run: RunState, window: Sequence[Step]) -> None:
        """Gradients of the micro-batches in `window` are in place: correct or clip them."""

    @_spec(firstresult=True)
    def update(self, run: RunState, closure: Callable[[], torch.Tensor]) -> bool | None:
        """Change the weights. `closure()` computes loss and gradients of the window anew.

        A replacement returns True.
        """

    @_spec
    def after_update(self, run: RunState) -> None:
        """The weights have changed; `run.update` counts this update."""

    @_spec(firstresult=True)
    def evaluate(self, run: RunState, loader: Iterable[Batch]) -> Evaluation | None:
        """Predict a whole loader in evaluation mode and, where its batches carry targets, score it.

        Those of the test set carry none: their evaluation has logits alone.
        """

    @_spec(firstresult=True)
    def predict(self, run: RunState, batch: Batch) -> Mapping[str, torch.Tensor] | None:
        """Logits by target for one batch, which carries no targets, without gradients."""

    @_spec
    def epoch_end(self, run: RunState, metrics: Mapping[str, float]) -> None:
        """An epoch is over; `metrics` holds train_ and validation_ figures, and is read-only.

        May call `run.stop`.
        """

    @_spec
    def fit_end(self, run: RunState) -> None:
        """Training is over, `run.finished` is set, the weights that the recipe selects are loaded.

        A technique that ends with others (averages) loads them here, once.
        """


EVENT_NAMES = tuple(name for name in vars(Events) if not name.startswith("_"))
