"""What this package offers; imports nothing heavy."""

from __future__ import annotations

from emobench.api import Components, DatasetComponent, ProtocolOptions, TaskOffer
from emobench_corpora import options
from emobench_corpora.options import CORPUS_NAMES, CorpusName

FIVE_FOLDS = ProtocolOptions(use="grouped-kfold", folds=5)
OFFICIAL = ProtocolOptions(use="official")


def _leaky(corpus: str, people: str) -> tuple[TaskOffer, TaskOffer]:
    """The two splits that flatter: to measure by how much, never to report."""
    return (
        TaskOffer(
            name="random",
            summary=f"Emotion in {corpus} with {people} on both sides: marked as leaky.",
            protocol=ProtocolOptions(use="random"),
        ),
        TaskOffer(
            name="augment-first",
            summary=f"Emotion in {corpus} with augmented copies on both sides: leaks on purpose.",
            protocol=ProtocolOptions(use="augment-first"),
        ),
    )


RAVDESS = DatasetComponent(
    name="ravdess",
    target="emobench_corpora.ravdess:ravdess",
    options=options.RavdessOptions,
    summary="RAVDESS: 1440 spoken clips, 8 emotions, 24 actors, two sentences, North American.",
    source="doi:10.1371/journal.pone.0196391",
    modalities=("audio",),
    licence="CC BY-NC-SA 4.0",
    obtain="zenodo.org/records/1188976: Audio_Speech_Actors_01-24.zip (and "
    "Audio_Song_Actors_01-24.zip)",
    layout="ravdess/Actor_01/03-01-06-01-02-01-01.wav, or in any sub-folders; wav, flac or mp3",
    tasks=(
        TaskOffer(
            name="actors",
            summary="Emotion of unheard actors of RAVDESS, in five folds.",
            protocol=FIVE_FOLDS,
        ),
        *_leaky("RAVDESS", "actors"),
    ),
)

EMODB = DatasetComponent(
    name="emodb",
    target="emobench_corpora.emodb:emodb",
    options=options.EmodbOptions,
    summary="Berlin EmoDB: 535 clips, 7 emotions, 10 speakers, ten sentences, German.",
    source="doi:10.21437/Interspeech.2005-446",
    modalities=("audio",),
    licence="free to use; cite Burkhardt et al., Interspeech 2005",
    obtain="emodb.bilderbar.info, 'Download'",
    layout="emodb/wav/03a01Fa.wav, or in any sub-folders; wav, flac or mp3",
    tasks=(
        TaskOffer(
            name="speakers",
            summary="Emotion of unheard speakers of EmoDB, in five folds of two.",
            protocol=FIVE_FOLDS,
        ),
        *_leaky("EmoDB", "speakers"),
    ),
)

CREMAD = DatasetComponent(
    name="crema-d",
    target="emobench_corpora.cremad:cremad",
    options=options.CremadOptions,
    summary="CREMA-D: 7442 clips, 6 emotions, 91 actors, twelve sentences, American.",
    source="doi:10.1109/TAFFC.2014.2336244",
    modalities=("audio",),
    licence="Open Database License 1.0",
    obtain="github.com/CheyneyComputerScience/CREMA-D, folder AudioWAV (by git lfs)",
    layout="crema-d/AudioWAV/1001_DFA_ANG_XX.wav, or in any sub-folders; wav, flac or mp3; where "
    "there is a folder AudioWAV, only files in it count",
    tasks=(
        TaskOffer(
            name="speakers",
            summary="Emotion of unheard actors of CREMA-D, in five folds.",
            protocol=FIVE_FOLDS,
        ),
        *_leaky("CREMA-D", "actors"),
    ),
)

TESS = DatasetComponent(
    name="tess",
    target="emobench_corpora.tess:tess",
    options=options.TessOptions,
    summary="TESS: 2800 clips, 7 emotions, two women, 200 words in one carrier phrase, Canadian.",
    source="doi:10.5683/SP2/E8H2MF",
    modalities=("audio",),
    licence="CC BY-NC-ND 4.0",
    obtain="doi.org/10.5683/SP2/E8H2MF (Toronto emotional speech set, Borealis)",
    layout="tess/OAF_Fear/OAF_back_fear.wav, or in any sub-folders; wav, flac or mp3",
    note="TESS has two speakers: a score on one of them says little about people.",
    tasks=(
        TaskOffer(
            name="speakers",
            summary="Emotion of the older speaker of TESS, learnt from the younger; two speakers "
            "allow no folds, and validation hears the speaker of training.",
            protocol=OFFICIAL,
            options={"test_speaker": "OAF"},
        ),
        TaskOffer(
            name="speakers-reversed",
            summary="Emotion of the younger speaker of TESS, learnt from the older.",
            protocol=OFFICIAL,
            options={"test_speaker": "YAF"},
        ),
        *_leaky("TESS", "both speakers"),
    ),
)

SAVEE = DatasetComponent(
    name="savee",
    target="emobench_corpora.savee:savee",
    options=options.SaveeOptions,
    summary="SAVEE: 480 clips, 7 emotions, four men, British.",
    source="Haq and Jackson, AVSP 2009",
    modalities=("audio",),
    licence="free for research, after registration with the University of Surrey",
    obtain="kahlan.eps.surrey.ac.uk/savee, 'Download'",
    layout="savee/AudioData/DC/a01.wav, flat as savee/DC_a01.wav, or in any sub-folders; wav, flac "
    "or mp3",
    note="SAVEE has four speakers, all men: its folds say little about people.",
    tasks=(
        TaskOffer(
            name="speakers",
            summary="Emotion of each of the four speakers of SAVEE, learnt from two others and "
            "validated on the third.",
            protocol=ProtocolOptions(use="grouped-kfold", folds=4),
        ),
        *_leaky("SAVEE", "speakers"),
    ),
)


def _leave_out(name: CorpusName) -> TaskOffer:
    return TaskOffer(
        name=f"to-{name}",
        summary=f"Emotion in {name}, learnt from the other four corpora.",
        protocol=OFFICIAL,
        options={"test_corpora": [name]},
    )


def _from_one_to(train: CorpusName, test: CorpusName) -> TaskOffer:
    return TaskOffer(
        name=f"{train}-to-{test}",
        summary=f"Emotion in {test}, learnt from {train}.",
        protocol=OFFICIAL,
        options={"corpora": [train, test], "test_corpora": [test]},
    )


SPEECH_CORPORA = DatasetComponent(
    name="speech-corpora",
    target="emobench_corpora.combined:SpeechCorpora",
    options=options.SpeechCorporaOptions,
    summary="Several speech corpora as one: common emotions, one sample rate, corpus as a field.",
    modalities=("audio",),
    licence="each corpus' own: `emobench plugins show ravdess`, and so on",
    obtain=f"each from its owner: `emobench plugins show NAME` of {', '.join(CORPUS_NAMES)}. A "
    "task file may name fewer members: corpora: [ravdess, emodb]",
    layout="a folder for each member below the data root, in its own layout: "
    f"{', '.join(f'{name}/' for name in CORPUS_NAMES)}",
    example="""\
dataset:
  use: speech-corpora
  corpora: [ravdess, crema-d, emodb]  # members; all five by default
  test_corpora: [emodb]               # tested on this one, trained on the others
protocol: {use: official}
""",
    tasks=(
        TaskOffer(
            name="speakers",
            summary="Emotion of unheard speakers of all five corpora together, in five folds.",
            protocol=FIVE_FOLDS,
        ),
        *_leaky("all five corpora", "speakers"),
        *(_leave_out(name) for name in CORPUS_NAMES),
        _from_one_to("ravdess", "emodb"),
        _from_one_to("emodb", "ravdess"),
        _from_one_to("ravdess", "crema-d"),
        _from_one_to("crema-d", "ravdess"),
    ),
)

components = Components(
    api_version=2, datasets=[RAVDESS, EMODB, CREMAD, TESS, SAVEE, SPEECH_CORPORA]
)
