"""The `pretrained_speech` backbone: a wav2vec2-like encoder, its layers mixed and pooled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import torch
from torch import nn
from torch.nn.utils import parametrize

from emobench.api import Context, DataError, Features, UsageError
from emobench_speech.backbone_options import PretrainedSpeechOptions
from emobench_speech.pretrained_files import encoder_folder, require_transformers, trained_rate

UNUSED_WEIGHTS = {"masked_spec_embed"}
"""What checkpoints may lack: it stands for masked frames, and none are masked here."""


def pool_states(states: torch.Tensor, *, pooling: str) -> torch.Tensor:
    """States `(batch, frames, width)` to their mean, or to mean and deviation side by side."""
    mean = states.mean(dim=1)
    if pooling == "mean":
        return mean
    variance = (states - mean.unsqueeze(1)).square().mean(dim=1)
    # The root has no slope at 0, where a single frame lands.
    return torch.cat([mean, (variance + 1e-8).sqrt()], dim=1)


def chosen_layers(layers: Sequence[int], *, depth: int) -> tuple[int, ...]:
    """The layers as numbers from 0 to `depth`; none given: all of them."""
    if not layers:
        return tuple(range(depth + 1))
    wrong = [layer for layer in layers if not -depth - 1 <= layer <= depth]
    if wrong:
        raise UsageError(
            f"layers of backbone 'pretrained_speech': the encoder has layers 0 to {depth} "
            f"(or -1 for the last), so there is no {wrong[0]}"
        )
    return tuple(sorted({layer % (depth + 1) for layer in layers}))


class LayerMix(nn.Module):
    """A mean of layers with learned weights: sum of softmax(w)_i · states_i, equal at first."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(count)) if count > 1 else None

    def forward(self, layers: Sequence[torch.Tensor]) -> torch.Tensor:
        """Layers, each `(batch, frames, width)`, to their mix."""
        if self.weights is None:
            return layers[0]
        shares = self.weights.softmax(dim=0).unbind()
        mixed = shares[0] * layers[0]
        for share, layer in zip(shares[1:], layers[1:], strict=True):
            mixed = torch.addcmul(mixed, share, layer)
        return mixed


class PretrainedSpeech(nn.Module):
    """An encoder over raw samples `(batch, samples)`, its layers mixed, its frames pooled."""

    exports = False
    """transformers catches the layers' outputs in ways that torch.export does not follow."""

    def __init__(self, options: PretrainedSpeechOptions, context: Context) -> None:
        super().__init__()
        self.modality = context.modality or "audio"
        samples = sample_count(context, modality=self.modality)
        require_transformers()
        folder = encoder_folder(options.model, revision=options.revision)
        check_rate(context, modality=self.modality, trained=trained_rate(folder), options=options)
        self.encoder = load_encoder(folder, name=options.model)
        self.frozen = options.freeze == "all"
        self.layers = chosen_layers(options.layers, depth=len(self.encoder.encoder.layers))
        check_length(self.encoder.config, samples=samples, options=options)
        leave_out_what_is_not_read(self.encoder, last=self.layers[-1])
        fix_normed_weights(self.encoder)
        if self.frozen:
            self.encoder.requires_grad_(False)
        elif options.freeze == "convolutions":
            self.encoder.freeze_feature_encoder()
        self.mix = LayerMix(len(self.layers))
        self.pooling = options.pooling
        self.width = self.encoder.config.hidden_size * (2 if options.pooling == "meanstd" else 1)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Switch dropout; an encoder that is frozen never drops anything."""
        super().train(mode)
        if self.frozen:
            self.encoder.eval()
        return self

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> Features:
        """An embedding `(batch, width)` and the mixed states as maps `(batch, hidden, frames)`."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            output = self.encoder(inputs[self.modality], output_hidden_states=True)
        states = self.mix([output.hidden_states[layer] for layer in self.layers])
        embedding = pool_states(states, pooling=self.pooling)
        return Features(embedding=embedding, maps=states.transpose(1, 2))


def sample_count(context: Context, *, modality: str) -> int:
    """How many samples an item has, or a UsageError where the input is no waveform."""
    shape = context.inputs.get(modality, ())
    if modality != "audio" or len(shape) != 1:
        given = ", ".join(f"{name} {size}" for name, size in context.inputs.items())
        raise UsageError(
            f"backbone 'pretrained_speech' needs the samples of audio, but the frontend gives "
            f"{given or 'nothing'}; use the frontend 'waveform'"
        )
    return shape[0]


def check_rate(
    context: Context, *, modality: str, trained: int, options: PretrainedSpeechOptions
) -> None:
    """Refuse audio of another sample rate than the encoder heard in training."""
    rate = context.task.rates.get(modality, trained)
    if rate != trained:
        raise UsageError(
            f"backbone 'pretrained_speech': '{options.model}' was trained on audio of {trained} "
            f"Hz, task '{context.task.name}' gives {rate} Hz; read the dataset at {trained} Hz"
        )


def frames_after(config: Any, *, samples: int) -> int:
    """How many frames the encoder's convolutions make of that many samples."""
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        samples = (samples - kernel) // stride + 1 if samples >= kernel else 0
    return samples


def check_length(config: Any, *, samples: int, options: PretrainedSpeechOptions) -> None:
    """Refuse clips too short for a single frame."""
    if frames_after(config, samples=samples) < 1:
        raise UsageError(
            f"backbone 'pretrained_speech': {samples} samples are too short for a single frame of "
            f"'{options.model}'; raise `seconds` of the frontend"
        )


def load_encoder(folder: str, *, name: str) -> Any:
    """The encoder with its trained weights in 32 bits, without masking and layer dropping.

    Both of those draw from global random generators, so that runs could not be repeated.
    """
    from transformers import AutoConfig, AutoModel

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        if not hasattr(config, "num_feat_extract_layers"):
            raise UsageError(
                f"backbone 'pretrained_speech': '{name}' is a {config.model_type} model, which "
                "does not read raw samples; use a wav2vec2, HuBERT, WavLM or data2vec-audio model"
            )
        config.mask_time_prob = config.mask_feature_prob = config.layerdrop = 0.0
        with quiet_loading():
            encoder, report = AutoModel.from_pretrained(
                folder,
                config=config,
                local_files_only=True,
                output_loading_info=True,
                dtype=torch.float32,
            )
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"model '{name}' cannot be read from {folder}: {reason}") from error
    missing = sorted(set(report["missing_keys"]) - UNUSED_WEIGHTS)
    if missing:
        raise DataError(
            f"model '{name}' in {folder} lacks {len(missing)} weights of its encoder, the first "
            f"{missing[0]}: the files are incomplete or of another model"
        )
    return encoder


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Keep transformers' progress bars and load reports off the user's screen."""
    from transformers.utils import logging

    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def fix_normed_weights(encoder: nn.Module) -> None:
    """Make weights that are kept as length and direction plain ones, which can be pickled."""
    for module in encoder.modules():
        if parametrize.is_parametrized(module):
            for name in list(module.parametrizations):  # type: ignore[arg-type]
                parametrize.remove_parametrizations(module, name)
            # Torch's hook for checkpoints of long ago stays behind, and cannot be pickled.
            module._load_state_dict_pre_hooks.clear()


def leave_out_what_is_not_read(encoder: Any, *, last: int) -> None:
    """Drop the layers behind the last one read, and the norm behind them where there is one."""
    inner = encoder.encoder
    # The outputs are caught at the layers, so one has to stay.
    inner.layers = inner.layers[: max(1, last)]
    if getattr(encoder.config, "do_stable_layer_norm", False):
        inner.layer_norm = nn.Identity()
