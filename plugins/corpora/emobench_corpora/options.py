"""Options of the corpora. Loads neither numpy nor any decoder."""

from __future__ import annotations

from typing import Literal, get_args

from emobench.api import Field, Options, unknown_name

CorpusName = Literal["ravdess", "emodb", "crema-d", "tess", "savee"]
CORPUS_NAMES: tuple[CorpusName, ...] = get_args(CorpusName)


class CorpusOptions(Options):
    """What every corpus may be asked."""

    folder: str = Field(
        "",
        description="the corpus' folder below the data root; found by its usual names when empty",
    )
    sample_rate: int = Field(16000, ge=1000, le=192000, description="audio is resampled to it")


class RavdessOptions(CorpusOptions):
    """Options of `ravdess`."""

    channel: Literal["speech", "song", "both"] = Field(
        "speech", description="spoken clips, sung ones, or both; song has six emotions of the eight"
    )
    calm: bool = Field(True, description="keep the emotion calm, which no other corpus has")


class EmodbOptions(CorpusOptions):
    """Options of `emodb`."""


class CremadOptions(CorpusOptions):
    """Options of `crema-d`."""


class TessOptions(CorpusOptions):
    """Options of `tess`."""

    test_speaker: Literal["OAF", "YAF"] = Field(
        "OAF",
        description="the speaker of the test part: OAF, the older, or YAF, the younger; the other "
        "is trained on",
    )


class SaveeOptions(CorpusOptions):
    """Options of `savee`."""


class SpeechCorporaOptions(Options):
    """Options of `speech-corpora`: which corpora, and which of them are the test."""

    corpora: tuple[CorpusName, ...] = Field(
        CORPUS_NAMES, min_length=1, description="the members, those to be tested on included"
    )
    test_corpora: tuple[CorpusName, ...] = Field(
        (),
        description="members that protocol 'official' tests on; it trains on the others",
    )
    classes: Literal["shared", "all"] = Field(
        "shared",
        description="the emotions that every member has, or all of the common set; clips of others "
        "are left out",
    )
    folders: dict[str, str] = Field(
        {}, description="folders of members below the data root, where their usual names do not do"
    )
    sample_rate: int = Field(
        16000, ge=1000, le=192000, description="audio of all members is resampled to it"
    )

    def conflicts(self) -> list[str]:
        """Each member once, test members among them, something left to train on."""
        found = [
            f"{name}: '{twice}' stands there twice"
            for name, listed in (("corpora", self.corpora), ("test_corpora", self.test_corpora))
            for twice in sorted({one for one in listed if listed.count(one) > 1})
        ]
        found += [
            f"test_corpora: '{name}' is not among corpora ({', '.join(self.corpora)})"
            for name in self.test_corpora
            if name not in self.corpora
        ]
        if set(self.corpora) <= set(self.test_corpora):
            found.append("test_corpora: holds every corpus; leave one to train on")
        return found + [
            "folders: " + unknown_name("corpus", name, CORPUS_NAMES)
            for name in self.folders
            if name not in CORPUS_NAMES
        ]
