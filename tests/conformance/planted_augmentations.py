"""Faults planted in augmentations."""

from __future__ import annotations

from faults.augmentations import StrengthOptions
from planting import PlantedFault

from emobench.api import Component
from emobench.testing import AugmentationSuite


def augmentation(name: str, target: str) -> Component:
    return Component(
        name=name,
        target=f"faults.augmentations:{target}",
        summary="Planted.",
        options=StrengthOptions,
        off={"strength": 0.0},
    )


HISS = augmentation("sound_hiss", "Hiss")
HAZE = augmentation("sound_haze", "Haze")


def planted(check: str, target: str, sound: Component, *, words: str, why: str) -> PlantedFault:
    return PlantedFault(
        check=check,
        suite=AugmentationSuite,
        component=augmentation("broken", target),
        sound=sound,
        words=words,
        why=why,
    )


FAULTS = (
    planted(
        "names_its_level_and_modality",
        "Unplaced",
        HISS,
        words="its level is 'item'",
        why="no level of that name is called",
    ),
    planted(
        "names_its_level_and_modality",
        "OfSound",
        HISS,
        words="its modality is 'sound'",
        why="no frontend reads that modality",
    ),
    planted(
        "leaves_its_input_untouched",
        "WritesToTheClip",
        HISS,
        words="an item (8000,) of float32 is written to",
        why="it centres the clip in place",
    ),
    planted(
        "leaves_its_input_untouched",
        "WritesToTheBatch",
        HAZE,
        words="a batch (6, 12) of float32 is written to",
        why="it adds the noise in place",
    ),
    planted(
        "leaves_its_input_untouched",
        "GivesTheClipItself",
        HISS,
        words="comes back itself",
        why="it gives no copy where it changes nothing",
    ),
    planted(
        "keeps_shape_and_type",
        "InDoubles",
        HISS,
        words="comes back as float64",
        why="it gives twice the precision that a frontend expects",
    ),
    planted(
        "keeps_shape_and_type",
        "DropsAnItem",
        HAZE,
        words="comes back as a batch (5, 12)",
        why="the batch loses an item whose target stays",
    ),
    planted(
        "stays_finite_at_the_edges",
        "DividesByPower",
        HISS,
        words="silence comes back with values not finite",
        why="it divides by the power of silence",
    ),
    planted(
        "stays_finite_at_the_edges",
        "TakesTheDifference",
        HISS,
        words="a clip of one sample raises",
        why="a single sample has no steps",
    ),
    planted(
        "stays_finite_at_the_edges",
        "NeedsTwo",
        HAZE,
        words="a batch of one comes back with values not finite",
        why="it divides by a deviation over the batch, which one item has not",
    ),
    planted(
        "is_deterministic_under_its_stream",
        "Remembers",
        HISS,
        words="comes back otherwise the second time",
        why="what it does depends on how often it was called",
    ),
    planted(
        "different_draws_differ",
        "DrawsOnce",
        HISS,
        words="24 draws give one result",
        why="it draws the same noise for every clip",
    ),
    planted(
        "is_never_milder_later",
        "TiresEarly",
        HISS,
        words="training begins mild and ends at full strength",
        why="it is strongest when training begins",
    ),
    planted(
        "zero_strength_equals_absence",
        "AlwaysOn",
        HISS,
        words="it still changes an item",
        why="strength 0 still hisses a little",
    ),
    planted(
        "never_changes_validation_or_test_data",
        "KeepsABank",
        HISS,
        words="training changes item",
        why="it keeps the data set's own clip and scales it later",
    ),
    planted(
        "never_changes_validation_or_test_data",
        "WritesToTheBatch",
        HAZE,
        words="training changes the data set's own tensor",
        why="it adds the noise in place",
    ),
    planted(
        "treats_each_item_of_a_batch_by_itself",
        "ScalesByTheBatch",
        HAZE,
        words="when another item of its batch is another",
        why="one loud item makes the noise of all others louder",
    ),
)
