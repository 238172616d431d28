"""Faults planted in backbones and heads."""

from __future__ import annotations

from planting import PlantedFault

from emobench.api import Component
from emobench.testing import BackboneSuite, HeadSuite
from emobench.testing.models import ModelSuite


def module(name: str, target: str) -> Component:
    return Component(name=name, target=f"faults.models:{target}", summary="Planted.")


SOUND = module("sound", "Sound")
SOUND_HEAD = module("sound_head", "SoundHead")


def planted(
    check: str,
    target: str,
    *,
    words: str,
    why: str,
    suite: type[ModelSuite] = BackboneSuite,
    sound: Component = SOUND,
) -> PlantedFault:
    return PlantedFault(
        check=check,
        suite=suite,
        component=module("broken", target),
        sound=sound,
        words=words,
        why=why,
    )


FAULTS = (
    planted(
        "leaves_global_randomness_alone",
        "SeedsWhenBuilt",
        words="seeds torch's global generator when it is built",
        why="it seeds before it draws its first weights",
    ),
    planted(
        "gives_as_many_numbers_as_it_promises",
        "PromisesTwice",
        words="has shape (4, 6), promised is (4, 12)",
        why="its width is twice what it gives",
    ),
    planted(
        "gives_as_many_numbers_as_it_promises",
        "TakesNumbersForPairs",
        words="has shape (4, 2), promised is (4, 1)",
        why="it gives two logits for a number",
        suite=HeadSuite,
        sound=SOUND_HEAD,
    ),
    planted(
        "tells_items_apart",
        "AveragesItems",
        words="is the same for items 0 and 1",
        why="it gives every item the batch's mean",
    ),
    planted(
        "a_batch_of_one_equals_its_row",
        "CentresTheBatch",
        words="an item must not feel its neighbours",
        why="it takes the batch's mean away in evaluation too",
    ),
    planted(
        "evaluation_changes_nothing",
        "DropsInEvaluation",
        words="evaluated twice it gives different numbers",
        why="its dropout stays on in evaluation",
    ),
    planted(
        "trains_on_two_items",
        "NeedsThreeItems",
        words="is not finite for a batch of two",
        why="it divides by the number of items less two",
    ),
    planted(
        "no_parameter_is_dead",
        "HasAnIdleLayer",
        words="no gradient reaches idle.weight, idle.bias",
        why="it has a layer that it never uses",
    ),
    planted(
        "no_parameter_is_dead",
        "FreezesItsWeightsByAccident",
        words="no gradient reaches output.weight",
        why="it detaches its weights, though they are to be trained",
        suite=HeadSuite,
        sound=SOUND_HEAD,
    ),
    planted(
        "state_survives_a_round_trip",
        "KeepsAStatisticToItself",
        words="keep every number in a parameter or a buffer",
        why="its running mean is a plain attribute",
    ),
    planted(
        "leaves_its_inputs_alone",
        "CentresInPlace",
        words="changes its inputs where they lie",
        why="it centres rows in place",
    ),
    planted(
        "works_in_mixed_precision",
        "LosesDigits",
        words="under autocast in bfloat16 the embedding is off by",
        why="it adds numbers that 16 bits cannot hold side by side",
    ),
    planted(
        "exports",
        "Branches",
        words="torch.export cannot take it",
        why="it decides by the values of its input",
    ),
)
