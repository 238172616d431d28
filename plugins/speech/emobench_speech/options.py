"""Options of the `cnn1d` backbone. Loads no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from emobench.api import Field, Options, Search


class Cnn1dOptions(Options):
    """Options of the `cnn1d` backbone."""

    channels: Annotated[
        tuple[int, ...],
        Search(choices=((64, 128), (64, 128, 256), (128, 256, 256), (128, 256, 512, 256))),
    ] = Field((128, 256, 512, 256), ge=1, min_length=1, description="channels of the blocks")
    kernel: Annotated[int, Search(choices=(3, 5, 7))] = Field(
        5, ge=1, description="frames that a convolution sees"
    )
    stride: Annotated[int, Search(choices=(1, 2))] = Field(
        1, ge=1, description="frames the first convolution moves by; 2 halves the cost of all"
    )
    dropout: Annotated[float, Search(0.0, 0.5)] = Field(
        0.2, ge=0, lt=1, description="dropout after each block"
    )
    pooling: Annotated[
        Literal["avg", "max", "avgmax"], Search(choices=("avg", "max", "avgmax"))
    ] = Field("avg", description="how the last maps become one embedding over all frames")
    batch_norm: bool = Field(
        True, description="batch norm in each block, which has no bias where it comes first"
    )
    norm_momentum: float = Field(
        0.1,
        gt=0,
        le=1,
        description="share of each batch in batch norm's running figures, by which it evaluates; "
        "Keras' default momentum of 0.99 is 0.01 here",
    )
    order: Literal[
        "norm-relu-dropout", "relu-norm-dropout", "relu-dropout-norm", "dropout-norm-relu"
    ] = Field(
        "norm-relu-dropout",
        description="what follows each convolution, in which order; the frames are halved before "
        "dropout, or last where dropout comes first",
    )
