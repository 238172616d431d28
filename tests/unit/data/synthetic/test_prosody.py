"""An emotion moves the tracks of a clip, and a speaker moves them too."""

import numpy as np

from emobench.data.synthetic.latent import EMOTIONS
from emobench.data.synthetic.prosody import (
    FRAME_RATE,
    PROTOTYPES,
    draw_style,
    draw_tracks,
    draw_voice,
)


def tracks_of(emotion, *, count=30, variation=0.0):
    """Tracks of full expressions of one emotion, each by a speaker of its own."""
    found = []
    for number in range(count):
        random = np.random.default_rng(number)
        voice = draw_voice(random, emotions=len(EMOTIONS), variation=variation)
        style = draw_style(PROTOTYPES[EMOTIONS.index(emotion)], random)
        found.append(draw_tracks(voice, style, random, seconds=2.0))
    return found


def rise(tracks):
    """Semitones between the clip's last tenth and its first."""
    tenth = len(tracks.pitch) // 10
    return 12 * np.log2(tracks.pitch[-tenth:].mean() / tracks.pitch[:tenth].mean())


def test_surprise_ends_high_and_sadness_ends_low():
    surprised = np.mean([rise(tracks) for tracks in tracks_of("surprised")])
    sad = np.mean([rise(tracks) for tracks in tracks_of("sad")])
    assert surprised > 3
    assert sad < -3


def test_fear_trembles_at_five_and_a_half_hertz():
    def tremor(tracks):
        semitones = 12 * np.log2(tracks.pitch)
        spectrum = np.abs(np.fft.rfft(semitones - semitones.mean()))
        hertz = np.fft.rfftfreq(len(semitones), 1 / FRAME_RATE)
        return spectrum[np.abs(hertz - 5.5) < 0.3].max()

    fearful = np.mean([tremor(tracks) for tracks in tracks_of("fearful")])
    neutral = np.mean([tremor(tracks) for tracks in tracks_of("neutral")])
    assert fearful > 1.5 * neutral


def test_sadness_fades_and_happiness_swells():
    def swell(tracks):
        half = len(tracks.voicing) // 2
        return tracks.voicing[half:].mean() / tracks.voicing[:half].mean()

    sad = np.median([swell(tracks) for tracks in tracks_of("sad")])
    happy = np.median([swell(tracks) for tracks in tracks_of("happy")])
    assert sad < 0.8 < 1.2 < happy


def test_speakers_differ_in_pitch_more_than_emotions_do():
    def level(tracks):
        return 12 * np.log2(np.median(tracks.pitch))

    speakers = np.std([level(tracks) for tracks in tracks_of("neutral", variation=1.0)])
    emotions = np.std([np.mean([level(t) for t in tracks_of(name)]) for name in EMOTIONS])
    assert speakers > emotions
