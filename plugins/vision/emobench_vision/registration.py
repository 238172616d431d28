"""What this package offers; imports nothing heavy."""

from __future__ import annotations

from emobench.api import Component, Components
from emobench_vision import options

components = Components(
    api_version=2,
    frontends=[
        Component(
            name="pixels",
            target="emobench_vision.pixels:Pixels",
            options=options.PixelsOptions,
            summary="Grey or colour pixels at one size, from -1 to 1.",
        ),
    ],
    backbones=[
        Component(
            name="cnn2d",
            target="emobench_vision.cnn2d:Cnn2d",
            options=options.Cnn2dOptions,
            summary="A small network of the VGG kind with batch norm.",
            source="arXiv:1409.1556",
        ),
    ],
    augmentations=[
        Component(
            name="flip",
            target="emobench_vision.flip:Flip",
            options=options.FlipOptions,
            summary="Mirror images, left to right.",
            off={"probability": 0.0},
        ),
    ],
)
