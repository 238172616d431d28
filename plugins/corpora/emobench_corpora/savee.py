"""SAVEE: a folder names the speaker, letters and a number the clip: DC/a01, or flat as DC_a01."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from emobench.api import DatasetContext
from emobench_corpora.corpus import Corpus
from emobench_corpora.listing import Naming, Said
from emobench_corpora.options import SaveeOptions
from emobench_corpora.registration import SAVEE

EMOTIONS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
NAME = re.compile(r"(DC|JE|JK|KL)[_/](sa|su|[adfhn])(\d\d)", re.IGNORECASE)

WHOLE = 480


def read_name(path: PurePosixPath) -> Said | None:
    """What the name, or folder and name, say; None where they are not of this corpus."""
    match = NAME.fullmatch(path.stem) or NAME.fullmatch(f"{path.parent.name}/{path.stem}")
    if match is None:
        return None
    speaker, emotion, number = match[1].upper(), match[2].lower(), match[3]
    return Said(
        id=f"{speaker}_{emotion}{number}",
        emotion=EMOTIONS[emotion],
        speaker=speaker,
        fields={"sentence": f"{emotion}{number}", "sex": "male"},
    )


NAMING = Naming(
    about=SAVEE,
    folders=(
        "savee",
        "savee-database",
        "surrey-audiovisual-expressed-emotion-savee",
        "AudioData",
    ),
    form="DC/a01 or DC_a01 (speaker DC, JE, JK or KL; emotion; number)",
    read=read_name,
)


def savee(options: SaveeOptions, context: DatasetContext) -> Corpus:
    """SAVEE below the data root."""
    return Corpus(NAMING, options, context, classes=tuple(EMOTIONS.values()), whole=WHOLE)
