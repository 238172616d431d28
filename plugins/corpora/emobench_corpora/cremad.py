"""CREMA-D: actor, sentence, emotion and level name a clip, such as 1001_DFA_ANG_XX."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from emobench.api import DatasetContext
from emobench_corpora.corpus import Corpus
from emobench_corpora.listing import Naming, Said
from emobench_corpora.options import CremadOptions
from emobench_corpora.registration import CREMAD

EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified", "X": "unspecified"}
"""One clip of the owner's, 1040_ITH_SAD_X, lacks a letter."""

NAME = re.compile(
    rf"(10[0-8]\d|109[01])_([A-Z]{{3}})_({'|'.join(EMOTIONS)})_({'|'.join(LEVELS)})", re.IGNORECASE
)

# fmt: off
WOMEN = frozenset({
    1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025,
    1028, 1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060,
    1061, 1063, 1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091,
})
# fmt: on
"""From the owner's VideoDemographics.csv."""

WHOLE = 7442


def read_name(path: PurePosixPath) -> Said | None:
    """What the name says; None where it is not of this corpus."""
    match = NAME.fullmatch(path.stem)
    if match is None or match[1] == "1000":
        return None
    actor, sentence, emotion, level = (word.upper() for word in match.groups())
    return Said(
        id=f"{actor}_{sentence}_{emotion}_{level}",
        emotion=EMOTIONS[emotion],
        speaker=actor,
        fields={
            "sentence": sentence,
            "level": LEVELS[level],
            "sex": "female" if int(actor) in WOMEN else "male",
        },
    )


NAMING = Naming(
    about=CREMAD,
    folders=("crema-d", "crema-d-master", "crema-d-mirror", "cremad", "crema", "AudioWAV"),
    form="AAAA_SSS_EEE_LL (actor, sentence, emotion, level), such as 1001_DFA_ANG_XX",
    read=read_name,
    within="AudioWAV",
)


def cremad(options: CremadOptions, context: DatasetContext) -> Corpus:
    """CREMA-D below the data root."""
    return Corpus(NAMING, options, context, classes=tuple(EMOTIONS.values()), whole=WHOLE)
