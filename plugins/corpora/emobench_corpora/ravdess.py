"""RAVDESS: seven numbers name a clip, such as 03-01-06-01-02-01-12."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from emobench.api import DatasetContext
from emobench_corpora.corpus import Corpus
from emobench_corpora.listing import Naming, Said
from emobench_corpora.options import RavdessOptions
from emobench_corpora.registration import RAVDESS

NAME = re.compile(r"03-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(0[1-9]|1\d|2[0-4])")

CHANNELS = {"01": "speech", "02": "song"}
EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
INTENSITIES = {"01": "normal", "02": "strong"}
STATEMENTS = {"01": "kids", "02": "dogs"}
"""Kids are talking by the door; dogs are sitting by the door."""

SPOKEN_ONLY = ("disgust", "surprised")
"""Emotions that nobody sang."""

WHOLE = {"speech": 1440, "song": 1012, "both": 2452}
CALM = {"speech": 192, "song": 184, "both": 376}
"""Clips of a whole copy, and those of them that are calm; actor 18 did not sing."""


def read_name(path: PurePosixPath) -> Said | None:
    """What the name says; None where it is not of this corpus, or not of its audio-only part."""
    match = NAME.fullmatch(path.stem)
    if match is None:
        return None
    channel, emotion, intensity, statement, repetition, actor = match.groups()
    return Said(
        id=path.stem,
        emotion=EMOTIONS[emotion],
        speaker=actor,
        fields={
            "modality": "audio",
            "channel": CHANNELS[channel],
            "intensity": INTENSITIES[intensity],
            "statement": STATEMENTS[statement],
            "repetition": str(int(repetition)),
            "sex": "male" if int(actor) % 2 else "female",
        },
    )


NAMING = Naming(
    about=RAVDESS,
    folders=(
        "ravdess",
        "ravdess-emotional-speech-audio",
        "ravdess-speech",
        "audio_speech_actors_01-24",
    ),
    form="03-CC-EE-II-SS-RR-NN (channel, emotion, intensity, statement, repetition, actor)",
    read=read_name,
    person="actor",
)


def ravdess(options: RavdessOptions, context: DatasetContext) -> Corpus:
    """RAVDESS below the data root."""
    channel = options.channel
    unheard = {*(() if options.calm else ("calm",)), *(SPOKEN_ONLY if channel == "song" else ())}
    return Corpus(
        NAMING,
        options,
        context,
        classes=tuple(emotion for emotion in EMOTIONS.values() if emotion not in unheard),
        whole=WHOLE[channel] - (0 if options.calm else CALM[channel]),
        kept={} if channel == "both" else {"channel": (channel,)},
    )
