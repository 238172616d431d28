"""Each caution speaks of the recipe it is about, and of no sound one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emobench.api import Choice, Choices
from emobench_essentials import cautions
from emobench_essentials.cautions import (
    cycles_differ,
    double_balancing,
    much_dropout,
    never_acts,
    penalty_in_loss,
    rate_ends_early,
    scaled_loss,
    slow_norm,
    softened_twice,
    warm_up_outlasts_patience,
)
from emobench_essentials.registration import components

RULES = {each.name: getattr(cautions, each.name) for each in components.cautions}
KINDS = {
    "head": components.heads,
    "backbone": components.backbones,
    "loss": components.losses,
    "sampler": components.samplers,
    "optimizer": components.optimizers,
    "scheduler": components.schedulers,
    "technique": components.techniques,
}


def recipe(epochs: int = 30, **picked: dict[str, Any]) -> Choices:
    """Choices from `name={option: value}`."""
    chosen = []
    for kind, offered in KINDS.items():
        for component in offered:
            if component.name in picked:
                options = component.options(**picked[component.name])
                chosen.append(Choice(kind=kind, name=component.name, options=options))
    assert len(chosen) == len(picked)
    return Choices(picked=tuple(chosen), epochs=epochs, batch_size=32)


CASES: list[tuple[Callable[[Choices], str | None], Choices, Choices]] = [
    (
        double_balancing,
        recipe(weighted={}, cross_entropy={"class_weights": "balanced"}),
        recipe(weighted={"power": 0.0}, cross_entropy={"class_weights": "balanced"}),
    ),
    (
        double_balancing,
        recipe(weighted={}, focal={"alpha": "balanced"}),
        recipe(focal={"alpha": "balanced"}),
    ),
    (
        scaled_loss,
        recipe(focal={"alpha": 0.25}, weight_penalty={}),
        recipe(focal={"alpha": 0.25}, adamw={}),
    ),
    (
        penalty_in_loss,
        recipe(dense={"hidden_batch_norm": False}, weight_penalty={"l2": 0.01}),
        recipe(dense={"hidden_batch_norm": True}, weight_penalty={"l2": 0.01}),
    ),
    (rate_ends_early, recipe(cosine={"decay": 0.5, "warmup": 0.0}), recipe(cosine={})),
    (
        warm_up_outlasts_patience,
        recipe(onecycle={"rise": 0.5}, early_stopping={"patience": 10}),
        recipe(onecycle={"rise": 0.1}, early_stopping={"patience": 10}),
    ),
    (
        never_acts,
        recipe(epochs=5, early_stopping={"patience": 5}),
        recipe(epochs=50, early_stopping={"patience": 5}),
    ),
    (
        slow_norm,
        recipe(mlp={"batch_norm": True, "norm_momentum": 0.01}),
        recipe(mlp={"batch_norm": False, "norm_momentum": 0.01}),
    ),
    (
        much_dropout,
        recipe(dense={"hidden": (8, 8, 8), "dropout": 0.5}, mlp={"dropout": 0.5}),
        recipe(dense={"hidden": (8, 8), "dropout": 0.3}, mlp={"dropout": 0.3}),
    ),
    (
        softened_twice,
        recipe(mixup={}, cross_entropy={"label_smoothing": 0.1}),
        recipe(mixup={"alpha": 0.0}, cross_entropy={"label_smoothing": 0.1}),
    ),
    (
        cycles_differ,
        recipe(snapshot={"cycles": 4}, cyclic_cosine={"cycles": 5}),
        recipe(snapshot={"cycles": 5}, cyclic_cosine={"cycles": 5}),
    ),
]


def test_every_caution_is_tried_here() -> None:
    assert {rule.__name__ for rule, _, _ in CASES} == set(RULES)


@pytest.mark.parametrize(("rule", "bad", "good"), CASES, ids=[case[0].__name__ for case in CASES])
def test_a_caution_warns_of_the_bad_recipe_and_not_of_the_good_one(
    rule: Callable[[Choices], str | None], bad: Choices, good: Choices
) -> None:
    assert rule(bad)
    assert rule(good) is None


def test_a_warning_says_what_to_do() -> None:
    bad = recipe(weighted={}, cross_entropy={"class_weights": "sqrt"})
    assert double_balancing(bad) == (
        "rare classes are balanced twice, by the sampler 'weighted' and by the loss's "
        "class_weights: keep one of them"
    )
