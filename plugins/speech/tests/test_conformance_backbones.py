"""The backbones of this package, but for `cnn1d`, under the conformance suite."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any
from unittest import SkipTest

from emobench.api import Context
from emobench.testing import BackboneSuite
from emobench.testing.tiny import tiny_context


class SpectrogramsFirst(BackboneSuite):
    """Judges on spectrograms what takes rows of values too."""

    def contexts(self) -> Sequence[Context]:
        return [tiny_context(inputs={"audio": (16, 24)}), *super().contexts()]


class TestMultiscale(SpectrogramsFirst):
    component = "multiscale"
    options = {"channels": [6, 8], "recurrent": [4, 3], "pooling": "attention"}


class TestLstm(SpectrogramsFirst):
    component = "lstm"
    options = {"units": [4, 3], "join": 2}


class TestCnnLstm(SpectrogramsFirst):
    component = "cnn_lstm"
    options = {"channels": [6, 8], "units": [4], "pooling": "mean"}


class TestSpectrogramResnet(BackboneSuite):
    component = "spectrogram_resnet"
    options = {"channels": [4, 6], "blocks": 2}


class TestConformer(BackboneSuite):
    component = "conformer"
    options = {"width": 8, "heads": 2, "kernel": 3, "expansion": 2}


@cache
def tiny_encoder() -> str:
    """A folder with a wav2vec2 model of two small layers and drawn weights."""
    from transformers import Wav2Vec2Config, Wav2Vec2Model
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = tempfile.mkdtemp(prefix="tiny-encoder-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    config = Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        conv_dim=(8, 8),
        conv_kernel=(10, 8),
        conv_stride=(10, 8),
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
    )
    Wav2Vec2Model(config).save_pretrained(folder)
    return folder


class TestPretrainedSpeech(BackboneSuite):
    component = "pretrained_speech"

    @property
    def given(self) -> Mapping[str, Any]:
        if find_spec("transformers") is None:
            raise SkipTest("transformers is not installed: emobench-speech[pretrained]")
        return {"model": tiny_encoder(), "freeze": "convolutions", "pooling": "meanstd"}
