"""`synthetic-speech`: the draw, spoken. One clip at a time, each from its own generator."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from emobench.api import DatasetContext, Items
from emobench.data.synthetic.latent import (
    EMOTIONS,
    Latents,
    draw_latents,
    fingerprint,
    identity_random,
    item_random,
)
from emobench.data.synthetic.options import SpeechOptions
from emobench.data.synthetic.prosody import PROTOTYPES, Voice, draw_style, draw_tracks, draw_voice
from emobench.data.synthetic.vocal import SAMPLE_RATE, synthesise

LEVEL = -26.0
"""Decibels of a plain clip's root mean square below full scale."""

LARGEST_SAMPLE = 0.95


class SyntheticSpeech:
    """Clips of babble whose prosody shows the drawn emotion in the drawn speaker's voice."""

    modalities: tuple[str, ...] = ("audio",)
    rates: Mapping[str, int] = {"audio": SAMPLE_RATE}

    def __init__(self, options: SpeechOptions, context: DatasetContext) -> None:
        self.options = options

    @cached_property
    def latents(self) -> Latents:
        """What every clip was drawn from."""
        return draw_latents(self.options)

    @cached_property
    def voices(self) -> tuple[Voice, ...]:
        """The speakers."""
        return tuple(
            draw_voice(
                identity_random(self.options, "speech", identity),
                emotions=len(EMOTIONS),
                variation=self.options.variation,
            )
            for identity in range(self.options.identities)
        )

    def items(self) -> Items:
        """The table of clips: emotion, intensity, speaker."""
        return self.latents.items("speech", group="speaker")

    def true_labels(self) -> np.ndarray:
        """The emotion that each clip shows, before label noise; for tests of the bench."""
        return self.latents.emotions

    def fingerprint(self) -> str:
        """Changes with the options and with the generator."""
        return fingerprint("speech", self.options)

    def load(self, index: int) -> dict[str, np.ndarray]:
        """Synthesise one clip."""
        random = item_random(self.options, "speech", index)
        voice = self.voices[self.latents.identity[index]]
        shown = self.latents.mixture(PROTOTYPES * voice.expressiveness, index)
        style = draw_style(shown + voice.habits[self.latents.emotions[index]], random)
        seconds = random.uniform(self.options.shortest, self.options.longest)
        tracks = draw_tracks(voice, style, random, seconds=seconds)
        sound = synthesise(voice, tracks, random)
        return {"audio": _record(sound, voice, random, decibels=LEVEL + style["loud"])}


def _record(
    sound: np.ndarray, voice: Voice, random: np.random.Generator, *, decibels: float
) -> np.ndarray:
    """The sound as a microphone takes it: level, noise floor, 16 bits, no clipping."""
    level = 10 ** ((decibels + voice.gain) / 20) / np.sqrt(np.mean(sound**2))
    taken = sound * level + 10 ** (voice.floor / 20) * random.standard_normal(len(sound))
    taken *= min(1.0, LARGEST_SAMPLE / np.abs(taken).max())
    # Sixteen bits also hide the last-bit differences between processors' sine and exponential.
    return np.asarray(np.round(taken * 32768) / 32768, dtype=np.float32)
