"""What the augmentations of clips cost, against librosa and scipy, and their share of an epoch.

    python benchmarks/augmentation.py [--clips N] [--repetitions N] [--recipe NAME]

Clips are those of `synthetic-speech`. Times are medians of repetitions that take turns. The pitch
of steady tones is measured after both, since speed alone is no use.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile
import torch
from scipy.signal import fftconvolve

from emobench.api import DatasetContext, RunState
from emobench.data.synthetic.latent import EMOTIONS
from emobench.data.synthetic.options import SpeechOptions
from emobench.data.synthetic.speech import SyntheticSpeech
from emobench.recipes.load import load_recipes
from emobench.registry import Registry, load_registry
from emobench.runs.inputs import build_source, load_data
from emobench.runs.listener import Listener
from emobench.runs.opening import open_plan
from emobench.runs.plan import Plan, Settings, plan_runs
from emobench.training.build import build_run
from emobench.training.loop import Totals, train_epoch
from emobench.training.source import SampleChain
from emobench_speech.reverb import add_room, draw_impulse_response
from emobench_speech.stretching import shift_pitch, stretch
from emobench_speech.waveforms import add_noise, draw_noise, move

RATE = 16_000
SEMITONES = (-3.0, 2.0)
SPEEDS = (0.85, 1.15)
TONES = (90.0, 130.0, 180.0, 260.0)
AUGMENTATIONS = "[{use: noise}, {use: pitch_shift}, {use: time_stretch}]"
RECIPES = Path(__file__).resolve().parents[1] / "recipes"

Way = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Contest:
    """An augmentation and what a notebook would call in its stead."""

    name: str
    ours: Way
    peer: str = ""
    theirs: Way | None = None
    semitones: float | None = None


def pitch_contest(semitones: float) -> Contest:
    """Another pitch at the same duration."""
    return Contest(
        name=f"pitch_shift {semitones:+g} semitones",
        ours=lambda clip: shift_pitch(clip, semitones=semitones, rate=RATE),
        peer="librosa.effects.pitch_shift",
        theirs=lambda clip: librosa.effects.pitch_shift(clip, sr=RATE, n_steps=semitones),
        semitones=semitones,
    )


def speed_contest(speed: float) -> Contest:
    """Another duration at the same pitch."""
    return Contest(
        name=f"time_stretch at speed {speed:g}",
        ours=lambda clip: stretch(clip, samples=round(len(clip) / speed), rate=RATE),
        peer="librosa.effects.time_stretch",
        theirs=lambda clip: librosa.effects.time_stretch(clip, rate=speed),
        semitones=0.0,
    )


def contests() -> list[Contest]:
    """Every augmentation of clips at a fixed strength, so that both do the same work."""
    random = np.random.default_rng(0)
    response = draw_impulse_response(decay=0.4, ratio=5.0, rate=RATE, random=random)
    return [
        *map(pitch_contest, SEMITONES),
        *map(speed_contest, SPEEDS),
        Contest(
            name="reverb of 0.4 s",
            ours=lambda clip: add_room(clip, response=response),
            peer="scipy.signal.fftconvolve",
            theirs=lambda clip: fftconvolve(clip, response)[: len(clip)],
        ),
        Contest(
            name="noise, white",
            ours=lambda clip: add_noise(
                clip,
                noise=draw_noise(len(clip), colour="white", random=random),
                decibels=20.0,
            ),
        ),
        Contest(name="shift", ours=lambda clip: move(clip, samples=1600, edge="silence")),
    ]


def synthetic_clips(count: int) -> tuple[SyntheticSpeech, list[np.ndarray]]:
    """The embedded set and its first clips."""
    dataset = SyntheticSpeech(SpeechOptions(items=max(count, 60)), DatasetContext())
    return dataset, [dataset.load(index)["audio"] for index in range(count)]


def seconds_of(way: Way, clips: Sequence[np.ndarray]) -> float:
    """How long the way takes over all clips."""
    started = time.perf_counter()
    for clip in clips:
        way(clip)
    return time.perf_counter() - started


def compare(contest: Contest, clips: Sequence[np.ndarray], *, repetitions: int) -> None:
    """Print milliseconds a clip of both, measured by turns."""
    ways = [contest.ours, *([contest.theirs] if contest.theirs else [])]
    for way in ways:
        way(clips[0])
    turns = [[seconds_of(way, clips) for way in ways] for _ in range(repetitions)]
    ours, *theirs = (
        1e3 * statistics.median(each) / len(clips) for each in zip(*turns, strict=True)
    )
    against = (
        f"   {contest.peer} {theirs[0]:.1f} ms, {theirs[0] / ours:.1f} times" if theirs else ""
    )
    print(f"  {contest.name:<26} {ours:6.2f} ms{against}")


def tone_of(pitch: float) -> np.ndarray:
    """Two seconds of six harmonics."""
    phase = 2 * np.pi * pitch * np.arange(2 * RATE) / RATE
    orders = np.arange(1, 7)[:, None]
    tone: np.ndarray = 0.1 * np.sum(np.sin(orders * phase) / orders, axis=0)
    return tone.astype(np.float32)


def pitch_of(clip: np.ndarray) -> float:
    """The median of librosa's YIN, ends left out."""
    return float(np.median(librosa.yin(clip, fmin=60, fmax=600, sr=RATE)[4:-4]))


def pitch_error(way: Way, *, semitones: float) -> float:
    """Largest distance in cents, over the tones, from the pitch asked."""
    tones = [tone_of(pitch) for pitch in TONES]
    moved = [1200 * np.log2(pitch_of(way(tone)) / pitch_of(tone)) for tone in tones]
    return float(np.abs(np.array(moved) - 100 * semitones).max())


class Clock:
    """Seconds spent in each part of the work."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def timed(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The work, its seconds added to the part's."""

        def run(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*arguments, **named)
            finally:
                self.seconds[part] += time.perf_counter() - started

        return run


class Timed:
    """Something with `apply`, timed."""

    def __init__(self, clock: Clock, part: str, inner: Any) -> None:
        self.apply = clock.timed(part, inner.apply)


class Silent:
    """An observer that hears nothing."""

    def step_done(self, run: RunState, steps: int, totals: Totals) -> None:
        """Say nothing."""


def write_clips(dataset: SyntheticSpeech, clips: Sequence[np.ndarray], *, folder: Path) -> None:
    """Clips as FLAC files in folders of their labels, so that reading costs what it does."""
    items = dataset.items()
    for index, clip in enumerate(clips):
        place = folder / EMOTIONS[int(items.targets["emotion"][index])]
        place.mkdir(exist_ok=True)
        soundfile.write(place / f"{items.groups[index]}_{index}.flac", clip, RATE)


def plan_of(recipe: str, *, folder: Path, registry: Registry) -> Plan:
    """The recipe with augmentations of clips beside its own words, on the written clips."""
    path = folder / "augmented.yaml"
    path.write_text(
        f"schema: 1\nextends: {RECIPES / recipe}.yaml\naugmentations: {AUGMENTATIONS}\n"
    )
    recipes = load_recipes([path], registry=registry)
    (plan,) = plan_runs(
        recipes, data=folder / "clips", group=r"^([^_]+)_\d+\.flac$", registry=registry
    )
    assert isinstance(plan, Plan), "the recipe trains one network"
    return plan


def time_epoch(plan: Plan, *, folder: Path, registry: Registry, epochs: int) -> dict[str, float]:
    """Median seconds of each part of an epoch, and of the `whole`."""
    settings = Settings(device="cpu", cache=folder / "cache")
    opened = open_plan(plan, settings=settings, registry=registry)
    data = load_data(opened, settings, registry, Listener())
    source, context = build_source(opened, data, registry, "cpu")
    measured = []
    for epoch in range(epochs + 1):
        clock = Clock()
        timed = {
            name: time_chain(chain, clock)
            for name, chain in source.chains.items()
            if isinstance(chain, SampleChain)
        }
        run, _ = build_run(plan.recipe, context=context, registry=registry, observer=Silent())
        run.epoch = epoch
        clock.timed("whole", train_epoch)(run, replace(source, chains=timed), Silent())
        measured.append(clock.seconds)
    parts = measured[1:]
    return {name: statistics.median(each[name] for each in parts) for name in parts[0]}


def time_chain(chain: SampleChain, clock: Clock) -> SampleChain:
    """The chain with every part of it timed."""
    timed: Any = {
        name: Timed(clock, f"augmentation {name}", augmentation)
        for name, augmentation in chain.augmenter.augmentations.items()
    }
    frontend: Any = Timed(clock, "frontend", chain.frontend)
    augmenter = replace(chain.augmenter, augmentations=timed)
    return replace(
        chain, load=clock.timed("reading", chain.load), augmenter=augmenter, frontend=frontend
    )


def report_epoch(seconds: Mapping[str, float], *, recipe: str) -> None:
    """Print the parts of an epoch as shares."""
    parts = {part: each for part, each in seconds.items() if part != "whole"}
    whole = seconds["whole"]
    augmenting = sum(each for part, each in parts.items() if part.startswith("augmentation"))
    print(f"an epoch of `{recipe}` with {AUGMENTATIONS}: {whole:.2f} s")
    for part, each in [*parts.items(), ("network and the rest", whole - sum(parts.values()))]:
        print(f"  {part:<26} {100 * each / whole:5.1f} %")
    print(f"  {'augmenting in all':<26} {100 * augmenting / whole:5.1f} %")


def main() -> None:
    """Time each augmentation, then an epoch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--epoch-clips", type=int, default=240)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--recipe", default="enhanced")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dataset, clips = synthetic_clips(arguments.epoch_clips)
    timed = clips[: arguments.clips]
    seconds = sum(map(len, timed)) / RATE / len(timed)
    print(
        f"{len(timed)} clips of {seconds:.1f} s on average, librosa {version('librosa')}, "
        f"medians of {arguments.repetitions} turns"
    )
    for contest in contests():
        compare(contest, timed, repetitions=arguments.repetitions)
    print("largest error of pitch over steady tones, in cents, ours and librosa's")
    for contest in contests():
        if contest.semitones is not None and contest.theirs is not None:
            errors = [
                pitch_error(way, semitones=contest.semitones)
                for way in (contest.ours, contest.theirs)
            ]
            print(f"  {contest.name:<26} {errors[0]:5.1f} {errors[1]:7.1f}")
    registry = load_registry()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "clips").mkdir()
        write_clips(dataset, clips, folder=folder / "clips")
        plan = plan_of(arguments.recipe, folder=folder, registry=registry)
        seconds_by_part = time_epoch(plan, folder=folder, registry=registry, epochs=3)
    report_epoch(seconds_by_part, recipe=arguments.recipe)


if __name__ == "__main__":
    main()
