"""Options of every component in this package. Loads no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from emobench.api import Field, Options, Search


class PixelsOptions(Options):
    """Options of the `pixels` frontend."""

    size: Annotated[int, Search(choices=(48, 64, 96))] = Field(
        48, ge=8, le=1024, description="height and width of every image"
    )
    mode: Literal["grey", "rgb"] = Field("grey", description="one channel of light, or colours")


class Cnn2dOptions(Options):
    """Options of the `cnn2d` backbone."""

    channels: Annotated[
        tuple[int, ...], Search(choices=((16, 32, 64), (32, 64, 128), (32, 64, 128, 256)))
    ] = Field((32, 64, 128), ge=1, min_length=1, description="channels of the blocks")
    convolutions: Annotated[int, Search(1, 3)] = Field(
        2, ge=1, le=4, description="3x3 convolutions in a block"
    )
    dropout: Annotated[float, Search(0.0, 0.5)] = Field(
        0.2, ge=0, lt=1, description="dropout after each block"
    )
    pooling: Annotated[
        Literal["avg", "max", "avgmax"], Search(choices=("avg", "max", "avgmax"))
    ] = Field("avg", description="how the last maps become one embedding")


class FlipOptions(Options):
    """Options of the `flip` augmentation."""

    probability: Annotated[float, Search(0.0, 0.5)] = Field(
        0.5, ge=0, le=1, description="share of images that are mirrored, left to right"
    )
