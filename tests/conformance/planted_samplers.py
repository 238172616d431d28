"""Faults planted in samplers."""

from __future__ import annotations

from planting import PlantedFault

from emobench.api import Component
from emobench.testing import SamplerSuite


def sampler(name: str, target: str) -> Component:
    return Component(name=name, target=f"faults.samplers:{target}", summary="Planted.")


def planted(check: str, target: str, *, words: str, why: str) -> PlantedFault:
    return PlantedFault(
        check=check,
        suite=SamplerSuite,
        component=sampler("broken", target),
        sound=sampler("sound", "Sound"),
        words=words,
        why=why,
    )


FAULTS = (
    planted(
        "draws_as_many_as_it_says",
        "DropsTheLastBatch",
        words="epoch 0 has 32 items and `len()` says 48",
        why="it leaves the last, incomplete batch out",
    ),
    planted(
        "positions_exist",
        "CountsFromOne",
        words="draws position 48 of 48 training items",
        why="its positions count from one",
    ),
    planted(
        "epochs_differ",
        "RepeatsItsEpoch",
        words="of 5 epochs 5 are alike",
        why="it draws every epoch from the stream of the first",
    ),
    planted(
        "an_epoch_depends_on_its_number_alone",
        "DrawsOn",
        words="when those before it were not drawn",
        why="it keeps a generator from epoch to epoch",
    ),
    planted(
        "the_seed_decides",
        "IgnoresTheSeed",
        words="runs of seeds 0 and 1 draw the same",
        why="it seeds itself by the epoch alone",
    ),
    planted(
        "expectation_adds_up",
        "ExpectsTwice",
        words="`expected()` adds up to 96 and an epoch has 48 items",
        why="it expects twice what it draws",
    ),
    planted(
        "draws_agree_with_its_expectation",
        "FavoursTheFirstItems",
        words="and `expected()` says 1 ",
        why="it draws the first items more often than it says",
    ),
    planted(
        "drops_no_class",
        "DropsAClass",
        words="class 'sad' is never drawn",
        why="it leaves the rarest class out",
    ),
    planted(
        "counts_that_it_calls_exact_are",
        "DrawsWithReplacement",
        words="it calls the counts of classes exact, and in epoch",
        why="it draws with replacement what it says comes once",
    ),
    planted(
        "takes_a_training_set_without_a_class",
        "DividesByCounts",
        words="which a fold may bring about, and it fails: PluginError",
        why="it divides by the count of a class that has no training item",
    ),
    planted(
        "leaves_the_labels_alone",
        "SortsTheLabels",
        words="it writes into `context.labels`",
        why="it sorts the labels that it was given",
    ),
    planted(
        "another_process_gives_the_same",
        "WalksThroughASet",
        words="another process, which orders sets otherwise",
        why="it walks through a set of texts, whose order is another in every process",
    ),
)
