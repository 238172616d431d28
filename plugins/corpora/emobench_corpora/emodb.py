"""EmoDB: speaker, text, emotion and version name a clip, such as 03a01Fa."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from emobench.api import DatasetContext
from emobench_corpora.corpus import Corpus
from emobench_corpora.listing import Naming, Said
from emobench_corpora.options import EmodbOptions
from emobench_corpora.registration import EMODB

NAME = re.compile(r"(03|08|09|1[0-6])([ab]\d\d)([WLEAFTN])([a-z])", re.IGNORECASE)

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
"""By the first letter of the emotion's German name."""

WOMEN = ("08", "09", "13", "14", "16")

WHOLE = 535


def read_name(path: PurePosixPath) -> Said | None:
    """What the name says; None where it is not of this corpus."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    speaker, text, emotion, version = match.groups()
    return Said(
        id=f"{speaker}{text.lower()}{emotion.upper()}{version.lower()}",
        emotion=EMOTIONS[emotion.upper()],
        speaker=speaker,
        fields={
            "text": text.lower(),
            "version": version.lower(),
            "sex": "female" if speaker in WOMEN else "male",
        },
    )


NAMING = Naming(
    about=EMODB,
    folders=(
        "emodb",
        "emo-db",
        "berlin-emodb",
        "berlin-database-of-emotional-speech-emodb",
        "berlin-database-of-emotional-speech",
    ),
    form="SSTTTEV (speaker, text, emotion, version), such as 03a01Fa",
    read=read_name,
)


def emodb(options: EmodbOptions, context: DatasetContext) -> Corpus:
    """EmoDB below the data root."""
    return Corpus(NAMING, options, context, classes=tuple(EMOTIONS.values()), whole=WHOLE)
