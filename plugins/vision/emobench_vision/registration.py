"""What this package offers; imports nothing heavy."""

from __future__ import annotations

from emobench.api import Component, hookimpl
from emobench.api.hooks import Register
from emobench_vision import options


@hookimpl
def register_frontends(register: Register) -> None:
    """Frontends for images."""
    register(
        Component(
            name="pixels",
            target="emobench_vision.pixels:Pixels",
            options=options.PixelsOptions,
            summary="Grey or colour pixels at one size, from -1 to 1.",
        )
    )


@hookimpl
def register_backbones(register: Register) -> None:
    """Backbones over pixels."""
    register(
        Component(
            name="cnn2d",
            target="emobench_vision.cnn2d:Cnn2d",
            options=options.Cnn2dOptions,
            summary="A small network of the VGG kind with batch norm.",
            source="arXiv:1409.1556",
        )
    )


@hookimpl
def register_augmentations(register: Register) -> None:
    """Augmentations of images."""
    register(
        Component(
            name="flip",
            target="emobench_vision.flip:Flip",
            options=options.FlipOptions,
            summary="Mirror images, left to right.",
        )
    )
