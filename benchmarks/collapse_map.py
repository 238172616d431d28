"""Where the speech guide's failed model falls to one class: its suspects one by one, and together.

    python benchmarks/collapse_map.py [--task TASK] [--fold F] [--seeds N] [--data-root DIR]
                                      [--only TEXT]

Runs `advanced` and `enhanced` with changes, all shortened alike, and prints a table in Markdown,
means over the seeds. Clips are not augmented, so that features come from the cache. Records are
kept under --runs: what is stored is not run again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import emobench

# The last epoch's weights: the best one's would hide where training leads.
SHORT = ("augmentations=null", "train.copies=0", "train.epochs=6", "train.select=last")
LONG = ("train.epochs=24",)
NO_PENALTY = ("techniques=null",)
STRONG_PENALTY = ("techniques.weight_penalty.l2=0.1",)
PLAIN_LOSS = ("loss={use: cross_entropy}",)
NO_DROPOUT = ("backbone.dropout=0.0", "head.dropout=0.0")
FAST_NORM = ("backbone.norm_momentum=0.1", "head.norm_momentum=0.1")
NO_NORM = ("backbone.batch_norm=false", "head.batch_norm=false")
STEADY_RATE = ("scheduler=null",)
EARLY_END = ("scheduler.decay=0.05",)
DROPOUT_FIRST = ("backbone.order=relu-dropout-norm", "head.order=relu-dropout-norm")


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One row of the map."""

    name: str
    changes: tuple[str, ...] = ()
    recipe: str = "advanced"


def suspects_alone() -> list[Variant]:
    """`enhanced` with one suspect each."""
    slow = ("backbone.norm_momentum=0.01", "head.norm_momentum=0.01")
    much = ("backbone.dropout=0.3", "head.dropout=[0.5, 0.4, 0.3]")
    penalty = ("techniques=[{use: weight_penalty, l2: 0.01}]",)
    cosine = ("scheduler={use: cosine, warmup: 0.0, decay: 0.5}",)
    changes = {
        "nothing": (),
        "focal loss": ("loss={use: focal, alpha: 0.25, gamma: 2.0}",),
        "dropout 0.3-0.5": much,
        "L2 0.01": penalty,
        "cosine over halfway": cosine,
        "norm momentum 0.01": slow,
    }
    return [
        Variant(name=f"enhanced + {name}", changes=each, recipe="enhanced")
        for name, each in changes.items()
    ]


def taken_away() -> list[Variant]:
    """`advanced`, whole and without one suspect each."""
    changes = {
        "advanced": (),
        "advanced - slow norm": FAST_NORM,
        "advanced - L2": NO_PENALTY,
        "advanced - focal loss": PLAIN_LOSS,
        "advanced - dropout": NO_DROPOUT,
        "advanced - cosine": STEADY_RATE,
        "advanced - batch norm": NO_NORM,
    }
    return [Variant(name=name, changes=each) for name, each in changes.items()]


def pushed() -> list[Variant]:
    """`advanced`, changed in several ways at once or beyond what was asked."""
    changes = {
        "advanced - slow norm - L2": FAST_NORM + NO_PENALTY,
        "advanced - batch norm - L2": NO_NORM + NO_PENALTY,
        "advanced - batch norm - focal loss": NO_NORM + PLAIN_LOSS,
        "advanced, cosine over after 5%": EARLY_END,
        "advanced, four times as long": LONG,
        "advanced, dropout before norm": DROPOUT_FIRST,
        "advanced, gamma 5": ("loss.gamma=5.0",),
        "advanced, L2 0.1": STRONG_PENALTY,
        "advanced, L2 0.001": ("techniques.weight_penalty.l2=0.001",),
        "advanced, alpha 1": ("loss.alpha=1.0",),
        "advanced, alpha 0.05": ("loss.alpha=0.05",),
        "advanced - batch norm, L2 0.001": (*NO_NORM, "techniques.weight_penalty.l2=0.001"),
        "advanced - batch norm, L2 0.001, alpha 1": (
            *NO_NORM,
            "techniques.weight_penalty.l2=0.001",
            "loss.alpha=1.0",
        ),
        "advanced - batch norm - L2 - dropout": (*NO_NORM, *NO_PENALTY, *NO_DROPOUT),
    }
    return [Variant(name=name, changes=each) for name, each in changes.items()]


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How one run ended: its figures, and the class it says most often on the test set."""

    state: str
    score: float
    train: float
    validation: float
    top: str
    share: float


def ending(record: emobench.Record, *, folder: Path) -> Ending | None:
    """The last epoch's accuracies and the test set's predictions; None without a score."""
    if record.score is None:
        return None
    last = json.loads((folder / "history.jsonl").read_text().splitlines()[-1])
    (emotion,) = record.scores.values()
    columns = [sum(column) for column in zip(*emotion.confusion, strict=True)]
    top = max(range(len(columns)), key=columns.__getitem__)
    return Ending(
        state=record.state,
        score=record.score,
        train=last["train_accuracy"],
        validation=last["validation_accuracy"],
        top=emotion.classes[top].name,
        share=columns[top] / sum(columns),
    )


def table_row(name: str, *, endings: Sequence[Ending | None]) -> str:
    """One variant's runs as a row of the table."""
    scored = [one for one in endings if one]
    collapsed = sum(one.state == "collapsed" for one in scored)
    states = f"{collapsed} of {len(endings)}"
    if len(scored) < len(endings):
        states += f", {len(endings) - len(scored)} without a score"
    if not scored:
        return f"| {name} | {states} | | | | |"
    figures = [
        fmean(getattr(one, field) for one in scored) for field in ("score", "train", "validation")
    ]
    tops = ", ".join(f"{one.top} {one.share:.0%}" for one in scored)
    return f"| {name} | {states} | {' | '.join(f'{each:.1%}' for each in figures)} | {tops} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the map and print it, row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", default="synthetic-speech/speakers")
    parser.add_argument("--fold", type=int, default=None)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data-root", default="")
    parser.add_argument("--runs", type=Path, default=Path("runs/collapse-map"))
    parser.add_argument("--only", default="", help="variants whose name holds this text")
    options = parser.parse_args(arguments)
    settings = emobench.Settings(runs=options.runs, data_root=options.data_root, device="cpu")
    print(
        "| variant | collapsed | test UAR | train accuracy | validation accuracy | most predicted |"
    )
    print("|---|---|---:|---:|---:|---|", flush=True)
    for variant in taken_away() + suspects_alone() + pushed():
        if options.only not in variant.name:
            continue
        records = emobench.run(
            variant.recipe,
            task=options.task,
            fold=options.fold,
            seeds=options.seeds,
            overrides=[*SHORT, *variant.changes],
            settings=settings,
        ).records
        endings = [ending(record, folder=options.runs / record.id) for record in records]
        print(table_row(variant.name, endings=endings), flush=True)


if __name__ == "__main__":
    main()
