"""The draw: counts, ceiling, neighbours, identities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emobench.data.synthetic.latent import (
    CONFUSABLE_PAIRS,
    EMOTIONS,
    class_counts,
    draw_latents,
    neighbours,
)
from emobench.data.synthetic.options import SpeechOptions, TableOptions

REQUIRED_PAIRS = {
    ("angry", "disgust"),
    ("angry", "neutral"),
    ("angry", "sad"),
    ("fearful", "surprised"),
    ("neutral", "sad"),
}


@given(items=st.integers(16, 5000), imbalance=st.floats(1, 50))
def test_class_counts_add_up_and_leave_no_class_out(items, imbalance):
    counts = class_counts(items, imbalance=imbalance)
    assert counts.sum() == items
    assert counts.min() >= 1


def test_the_most_frequent_class_has_four_items_for_one_of_the_rarest():
    counts = np.bincount(draw_latents(SpeechOptions()).labels)
    assert counts.max() / counts.min() == pytest.approx(4.0, rel=0.02)


def test_the_constant_predictor_sits_between_13_and_25_percent():
    labels = draw_latents(SpeechOptions()).labels
    assert 0.13 < np.bincount(labels).max() / len(labels) < 0.25


@settings(max_examples=25)
@given(noise=st.floats(0, 0.49), items=st.integers(40, 400), seed=st.integers(0, 99))
def test_the_ceiling_is_one_minus_the_noise_to_the_item(noise, items, seed):
    latents = draw_latents(TableOptions(items=items, label_noise=noise, seed=seed))
    assert latents.ceiling == pytest.approx(1 - round(noise * items) / items)


def test_a_mislabelled_item_shows_a_neighbour_of_its_label():
    latents = draw_latents(TableOptions(label_noise=0.4))
    wrong = latents.labels != latents.emotions
    assert all(
        shown in neighbours(label)
        for label, shown in zip(latents.labels[wrong], latents.emotions[wrong], strict=True)
    )


def test_no_better_guess_than_the_shown_emotion_exists_in_any_class():
    latents = draw_latents(TableOptions(items=40_000))
    for emotion in range(len(EMOTIONS)):
        labels = latents.labels[latents.emotions == emotion]
        assert np.bincount(labels, minlength=len(EMOTIONS)).argmax() == emotion


def test_the_pairs_that_people_confuse_are_neighbours():
    assert set(CONFUSABLE_PAIRS) >= REQUIRED_PAIRS
    for first, second in CONFUSABLE_PAIRS:
        assert EMOTIONS.index(second) in neighbours(EMOTIONS.index(first))
        assert EMOTIONS.index(first) in neighbours(EMOTIONS.index(second))


def test_items_lean_towards_neighbours_by_less_than_half():
    latents = draw_latents(TableOptions())
    assert 0.3 < latents.lean.max() < 0.5
    assert all(
        towards in neighbours(emotion)
        for emotion, towards in zip(latents.emotions, latents.towards, strict=True)
    )


def test_without_overlap_nothing_leans():
    assert draw_latents(TableOptions(overlap=0.0)).lean.max() == 0


@settings(max_examples=20)
@given(identities=st.integers(2, 60), seed=st.integers(0, 99))
def test_every_identity_has_an_item(identities, seed):
    latents = draw_latents(TableOptions(items=60, identities=identities, seed=seed))
    assert set(latents.identity) == set(range(identities))


def test_identities_differ_in_what_they_show_only_when_they_vary():
    def spread(variation):
        latents = draw_latents(TableOptions(items=20_000, identities=10, variation=variation))
        happy = np.bincount(latents.identity[latents.emotions == EMOTIONS.index("happy")])
        return happy.std() / happy.mean()

    assert spread(0.0) < 0.1 < 0.3 < spread(1.0)


def test_the_draw_does_not_know_what_will_render_it():
    shared = {"items": 100, "identities": 12, "seed": 3}
    spoken, rated = draw_latents(SpeechOptions(**shared)), draw_latents(TableOptions(**shared))
    assert np.array_equal(spoken.emotions, rated.emotions)
    assert np.array_equal(spoken.intensity, rated.intensity)
