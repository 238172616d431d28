"""Each speech backbone's training step against the same network written plainly in PyTorch.

Both start from the same weights, and the script says how far their outputs are apart; it prints
the ratio of the times (medians of alternating repetitions), below 1 where ours is faster.

    python benchmarks/backbones.py [--repetitions 15] [--threads 1] [--only NAME]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from emobench.api import Context, Features, Options, Schedule, Stream, TaskFacts
from emobench_speech import backbone_options as options
from emobench_speech.cnn_lstm import CnnLstm
from emobench_speech.conformer import Conformer, sinusoids
from emobench_speech.lstm import Lstm
from emobench_speech.multiscale import Multiscale
from emobench_speech.pretrained_speech import PretrainedSpeech
from emobench_speech.spectrogram_resnet import SpectrogramResnet

BATCH, BANDS, FRAMES, SAMPLES = 32, 64, 94, 16_000
Step = Callable[[], None]


def both_ends(lstm: nn.LSTM, states: torch.Tensor) -> torch.Tensor:
    """The last state of each direction, frames last in `states`."""
    _, (last, _) = lstm(states)
    return torch.cat([last[0], last[1]], dim=1)


class PlainMultiscaleBlock(nn.Module):
    """Three kernels, norm, ReLU, pooling, squeeze-excitation, dropout."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after // 3, kernel, padding="same", bias=False)
            for kernel in (3, 5, 7)
        )
        self.norm = nn.BatchNorm1d(after)
        self.squeeze, self.excite = nn.Linear(after, after // 8), nn.Linear(after // 8, after)
        self.dropout = nn.Dropout(0.2)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """One block."""
        maps = torch.cat([each(maps) for each in self.convolutions], dim=1)
        maps = functional.max_pool1d(torch.relu(self.norm(maps)), 2, ceil_mode=True)
        weights = torch.sigmoid(self.excite(torch.relu(self.squeeze(maps.mean(dim=2)))))
        weighed: torch.Tensor = self.dropout(maps * weights[:, :, None])
        return weighed


class PlainMultiscale(nn.Module):
    """Two such blocks, two LSTM layers."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(PlainMultiscaleBlock(BANDS, 48), PlainMultiscaleBlock(48, 96))
        self.wide = nn.LSTM(96, 64, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(0.2)
        self.narrow = nn.LSTM(128, 32, batch_first=True, bidirectional=True)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """The embedding."""
        states, _ = self.wide(self.blocks(clips).transpose(1, 2))
        return both_ends(self.narrow, self.dropout(states))


class PlainLstm(nn.Module):
    """torch's own stack of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(BANDS, 64, 2, batch_first=True, bidirectional=True, dropout=0.2)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """The embedding."""
        _, (last, _) = self.lstm(clips.transpose(1, 2))
        return torch.cat([last[-2], last[-1]], dim=1)


class PlainCnnLstm(nn.Module):
    """Two blocks of convolution and one LSTM layer."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((BANDS, 64), (64, 128)):
            layers += [
                nn.Conv1d(before, after, 5, padding=2, bias=False),
                nn.BatchNorm1d(after),
                nn.ReLU(),
                nn.MaxPool1d(2, ceil_mode=True),
                nn.Dropout(0.2),
            ]
        self.blocks = nn.Sequential(*layers)
        self.lstm = nn.LSTM(128, 64, batch_first=True, bidirectional=True)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """The embedding."""
        return both_ends(self.lstm, self.blocks(clips).transpose(1, 2))


class PlainResidual(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)
            )

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """One block."""
        inner = torch.relu(self.first_norm(self.first(maps)))
        return torch.relu(self.second_norm(self.second(inner)) + self.shortcut(maps))


class PlainResnet(nn.Module):
    """A stem and three stages of one block."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        )
        self.stages = nn.Sequential(
            PlainResidual(16, 16, 1), PlainResidual(16, 32, 2), PlainResidual(32, 64, 2)
        )

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """The embedding."""
        maps = self.stages(self.stem(clips[:, None]))
        return torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)


class PlainConformerBlock(nn.Module):
    """The paper's block with torch's own attention."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.before = self.feed_forward(width)
        self.attention_norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.convolution_norm = nn.LayerNorm(width)
        self.gate = nn.Conv1d(width, 2 * width, 1)
        self.depthwise = nn.Conv1d(width, width, 15, padding=7, groups=width, bias=False)
        self.batch_norm = nn.BatchNorm1d(width)
        self.project = nn.Conv1d(width, width, 1)
        self.after = self.feed_forward(width)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(0.1)

    @staticmethod
    def feed_forward(width: int) -> nn.Sequential:
        """A wide layer and back."""
        return nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width)
        )

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """One block."""
        frames = frames + 0.5 * self.dropout(self.before(frames))
        normed = self.attention_norm(frames)
        frames = frames + self.dropout(self.attention(normed, normed, normed)[0])
        gated = functional.glu(self.gate(self.convolution_norm(frames).transpose(1, 2)), dim=1)
        seen = functional.silu(self.batch_norm(self.depthwise(gated)))
        frames = frames + self.dropout(self.project(seen).transpose(1, 2))
        frames = frames + 0.5 * self.dropout(self.after(frames))
        normed_again: torch.Tensor = self.norm(frames)
        return normed_again


class PlainConformer(nn.Module):
    """Subsampling, two blocks, attention pooling."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.subsampling = nn.Sequential(
            nn.Conv2d(1, width // 4, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(width // 4, width // 4, 3, 2, 1),
            nn.ReLU(),
        )
        self.project = nn.Linear(width // 4 * BANDS // 4, width)
        self.dropout = nn.Dropout(0.1)
        self.blocks = nn.Sequential(PlainConformerBlock(), PlainConformerBlock())
        self.hidden, self.score = nn.Linear(width, width), nn.Linear(width, 1, bias=False)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """The embedding."""
        frames = self.project(self.subsampling(clips[:, None]).flatten(1, 2).transpose(1, 2))
        frames = frames + sinusoids(frames.shape[1], width=frames.shape[2])
        frames = self.blocks(self.dropout(frames))
        weights = torch.softmax(self.score(torch.tanh(self.hidden(frames))), dim=1)
        pooled: torch.Tensor = (weights * frames).sum(dim=1)
        return pooled


class PlainPretrained(nn.Module):
    """A frozen encoder, its layers stacked and weighed, the mean over frames."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        from transformers import Wav2Vec2Model

        self.encoder = Wav2Vec2Model.from_pretrained(folder).requires_grad_(False)
        self.weights = nn.Parameter(torch.zeros(self.encoder.config.num_hidden_layers + 1))

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        """The embedding; the encoder always listens as it does in evaluation."""
        self.encoder.eval()
        with torch.no_grad():
            layers = torch.stack(self.encoder(clips, output_hidden_states=True).hidden_states)
        weights = self.weights.softmax(dim=0)[:, None, None, None]
        pooled: torch.Tensor = (weights * layers).sum(dim=0).mean(dim=1)
        return pooled


@dataclass(frozen=True, kw_only=True)
class Case:
    """A backbone, the plain network, and what they hear."""

    name: str
    ours: nn.Module
    plain: nn.Module
    clips: torch.Tensor


def context(*shape: int) -> Context:
    """A task of audio in that shape."""
    task = TaskFacts(
        name="benchmark", modalities=("audio",), targets=(), metric="uar", train_items=BATCH
    )
    schedule = Schedule(epochs=1, updates_per_epoch=1)
    return Context(task=task, stream=Stream(0), schedule=schedule, inputs={"audio": shape})


def share_weights(ours: nn.Module, plain: nn.Module) -> None:
    """Give the plain network our weights: both hold the same ones in the same order."""
    pairs = zip(plain.state_dict().items(), ours.state_dict().values(), strict=True)
    plain.load_state_dict({name: mine.reshape(its.shape) for (name, its), mine in pairs})


def spectrogram_cases() -> Iterator[Case]:
    """The backbones over `(bands, frames)`, at their default sizes."""
    clips = torch.randn(BATCH, BANDS, FRAMES)
    built: Mapping[str, tuple[type[nn.Module], Options, nn.Module]] = {
        "multiscale": (Multiscale, options.MultiscaleOptions(), PlainMultiscale()),
        "lstm": (Lstm, options.LstmOptions(), PlainLstm()),
        "cnn_lstm": (CnnLstm, options.CnnLstmOptions(), PlainCnnLstm()),
        "spectrogram_resnet": (
            SpectrogramResnet,
            options.SpectrogramResnetOptions(),
            PlainResnet(),
        ),
        "conformer": (Conformer, options.ConformerOptions(), PlainConformer()),
    }
    for name, (network, settings, plain) in built.items():
        ours = network(settings, context(BANDS, FRAMES))
        share_weights(ours, plain)
        yield Case(name=name, ours=ours, plain=plain, clips=clips)


def pretrained_case(folder: str) -> Case:
    """A frozen encoder of drawn weights, a tenth of the size of a base one."""
    from transformers import Wav2Vec2Config, Wav2Vec2Model
    from transformers.utils import logging

    logging.disable_progress_bar()
    config = Wav2Vec2Config(
        hidden_size=192,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=768,
        conv_dim=(64,) * 7,
    )
    Wav2Vec2Model(config).save_pretrained(folder)
    ours = PretrainedSpeech(options.PretrainedSpeechOptions(model=folder), context(SAMPLES))
    clips = torch.randn(4, SAMPLES)
    return Case(name="pretrained_speech", ours=ours, plain=PlainPretrained(folder), clips=clips)


def embedding(network: nn.Module, clips: torch.Tensor) -> torch.Tensor:
    """What either kind of network gives."""
    if hasattr(network, "modality"):
        features: Features = network({"audio": clips})
        return features.embedding
    plain: torch.Tensor = network(clips)
    return plain


def difference(case: Case) -> float:
    """Between the embeddings in evaluation, as a share of their size."""
    with torch.no_grad():
        ours = embedding(case.ours.eval(), case.clips)
        plain = embedding(case.plain.eval(), case.clips)
    return float((ours - plain).abs().max() / plain.abs().max())


def training_step(network: nn.Module, clips: torch.Tensor) -> Step:
    """Forward, backward and an update."""
    network.train()
    trained = [each for each in network.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-6)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        embedding(network, clips).square().mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def timed(step: Step) -> float:
    """Seconds that the processor spent on one step; what else runs here does not count."""
    started = time.process_time()
    step()
    return time.process_time() - started


def compare(case: Case, *, repetitions: int) -> None:
    """Measure, alternating, and print a line."""
    apart = difference(case)
    ours, plain = (training_step(each, case.clips) for each in (case.ours, case.plain))
    times: dict[Step, list[float]] = {ours: [], plain: []}
    for repetition in range(repetitions + 1):
        # Whoever goes first meets the colder caches; the first round warms up.
        for step in (ours, plain) if repetition % 2 else (plain, ours):
            seconds = timed(step)
            if repetition:
                times[step].append(seconds)
    medians = {step: statistics.median(taken) for step, taken in times.items()}
    pairs = [a / b for a, b in zip(times[ours], times[plain], strict=True)]
    print(
        f"{case.name:<20}{1000 * medians[ours]:>9.1f}{1000 * medians[plain]:>9.1f}"
        f"{medians[ours] / medians[plain]:>9.3f}{statistics.median(pairs):>9.3f}{apart:>12.1e}"
    )


def main() -> None:
    """Run every backbone, or the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {arguments.threads} thread(s), steps in ms")
    print(f"{'backbone':<20}{'ours':>9}{'plain':>9}{'ratio':>9}{'pairs':>9}{'difference':>12}")
    for case in spectrogram_cases():
        if arguments.only in ("", case.name):
            compare(case, repetitions=arguments.repetitions)
    if arguments.only in ("", "pretrained_speech"):
        with tempfile.TemporaryDirectory() as folder:
            compare(pretrained_case(folder), repetitions=arguments.repetitions)


if __name__ == "__main__":
    main()
