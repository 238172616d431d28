"""Options of the frontends in this package. Loads no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from emobench.api import Field, Options, Search

Engine = Literal["torch", "librosa"]
ENGINE_MEANING = (
    "who computes: torch, or librosa, which is the slow reference and must be installed"
)


def hop_conflicts(*, window: int, hop: int) -> list[str]:
    """A fault where windows leave samples out."""
    if hop <= window:
        return []
    return [f"hop ({hop}) must not exceed window ({window}), or samples are skipped"]


class LogMelOptions(Options):
    """Options of the `logmel` frontend."""

    seconds: float = Field(
        3.0, gt=0, le=60, description="length of every clip: the end is padded, or the middle kept"
    )
    window: Annotated[int, Search(choices=(512, 1024, 2048))] = Field(
        1024, ge=16, description="samples of one analysis window"
    )
    hop: Annotated[int, Search(choices=(256, 512))] = Field(
        512, ge=1, description="samples between two windows"
    )
    mels: Annotated[int, Search(choices=(40, 64, 80, 128))] = Field(
        64, ge=1, description="number of mel bands"
    )
    fmin: float = Field(0.0, ge=0, description="lowest frequency, in Hz")
    fmax: float | None = Field(
        None, gt=0, description="highest frequency, in Hz; default: half the sample rate"
    )
    floor: float = Field(1e-10, gt=0, description="smallest power that is told from silence")
    dynamic_range: float = Field(
        80.0, gt=0, description="decibels below the clip's loudest band at which values are cut"
    )
    standardise: bool = Field(
        True, description="give each clip mean 0 and deviation 1, which also removes its loudness"
    )

    def conflicts(self) -> list[str]:
        """Frequencies in order, and no gaps between windows."""
        found = []
        if self.fmax is not None and self.fmax <= self.fmin:
            found.append(f"fmax ({self.fmax:g} Hz) must be above fmin ({self.fmin:g} Hz)")
        return found + hop_conflicts(window=self.window, hop=self.hop)


class MfccOptions(Options):
    """Options of the `mfcc` frontend."""

    seconds: float = Field(
        3.0, gt=0, le=60, description="length of every clip: the end is padded, or the middle kept"
    )
    window: Annotated[int, Search(choices=(512, 1024, 2048))] = Field(
        1024, ge=16, description="samples of one analysis window"
    )
    hop: Annotated[int, Search(choices=(256, 512))] = Field(
        512, ge=1, description="samples between two windows"
    )
    mels: Annotated[int, Search(choices=(40, 64))] = Field(
        64, ge=1, description="number of mel bands that the coefficients are made of"
    )
    coefficients: Annotated[int, Search(choices=(13, 20, 40))] = Field(
        40, ge=1, description="number of coefficients kept, the first of them included"
    )
    deltas: Annotated[Literal[0, 1, 2], Search(choices=(0, 1, 2))] = Field(
        2, description="0: coefficients alone; 1: with their slope; 2: with slope and curvature"
    )
    delta_width: int = Field(
        9, ge=3, description="frames, an odd number, over which slope and curvature are fitted"
    )
    standardise: Annotated[bool, Search(choices=(True, False))] = Field(
        True,
        description="give each row of a clip mean 0 and deviation 1, which also removes loudness",
    )
    engine: Engine = Field("torch", description=ENGINE_MEANING)

    def conflicts(self) -> list[str]:
        """No more coefficients than bands, an odd width, and no gaps between windows."""
        found = hop_conflicts(window=self.window, hop=self.hop)
        if self.coefficients > self.mels:
            found.append(
                f"coefficients ({self.coefficients}) must not exceed mels ({self.mels}), which "
                "they are made of"
            )
        if self.delta_width % 2 == 0:
            found.append(f"delta_width ({self.delta_width}) must be odd: it has a middle frame")
        return found


class Acoustic392Options(Options):
    """Options of the `acoustic392` frontend."""

    seconds: float = Field(
        30.0,
        gt=0,
        le=600,
        description="longest stretch that is heard: the middle of a longer clip; a shorter clip "
        "stays as it is",
    )
    engine: Engine = Field("torch", description=ENGINE_MEANING)


class ModulationOptions(Options):
    """Options of the `modulation` frontend."""

    seconds: float = Field(
        10.0,
        gt=0,
        le=60,
        description="longest stretch that is heard: the middle of a longer clip; a shorter clip "
        "stays as it is",
    )
    mels: Annotated[int, Search(choices=(32, 64))] = Field(
        64, ge=1, description="number of mel bands"
    )
    groups: Annotated[int, Search(choices=(8, 16, 32))] = Field(
        16, ge=1, description="neighbouring bands are averaged to so many before they are followed"
    )
    cepstra: Annotated[int, Search(choices=(12, 24))] = Field(
        24, ge=1, description="cepstral coefficients that are followed, the first of them included"
    )

    def conflicts(self) -> list[str]:
        """Groups of equal size, and no more coefficients than bands."""
        found = []
        if self.mels % self.groups:
            found.append(f"groups ({self.groups}) must divide mels ({self.mels})")
        if self.cepstra > self.mels:
            found.append(
                f"cepstra ({self.cepstra}) must not exceed mels ({self.mels}), which they are "
                "made of"
            )
        return found


class WaveformOptions(Options):
    """Options of the `waveform` frontend."""

    seconds: float = Field(
        3.0, gt=0, le=60, description="length of every clip: the end is padded, or the middle kept"
    )
    scale: Annotated[
        Literal["none", "peak", "standardise"], Search(choices=("none", "peak", "standardise"))
    ] = Field(
        "standardise",
        description="none: samples as they are; peak: the largest becomes 1; standardise: mean 0 "
        "and deviation 1",
    )
