"""The losses of this package under the conformance suite, against torch's own."""

from __future__ import annotations

import torch
from torch.nn import functional

from emobench.api import Context
from emobench.testing import LossSuite


class TestCrossEntropy(LossSuite):
    component = "cross_entropy"

    def reference(
        self, logits: torch.Tensor, targets: torch.Tensor, *, context: Context
    ) -> torch.Tensor:
        return functional.cross_entropy(logits, targets)


class TestSmoothedAndWeightedCrossEntropy(LossSuite):
    component = "cross_entropy"
    options = {"label_smoothing": 0.1, "class_weights": "balanced"}

    def reference(
        self, logits: torch.Tensor, targets: torch.Tensor, *, context: Context
    ) -> torch.Tensor | None:
        counts = torch.tensor(context.task.class_counts["emotion"])
        weights = counts.sum() / (4 * counts)
        if targets.ndim == 2:
            return None  # torch divides by the items there, and not by the labels' weights
        return functional.cross_entropy(logits, targets, weight=weights, label_smoothing=0.1)


class TestFocal(LossSuite):
    component = "focal"

    def reference(
        self, logits: torch.Tensor, targets: torch.Tensor, *, context: Context
    ) -> torch.Tensor:
        rows = functional.one_hot(targets, logits.shape[1]) if targets.ndim == 1 else targets
        chances = logits.double().exp() / logits.double().exp().sum(dim=1, keepdim=True)
        return -(rows * (1 - chances) ** 2 * chances.log()).sum(dim=1).mean()


class TestFocalWithClassWeights(LossSuite):
    component = "focal"
    options = {"alpha": "sqrt", "gamma": 0.5, "label_smoothing": 0.1}

    def reference(
        self, logits: torch.Tensor, targets: torch.Tensor, *, context: Context
    ) -> torch.Tensor:
        rows = functional.one_hot(targets, logits.shape[1]) if targets.ndim == 1 else targets
        counts = torch.tensor(context.task.class_counts["emotion"], dtype=torch.float64)
        weights = (counts.sum() / (len(counts) * counts)).sqrt()
        chances = logits.double().softmax(dim=1)
        terms = (0.9 * rows + 0.1 / len(counts)) * (1 - chances) ** 0.5 * chances.log()
        return -(weights * terms).sum() / (weights * rows).sum()


class TestBinaryCrossEntropy(LossSuite):
    component = "binary_cross_entropy"
    options = {"positive_weights": "balanced"}

    def reference(
        self, logits: torch.Tensor, targets: torch.Tensor, *, context: Context
    ) -> torch.Tensor:
        counts = torch.tensor(context.task.class_counts["emotion"])
        weights = (context.task.train_items - counts) / counts
        return functional.binary_cross_entropy_with_logits(logits, targets, pos_weight=weights)


class TestMeanSquaredError(LossSuite):
    component = "mean_squared_error"

    def reference(
        self, logits: torch.Tensor, targets: torch.Tensor, *, context: Context
    ) -> torch.Tensor:
        return functional.mse_loss(logits[:, 0], targets)
