"""What this package offers; imports nothing heavy."""

from __future__ import annotations

from emobench.api import Component, Components, DatasetComponent, ProtocolOptions, TaskOffer
from emobench_units import options

FOLDS = ProtocolOptions(use="grouped-kfold", folds=5, validation=0.25)
HOLDOUT = ProtocolOptions(use="grouped-holdout", test=0.25, validation=0.2)
RANDOM = ProtocolOptions(use="random", test=0.2, validation=0.2)

MEASURED = {"target": "emotion"}
OF_INPUTS = "a function of the inputs, marked as leaky"


def _generated(protocol: ProtocolOptions, people: str) -> tuple[TaskOffer, ...]:
    """The guide's own task, with the divisors before and after its improvement."""
    return tuple(
        TaskOffer(
            name=name,
            summary=f"Six labels computed from the row itself, {people}, {words}: {OF_INPUTS}.",
            protocol=protocol,
            targets=("emotions",),
            metric="macro_f1",
            options={"target": name},
        )
        for name, words in (
            ("generated", "the guide's improved divisors"),
            ("generated-before", "its earlier divisors"),
        )
    )


OPENFACE = DatasetComponent(
    name="openface",
    target="emobench_units.openface:OpenFace",
    summary="Your own OpenFace output: a CSV file a clip, or one table of all clips.",
    options=options.OpenFaceOptions,
    modalities=("table",),
    licence="yours to know",
    obtain="run OpenFace's FeatureExtraction with -aus on your own videos, and name its output "
    "folder in a task file with dataset.use: openface",
    layout="one CSV file a clip with the columns AU01_r to AU45_r and AU01_c to AU45_c, spaces "
    "around names allowed; or one CSV table of all clips with a column that names the clip",
    example="""\
dataset:
  use: openface
  root: processed                 # below the folder of the task file
  label: {folder: 1}              # processed/happy/S01_03.csv is happy
  group: {pattern: '^([^_]+)_'}   # and by subject S01
""",
)

RAVDESS_AU = DatasetComponent(
    name="ravdess-au",
    target="emobench_units.ravdess:RavdessAu",
    summary="OpenFace's action units of RAVDESS videos: 300 clips of 5 actors, 8 emotions.",
    options=options.RavdessAuOptions,
    modalities=("table",),
    licence="CC BY-NC-SA 4.0 (Livingstone & Russo 2018, doi:10.1371/journal.pone.0196391)",
    obtain="rate the RAVDESS videos (Zenodo record 1188976) with OpenFace, and keep actors 01 to "
    "05; put the tables below the data root (--data-root or EMOBENCH_DATA)",
    layout="ravdess-au/clips.csv (a row a clip: clip, AU01_r_mean, AU01_r_max, AU01_r_std, ..., "
    "AU45_c_mean) and ravdess-au/frames.csv.gz (a row a frame: clip, frame, AU01_r, ..., AU45_c)",
    tasks=(
        TaskOffer(
            name="actors",
            summary="Emotion of actors never seen in training: five folds, an actor each.",
            protocol=FOLDS,
            options=MEASURED,
        ),
        TaskOffer(
            name="random",
            summary="Emotion with actors on both sides: marked as leaky.",
            protocol=RANDOM,
            options=MEASURED,
        ),
        *_generated(FOLDS, "actors apart"),
    ),
)

SYNTHETIC_UNITS = DatasetComponent(
    name="synthetic-units",
    target="emobench_units.synthetic:SyntheticUnits",
    summary="Clips of action units drawn frame by frame; a test bench, not people.",
    options=options.SyntheticUnitsOptions,
    modalities=("table",),
    licence="CC0-1.0: generated, no person was recorded",
    obtain="nothing to obtain: it is generated on first use",
    layout="no files",
    note="Synthetic data, a test bench: the numbers compare methods and say nothing about people.",
    tasks=(
        TaskOffer(
            name="subjects",
            summary="Emotion of subjects never seen in training (synthetic test bench).",
            protocol=HOLDOUT,
            options=MEASURED,
        ),
        TaskOffer(
            name="random",
            summary="Emotion with subjects on both sides: marked as leaky (synthetic test bench).",
            protocol=RANDOM,
            options=MEASURED,
        ),
        *_generated(HOLDOUT, "subjects apart"),
    ),
)

components = Components(
    api_version=2,
    datasets=[OPENFACE, RAVDESS_AU, SYNTHETIC_UNITS],
    frontends=[
        Component(
            name="unit_features",
            target="emobench_units.features:UnitFeatures",
            options=options.UnitFeaturesOptions,
            summary="Columns of action units by group, with ratios and differences of them.",
        ),
    ],
    techniques=[
        Component(
            name="mean_predictions",
            target="emobench_units.mean_predictions:MeanPredictions",
            summary="Log what is predicted on average, class by class, beside what is true.",
        ),
    ],
)
