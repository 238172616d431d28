"""What file names say: every field, in the owners' words, and what is no name of the corpus."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from emobench_corpora import cremad, emodb, ravdess, savee, tess


def test_a_name_of_ravdess_says_seven_things():
    said = ravdess.read_name(PurePosixPath("Actor_12/03-02-06-02-01-02-12.flac"))
    assert (said.id, said.emotion, said.speaker) == ("03-02-06-02-01-02-12", "fearful", "12")
    assert said.fields == {
        "modality": "audio",
        "channel": "song",
        "intensity": "strong",
        "statement": "kids",
        "repetition": "2",
        "sex": "female",
    }


def test_a_name_of_emodb_says_four_things_and_the_speaker_their_sex():
    said = emodb.read_name(PurePosixPath("wav/16b10Lb.wav"))
    assert (said.id, said.emotion, said.speaker) == ("16b10Lb", "boredom", "16")
    assert said.fields == {"text": "b10", "version": "b", "sex": "female"}


def test_a_name_of_cremad_says_four_things_and_the_actor_their_sex():
    said = cremad.read_name(PurePosixPath("AudioWAV/1091_WSI_HAP_HI.wav"))
    assert (said.id, said.emotion, said.speaker) == ("1091_WSI_HAP_HI", "happy", "1091")
    assert said.fields == {"sentence": "WSI", "level": "high", "sex": "female"}


def test_a_name_of_tess_says_three_things():
    said = tess.read_name(PurePosixPath("YAF_pleasant_surprised/YAF_back_ps.wav"))
    assert (said.id, said.emotion, said.speaker) == ("YAF_back_ps", "pleasant surprise", "YAF")
    assert said.fields == {"word": "back", "sex": "female", "age": "26"}


@pytest.mark.parametrize("path", ["AudioData/KL/su07.wav", "KL_su07.wav", "x/kl/SU07.WAV"])
def test_a_name_of_savee_says_three_things_in_a_folder_and_flat(path):
    said = savee.read_name(PurePosixPath(path))
    assert (said.id, said.emotion, said.speaker) == ("KL_su07", "surprise", "KL")
    assert said.fields == {"sentence": "su07", "sex": "male"}


@pytest.mark.parametrize(
    ("read", "names", "emotions"),
    [
        (
            ravdess.read_name,
            [f"03-01-0{code}-01-01-01-01" for code in range(1, 9)],
            "neutral calm happy sad angry fearful disgust surprised",
        ),
        (
            emodb.read_name,
            [f"03a01{letter}a" for letter in "WLEAFTN"],
            "anger boredom disgust fear happiness sadness neutral",
        ),
        (
            cremad.read_name,
            [f"1001_DFA_{code}_XX" for code in ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")],
            "anger disgust fear happy neutral sad",
        ),
        (
            savee.read_name,
            [f"DC_{code}01" for code in ("a", "d", "f", "h", "n", "sa", "su")],
            "anger disgust fear happiness neutral sadness surprise",
        ),
    ],
)
def test_every_code_of_an_emotion_is_spelt_out(read, names, emotions):
    assert [read(PurePosixPath(f"{name}.wav")).emotion for name in names] == emotions.split()


@pytest.mark.parametrize(
    ("read", "owners_slip", "identifier"),
    [
        (tess.read_name, "OAF_neutral/OA_bite_neutral.wav", "OAF_bite_neutral"),
        (cremad.read_name, "1040_ITH_SAD_X.wav", "1040_ITH_SAD_X"),
    ],
)
def test_slips_in_the_owners_own_names_are_read(read, owners_slip, identifier):
    assert read(PurePosixPath(owners_slip)).id == identifier


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (ravdess.read_name, "01-01-01-01-01-01-01"),
        (ravdess.read_name, "03-01-09-01-01-01-01"),
        (ravdess.read_name, "03-01-01-01-01-01-25"),
        (ravdess.read_name, "03-01-01-01-01-01-00"),
        (ravdess.read_name, "03-01-01-01-01-01-01 (1)"),
        (emodb.read_name, "01a01Fa"),
        (emodb.read_name, "03a01Xa"),
        (cremad.read_name, "1000_DFA_ANG_XX"),
        (cremad.read_name, "1092_DFA_ANG_XX"),
        (cremad.read_name, "1001_DFA_SUR_XX"),
        (tess.read_name, "UAF_back_fear"),
        (tess.read_name, "OAF_back_surprise"),
        (savee.read_name, "a01"),
        (savee.read_name, "XX_a01"),
    ],
)
def test_what_is_no_name_of_the_corpus_says_nothing(read, name):
    assert read(PurePosixPath(f"{name}.wav")) is None


def test_cremad_has_43_women_as_its_paper_says():
    assert len(cremad.WOMEN) == 43
    assert cremad.WOMEN.issubset(range(1001, 1092))
