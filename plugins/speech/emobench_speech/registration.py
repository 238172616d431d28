"""What this package offers; imports nothing heavy."""

from __future__ import annotations

from emobench.api import Component, hookimpl
from emobench.api.hooks import Register
from emobench_speech import options


@hookimpl
def register_frontends(register: Register) -> None:
    """Frontends for audio."""
    register(
        Component(
            name="logmel",
            target="emobench_speech.logmel:LogMel",
            options=options.LogMelOptions,
            summary="Log-mel spectrogram of a clip of fixed length.",
        )
    )


@hookimpl
def register_backbones(register: Register) -> None:
    """Backbones over frames."""
    register(
        Component(
            name="cnn1d",
            target="emobench_speech.cnn1d:Cnn1d",
            options=options.Cnn1dOptions,
            summary="Convolutions over time with the bands as channels, pooled over the clip.",
        )
    )


@hookimpl
def register_augmentations(register: Register) -> None:
    """Augmentations of clips and of their spectrograms."""
    register(
        Component(
            name="specaugment",
            target="emobench_speech.specaugment:SpecAugment",
            options=options.SpecAugmentOptions,
            summary="Mask stretches of time and of frequency.",
            source="arXiv:1904.08779",
        )
    )
    register(
        Component(
            name="noise",
            target="emobench_speech.waveforms:Noise",
            options=options.NoiseOptions,
            summary="Add white or pink noise.",
        )
    )
    register(
        Component(
            name="gain",
            target="emobench_speech.waveforms:Gain",
            options=options.GainOptions,
            summary="Make the clip louder or quieter.",
        )
    )
