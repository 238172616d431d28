"""Which metrics exist, for which kind of target, and which way is better. Loads no numpy."""

from __future__ import annotations

from dataclasses import dataclass

from emobench.api import TargetKind, UsageError, unknown_name

CLASSES: frozenset[TargetKind] = frozenset({"class", "distribution"})
CLASSES_AND_LABELS: frozenset[TargetKind] = frozenset({"class", "distribution", "labels"})
DISTRIBUTIONS: frozenset[TargetKind] = frozenset({"distribution"})
LABELS: frozenset[TargetKind] = frozenset({"labels"})
NUMBERS: frozenset[TargetKind] = frozenset({"number"})


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One figure that `score` gives; a `percent` one runs from 0 to 1 and is shown as such."""

    name: str
    kinds: frozenset[TargetKind]
    higher_is_better: bool
    percent: bool
    summary: str


def _share(name: str, kinds: frozenset[TargetKind], summary: str) -> Metric:
    return Metric(name=name, kinds=kinds, higher_is_better=True, percent=True, summary=summary)


def _error(name: str, kinds: frozenset[TargetKind], summary: str) -> Metric:
    return Metric(name=name, kinds=kinds, higher_is_better=False, percent=False, summary=summary)


def _correlation(name: str, summary: str) -> Metric:
    return Metric(name=name, kinds=NUMBERS, higher_is_better=True, percent=False, summary=summary)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _share("accuracy", CLASSES, "share of items whose class is right"),
        _share("uar", CLASSES, "unweighted average recall: balanced accuracy"),
        _share("macro_f1", CLASSES_AND_LABELS, "mean F1 of the classes or labels"),
        _share("weighted_f1", CLASSES, "F1 of the classes, weighted by how often they occur"),
        _error("log_loss", CLASSES, "mean negative log-probability of the true class"),
        _error("ece", CLASSES, "expected calibration error: confidence against accuracy"),
        _error("kl", DISTRIBUTIONS, "divergence of the true distribution from the predicted one"),
        _share("map", LABELS, "mean average precision of the labels"),
        _share("micro_f1", LABELS, "F1 of all label decisions taken together"),
        _correlation("ccc", "concordance correlation coefficient"),
        _correlation("pearson", "Pearson's correlation coefficient"),
        _error("mae", NUMBERS, "mean absolute error"),
        _error("rmse", NUMBERS, "root of the mean squared error"),
    )
}


def check_metric(name: str, kind: TargetKind) -> Metric:
    """The metric of that name, or a UsageError that says which exist for this kind of target."""
    metric = METRICS.get(name)
    if metric is not None and kind in metric.kinds:
        return metric
    usable = [known.name for known in METRICS.values() if kind in known.kinds]
    advice = ""
    if metric is not None:
        advice = f"'{name}' exists, but for targets of kind {_or(metric.kinds)}"
    raise UsageError(unknown_name(f"metric for a {kind} target", name, usable, advice=advice))


def _or(kinds: frozenset[TargetKind]) -> str:
    return " or ".join(sorted(kinds))
