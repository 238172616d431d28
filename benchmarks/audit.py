"""How well the leak audit finds planted copies, how often it errs, and how long it takes.

    python -P benchmarks/audit.py [--pictures 36000] [--clips 10000] [--planted 200]

Copies of each kind are planted in the synthetic sets; the CPU time is of this process. The flag -P
keeps the other scripts here from standing in for modules of their names.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import soxr
from PIL import Image

from emobench.api import DatasetContext
from emobench.data.fingerprints import find_near, sketch
from emobench.data.synthetic.face import SyntheticFace
from emobench.data.synthetic.options import FaceOptions, SpeechOptions, TableOptions
from emobench.data.synthetic.speech import SyntheticSpeech
from emobench.data.synthetic.table import SyntheticTable

RATE = 16_000
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def pixels(values: np.ndarray) -> np.ndarray:
    """Rounded and cut to what a picture holds."""
    return np.asarray(np.clip(np.rint(values), 0, 255), dtype=np.uint8)


def crop(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Up to 5% off each side's length, at any place, back to the old size."""
    height, width = picture.shape[:2]
    kept = random.uniform(0.95, 0.99)
    top, left = random.uniform(0, 1 - kept, 2) * (height, width)
    box = (left, top, left + kept * width, top + kept * height)
    image = Image.fromarray(picture[:, :, 0])
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box=box))[:, :, None]


def jpeg(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Written as JPEG of middling quality and read again."""
    written = io.BytesIO()
    Image.fromarray(picture[:, :, 0]).save(written, "JPEG", quality=int(random.integers(50, 90)))
    return np.asarray(Image.open(written))[:, :, None]


def noisy(clip: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """White noise 20 dB below the clip."""
    level = np.sqrt(np.mean(clip**2)) * 10 ** (-20 / 20)
    return np.asarray(clip + level * random.standard_normal(len(clip)))


def tuned(clip: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A semitone up or down, by a phase vocoder."""
    import librosa

    steps = float(random.choice([-1, 1]))
    return np.asarray(librosa.effects.pitch_shift(clip, sr=RATE, n_steps=steps))


def stretched(clip: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Faster or slower by 5%, by a phase vocoder."""
    import librosa

    return np.asarray(librosa.effects.time_stretch(clip, rate=float(random.choice([0.95, 1.05]))))


CHANGES: Mapping[str, Mapping[str, Change]] = {
    "image": {
        "flip": lambda item, random: item[:, ::-1],
        "brightness and contrast": lambda item, random: pixels(
            (item - 128.0) * random.uniform(0.75, 1.25) + 128 + random.uniform(-30, 30)
        ),
        "crop by 5%": crop,
        "noise": lambda item, random: pixels(item + random.normal(0, 5, item.shape)),
        "JPEG": jpeg,
    },
    "audio": {
        "gain": lambda item, random: item * 10 ** (random.uniform(-12, 6) / 20),
        "noise at 20 dB": noisy,
        "shift and padding": lambda item, random: np.pad(item, random.integers(1000, 8000, 2)),
        "speed by 5%": lambda item, random: soxr.resample(
            item, RATE, RATE * random.choice([0.95, 1.05])
        ),
        "pitch by a semitone": tuned,
        "time by 5%": stretched,
    },
    "table": {
        "rounding": lambda item, random: np.round(item, 2),
        "jitter of 0.01": lambda item, random: item + random.normal(0, 0.01, item.shape),
    },
}


def planted(items: Sequence[np.ndarray], *, modality: str, count: int) -> None:
    """Print recall and false positives of each kind of copy."""
    known = [sketch(item, modality=modality, rate=RATE) for item in items]
    for kind, change in CHANGES[modality].items():
        random = np.random.default_rng(7)
        origins = random.permutation(len(items))[:count]
        copies = [
            np.ascontiguousarray(change(items[origin], random), dtype=items[origin].dtype)
            for origin in origins
        ]
        behind = [sketch(item, modality=modality, rate=RATE) for item in copies]
        found = {tuple(pair) for pair in find_near([*known, *behind], modality=modality).tolist()}
        origin_of = {len(items) + place: int(origin) for place, origin in enumerate(origins)}
        wanted = {(origin, copy) for copy, origin in origin_of.items()}
        falsely = {
            index
            for one, other in found
            if origin_of.get(one, one) != origin_of.get(other, other)
            for index in (one, other)
        }
        recall = len(found & wanted) / len(wanted)
        share = len(falsely) / (len(items) + len(copies))
        print(f"| {modality} | {kind} | {recall:.1%} | {share:.2%} |", flush=True)


def large(items: Sequence[np.ndarray], *, modality: str, count: int) -> None:
    """Print the time of fingerprints and search where a set of this size is filled up.

    The items are turned into others, so that a large set need not be drawn one by one.
    """
    random = np.random.default_rng(3)
    others = [mixed(items, modality=modality, random=random) for _ in range(count)]
    started = time.process_time()
    sketches = [sketch(item, modality=modality, rate=RATE) for item in others]
    taken = time.process_time() - started
    started, clock = time.process_time(), time.monotonic()
    pairs = find_near(sketches, modality=modality)
    print(
        f"{count} {modality}s: fingerprints {taken:.1f} s of CPU ({1000 * taken / count:.2f} ms an "
        f"item), search {time.process_time() - started:.1f} s of CPU "
        f"({time.monotonic() - clock:.1f} s by the clock), {len(pairs)} pairs",
        flush=True,
    )


def mixed(items: Sequence[np.ndarray], *, modality: str, random: np.random.Generator) -> np.ndarray:
    """An item like the others and unlike each: a mean of two faces, or two clips in a row."""
    one, other = random.integers(0, len(items), 2)
    if modality == "image":
        share = random.uniform(0.3, 0.7)
        rolled = np.roll(items[other], tuple(random.integers(-6, 7, 2)), axis=(0, 1))
        return pixels(share * items[one] + (1 - share) * rolled)
    start = int(random.integers(0, RATE // 2))
    return np.concatenate([items[one][start:], items[other]])[: 3 * RATE]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--pictures", type=int, default=36_000, help="0 leaves the timing out")
    parser.add_argument("--clips", type=int, default=10_000, help="0 leaves the timing out")
    parser.add_argument("--planted", type=int, default=200, help="copies of each kind")
    given = parser.parse_args()
    context = DatasetContext()
    size = 2 * given.planted
    faces = SyntheticFace(FaceOptions(items=size, identities=size), context)
    speech = SyntheticSpeech(SpeechOptions(items=size), context)
    table = SyntheticTable(TableOptions(items=1000), context)
    sets = {
        "image": [faces.load(index)["image"] for index in range(size)],
        "audio": [speech.load(index)["audio"] for index in range(size)],
        "table": [table.load(index)["table"] for index in range(1000)],
    }
    print("| modality | planted copies | recall | items falsely named |\n|---|---|---|---|")
    for modality, items in sets.items():
        planted(items, modality=modality, count=given.planted)
    for modality, count in (("image", given.pictures), ("audio", given.clips)):
        if count:
            large(sets[modality], modality=modality, count=count)


if __name__ == "__main__":
    main()
