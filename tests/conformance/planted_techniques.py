"""Faults planted in techniques."""

from __future__ import annotations

from faults.techniques import SplitOptions, StrengthOptions
from planting import PlantedFault

from emobench.api import Component
from emobench.testing import TechniqueSuite


def technique(name: str, target: str) -> Component:
    return Component(
        name=name,
        target=f"faults.techniques:{target}",
        summary="Planted.",
        options=StrengthOptions,
        off={"strength": 0.0},
    )


AVERAGE = technique("sound_average", "Average")
BLEND = technique("sound_blend", "Blend")


def splitting(name: str, target: str) -> Component:
    return Component(
        name=name,
        target=f"faults.techniques:{target}",
        summary="Planted.",
        options=SplitOptions,
        off={"parts": 1},
        splits_updates="parts",
    )


def planted(check: str, target: str, sound: Component, *, words: str, why: str) -> PlantedFault:
    return PlantedFault(
        check=check,
        suite=TechniqueSuite,
        component=technique("broken", target),
        sound=sound,
        words=words,
        why=why,
    )


TRAINS = "trains_on_every_kind_of_target_or_refuses_by_name"
PAIRS = "trains_beside_every_other_technique_or_refuses_by_name"
SWITCHES = "leaves_switches_of_the_process_alone"
RESUMES = "stopped_and_resumed_equals_straight_through"

FAULTS = (
    PlantedFault(
        check="splits_updates_as_often_as_it_says",
        suite=TechniqueSuite,
        component=splitting("broken", "SplitsUntold"),
        sound=splitting("sound_splits", "Splits"),
        words="its `steps_per_update` is 1, by which schedules count updates",
        why="it keeps to itself how many micro-batches an update has",
    ),
    planted(
        "answers_events_that_exist",
        "MisspeltEvent",
        BLEND,
        words="did you mean 'transform_batch'?",
        why="it answers 'transform_batches'",
    ),
    planted(
        "answers_events_that_exist",
        "MisspeltArgument",
        BLEND,
        words="does not fit the loop's events",
        why="it asks for 'runs' where the event has 'run'",
    ),
    planted(
        TRAINS,
        "IdsOfAll",
        BLEND,
        words="RuntimeError: one_hot",
        why="it takes every target for class ids",
    ),
    planted(
        TRAINS,
        "NamelessRefusal",
        BLEND,
        words="number targets are refused without naming 'broken'",
        why="it refuses numbers without saying who it is",
    ),
    planted(
        TRAINS,
        "RemembersByTrainItems",
        BLEND,
        words="IndexError",
        why="`batch.items` are positions in the whole dataset",
    ),
    planted(
        TRAINS,
        "NothingLearned",
        BLEND,
        words="no weight moves",
        why="its own update changes nothing",
    ),
    planted(
        PAIRS,
        "ExpectsIds",
        AVERAGE,
        words="raises RuntimeError",
        why="it takes targets for class ids, which mixing techniques make distributions",
    ),
    planted(
        PAIRS,
        "RefusesCompany",
        BLEND,
        words="is refused without naming both",
        why="its refusal does not say with whom it cannot be",
    ),
    planted(
        PAIRS,
        "LogsAlike",
        AVERAGE,
        words="both log 'gradient_norm'",
        why="it logs under another technique's name",
    ),
    planted(
        RESUMES,
        "Forgetful",
        AVERAGE,
        words="stopped after epoch 1 and resumed",
        why="its average begins anew after a stop",
    ),
    planted(
        RESUMES,
        "StartsAnew",
        AVERAGE,
        words="stopped after epoch 1 and resumed",
        why="it throws the average away that it has just taken up",
    ),
    planted(
        RESUMES,
        "RunsOn",
        BLEND,
        words="draw from `run.stream` at `run.epoch`",
        why="a resumed run begins its generator from the start",
    ),
    planted(
        RESUMES,
        "Unpackable",
        AVERAGE,
        words="names is a set, which a checkpoint cannot hold",
        why="its state holds a set",
    ),
    planted(
        "zero_strength_equals_absence",
        "AlwaysOn",
        BLEND,
        words="is not what it is without the technique",
        why="strength 0 still blends a little",
    ),
    planted(
        "leaves_the_models_mode_as_found",
        "TeachesInEvaluation",
        AVERAGE,
        words="'loss_terms' leaves the model in another mode",
        why="it puts the model into evaluation mode for good",
    ),
    planted(
        "draws_from_its_own_streams_alone",
        "GlobalNumpy",
        BLEND,
        words="'transform_batch' moves numpy's global generator",
        why="it draws from numpy's global generator",
    ),
    planted(
        "draws_from_its_own_streams_alone",
        "GlobalTorch",
        BLEND,
        words="'transform_batch' moves torch's global generator",
        why="it draws from torch's global generator, which moves the dropout",
    ),
    planted(
        "leaves_requires_grad_as_found",
        "NeverThaws",
        AVERAGE,
        words="training ends with requires_grad of a weight changed",
        why="it freezes a weight for good",
    ),
    planted(
        "leaves_requires_grad_as_found",
        "FreezesInPassing",
        AVERAGE,
        words="'before_update' leaves requires_grad",
        why="it freezes a weight in the middle of a step",
    ),
    planted(
        "evaluation_leaves_the_weights_as_found",
        "NoSwapBack",
        AVERAGE,
        words="'evaluate' leaves other weights",
        why="training goes on from the average",
    ),
    planted(
        "evaluation_leaves_the_weights_as_found",
        "SwapsParametersBack",
        AVERAGE,
        words="running_mean",
        why="it swaps back what is trained and forgets the buffers",
    ),
    planted(
        "is_scored_with_the_weights_it_ends_with",
        "EndsWithOthers",
        AVERAGE,
        words="the run that is over is scored with another",
        why="the average is scored, and the last weights are what is kept",
    ),
    planted(
        "keeps_label_mass",
        "LosesMass",
        BLEND,
        words="label mass is",
        why="it scales the one target and drops the other",
    ),
    planted(
        "keeps_batches_in_shape",
        "Doubles",
        BLEND,
        words="changes the shape",
        why="it trains on every item twice",
    ),
    planted(
        "keeps_batches_in_shape",
        "WeightsByClass",
        BLEND,
        words="leaves weights that are not one number an item",
        why="it gives a column of weights, which spreads over the batch",
    ),
    planted(
        "writes_into_no_tensor_of_a_batch",
        "WritesInPlace",
        BLEND,
        words="writes into the tensor of 'table'",
        why="it blends in place",
    ),
    planted(
        "never_changes_validation_or_test_data",
        "CleansWhatIsPredicted",
        AVERAGE,
        words="`predict` gives a batch back changed",
        why="it puts other inputs into the batch that is predicted",
    ),
    planted(
        "never_changes_validation_or_test_data",
        "KnowsBetter",
        AVERAGE,
        words="scores against other",
        why="it changes the truth of the first item",
    ),
    planted(
        "rebinds_nothing_of_the_run",
        "RebindsTheModel",
        AVERAGE,
        words="'fit_start' changes run.model",
        why="the optimizer goes on with the old model's weights",
    ),
    planted(
        "moves_no_other_draws",
        "RebindsTheStream",
        BLEND,
        words="draws otherwise than without it",
        why="all other components now draw from its stream",
    ),
    planted(
        "logs_finite_numbers_under_names_of_their_own",
        "LogsNothingFinite",
        AVERAGE,
        words="'distance' is nan",
        why="it logs what is no number",
    ),
    planted(
        "logs_finite_numbers_under_names_of_their_own",
        "LogsOverTheLoop",
        AVERAGE,
        words="'validation_loss', which is a figure of the loop",
        why="the history shows its number for the loop's",
    ),
    planted(
        RESUMES,
        "RemembersLate",
        AVERAGE,
        words="stopped after epoch 4 and resumed",
        why="what it remembers from the fourth epoch on is in no checkpoint",
    ),
    planted(
        SWITCHES,
        "LowersPrecision",
        AVERAGE,
        words="it turns torch's matmul precision (highest before, medium after)",
        why="it lowers torch's precision for good",
    ),
    planted(
        SWITCHES,
        "LowersPrecisionForAWhile",
        AVERAGE,
        words="'before_update' turns torch's matmul precision",
        why="it lowers torch's precision in the middle of training, for all others too",
    ),
    planted(
        SWITCHES,
        "EndsWithoutGradients",
        AVERAGE,
        words="it turns torch's grad mode (True before, False after)",
        why="the next run of the process trains nothing",
    ),
    planted(
        "figures_are_those_of_the_logits",
        "PraisesItself",
        AVERAGE,
        words="than its logits score",
        why="it says that every figure is 1",
    ),
)
