"""The draw behind the three synthetic sets: label, shown emotion, lean, intensity, identity.

Nothing is rendered here. The known ceiling: labels are dealt in exact counts, then exactly
`round(label_noise * items)` items show a neighbour of the emotion that labels them. A predictor
that knew every shown emotion would score `1 - label_noise`, and nothing in an item tells which
ones are mislabelled, so no honest predictor scores more, but for luck.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np

from emobench.api import Items, Target, seed_for
from emobench.data.synthetic.options import AffectOptions

GENERATOR_VERSION = 1
"""Rises when the same options give other items, labels or groups."""

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")

CONFUSABLE_PAIRS = (
    ("angry", "disgust"),
    ("angry", "neutral"),
    ("angry", "sad"),
    ("fearful", "surprised"),
    ("neutral", "sad"),
    ("calm", "neutral"),
    ("happy", "surprised"),
)
"""Who is taken for whom. The last two give calm and happy, too, a neighbour to be taken for."""

FREQUENCY_RANKS = {
    "neutral": 1.0,
    "calm": 0.5,
    "happy": 0.79,
    "sad": 0.79,
    "angry": 0.79,
    "fearful": 0.29,
    "disgust": 0.0,
    "surprised": 0.29,
}
"""A class is drawn `imbalance ** rank` times as often as the rarest."""

INCLINATION = 0.6
"""How unevenly an emotion falls on the identities, as a deviation of log weights."""

LARGEST_LEAN = 0.5
NEUTRAL_INTENSITY = (0.0, 0.3)
SHOWN_INTENSITY = (0.45, 1.0)


@dataclass(frozen=True, kw_only=True)
class Latents:
    """One row an item. `emotions` is what it shows, `labels` what it is said to show.

    An item shows `(1 - lean) * emotion + lean * towards`, scaled by its intensity.
    """

    labels: np.ndarray
    emotions: np.ndarray
    towards: np.ndarray
    lean: np.ndarray
    intensity: np.ndarray
    identity: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def ceiling(self) -> float:
        """The accuracy of a predictor that knows every shown emotion."""
        return float(np.mean(self.labels == self.emotions))

    def mixture(self, prototypes: np.ndarray, index: int) -> np.ndarray:
        """One item's expression from `prototypes (emotions, dimensions)`, intensity applied."""
        lean = self.lean[index]
        shown: np.ndarray = (
            (1 - lean) * prototypes[self.emotions[index]] + lean * prototypes[self.towards[index]]
        ) * self.intensity[index]
        return shown

    def items(self, name: str, *, group: str) -> Items:
        """The table of the set of that name; what an item truly shows is not in it."""
        return Items(
            ids=tuple(f"{name}-{index:05d}" for index in range(len(self))),
            specs=(
                Target(name="emotion", kind="class", classes=EMOTIONS),
                Target(name="intensity", kind="number"),
            ),
            targets={"emotion": self.labels, "intensity": self.intensity.astype(np.float32)},
            groups=tuple(f"{group}-{identity:03d}" for identity in self.identity),
            group_name=group,
        )


def neighbours(emotion: int) -> tuple[int, ...]:
    """The emotions that this one is confused with, in the order of `EMOTIONS`."""
    name = EMOTIONS[emotion]
    found = {other for pair in CONFUSABLE_PAIRS if name in pair for other in pair} - {name}
    return tuple(index for index, other in enumerate(EMOTIONS) if other in found)


def class_counts(items: int, *, imbalance: float) -> np.ndarray:
    """How many items each class labels: by largest remainder, at least one each."""
    weights = np.array([imbalance ** FREQUENCY_RANKS[emotion] for emotion in EMOTIONS])
    exact = items * weights / weights.sum()
    counts: np.ndarray = np.floor(exact).astype(np.int64)
    by_remainder = np.argsort(counts - exact, kind="stable")
    counts[by_remainder[: items - counts.sum()]] += 1
    while counts.min() == 0:
        counts[counts.argmax()] -= 1
        counts[counts.argmin()] += 1
    return counts


def draw_latents(options: AffectOptions) -> Latents:
    """The draw: the same options give the same latents, whatever renders them."""
    random = np.random.default_rng(seed_for(options.seed, "synthetic", "latents"))
    counts = class_counts(options.items, imbalance=options.imbalance)
    labels = np.repeat(np.arange(len(EMOTIONS)), counts)
    labels = labels[random.permutation(options.items)]
    emotions = labels.copy()
    mislabelled = random.permutation(options.items)[: round(options.label_noise * options.items)]
    emotions[mislabelled] = _draw_neighbours(labels[mislabelled], random)
    lean = options.overlap * LARGEST_LEAN * random.beta(1.0, 3.0, options.items)
    low, high = np.array([NEUTRAL_INTENSITY if not e else SHOWN_INTENSITY for e in emotions]).T
    return Latents(
        labels=labels,
        emotions=emotions,
        towards=_draw_neighbours(emotions, random),
        lean=lean,
        intensity=low + (high - low) * random.random(options.items),
        identity=_draw_identities(emotions, options, random),
    )


def _draw_identities(
    emotions: np.ndarray, options: AffectOptions, random: np.random.Generator
) -> np.ndarray:
    """Who shows each item: everybody once, then each emotion by those inclined to it.

    Drawn for the shown emotion, not the label: an identity tells nothing of who is mislabelled.
    """
    spread = options.variation * INCLINATION
    weights = np.exp(spread * random.normal(size=(len(EMOTIONS), options.identities)))
    reach = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    drawn = random.random(options.items)
    identity: np.ndarray = (drawn[:, None] > reach[emotions, :-1]).sum(axis=1)
    identity[: options.identities] = random.permutation(options.identities)
    return identity


def _draw_neighbours(emotions: np.ndarray, random: np.random.Generator) -> np.ndarray:
    drawn = random.random(len(emotions))
    choices = [neighbours(int(emotion)) for emotion in emotions]
    picked = [found[int(place * len(found))] for found, place in zip(choices, drawn, strict=True)]
    return np.array(picked, dtype=np.int64)


def item_random(options: AffectOptions, renderer: str, index: int) -> np.random.Generator:
    """The generator of one item: it does not depend on how many items there are."""
    return np.random.default_rng(seed_for(options.seed, "synthetic", renderer, "item", index))


def identity_random(options: AffectOptions, renderer: str, identity: int) -> np.random.Generator:
    """The generator of one identity's body and style."""
    return np.random.default_rng(
        seed_for(options.seed, "synthetic", renderer, "identity", identity)
    )


def fingerprint(name: str, options: AffectOptions) -> str:
    """A hash of the options and the generator's version: all that the items depend on."""
    text = json.dumps([name, GENERATOR_VERSION, options.dump()], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
