"""How well the leak audit finds planted copies, how often it errs, and how long it takes.

    python -P benchmarks/audit.py [--pictures 36000] [--clips 10000] [--rows 1000] [--planted 200]

Copies of each kind are planted in large synthetic sets, all at once, and one search looks for them.
The CPU time is of this process. The flag -P keeps the other scripts here from standing in for
modules of their names.
"""

from __future__ import annotations

import argparse
import io
import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

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
FACES = 1000
"""Faces of different people, of which pictures are mixed."""

SPEAKERS = 100
Load = Callable[[int], np.ndarray]
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


def planted(load: Load, *, modality: str, size: int, count: int) -> None:
    """Plant copies of every kind in a set of this size; print what one search finds, and its cost.

    Falsely named is an item in a pair that is not of one origin, as a share of a kind's copies,
    and of the whole set.
    """
    sketches, taken = sketched(load, range(size), modality=modality)
    origin_of = dict(enumerate(range(size)))
    kinds: dict[str, range] = {}
    for kind, change in CHANGES[modality].items():
        random = np.random.default_rng(7 + len(kinds))
        origins = random.permutation(size)[:count].tolist()
        kinds[kind] = range(len(sketches), len(sketches) + len(origins))
        origin_of.update(zip(kinds[kind], origins, strict=True))
        copies, seconds = sketched(
            partial(altered, load, change=change, random=random), origins, modality=modality
        )
        sketches, taken = sketches + copies, taken + seconds
    started, clock = time.process_time(), time.monotonic()
    found = {tuple(pair) for pair in find_near(sketches, modality=modality).tolist()}
    searched, waited = time.process_time() - started, time.monotonic() - clock
    falsely = {
        index for pair in found if len({origin_of[one] for one in pair}) > 1 for index in pair
    }
    for kind, places in kinds.items():
        recall = np.mean([(origin_of[place], place) in found for place in places])
        wrong = len(falsely.intersection(places)) / len(places)
        print(f"| {modality} | {kind} | {recall:.1%} | {wrong:.2%} |", flush=True)
    print(f"| {modality} | of all {len(sketches)} | | {len(falsely) / len(sketches):.2%} |")
    print(
        f"{len(sketches)} of {modality}: fingerprints {taken:.1f} s of CPU "
        f"({1000 * taken / len(sketches):.2f} ms an item), search {searched:.1f} s of CPU "
        f"({waited:.1f} s by the clock), {len(found)} pairs\n",
        flush=True,
    )


def sketched(
    load: Load, places: Iterable[int], *, modality: str
) -> tuple[list[np.ndarray | None], float]:
    """Sketches of items drawn one by one, and the CPU time of sketching alone."""
    sketches, taken = [], 0.0
    for place in places:
        item = load(place)
        started = time.process_time()
        sketches.append(sketch(item, modality=modality, rate=RATE))
        taken += time.process_time() - started
    return sketches, taken


def altered(load: Load, origin: int, *, change: Change, random: np.random.Generator) -> np.ndarray:
    """A copy of an item, in the item's own type."""
    item = load(origin)
    return np.ascontiguousarray(change(item, random), dtype=item.dtype)


def mixed_faces(size: int) -> Load:
    """Pictures unlike each other: each a mean of two faces, no two of the same two.

    So many subjects of the generator would hold doubles by chance, and take minutes to draw.
    """
    drawn = SyntheticFace(FaceOptions(items=FACES, identities=FACES), DatasetContext())
    faces = [drawn.load(index)["image"] for index in range(FACES)]
    couples = list(itertools.combinations(range(FACES), 2))
    chosen = np.random.default_rng(3).permutation(len(couples))[:size].tolist()
    if len(chosen) < size:
        raise SystemExit(f"{FACES} faces make {len(couples)} pictures, not {size}")

    def load(index: int) -> np.ndarray:
        one, other = couples[chosen[index]]
        random = np.random.default_rng([3, index])
        share = random.uniform(0.4, 0.6)
        rolled = np.roll(faces[other], tuple(random.integers(-6, 7, 2)), axis=(0, 1))
        return pixels(share * faces[one] + (1 - share) * rolled)

    return load


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--pictures", type=int, default=36_000, help="0 leaves them out")
    parser.add_argument("--clips", type=int, default=10_000, help="0 leaves them out")
    parser.add_argument("--rows", type=int, default=1_000, help="0 leaves them out")
    parser.add_argument("--planted", type=int, default=200, help="copies of each kind")
    given = parser.parse_args()
    print("| modality | planted copies | recall | items falsely named |\n|---|---|---|---|")
    if given.pictures:
        load = mixed_faces(given.pictures)
        planted(load, modality="image", size=given.pictures, count=given.planted)
    if given.clips:
        options = SpeechOptions(items=given.clips, identities=min(SPEAKERS, given.clips))
        speech = SyntheticSpeech(options, DatasetContext())
        planted(
            lambda index: speech.load(index)["audio"],
            modality="audio",
            size=given.clips,
            count=given.planted,
        )
    if given.rows:
        table = SyntheticTable(TableOptions(items=given.rows), DatasetContext())
        planted(
            lambda index: table.load(index)["table"],
            modality="table",
            size=given.rows,
            count=given.planted,
        )


if __name__ == "__main__":
    main()
