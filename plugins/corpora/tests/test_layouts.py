"""However a corpus was unpacked, the same clips are found; what is amiss is told or refused."""

from __future__ import annotations

import os

import numpy as np
import pytest
import soundfile

from emobench.api import DataError

ACTOR_1 = "03-01-05-01-01-01-01"
ACTOR_2 = "03-01-03-01-01-01-02"


@pytest.mark.parametrize(
    "folder",
    [
        "ravdess/Actor_{}",
        "ravdess/audio_speech_actors_01-24/Actor_{}",
        "RAVDESS/Actor_{}",
        "Audio_Speech_Actors_01-24/Actor_{}",
        "ravdess",
    ],
)
def test_ravdess_is_the_same_in_every_layout(write, open_corpus, folder):
    write(f"{folder.format('01')}/{ACTOR_1}.wav", seed=1)
    write(f"{folder.format('02')}/{ACTOR_2}.wav", seed=2)
    corpus = open_corpus("ravdess")
    items = corpus.items()
    assert items.ids == (ACTOR_2, ACTOR_1)
    assert items.groups == ("02", "01")
    assert items.group_name == "actor"
    expected, _ = soundfile.read(corpus.home / corpus.clips[0].path, dtype="float32")
    np.testing.assert_array_equal(corpus.load(0)["audio"], expected)


def test_a_layout_is_no_part_of_the_fingerprint(write, open_corpus, tmp_path):
    for place in ("one/savee/AudioData/DC/a01", "two/savee/ALL/DC_a01"):
        write(f"{place}.wav", seed=1)
    assert (
        open_corpus("savee", root=tmp_path / "one").fingerprint()
        == open_corpus("savee", root=tmp_path / "two").fingerprint()
    )


@pytest.mark.parametrize(
    ("corpus", "path", "identifier"),
    [
        ("emodb", "emodb/wav/03a01Fa.wav", "03a01Fa"),
        ("emodb", "EmoDB/03a01Fa.flac", "03a01Fa"),
        ("emodb", "emo-db/download/wav/03a01Fa.mp3", "03a01Fa"),
        ("crema-d", "crema-d/AudioWAV/1001_DFA_ANG_XX.wav", "1001_DFA_ANG_XX"),
        ("crema-d", "CREMA-D-master/AudioMP3/1001_DFA_ANG_XX.mp3", "1001_DFA_ANG_XX"),
        ("crema-d", "AudioWAV/1001_DFA_ANG_XX.wav", "1001_DFA_ANG_XX"),
        ("tess", "tess/OAF_Fear/OAF_back_fear.wav", "OAF_back_fear"),
        (
            "tess",
            "TESS Toronto emotional speech set data/OAF_Fear/OAF_back_fear.wav",
            "OAF_back_fear",
        ),
        ("savee", "savee/AudioData/DC/a01.wav", "DC_a01"),
        ("savee", "SAVEE/DC_a01.wav", "DC_a01"),
        ("savee", "AudioData/DC/a01.wav", "DC_a01"),
    ],
)
def test_usual_folders_and_encodings_are_found(write, open_corpus, corpus, path, identifier):
    write(path, rate=16_000, seconds=0.2)
    opened = open_corpus(corpus)
    assert opened.items().ids == (identifier,)
    assert len(opened.load(0)["audio"]) == pytest.approx(3200, abs=2304)


def test_the_data_root_may_be_the_corpus_itself(write, open_corpus, tmp_path):
    write("emodb/wav/03a01Fa.wav")
    assert open_corpus("emodb", root=tmp_path / "emodb").items().ids == ("03a01Fa",)


def test_a_folder_of_any_name_can_be_named(write, open_corpus):
    write("mine/berlin/03a01Fa.wav")
    assert open_corpus("emodb", folder="mine/berlin").items().ids == ("03a01Fa",)


def test_a_named_folder_that_is_not_there_is_not_replaced_by_another(write, open_corpus):
    write("emodb/wav/03a01Fa.wav")
    with pytest.raises(DataError, match="dataset 'emodb' is not below"):
        open_corpus("emodb", folder="berlin").items()


def test_two_folders_that_could_be_it_are_a_question(write, open_corpus):
    write("EmoDB/03a01Fa.wav")
    write("emo-db/03a01Fa.wav")
    with pytest.raises(
        DataError, match=r"2 folders below .* could be it: EmoDB, emo-db; say which"
    ):
        open_corpus("emodb").items()


def test_of_cremad_only_the_wave_files_count_where_both_encodings_lie(write, open_corpus):
    write("crema-d/AudioMP3/1001_DFA_ANG_XX.mp3")
    kept = write("crema-d/AudioWAV/1001_DFA_ANG_XX.wav")
    corpus = open_corpus("crema-d")
    assert [corpus.home / clip.path for clip in corpus.clips] == [kept]
    assert not any("second copies" in note for note in corpus.items().notes)


def test_a_corpus_that_lies_there_twice_counts_once_and_says_so(write, open_corpus):
    outer, inner = "tess", "tess/TESS Toronto emotional speech set data"
    for place in (outer, inner):
        write(f"{place}/OAF_Fear/OAF_back_fear.wav", seed=1)
        write(f"{place}/YAF_Sad/YAF_back_sad.wav", seed=2)
    items = open_corpus("tess").items()
    assert items.ids == ("OAF_back_fear", "YAF_back_sad")
    assert items.notes == (
        "tess: 2 of 4 files are second copies of a clip, alike to the byte, and are left out",
        "tess: 2 clips were found, a whole copy has 2800",
    )


def test_second_copies_do_not_change_the_fingerprint(write, open_corpus):
    write("tess/OAF_Fear/OAF_back_fear.wav", seed=1)
    before = open_corpus("tess").fingerprint()
    write("tess/again/OAF_Fear/OAF_back_fear.wav", seed=1)
    assert open_corpus("tess").fingerprint() == before


def test_two_versions_of_a_clip_are_refused(write, open_corpus):
    write("tess/OAF_Fear/OAF_back_fear.wav", seed=1)
    write("tess/cut/OAF_back_fear.flac", seed=2)
    with pytest.raises(
        DataError,
        match=r"1 clips lie in .* differ, such as OAF_Fear/OAF_back_fear\.wav and "
        r"cut/OAF_back_fear\.flac; remove all but one, or name the folder",
    ):
        open_corpus("tess").items()


def test_foreign_files_are_counted_and_named(write, open_corpus):
    write(f"ravdess/Actor_01/{ACTOR_1}.wav")
    write("ravdess/Actor_01/01-01-05-01-01-01-01.wav")
    write("ravdess/noise/rain.flac")
    with pytest.raises(
        DataError,
        match=r"2 of 3 audio files in .* are not named 03-CC-EE-II-SS-RR-NN .*: "
        r"Actor_01/01-01-05-01-01-01-01\.wav, noise/rain\.flac; move what is no part",
    ):
        open_corpus("ravdess").items()


def test_other_files_and_hidden_ones_are_passed_over(write, open_corpus, tmp_path):
    write("savee/AudioData/DC/a01.wav")
    (tmp_path / "savee" / "Info.txt").write_text("about")
    (tmp_path / "savee" / "AudioData" / "DC" / "._a01.wav").write_bytes(b"resource fork")
    assert open_corpus("savee").items().ids == ("DC_a01",)


def test_an_empty_folder_is_told(open_corpus, tmp_path):
    (tmp_path / "savee").mkdir()
    with pytest.raises(DataError, match="holds no audio file but nothing at all; known suffixes"):
        open_corpus("savee").items()


def test_a_folder_of_other_files_is_told_with_their_names(open_corpus, tmp_path):
    (tmp_path / "savee").mkdir()
    (tmp_path / "savee" / "DC_a01.mp4").touch()
    with pytest.raises(DataError, match=r"but 1 other files, such as DC_a01\.mp4; known suffixes"):
        open_corpus("savee").items()


def test_a_missing_corpus_is_told_with_the_places_to_look_and_to_obtain_it(open_corpus):
    with pytest.raises(
        DataError,
        match=r"dataset 'ravdess' is not below .* \(--data-root, or EMOBENCH_DATA\)\. Licence: "
        r"CC BY-NC-SA 4\.0\. Obtain it: zenodo",
    ):
        open_corpus("ravdess").items()


def test_a_truncated_file_is_named_when_it_is_read(write, open_corpus):
    path = write("emodb/wav/03a01Fa.wav", seconds=1.0)
    os.truncate(path, path.stat().st_size // 2)
    corpus = open_corpus("emodb")
    assert len(corpus.items()) == 1
    with pytest.raises(DataError, match=r"03a01Fa\.wav: is truncated"):
        corpus.load(0)


def test_a_wave_file_with_the_suffix_of_another_encoding_is_read(write, open_corpus):
    path = write("emodb/wav/03a01Fa.wav", seed=1)
    expected, _ = soundfile.read(path, dtype="float32")
    path.rename(path.with_suffix(".flac"))
    np.testing.assert_array_equal(open_corpus("emodb").load(0)["audio"], expected)


def test_channels_and_rates_become_one(write, open_corpus):
    """The same second at 8 kHz, at 48 kHz and in stereo: one channel at the rate asked for."""
    write("emodb/wav/03a01Fa.wav", rate=8_000, seconds=1.0)
    write("emodb/wav/03a01Ta.wav", rate=48_000, seconds=1.0)
    write("emodb/wav/03a01Wa.wav", rate=16_000, seconds=1.0, channels=2)
    corpus = open_corpus("emodb", sample_rate=22_050)
    assert corpus.rates == {"audio": 22_050}
    assert [corpus.load(index)["audio"].shape for index in range(3)] == [(22_050,)] * 3


def test_a_part_of_a_corpus_says_how_much_is_there(write, open_corpus):
    write("emodb/wav/03a01Fa.wav")
    assert open_corpus("emodb").items().notes == (
        "emodb: 1 clips were found, a whole copy has 535",
    )


def test_of_ravdess_speech_song_or_both_count(write, open_corpus):
    write("ravdess/Actor_01/03-01-02-01-01-01-01.wav")
    write("ravdess/Actor_01/03-02-02-01-01-01-01.wav")
    speech, song, both = (
        open_corpus("ravdess", channel=channel).items() for channel in ("speech", "song", "both")
    )
    assert speech.fields["channel"] == ("speech",)
    assert song.fields["channel"] == ("song",)
    assert both.fields["channel"] == ("speech", "song")
    assert "disgust" not in song.specs[0].classes
    assert song.notes == ("ravdess: 1 clips were found, a whole copy has 1012",)


def test_of_ravdess_calm_can_be_left_out(write, open_corpus):
    write("ravdess/Actor_01/03-01-02-01-01-01-01.wav")
    write(f"ravdess/Actor_01/{ACTOR_1}.wav")
    items = open_corpus("ravdess", calm=False).items()
    assert items.ids == (ACTOR_1,)
    assert "calm" not in items.specs[0].classes
    assert items.notes == ("ravdess: 1 clips were found, a whole copy has 1248",)


def test_a_choice_that_leaves_no_clip_is_refused(write, open_corpus):
    write(f"ravdess/Actor_01/{ACTOR_1}.wav")
    with pytest.raises(
        DataError,
        match=rf"of 1 clips in .*, such as Actor_01/{ACTOR_1}\.wav, none has channel song",
    ):
        open_corpus("ravdess", channel="song").items()


@pytest.mark.parametrize(
    ("speaker", "split"), [("OAF", ("test", "train")), ("YAF", ("train", "test"))]
)
def test_of_tess_one_speaker_is_the_test(write, open_corpus, speaker, split):
    write("tess/OAF_Fear/OAF_back_fear.wav")
    write("tess/YAF_Sad/YAF_back_sad.wav")
    assert open_corpus("tess", test_speaker=speaker).items().split == split
