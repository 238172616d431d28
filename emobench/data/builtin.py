"""Registers what the core brings along: datasets, and what ends a collapsing training early.

Loads neither numpy nor a decoder.
"""

from __future__ import annotations

from emobench.api import Component, Components, DatasetComponent, ProtocolOptions, TaskOffer
from emobench.data.folder_options import FolderOptions
from emobench.data.synthetic.options import FaceOptions, SpeechOptions, TableOptions
from emobench.scoring.falling import StopCollapsingOptions

SYNTHETIC_LICENCE = "CC0-1.0: generated, no person was recorded"
SYNTHETIC_OBTAIN = "nothing to obtain: it is generated on first use"
SYNTHETIC_LAYOUT = "no files"
SYNTHETIC_NOTE = (
    "Synthetic data, a test bench: the numbers compare methods and say nothing about people."
)

HOLDOUT = ProtocolOptions(use="grouped-holdout", test=0.2, validation=0.2)
RANDOM = ProtocolOptions(use="random", test=0.2, validation=0.2)


def _apart(name: str) -> TaskOffer:
    return TaskOffer(
        name=name,
        summary=f"Emotion of {name} never heard or seen in training (synthetic test bench).",
        protocol=HOLDOUT,
    )


def _mixed(groups: str) -> TaskOffer:
    return TaskOffer(
        name="random",
        summary=f"Emotion with {groups} on both sides: marked as leaky (synthetic test bench).",
        protocol=RANDOM,
    )


FOLDER = DatasetComponent(
    name="folder",
    target="emobench.data.folder:Folder",
    summary="Your own audio clips or images, by class folders or by a table.",
    options=FolderOptions,
    modalities=("audio", "image"),
    licence="yours to know",
    obtain="bring your own: --data DIR --group PATTERN, or a task file with dataset.use: folder",
    layout="class folders (happy/clip01.wav), or a CSV table that lists the files",
    example="""\
dataset:
  use: folder
  root: clips                    # below the folder of the task file
  label: {folder: 1}             # clips/happy/SM1_01.wav is happy
  group: {pattern: '^([^_]+)_'}  # and by speaker SM1
""",
)

SYNTHETIC_SPEECH = DatasetComponent(
    name="synthetic-speech",
    target="emobench.data.synthetic.speech:SyntheticSpeech",
    summary="Emotional speech from a source-filter synthesiser; a test bench, not people.",
    options=SpeechOptions,
    modalities=("audio",),
    licence=SYNTHETIC_LICENCE,
    obtain=SYNTHETIC_OBTAIN,
    layout=SYNTHETIC_LAYOUT,
    note=SYNTHETIC_NOTE,
    tasks=(
        _apart("speakers"),
        TaskOffer(
            name="speakers-5fold",
            summary="Emotion of unheard speakers, in five folds (synthetic test bench).",
            protocol=ProtocolOptions(use="grouped-kfold", folds=5, validation=0.2),
        ),
        _mixed("speakers"),
        TaskOffer(
            name="augment-first",
            summary="Emotion with augmented copies on both sides: leaks on purpose "
            "(synthetic test bench).",
            protocol=ProtocolOptions(use="augment-first", test=0.2, validation=0.2),
        ),
    ),
)

SYNTHETIC_FACE = DatasetComponent(
    name="synthetic-face",
    target="emobench.data.synthetic.face:SyntheticFace",
    summary="Faces drawn from action units; a test bench, not people.",
    options=FaceOptions,
    modalities=("image",),
    licence=SYNTHETIC_LICENCE,
    obtain=SYNTHETIC_OBTAIN,
    layout=SYNTHETIC_LAYOUT,
    note=SYNTHETIC_NOTE,
    tasks=(_apart("subjects"), _mixed("subjects")),
)

SYNTHETIC_AU = DatasetComponent(
    name="synthetic-au",
    target="emobench.data.synthetic.table:SyntheticTable",
    summary="A table of action-unit strengths; a test bench, not people.",
    options=TableOptions,
    modalities=("table",),
    licence=SYNTHETIC_LICENCE,
    obtain=SYNTHETIC_OBTAIN,
    layout=SYNTHETIC_LAYOUT,
    note=SYNTHETIC_NOTE,
    tasks=(
        _apart("subjects"),
        _mixed("subjects"),
        TaskOffer(
            name="intensity",
            summary="How strong the emotion of unseen subjects is (synthetic test bench).",
            protocol=HOLDOUT,
            targets=("intensity",),
            metric="ccc",
        ),
    ),
)

STOP_COLLAPSING = Component(
    name="stop_collapsing",
    target="emobench.training.stopping:StopCollapsing",
    options=StopCollapsingOptions,
    summary="End a training that has fallen to one class and gets no further.",
    off={"patience": 0},
)

components = Components(
    api_version=2,
    datasets=[FOLDER, SYNTHETIC_SPEECH, SYNTHETIC_FACE, SYNTHETIC_AU],
    techniques=[STOP_COLLAPSING],
)
