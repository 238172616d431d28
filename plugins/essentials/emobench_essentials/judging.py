"""What the fitted combiners share: which targets they take, and how good probabilities are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from emobench.api import Context, UsageError

SMALLEST = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0, as the scores of a run keep them."""


def refuse_other_kinds(context: Context, *, combiner: str) -> None:
    """Refuse a target that is neither one class nor a distribution over classes."""
    target = context.target
    if target is not None and target.kind not in ("class", "distribution"):
        raise UsageError(
            f"combiner '{combiner}' joins probabilities of classes, but target '{target.name}' is "
            f"of kind '{target.kind}'; use 'soft_vote'"
        )


def log_objective(context: Context) -> str:
    """What least log loss is called for the target: of distributions it is the divergence."""
    return (
        "kl"
        if context.target is not None and context.target.kind == "distribution"
        else ("log_loss")
    )


def shares_of(targets: np.ndarray, *, classes: int) -> np.ndarray:
    """Class ids or votes as distributions `(items, classes)`."""
    if targets.ndim == 1:
        return np.eye(classes)[targets.astype(np.int64)]
    shares: np.ndarray = targets / targets.sum(axis=1, keepdims=True)
    return shares


def log_loss(probabilities: np.ndarray, *, shares: np.ndarray) -> float:
    """Mean of -log p of what is true."""
    logs = np.log(np.clip(probabilities, SMALLEST, 1.0))
    return float(-(shares * logs).sum(axis=1).mean())


def best_member(members: np.ndarray, *, shares: np.ndarray) -> tuple[int, float]:
    """The member of least log loss, the first of equals, and its loss."""
    losses = [log_loss(member, shares=shares) for member in members]
    best = int(np.argmin(losses))
    return best, losses[best]


def accuracy(confusion: np.ndarray) -> float:
    """Share of items on the diagonal of the counts `(true, predicted)`."""
    return float(np.trace(confusion) / confusion.sum())


def uar(confusion: np.ndarray) -> float:
    """Mean recall of the classes that occur in the truth."""
    occur = confusion.sum(axis=1)
    return float((np.diagonal(confusion)[occur > 0] / occur[occur > 0]).mean())


def macro_f1(confusion: np.ndarray) -> float:
    """Mean F1 of the classes that occur in the truth or in what is predicted."""
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float((2 * np.diagonal(confusion)[both > 0] / both[both > 0]).mean())


def weighted_f1(confusion: np.ndarray) -> float:
    """Mean F1 of the classes, each weighted by its items."""
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    scores = 2 * np.diagonal(confusion) / np.maximum(both, 1)
    return float(np.average(scores, weights=confusion.sum(axis=1)))


OF_DECISIONS: dict[str, Callable[[np.ndarray], float]] = {
    "accuracy": accuracy,
    "uar": uar,
    "macro_f1": macro_f1,
    "weighted_f1": weighted_f1,
}


def merit(probabilities: np.ndarray, *, shares: np.ndarray, metric: str) -> tuple[float, float]:
    """The metric, and the log loss for what ties in it, both turned so that more is better."""
    sureness = -log_loss(probabilities, shares=shares)
    if metric in ("log_loss", "kl"):
        return sureness, sureness
    classes = shares.shape[1]
    cells = shares.argmax(axis=1) * classes + probabilities.argmax(axis=1)
    counts = np.bincount(cells, minlength=classes * classes).reshape(classes, classes)
    return OF_DECISIONS[metric](counts), sureness
