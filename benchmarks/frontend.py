"""The speech frontends against librosa on the same clips: agreement and speed, in one run.

    python benchmarks/frontend.py [--clips N] [--repetitions N] [--threads N] [--real FOLDER]

Exits with 1 when any value differs by more than 1e-4 of its scale.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import librosa
import numpy as np
import torch

from emobench.api import Context, Schedule, Stream, TaskFacts
from emobench_speech.acoustic import Acoustic392
from emobench_speech.acoustic_layout import column_slices
from emobench_speech.clips import fit_length
from emobench_speech.frontend_options import (
    Acoustic392Options,
    LogMelOptions,
    MfccOptions,
    WaveformOptions,
)
from emobench_speech.logmel import LogMel, mel_power
from emobench_speech.mfcc import Mfcc
from emobench_speech.waveform_frontend import Waveform

RATE = 16_000
REAL_CLIPS = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "ravdess"
TOLERANCE = 1e-4
LOGMEL = LogMelOptions(standardise=False)

Clips = Sequence[np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A frontend, the ways of librosa to the same, and how far the first of them is from ours."""

    name: str
    ours: Callable[[Clips], object]
    peers: Mapping[str, Callable[[Clips], object]]
    difference: Callable[[Clips], float]


def synthetic_clips(count: int) -> list[np.ndarray]:
    """Voice-like clips of 1.5 to 3.5 s: harmonics under an envelope, in a little noise."""
    random = np.random.default_rng(0)
    clips = []
    for _ in range(count):
        seconds = np.arange(int(random.uniform(1.5, 3.5) * RATE)) / RATE
        phase = 2 * np.pi * np.cumsum(random.uniform(90, 250) + 15 * np.sin(18 * seconds)) / RATE
        voice = np.sum([np.sin(order * phase) / order for order in range(1, 25)], axis=0)
        envelope = np.exp(-(((seconds - seconds[-1] / 2) / 0.5) ** 2))
        noise = 10 ** random.uniform(-5, -2) * random.standard_normal(len(seconds))
        clips.append((0.1 * voice * envelope + noise).astype(np.float32))
    return clips


def real_clips(folder: Path, *, count: int) -> list[np.ndarray]:
    """The first clips below a folder of FLAC files, spread over its speakers."""
    import soundfile

    files = sorted(folder.rglob("*.flac"))
    chosen = files[:: max(1, len(files) // count)][:count]
    return [soundfile.read(file, dtype="float32")[0] for file in chosen]


def make_context() -> Context:
    """What a run would build the frontends with."""
    task = TaskFacts(
        name="benchmark",
        modalities=("audio",),
        targets=(),
        metric="uar",
        train_items=1,
        rates={"audio": RATE},
    )
    schedule = Schedule(epochs=1, updates_per_epoch=1)
    return Context(task=task, stream=Stream(0), schedule=schedule)


def librosa_power(clip: np.ndarray) -> np.ndarray:
    """librosa's mel power spectrogram of the clip at its fixed length."""
    power: np.ndarray = librosa.feature.melspectrogram(
        y=fit_length(clip, samples=round(LOGMEL.seconds * RATE)),
        sr=RATE,
        n_fft=LOGMEL.window,
        hop_length=LOGMEL.hop,
        n_mels=LOGMEL.mels,
    )
    return power


def logmel_case() -> Case:
    """`logmel`; its power is compared value by value, each with itself as the scale."""
    frontend = LogMel(LOGMEL, make_context())

    def by_librosa(clips: Clips) -> object:
        floor, span = LOGMEL.floor, LOGMEL.dynamic_range
        return [librosa.power_to_db(librosa_power(clip), amin=floor, top_db=span) for clip in clips]

    def difference(clips: Clips) -> float:
        worst = 0.0
        for clip in clips:
            fitted = torch.from_numpy(fit_length(clip, samples=frontend.samples))
            ours = mel_power(
                fitted, filters=frontend.filters, window=frontend.window, hop=LOGMEL.hop
            ).numpy()
            theirs = librosa_power(clip)
            heard = theirs > 0
            assert np.array_equal(heard, ours > 0), "one calls silent what the other does not"
            off = np.abs(ours - theirs)[heard] / theirs[heard]
            worst = max(worst, float(np.max(off, initial=0)))
        return worst

    return Case(
        name="logmel", ours=frontend.apply, peers={"librosa": by_librosa}, difference=difference
    )


def largest_share(ours: torch.Tensor, theirs: torch.Tensor, *, groups: Sequence[slice]) -> float:
    """The largest difference within any group of rows, as a share of the group's largest value."""
    shares = [
        (ours[:, rows] - theirs[:, rows]).abs().max() / theirs[:, rows].abs().max()
        for rows in groups
    ]
    return float(max(shares))


def plain_loop(frontend: Mfcc | Acoustic392) -> Callable[[Clips], None]:
    """A loop over the clips, as a script has it: our way of spreading them is not librosa's."""

    def loop(clips: Clips) -> None:
        for clip in clips:
            frontend.apply([clip])

    return loop


def mfcc_case() -> Case:
    """`mfcc`: coefficients, slopes and curvatures, each on a scale of their own."""
    ours, theirs = (
        Mfcc(MfccOptions(standardise=False, engine=engine), make_context())
        for engine in ("torch", "librosa")
    )
    rows = ours.options.coefficients
    groups = [slice(rows * order, rows * (order + 1)) for order in range(3)]
    return Case(
        name="mfcc",
        ours=ours.apply,
        peers={"librosa": plain_loop(theirs)},
        difference=lambda clips: largest_share(
            ours.apply(clips), theirs.apply(clips), groups=groups
        ),
    )


def acoustic_case() -> Case:
    """`acoustic392`, beside librosa call by call, and beside the script with its own tonnetz."""
    ours, theirs = (
        Acoustic392(Acoustic392Options(engine=engine), make_context())
        for engine in ("torch", "librosa")
    )

    call_by_call = plain_loop(theirs)

    def usual_script(clips: Clips) -> None:
        call_by_call(clips)
        for clip in clips:
            librosa.feature.tonnetz(y=librosa.effects.harmonic(clip), sr=RATE)

    groups = list(column_slices().values())
    return Case(
        name="acoustic392",
        ours=ours.apply,
        peers={"librosa": call_by_call, "with CQT tonnetz": usual_script},
        difference=lambda clips: largest_share(
            ours.apply(clips), theirs.apply(clips), groups=groups
        ),
    )


def waveform_case() -> Case:
    """`waveform`, of which librosa has the parts."""
    options = WaveformOptions(scale="peak")
    frontend = Waveform(options, make_context())

    def by_librosa(clips: Clips) -> torch.Tensor:
        cut = [fit_length(librosa.util.normalize(clip), samples=frontend.samples) for clip in clips]
        return torch.from_numpy(np.stack(cut))

    # A long clip is cut before it is scaled, so that these are compared on clips that fit.
    def difference(clips: Clips) -> float:
        short = [clip[: frontend.samples] for clip in clips]
        return largest_share(frontend.apply(short), by_librosa(short), groups=[slice(None)])

    return Case(
        name="waveform", ours=frontend.apply, peers={"librosa": by_librosa}, difference=difference
    )


def measure(case: Case, clips: Clips, *, repetitions: int) -> list[float]:
    """Median seconds of ours, then of each peer, by turns: a busy machine slows all alike."""

    def seconds(work: Callable[[Clips], object]) -> float:
        start = time.perf_counter()
        work(clips)
        return time.perf_counter() - start

    ways = [case.ours, *case.peers.values()]
    for way in ways:
        way(clips[:2])
    turns = [[seconds(way) for way in ways] for _ in range(repetitions)]
    return [statistics.median(column) for column in zip(*turns, strict=True)]


def report(case: Case, clips: Clips, *, repetitions: int) -> bool:
    """Print agreement and speed of one frontend; whether it agrees."""
    difference = case.difference(clips)
    ours, *theirs = measure(case, clips, repetitions=repetitions)
    agrees = difference <= TOLERANCE
    verdict = "within" if agrees else "ABOVE"
    print(f"  {case.name}: largest difference {difference:.1e} ({verdict} {TOLERANCE:.0e})")
    print(f"    {'emobench':<20} {len(clips) / ours:8.1f} clips a second")
    for name, peer in zip(case.peers, theirs, strict=True):
        speed = len(clips) / peer
        print(f"    {name:<20} {speed:8.1f} clips a second, {peer / ours:.1f} times as long")
    return agrees


def main() -> int:
    """Run on synthetic clips, and on real ones where there are any."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--clips", type=int, default=32)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--real", type=Path, default=REAL_CLIPS, help="a folder of FLAC clips")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    sets = {"synthetic clips": synthetic_clips(arguments.clips)}
    if arguments.real.is_dir():
        sets["real clips"] = real_clips(arguments.real, count=arguments.clips)
    else:
        print("real clips: none found; give a folder of 16 kHz FLAC files with --real")
    agree = []
    for name, clips in sets.items():
        print(
            f"{name}: {len(clips)}, medians of {arguments.repetitions} repetitions by turns, "
            f"{arguments.threads} threads, librosa {version('librosa')}"
        )
        for case in (logmel_case(), mfcc_case(), acoustic_case(), waveform_case()):
            agree.append(report(case, clips, repetitions=arguments.repetitions))
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main())
