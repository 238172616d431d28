"""Options of the augmentations in this package. Loads no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from emobench.api import Field, Options, Search


def range_conflicts(options: Options, name: str) -> list[str]:
    """A fault where the range `<name>_low` to `<name>_high` is upside down."""
    low, high = (getattr(options, f"{name}_{end}") for end in ("low", "high"))
    if low <= high:
        return []
    return [f"{name}_low ({low:g}) must not exceed {name}_high ({high:g})"]


class SpecAugmentOptions(Options):
    """Options of the `specaugment` augmentation."""

    time_masks: Annotated[int, Search(0, 3)] = Field(2, ge=0, description="masks over time")
    time_width: Annotated[float, Search(0.0, 0.3)] = Field(
        0.1, ge=0, le=1, description="widest mask over time, as a share of the frames"
    )
    frequency_masks: Annotated[int, Search(0, 3)] = Field(
        2, ge=0, description="masks over frequency"
    )
    frequency_width: Annotated[float, Search(0.0, 0.3)] = Field(
        0.1, ge=0, le=1, description="widest mask over frequency, as a share of the bands"
    )
    fill: Literal["mean", "zero"] = Field(
        "mean", description="what masked values become: the item's mean, or 0"
    )


class NoiseOptions(Options):
    """Options of the `noise` augmentation."""

    colour: Annotated[Literal["white", "pink"], Search(choices=("white", "pink"))] = Field(
        "white", description="white: equal power at all frequencies; pink: less at high ones"
    )
    snr_low: Annotated[float, Search(0.0, 20.0)] = Field(
        10.0, description="loudest noise, in decibels below the clip"
    )
    snr_high: Annotated[float, Search(20.0, 40.0)] = Field(
        30.0, description="quietest noise, in decibels below the clip"
    )
    probability: Annotated[float, Search(0.1, 1.0)] = Field(
        0.5, ge=0, le=1, description="share of clips that get noise"
    )

    def conflicts(self) -> list[str]:
        """The range must not be upside down."""
        return range_conflicts(self, "snr")


class GainOptions(Options):
    """Options of the `gain` augmentation."""

    decibels: Annotated[float, Search(0.0, 12.0)] = Field(
        6.0, ge=0, description="largest change of loudness, up or down"
    )


class PitchShiftOptions(Options):
    """Options of the `pitch_shift` augmentation."""

    semitones_low: Annotated[float, Search(-4.0, 0.0)] = Field(
        -2.0, ge=-12, le=12, description="lowest change of pitch, in semitones"
    )
    semitones_high: Annotated[float, Search(0.0, 4.0)] = Field(
        2.0, ge=-12, le=12, description="highest change of pitch, in semitones"
    )
    probability: Annotated[float, Search(0.1, 1.0)] = Field(
        0.5, ge=0, le=1, description="share of clips whose pitch changes"
    )

    def conflicts(self) -> list[str]:
        """The range must not be upside down."""
        return range_conflicts(self, "semitones")


class TimeStretchOptions(Options):
    """Options of the `time_stretch` augmentation."""

    speed_low: Annotated[float, Search(0.7, 1.0)] = Field(
        0.85, ge=0.5, le=2, description="slowest speed, as a share of the clip's own"
    )
    speed_high: Annotated[float, Search(1.0, 1.4)] = Field(
        1.15, ge=0.5, le=2, description="fastest speed, as a share of the clip's own"
    )
    probability: Annotated[float, Search(0.1, 1.0)] = Field(
        0.5, ge=0, le=1, description="share of clips whose speed changes"
    )

    def conflicts(self) -> list[str]:
        """The range must not be upside down."""
        return range_conflicts(self, "speed")


class ShiftOptions(Options):
    """Options of the `shift` augmentation."""

    share: Annotated[float, Search(0.0, 0.3)] = Field(
        0.1, ge=0, le=0.5, description="furthest move, earlier or later, as a share of the clip"
    )
    edge: Annotated[Literal["silence", "wrap"], Search(choices=("silence", "wrap"))] = Field(
        "silence",
        description="what fills the end that opens: silence, or what left at the other end",
    )
    probability: Annotated[float, Search(0.1, 1.0)] = Field(
        0.5, ge=0, le=1, description="share of clips that move"
    )


class ReverbOptions(Options):
    """Options of the `reverb` augmentation."""

    decay_low: Annotated[float, Search(0.05, 0.3)] = Field(
        0.1, ge=0.01, le=10, description="shortest time in which the room's sound falls by 60 dB"
    )
    decay_high: Annotated[float, Search(0.3, 1.5)] = Field(
        0.8, ge=0.01, le=10, description="longest such time, in seconds"
    )
    ratio_low: Annotated[float, Search(-6.0, 6.0)] = Field(
        0.0, description="farthest microphone: least direct sound, in decibels above the room's"
    )
    ratio_high: Annotated[float, Search(6.0, 24.0)] = Field(
        15.0, description="nearest microphone: most direct sound, in decibels above the room's"
    )
    probability: Annotated[float, Search(0.1, 1.0)] = Field(
        0.5, ge=0, le=1, description="share of clips that are put into a room"
    )

    def conflicts(self) -> list[str]:
        """No range may be upside down."""
        return range_conflicts(self, "decay") + range_conflicts(self, "ratio")
