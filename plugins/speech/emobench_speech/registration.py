"""What this package offers; imports nothing heavy."""

from __future__ import annotations

from emobench.api import Component, Components
from emobench_speech import options

components = Components(
    api_version=2,
    frontends=[
        Component(
            name="logmel",
            target="emobench_speech.logmel:LogMel",
            options=options.LogMelOptions,
            summary="Log-mel spectrogram of a clip of fixed length.",
        ),
    ],
    backbones=[
        Component(
            name="cnn1d",
            target="emobench_speech.cnn1d:Cnn1d",
            options=options.Cnn1dOptions,
            summary="Convolutions over time with the bands as channels, pooled over the clip.",
        ),
    ],
    augmentations=[
        Component(
            name="specaugment",
            target="emobench_speech.specaugment:SpecAugment",
            options=options.SpecAugmentOptions,
            summary="Mask stretches of time and of frequency.",
            source="arXiv:1904.08779",
            off={"time_masks": 0, "frequency_masks": 0},
        ),
        Component(
            name="noise",
            target="emobench_speech.waveforms:Noise",
            options=options.NoiseOptions,
            summary="Add white or pink noise.",
            off={"probability": 0.0},
        ),
        Component(
            name="gain",
            target="emobench_speech.waveforms:Gain",
            options=options.GainOptions,
            summary="Make the clip louder or quieter.",
            off={"decibels": 0.0},
        ),
    ],
)
