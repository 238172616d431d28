"""What one change does: paired by seeds, and in words where it cannot be said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emobench.boards.ablation import Effect, corrected, effect_of, effect_words, score_of
from emobench.runs.published import Published

Answers = Callable[..., Published]


def test_an_effect_is_counted_over_the_seeds_that_both_have(answers: Answers) -> None:
    first = [answers(skill=0.8, seed=seed) for seed in (0, 1, 2)]
    against = [answers("plain", skill=0.5, seed=seed) for seed in (0, 1)]
    shared = effect_of(first, against=against, metric="accuracy").difference
    alone = effect_of(first[:2], against=against, metric="accuracy").difference
    assert shared is not None
    assert shared == alone
    assert (shared.seeds, shared.paired) == (2, True)


def test_an_effect_of_a_single_fold_is_counted(answers: Answers) -> None:
    found = effect_of(
        [answers(skill=0.8, folds=5)], against=[answers("plain", folds=5)], metric="accuracy"
    )
    assert found.difference is not None


@pytest.mark.parametrize("side", ["first", "against"])
def test_a_failed_run_of_either_side_leaves_the_cell_to_words(answers: Answers, side: str) -> None:
    whole = [answers(seed=seed) for seed in (0, 1)]
    torn = [answers("torn"), answers("torn", seed=1, state="failed", scored=False)]
    first, against = (torn, whole) if side == "first" else (whole, torn)
    found = effect_of(first, against=against, metric="accuracy")
    assert effect_words(found, metric="accuracy") == "1 failed of 2 runs"


def test_a_collapse_is_told_beside_its_difference(answers: Answers) -> None:
    fallen = [answers("fallen", skill=0.25, state="collapsed")]
    words = effect_words(
        effect_of(fallen, against=[answers(skill=0.9)], metric="accuracy"), metric="accuracy"
    )
    assert words.startswith("-")
    assert words.endswith("], one seed (1 collapsed of 1 run)")


@pytest.mark.parametrize(("seeds", "told"), [((0,), True), ((0, 1), False)])
def test_a_difference_of_one_seed_says_so(
    answers: Answers, seeds: tuple[int, ...], told: bool
) -> None:
    first = [answers(skill=0.8, seed=seed) for seed in seeds]
    against = [answers("plain", skill=0.5, seed=seed) for seed in seeds]
    effect = effect_of(first, against=against, metric="accuracy")
    assert effect_words(effect, metric="accuracy").endswith("], one seed") is told


def test_what_was_not_run_has_no_effect_and_no_score(answers: Answers) -> None:
    assert effect_of([], against=[answers()], metric="accuracy").note == "not run"
    assert score_of([], metric="accuracy").note == "not run"


def test_no_common_seed_is_told(answers: Answers) -> None:
    found = effect_of([answers(seed=1)], against=[answers("plain")], metric="accuracy")
    assert found.note == "no seed of both has ended"


def test_effects_are_corrected_for_all_that_are_looked_at(answers: Answers) -> None:
    def effect(skill: float, seeds: tuple[int, ...] = (0, 1, 2)) -> Effect:
        first = [answers("changed", skill=skill, seed=seed) for seed in seeds]
        against = [answers(skill=0.5, seed=seed) for seed in seeds]
        return effect_of(first, against=against, metric="accuracy")

    missing = effect_of([], against=[answers()], metric="accuracy")
    clear, slight, alone = effect(0.95), effect(0.62), effect(0.95, seeds=(0,))
    assert slight.difference is not None
    few, many = corrected([clear, slight]), corrected([clear, *[slight] * 9, missing])
    assert few[1].adjusted == pytest.approx(slight.difference.p)
    assert many[1].adjusted == pytest.approx(min(1.0, 9 * slight.difference.p))
    assert [few[0].holds, many[0].holds, many[-1].holds] == [True, True, False]
    assert effect_words(many[0], metric="accuracy").endswith("]*")
    assert not corrected([alone])[0].holds
