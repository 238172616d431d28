"""The `logmel` frontend against librosa on the same clips: agreement and speed, in one run.

    python benchmarks/frontend.py [--clips N] [--repetitions N] [--real FOLDER]

Exits with 1 when any value differs by more than 1e-4 of itself.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import librosa
import numpy as np
import torch

from emobench.api import Context, Schedule, Stream, TaskFacts
from emobench_speech.logmel import LogMel, fit_length, mel_power
from emobench_speech.options import LogMelOptions

RATE = 16_000
REAL_CLIPS = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "ravdess"
TOLERANCE = 1e-4
OPTIONS = LogMelOptions(standardise=False)


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Median milliseconds a clip, of repetitions that took turns."""

    ours: float
    librosa: float


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


def make_frontend() -> LogMel:
    """Our frontend, as a run would build it."""
    task = TaskFacts(
        name="benchmark",
        modalities=("audio",),
        targets=(),
        metric="uar",
        train_items=1,
        rates={"audio": RATE},
    )
    schedule = Schedule(epochs=1, updates_per_epoch=1)
    return LogMel(OPTIONS, Context(task=task, stream=Stream(0), schedule=schedule))


def librosa_power(clip: np.ndarray) -> np.ndarray:
    """librosa's mel power spectrogram of the clip at its fixed length."""
    power: np.ndarray = librosa.feature.melspectrogram(
        y=fit_length(clip, samples=round(OPTIONS.seconds * RATE)),
        sr=RATE,
        n_fft=OPTIONS.window,
        hop_length=OPTIONS.hop,
        n_mels=OPTIONS.mels,
    )
    return power


def librosa_logmel(clips: Sequence[np.ndarray]) -> np.ndarray:
    """librosa's way to what our frontend gives."""
    return np.stack(
        [
            librosa.power_to_db(
                librosa_power(clip), amin=OPTIONS.floor, top_db=OPTIONS.dynamic_range
            )
            for clip in clips
        ]
    )


def largest_difference(frontend: LogMel, clips: Sequence[np.ndarray]) -> float:
    """The largest difference of mel power, as a share of librosa's value, over every value."""
    worst = 0.0
    for clip in clips:
        fitted = torch.from_numpy(fit_length(clip, samples=frontend.samples))
        ours = mel_power(
            fitted, filters=frontend.filters, window=frontend.window, hop=OPTIONS.hop
        ).numpy()
        theirs = librosa_power(clip)
        heard = theirs > 0
        assert np.array_equal(heard, ours > 0), "one calls silent what the other does not"
        worst = max(worst, float(np.max(np.abs(ours - theirs)[heard] / theirs[heard], initial=0)))
    return worst


def measure(frontend: LogMel, clips: Sequence[np.ndarray], *, repetitions: int) -> Speed:
    """Time both by turns, so that a busy machine slows both alike."""

    def seconds(work: Callable[[], object]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    ways: tuple[Callable[[], object], Callable[[], object]] = (
        lambda: frontend.apply(clips),
        lambda: librosa_logmel(clips),
    )
    for way in ways:
        way()
    turns = [[seconds(way) for way in ways] for _ in range(repetitions)]
    ours, theirs = (statistics.median(column) for column in zip(*turns, strict=True))
    return Speed(ours=1e3 * ours / len(clips), librosa=1e3 * theirs / len(clips))


def report(name: str, clips: Sequence[np.ndarray], *, repetitions: int) -> bool:
    """Print agreement and speed on these clips; whether they agree."""
    frontend = make_frontend()
    difference = largest_difference(frontend, clips)
    speed = measure(frontend, clips, repetitions=repetitions)
    agrees = difference <= TOLERANCE
    print(f"{name}: {len(clips)} clips, {repetitions} repetitions by turns")
    print(
        f"  largest relative difference  {difference:.1e}  "
        f"({'within' if agrees else 'ABOVE'} {TOLERANCE:.0e})"
    )
    print(f"  emobench logmel              {speed.ours:.2f} ms a clip (median)")
    print(
        f"  librosa {version('librosa'):<20} {speed.librosa:.2f} ms a clip (median), "
        f"{speed.librosa / speed.ours:.1f} times as long"
    )
    return agrees


def main() -> int:
    """Run on synthetic clips, and on real ones where there are any."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--real", type=Path, default=REAL_CLIPS, help="a folder of FLAC clips")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # as in a data worker; librosa keeps what threads numpy has
    clips = synthetic_clips(arguments.clips)
    agree = [report("synthetic clips", clips, repetitions=arguments.repetitions)]
    if arguments.real.is_dir():
        clips = real_clips(arguments.real, count=arguments.clips)
        agree.append(report("real clips", clips, repetitions=arguments.repetitions))
    else:
        print("real clips: none found; give a folder of 16 kHz FLAC files with --real")
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main())
