"""TESS: speaker, word and emotion name a clip, such as OAF_back_fear."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from emobench.api import DatasetContext
from emobench_corpora.corpus import Corpus
from emobench_corpora.listing import Naming, Said
from emobench_corpora.options import TessOptions
from emobench_corpora.registration import TESS

EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "pleasant surprise",
    "sad": "sad",
}
NAME = re.compile(rf"([OY]A)F?_([^_]+)_({'|'.join(EMOTIONS)})", re.IGNORECASE)
"""One clip of the owner's, OA_bite_neutral, lacks a letter."""

AGES = {"OAF": "64", "YAF": "26"}

WHOLE = 2800


def read_name(path: PurePosixPath) -> Said | None:
    """What the name says; None where it is not of this corpus."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker, word, emotion = match[1].upper() + "F", match[2].lower(), match[3].lower()
    return Said(
        id=f"{speaker}_{word}_{emotion}",
        emotion=EMOTIONS[emotion],
        speaker=speaker,
        fields={"word": word, "sex": "female", "age": AGES[speaker]},
    )


NAMING = Naming(
    about=TESS,
    folders=("tess", "toronto-emotional-speech-set-tess", "TESS Toronto emotional speech set data"),
    form="OAF_word_emotion or YAF_word_emotion, such as OAF_back_fear",
    read=read_name,
)


def tess(options: TessOptions, context: DatasetContext) -> Corpus:
    """TESS below the data root."""
    return Corpus(
        NAMING,
        options,
        context,
        classes=tuple(EMOTIONS.values()),
        whole=WHOLE,
        test_speaker=options.test_speaker,
    )
