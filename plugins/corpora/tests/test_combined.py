"""Several corpora as one: labels mapped, speakers kept apart, the test corpora held out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from emobench.api import DataError, ProtocolOptions, UsageError
from emobench.data.protocols import split_items
from emobench_corpora import cremad, emodb, ravdess, savee, tess
from emobench_corpora.labels import COMMON, COMMON_LABELS, classes_of
from emobench_corpora.options import CORPUS_NAMES, SpeechCorporaOptions
from emobench_corpora.registration import SPEECH_CORPORA

SIX = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")


@pytest.fixture
def five_corpora(write):
    """Two speakers of each corpus, with a clip of every emotion."""
    for speaker in ("01", "02"):
        for emotion in range(1, 9):
            write(f"ravdess/03-01-0{emotion}-01-01-01-{speaker}.wav")
        for emotion in cremad.EMOTIONS:
            write(f"crema-d/10{speaker}_DFA_{emotion}_XX.wav")
    for speaker in ("03", "08"):
        for letter in emodb.EMOTIONS:
            write(f"emodb/{speaker}a01{letter}a.wav")
    for speaker in ("OAF", "YAF"):
        for emotion in tess.EMOTIONS:
            write(f"tess/{speaker}_back_{emotion}.wav")
    for speaker in ("DC", "KL"):
        for emotion in savee.EMOTIONS:
            write(f"savee/{speaker}_{emotion}01.wav")


@pytest.fixture
def two_corpora(write):
    """Speaker 03 and speaker 08 of RAVDESS and of EmoDB, who are four people."""
    for speaker in ("03", "08"):
        for emotion in range(1, 9):
            write(f"ravdess/03-01-0{emotion}-01-01-01-{speaker}.wav", rate=48_000)
        for letter in "WLEAFTN":
            write(f"emodb/{speaker}a01{letter}a.wav")


def test_speakers_of_two_corpora_are_never_merged(two_corpora, open_corpus):
    items = open_corpus("speech-corpora", corpora=["ravdess", "emodb"]).items()
    assert Counter(items.groups) == {
        "ravdess:03": 6,
        "ravdess:08": 6,
        "emodb:03": 6,
        "emodb:08": 6,
    }


def test_labels_become_those_in_common(two_corpora, open_corpus):
    items = open_corpus("speech-corpora", corpora=["ravdess", "emodb"]).items()
    assert items.specs[0].classes == SIX
    found = dict(zip(items.ids, items.targets["emotion"].tolist(), strict=True))
    expected = {"ravdess/03-01-06-01-01-01-03": "fear", "emodb/08a01Wa": "anger"}
    assert {name: SIX[found[name]] for name in expected} == expected


def test_clips_without_a_counterpart_are_left_out_and_counted(two_corpora, open_corpus):
    items = open_corpus("speech-corpora", corpora=["ravdess", "emodb"]).items()
    assert items.notes[-2:] == (
        f"ravdess: 4 clips are left out, for the classes are {', '.join(SIX)}: 2 calm, 2 surprised",
        f"emodb: 2 clips are left out, for the classes are {', '.join(SIX)}: 2 boredom",
    )


def test_all_classes_keep_what_one_member_alone_has(two_corpora, open_corpus):
    items = open_corpus("speech-corpora", corpora=["ravdess", "emodb"], classes="all").items()
    assert items.specs[0].classes == COMMON
    assert "ravdess/03-01-08-01-01-01-03" in items.ids


def test_the_corpus_and_the_fields_of_every_member_are_kept(two_corpora, open_corpus):
    items = open_corpus("speech-corpora", corpora=["ravdess", "emodb"]).items()
    place = items.ids.index("emodb/08a01Wa")
    assert {name: column[place] for name, column in items.fields.items()} == {
        "corpus": "emodb",
        "modality": "",
        "channel": "",
        "intensity": "",
        "statement": "",
        "repetition": "",
        "sex": "female",
        "text": "a01",
        "version": "a",
    }


def test_it_trains_on_some_corpora_and_tests_on_the_others(two_corpora, open_corpus):
    chosen = {"corpora": ["ravdess", "emodb"], "test_corpora": ["emodb"]}
    items = open_corpus("speech-corpora", **chosen).items()
    split = split_items(items, ProtocolOptions(use="official"))
    corpus = np.array(items.fields["corpus"])
    assert set(corpus[split.test]) == {"emodb"}
    assert len(split.test) == np.count_nonzero(corpus == "emodb")
    assert set(corpus[split.train]) == set(corpus[split.validation]) == {"ravdess"}


@pytest.mark.parametrize("offer", SPEECH_CORPORA.tasks, ids=lambda offer: offer.name)
def test_every_task_by_name_keeps_speakers_or_corpora_apart(five_corpora, open_corpus, offer):
    items = open_corpus("speech-corpora", **offer.options).items()
    held_out = set(offer.options.get("test_corpora", ()))
    for fold in range(offer.protocol.fold_count):
        split = split_items(items, offer.protocol, fold=fold)
        if offer.protocol.use == "official":
            assert {items.fields["corpus"][position] for position in split.test} == held_out
            assert not held_out & {items.fields["corpus"][position] for position in split.train}
        elif offer.protocol.use == "grouped-kfold":
            heard = {items.groups[position] for position in (*split.train, *split.validation)}
            assert not heard & {items.groups[position] for position in split.test}
        else:
            assert "leak" in offer.summary


def test_all_members_are_read_at_one_rate(two_corpora, open_corpus):
    corpus = open_corpus("speech-corpora", corpora=["ravdess", "emodb"], sample_rate=8_000)
    assert corpus.rates == {"audio": 8_000}
    lengths = {corpus.load(index)["audio"].shape for index in range(len(corpus.items()))}
    assert lengths == {(800,)}


def test_missing_members_are_named_together(two_corpora, open_corpus):
    with pytest.raises(
        DataError,
        match=r"there is no crema-d, no tess, no savee.*A task file may name fewer members",
    ):
        open_corpus("speech-corpora").items()


def test_a_member_may_lie_in_a_folder_of_another_name(two_corpora, open_corpus, tmp_path):
    (tmp_path / "emodb").rename(tmp_path / "berlin")
    chosen = {"corpora": ["ravdess", "emodb"], "folders": {"emodb": "berlin"}}
    assert len(open_corpus("speech-corpora", **chosen).items()) == 24


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"corpora": ["emodb", "emodb"]}, "corpora: 'emodb' stands there twice"),
        (
            {"corpora": ["emodb", "savee"], "test_corpora": ["tess"]},
            r"test_corpora: 'tess' is not among corpora \(emodb, savee\)",
        ),
        (
            {"corpora": ["emodb"], "test_corpora": ["emodb"]},
            "test_corpora: holds every corpus; leave one to train on",
        ),
        ({"folders": {"emo": "x"}}, "folders: unknown corpus 'emo'; did you mean 'emodb'"),
        ({"corpora": []}, "corpora"),
    ],
)
def test_members_that_make_no_sense_are_refused(said, message):
    with pytest.raises(UsageError, match=message):
        SpeechCorporaOptions(**said)


def test_every_label_of_every_corpus_is_mapped_or_known_to_have_no_counterpart():
    own = {
        "ravdess": ravdess.EMOTIONS,
        "emodb": emodb.EMOTIONS,
        "crema-d": cremad.EMOTIONS,
        "tess": tess.EMOTIONS,
        "savee": savee.EMOTIONS,
    }
    left = {
        (name, label)
        for name, labels in own.items()
        for label in set(labels.values()) ^ set(COMMON_LABELS[name])
    }
    assert left == {("ravdess", "calm"), ("emodb", "boredom")}


def test_shared_classes_are_those_of_every_member():
    assert classes_of(CORPUS_NAMES, shared=True) == SIX
    assert classes_of(("ravdess", "tess", "savee"), shared=True) == COMMON
    assert classes_of(("emodb", "savee"), shared=False) == COMMON
