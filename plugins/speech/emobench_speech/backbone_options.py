"""Options of the backbones in this package, but for `cnn1d`. Loads no torch."""

from __future__ import annotations

from typing import Annotated, Literal

from emobench.api import Field, Options, Search

SequencePooling = Literal["last", "mean", "attention"]
POOLING_MEANING = (
    "how the frames become one embedding: the last state of each direction, the mean, or a mean "
    "with learned weights"
)
POOLINGS = Search(choices=("last", "mean", "attention"))


class MultiscaleOptions(Options):
    """Options of the `multiscale` backbone."""

    channels: Annotated[tuple[int, ...], Search(choices=((96,), (48, 96), (96, 192)))] = Field(
        (48, 96), ge=3, min_length=1, description="channels of the blocks, shared by the kernels"
    )
    kernels: Annotated[tuple[int, ...], Search(choices=((3, 5, 7), (3, 7, 15)))] = Field(
        (3, 5, 7), ge=1, min_length=1, description="frames that the parallel convolutions see"
    )
    reduction: Annotated[int, Search(choices=(4, 8, 16))] = Field(
        8, ge=1, description="how many channels share a hidden unit of the squeeze-excitation"
    )
    recurrent: Annotated[tuple[int, ...], Search(choices=((64,), (64, 32), (128, 64)))] = Field(
        (64, 32), ge=1, min_length=1, description="units of the LSTM layers, in each direction"
    )
    pooling: Annotated[SequencePooling, POOLINGS] = Field("last", description=POOLING_MEANING)
    dropout: Annotated[float, Search(0.0, 0.5)] = Field(
        0.2, ge=0, lt=1, description="dropout after each block and between LSTM layers"
    )

    def conflicts(self) -> list[str]:
        """Odd kernels, and a channel for each of them in every block."""
        found = []
        even = [kernel for kernel in self.kernels if kernel % 2 == 0]
        if even:
            found.append(f"kernels must be odd, or frames shift: {even[0]} is even")
        if min(self.channels) < len(self.kernels):
            found.append(
                f"channels ({min(self.channels)}) must not be fewer than kernels "
                f"({len(self.kernels)}), which share them"
            )
        return found


class LstmOptions(Options):
    """Options of the `lstm` backbone."""

    units: Annotated[tuple[int, ...], Search(choices=((64,), (64, 64), (128, 64)))] = Field(
        (64, 64), ge=1, min_length=1, description="units of the layers, in each direction"
    )
    bidirectional: Annotated[bool, Search(choices=(True, False))] = Field(
        True, description="read the clip in both directions, which doubles the cost"
    )
    join: Annotated[int, Search(choices=(1, 2, 4))] = Field(
        1, ge=1, description="neighbouring frames read as one step; 4 is nearly 4 times as fast"
    )
    pooling: Annotated[SequencePooling, POOLINGS] = Field("last", description=POOLING_MEANING)
    dropout: Annotated[float, Search(0.0, 0.5)] = Field(
        0.2, ge=0, lt=1, description="dropout between layers"
    )


class CnnLstmOptions(Options):
    """Options of the `cnn_lstm` backbone."""

    channels: Annotated[tuple[int, ...], Search(choices=((64,), (64, 128), (128, 256)))] = Field(
        (64, 128), ge=1, min_length=1, description="channels of the blocks, each halving the frames"
    )
    kernel: Annotated[int, Search(choices=(3, 5, 7))] = Field(
        5, ge=1, description="frames that a convolution sees"
    )
    units: Annotated[tuple[int, ...], Search(choices=((64,), (64, 64), (128, 64)))] = Field(
        (64,), ge=1, min_length=1, description="units of the LSTM layers, in each direction"
    )
    bidirectional: Annotated[bool, Search(choices=(True, False))] = Field(
        True, description="read the clip in both directions"
    )
    pooling: Annotated[SequencePooling, POOLINGS] = Field("last", description=POOLING_MEANING)
    dropout: Annotated[float, Search(0.0, 0.5)] = Field(
        0.2, ge=0, lt=1, description="dropout after each block and between LSTM layers"
    )

    def conflicts(self) -> list[str]:
        """An odd kernel."""
        if self.kernel % 2 == 0:
            return [f"kernel must be odd, or frames shift: {self.kernel} is even"]
        return []


class SpectrogramResnetOptions(Options):
    """Options of the `spectrogram_resnet` backbone."""

    channels: Annotated[
        tuple[int, ...], Search(choices=((16, 32, 64), (24, 48, 96), (16, 32, 64, 128)))
    ] = Field((16, 32, 64), ge=1, min_length=1, description="channels of the stages")
    blocks: Annotated[int, Search(1, 3)] = Field(
        1, ge=1, le=8, description="residual blocks in a stage"
    )
    dropout: Annotated[float, Search(0.0, 0.3)] = Field(
        0.0, ge=0, lt=1, description="share of whole maps dropped inside each residual block"
    )
    pooling: Annotated[
        Literal["avg", "max", "avgmax"], Search(choices=("avg", "max", "avgmax"))
    ] = Field("avgmax", description="how the last maps become one embedding")


class ConformerOptions(Options):
    """Options of the `conformer` backbone."""

    width: Annotated[int, Search(choices=(64, 96, 144))] = Field(
        64, ge=2, description="numbers a frame is described by"
    )
    blocks: Annotated[int, Search(1, 4)] = Field(2, ge=1, description="conformer blocks")
    heads: Annotated[int, Search(choices=(2, 4))] = Field(
        4, ge=1, description="heads of the attention; must divide the width"
    )
    kernel: Annotated[int, Search(choices=(7, 15, 31))] = Field(
        15, ge=1, description="frames, of 4 times the hop each, that a block's convolution sees"
    )
    expansion: Annotated[int, Search(choices=(2, 4))] = Field(
        4, ge=1, description="how much wider than a frame the feed-forward layers are"
    )
    pooling: Annotated[Literal["mean", "attention"], Search(choices=("mean", "attention"))] = Field(
        "attention", description="mean over the frames, or a mean with learned weights"
    )
    dropout: Annotated[float, Search(0.0, 0.3)] = Field(
        0.1, ge=0, lt=1, description="dropout behind each part of a block"
    )

    def conflicts(self) -> list[str]:
        """An even width that the heads divide, and an odd kernel."""
        found = []
        if self.width % self.heads:
            found.append(f"heads ({self.heads}) must divide width ({self.width})")
        if self.width % 2:
            found.append(f"width must be even, for sines and cosines: {self.width} is odd")
        if self.kernel % 2 == 0:
            found.append(f"kernel must be odd, or frames shift: {self.kernel} is even")
        return found


class PretrainedSpeechOptions(Options):
    """Options of the `pretrained_speech` backbone."""

    model: str = Field(
        min_length=1,
        description="a model's name on the Hugging Face hub, such as facebook/wav2vec2-base, or a "
        "local folder",
    )
    revision: str = Field(
        "main", min_length=1, description="commit, tag or branch on the hub; a commit never moves"
    )
    layers: tuple[int, ...] = Field(
        (),
        description="layers whose outputs are mixed by learned weights; 0 is what enters the "
        "first layer, -1 the last one; none given: all",
    )
    freeze: Annotated[
        Literal["all", "convolutions", "none"], Search(choices=("all", "convolutions"))
    ] = Field(
        "all",
        description="what is not trained: the whole encoder, the convolutions that it begins "
        "with, or nothing",
    )
    pooling: Annotated[Literal["mean", "meanstd"], Search(choices=("mean", "meanstd"))] = Field(
        "mean", description="mean over the frames, or mean and deviation side by side"
    )
