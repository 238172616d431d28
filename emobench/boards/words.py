"""How figures and counts are worded, the same on a page and on a terminal. Loads nothing heavy."""

from __future__ import annotations

import math
from collections.abc import Mapping

from emobench.runs.record import State
from emobench.scoring.catalogue import METRICS

NOTHING = "–"
TITLES = {
    "uar": "UAR",
    "macro_f1": "macro F1",
    "weighted_f1": "weighted F1",
    "micro_f1": "micro F1",
    "map": "mAP",
    "ccc": "CCC",
    "mae": "MAE",
    "rmse": "RMSE",
    "kl": "KL divergence",
    "ece": "ECE",
    "log_loss": "log loss",
    "pearson": "Pearson",
}


def title(metric: str) -> str:
    """A metric as a sentence says it."""
    return TITLES.get(metric, metric)


def heading(metric: str) -> str:
    """A metric as the head of a column says it: `Macro F1`, but `mAP`."""
    shown = title(metric)
    first = shown.partition(" ")[0]
    return shown[:1].upper() + shown[1:] if first.islower() else shown


def figure(value: float | None, *, metric: str) -> str:
    """A metric's value, in percent where it is a share."""
    if value is None:
        return NOTHING
    return percent(value) if metric in METRICS and METRICS[metric].percent else f"{value:.3f}"


def mean(value: float | None, *, spread: float | None, metric: str) -> str:
    """A mean over seeds and, where there are several, their spread."""
    shown = figure(value, metric=metric)
    return shown if spread is None else f"{shown} ± {figure(spread, metric=metric)}"


def percent(share: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{100 * share:.1f}%"


def interval(limits: tuple[float, float] | None, *, metric: str) -> str:
    """The limits of an interval as they stand behind a score: `[61.0, 70.4]`."""
    if limits is None:
        return ""
    low, high = (figure(limit, metric=metric).removesuffix("%") for limit in limits)
    return f"[{low}, {high}]"


def gain_words(gain: tuple[float, float, float], *, metric: str) -> str:
    """A difference and its interval, signed, in points where the metric is a share.

    Shares differ by no more than all: an interval from two groups may be wider, and says no more.
    """
    percent = metric in METRICS and METRICS[metric].percent
    scale, digits, unit = (100, 1, " points") if percent else (1, 3, "")
    most = 1.0 if percent else math.inf
    shown = (min(max(value, -most), most) for value in gain)
    estimate, low, high = (f"{scale * value:+.{digits}f}" for value in shown)
    return f"{estimate}{unit} [{low}, {high}]"


def duration(seconds: float) -> str:
    """Seconds below a minute, minutes below two hours, hours beyond."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def count(number: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tally(states: Mapping[State, int]) -> str:
    """`2 ok, 1 collapsed`."""
    return ", ".join(f"{number} {state}" for state, number in states.items())
