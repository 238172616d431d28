"""The emotions that corpora have in common, and what each corpus calls them. Loads no numpy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from emobench_corpora.options import CorpusName

COMMON = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")

COMMON_LABELS: Mapping[CorpusName, Mapping[str, str]] = {
    "ravdess": {
        "angry": "anger",
        "disgust": "disgust",
        "fearful": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "sad": "sadness",
        "surprised": "surprise",
    },
    "emodb": {
        "anger": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happiness": "happiness",
        "neutral": "neutral",
        "sadness": "sadness",
    },
    "crema-d": {
        "anger": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "sad": "sadness",
    },
    "tess": {
        "angry": "anger",
        "disgust": "disgust",
        "fear": "fear",
        "happy": "happiness",
        "neutral": "neutral",
        "pleasant surprise": "surprise",
        "sad": "sadness",
    },
    "savee": {emotion: emotion for emotion in COMMON},
}
"""RAVDESS' calm and EmoDB's boredom have no counterpart, so they are not there."""


def classes_of(corpora: Iterable[CorpusName], *, shared: bool) -> tuple[str, ...]:
    """Of the common set, the emotions that all of these corpora have, or that any has."""
    had = [set(COMMON_LABELS[name].values()) for name in corpora]
    wanted = set.intersection(*had) if shared else set.union(*had)
    return tuple(emotion for emotion in COMMON if emotion in wanted)
