"""A penalty on the weights as a term of the loss, as Keras' `kernel_regularizer` has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from torch import nn

from emobench.api import Context, RunState, event
from emobench_essentials.options import WeightPenaltyOptions

DENSE = (nn.Linear, nn.Bilinear)
CONVOLUTIONS = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)


def kernels(parts: Iterable[nn.Module], *, dense_alone: bool) -> Iterator[torch.Tensor]:
    """The trainable kernels of these modules, each once; no biases, norms or embeddings.

    Of a recurrent layer it is what it multiplies its input with, as in Keras.
    """
    seen: set[int] = set()
    for part in parts:
        for kernel in _own_kernels(part, dense_alone=dense_alone):
            if kernel.requires_grad and id(kernel) not in seen:
                seen.add(id(kernel))
                yield kernel


def _own_kernels(part: nn.Module, *, dense_alone: bool) -> Iterator[torch.Tensor]:
    if isinstance(part, DENSE) or (isinstance(part, CONVOLUTIONS) and not dense_alone):
        yield part.weight
    elif isinstance(part, nn.MultiheadAttention):
        projections = (
            part.in_proj_weight,
            part.q_proj_weight,
            part.k_proj_weight,
            part.v_proj_weight,
        )
        yield from (each for each in projections if each is not None)
    elif isinstance(part, nn.RNNBase) and not dense_alone:
        for name, weights in part.named_parameters(recurse=False):
            if name.startswith("weight_ih"):
                yield weights


def penalty(weights: Sequence[torch.Tensor], *, l1: float, l2: float) -> torch.Tensor:
    """`l2 * sum(w ** 2) + l1 * sum(|w|)` over all weights; nothing is averaged or halved."""
    terms = [l2 * each.square().sum() for each in weights] if l2 else []
    terms += [l1 * each.abs().sum() for each in weights] if l1 else []
    return torch.stack(terms).sum()


class WeightPenalty:
    """Adds the penalty to the loss of every micro-batch."""

    def __init__(self, options: WeightPenaltyOptions, context: Context) -> None:
        self.options = options

    @event
    def loss_terms(self, run: RunState) -> Mapping[str, torch.Tensor]:
        """The penalty; no term at strength 0, nor while all kernels are frozen."""
        l1, l2 = self.options.l1, self.options.l2
        if l1 == 0 and l2 == 0:
            return {}
        found = list(kernels(run.model.modules(), dense_alone=self.options.kernels == "dense"))
        return {"weight_penalty": penalty(found, l1=l1, l2=l2)} if found else {}
