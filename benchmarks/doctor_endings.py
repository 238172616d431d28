"""Long trainings, sound slow starters among them, replayed under the rule of `stop_collapsing`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from doctor_plants import PARENTS, PLANTS, plan_of  # type: ignore[import-not-found]

from emobench.doctor.evidence import Evidence, read_evidence
from emobench.doctor.experiments import Laboratory
from emobench.runs.store import RunStore
from emobench.scoring.falling import StopCollapsingOptions, hopeless, top_class

SEEDS = 3
LONG_EPOCHS = 24
SLOW_STARTS = {
    "rate 1e-4": ("optimizer.lr=1e-4",),
    "rate 3e-5": ("optimizer.lr=3e-5",),
    "rate 1e-5": ("optimizer.lr=1e-5",),
    "warm-up over half": ("scheduler={use: cosine, warmup: 0.5}",),
    "onecycle, late peak": ("scheduler={use: onecycle, rise: 0.6}",),
    "dropout 0.7": ("backbone.dropout=0.7",),
    "six layers": ("backbone.hidden=[32, 32, 32, 32, 32, 32]",),
    "ten layers, SGD": (
        "backbone.hidden=[32, 32, 32, 32, 32, 32, 32, 32, 32, 32]",
        "optimizer={use: sgd, lr: 0.02}",
    ),
    "SGD 1e-3": ("optimizer={use: sgd, lr: 0.001}",),
    "focal, small": ("loss={use: focal, alpha: 0.05, gamma: 2.0}", "optimizer={use: sgd, lr: 0.1}"),
    "penalty 1e-3": ("techniques=[{use: weight_penalty, l2: 0.001}]",),
    "batch norm lags": ("backbone.hidden_batch_norm=true", "backbone.norm_momentum=0.01"),
}
"""Sound recipes that are slow to start, as changes to the parent."""

SOUND_GAIN = 0.05
"""A training whose validation UAR in its second half is ever this far above guessing is sound."""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One history under the rule: after which epoch it would have been ended, 0 if never.

    `one_class` tells whether it ever showed one class for as long as the rule waits.
    """

    name: str
    epochs: int
    train_s: float
    ended: int
    one_class: bool
    sound: bool

    @property
    def saved_s(self) -> float:
        """The seconds of training that its end would have saved."""
        return self.train_s * (1 - self.ended / self.epochs) if self.ended else 0.0


def long_runs(folder: Path, *, laboratory: Laboratory) -> None:
    """Long trainings of every plant, every parent and every slow starter, with several seeds."""
    long = f"train.epochs={LONG_EPOCHS}"
    registry, plans = laboratory.registry, []
    for seed in range(SEEDS):
        for name in (*(plant.name for plant in PLANTS), *PARENTS):
            plans.append(plan_of(folder / f"{name}.yaml", registry, seed, long))
        for changes in SLOW_STARTS.values():
            plans.append(plan_of(folder / "parent.yaml", registry, seed, long, *changes))
    laboratory.run(plans, variants=False)


def replays(runs: Path) -> Iterable[Replay]:
    """Every finished long run of a folder whose history says what was predicted."""
    for record in RunStore(runs).records() if runs.is_dir() else ():
        evidence = read_evidence(record, folder=runs / record.id)
        rows = evidence.rows
        if evidence.epochs >= LONG_EPOCHS and rows and top_class(rows[0])[0]:
            yield replay(evidence, train_s=record.costs.train_s)


def replay(evidence: Evidence, *, train_s: float) -> Replay:
    """Show the rule the history, epoch by epoch."""
    rule, rows = StopCollapsingOptions(), evidence.rows
    ended = next(
        (epoch for epoch in range(1, len(rows)) if hopeless(rows[:epoch], options=rule)), 0
    )
    fallen = groupby(rows, key=lambda row: top_class(row)[1] >= rule.share)
    longest = max((len(list(same)) for is_fallen, same in fallen if is_fallen), default=0)
    guessing = 1 / max(1, len(evidence.classes))
    later = [row["validation_uar"] for row in rows[len(rows) // 2 :]]
    return Replay(
        name=f"{evidence.recipe} ({evidence.run[-10:]})",
        epochs=len(rows),
        train_s=train_s,
        ended=ended,
        one_class=longest > rule.patience,
        sound=max(later) >= guessing + SOUND_GAIN,
    )


def endings_table(found: Sequence[Replay]) -> str:
    """What the rule saves of fallen trainings, and which sound ones it wrongs."""
    lines = [
        "| trainings | count | show one class for 4 epochs | would be ended | hours of training "
        "saved |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, sound in (("collapsed, or never learnt", False), ("sound", True)):
        group = [each for each in found if each.sound is sound]
        hours, saved = sum(each.train_s for each in group), sum(each.saved_s for each in group)
        lines.append(
            f"| {name} | {len(group)} | {sum(each.one_class for each in group)} | "
            f"{sum(each.ended > 0 for each in group)} | {saved / hours if hours else 0:.0%} |"
        )
    for each in found:
        if each.sound and each.ended:
            lines += ["", f"Wronged: {each.name}, ended after epoch {each.ended} of {each.epochs}."]
    return "\n".join(lines)
