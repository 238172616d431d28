"""The speech frontends against their suite; librosa is the reference."""

from __future__ import annotations

import itertools

import librosa
import numpy as np
from librosa import feature

from emobench.testing import FrontendSuite

RATE = 16_000


def fitted(item: np.ndarray, *, seconds: float) -> np.ndarray:
    """The middle of a long clip, silence behind a short one, in float64."""
    samples = round(seconds * RATE)
    surplus = max(0, len(item) - samples)
    clip = item[surplus // 2 : surplus // 2 + samples].astype(np.float64)
    return np.pad(clip, (0, samples - len(clip)))


class TestLogMel(FrontendSuite):
    component = "logmel"

    def reference(self, item):
        options = self.settings()
        power = feature.melspectrogram(
            y=fitted(item, seconds=options.seconds),
            sr=RATE,
            n_fft=options.window,
            hop_length=options.hop,
            n_mels=options.mels,
            fmin=options.fmin,
            fmax=options.fmax,
            dtype=np.float64,
        )
        decibels = librosa.power_to_db(
            power, ref=1.0, amin=options.floor, top_db=options.dynamic_range
        )
        if not options.standardise:
            return decibels
        return (decibels - decibels.mean()) / decibels.std()


class TestLogMelInDecibels(TestLogMel):
    options = {"standardise": False, "seconds": 0.4, "window": 512, "hop": 200, "mels": 40}


class TestLogMelOfABand(TestLogMel):
    options = {"fmin": 100.0, "fmax": 7000.0, "dynamic_range": 60.0}


class TestMfcc(FrontendSuite):
    component = "mfcc"

    def reference(self, item):
        options = self.settings()
        mel = feature.melspectrogram(
            y=fitted(item, seconds=options.seconds),
            sr=RATE,
            n_fft=options.window,
            hop_length=options.hop,
            n_mels=options.mels,
            dtype=np.float64,
        )
        rows = feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=options.coefficients)
        parts = [rows]
        if options.deltas >= 1:
            parts.append(feature.delta(rows, width=options.delta_width))
        if options.deltas == 2:
            parts.append(feature.delta(rows, width=options.delta_width, order=2))
        found = np.concatenate(parts)
        if not options.standardise:
            return found
        return (found - found.mean(axis=1, keepdims=True)) / found.std(axis=1, keepdims=True)


class TestMfccAsTheyAre(TestMfcc):
    options = {"standardise": False, "coefficients": 13, "window": 512, "hop": 200, "mels": 40}


class TestMfccAlone(TestMfcc):
    options = {"deltas": 0, "window": 2048, "mels": 64}


class TestMfccWithSlopeOverFewFrames(TestMfcc):
    options = {"deltas": 1, "delta_width": 3, "seconds": 0.4}


class TestMfccByLibrosa(TestMfcc):
    options = {"engine": "librosa", "seconds": 0.5}


class TestAcoustic392(FrontendSuite):
    component = "acoustic392"

    def reference(self, item):
        """The script that a student would write, for the groups that the card names."""
        y = item.astype(np.float64)
        mfcc = feature.mfcc(y=y, sr=RATE, n_mfcc=40)
        slope = feature.delta(mfcc)
        mel = librosa.power_to_db(feature.melspectrogram(y=y, sr=RATE))
        chroma = feature.chroma_stft(y=y, sr=RATE, tuning=0.0)
        rise = np.maximum(0, np.diff(mel, axis=1)).mean(axis=0)
        columns = [
            mfcc.mean(axis=1),
            mfcc.std(axis=1),
            slope.mean(axis=1),
            slope.std(axis=1),
            feature.delta(mfcc, order=2).std(axis=1),
            mel.mean(axis=1),
        ]
        for rows in (
            chroma,
            feature.spectral_contrast(y=y, sr=RATE),
            feature.tonnetz(chroma=chroma),
            feature.zero_crossing_rate(y),
            feature.rms(y=y),
            feature.spectral_centroid(y=y, sr=RATE),
            feature.spectral_bandwidth(y=y, sr=RATE),
            feature.spectral_rolloff(y=y, sr=RATE),
            feature.spectral_flatness(y=y),
            np.concatenate([[0.0], rise])[None],
        ):
            columns += [rows.mean(axis=1), rows.std(axis=1)]
        return np.concatenate(columns)


class TestAcoustic392ByLibrosa(TestAcoustic392):
    options = {"engine": "librosa"}


class TestModulation(FrontendSuite):
    component = "modulation"

    def reference(self, item):
        """A plain Fourier transform of librosa's bands, filled up to a power of two."""
        options = self.settings()
        y = item.astype(np.float64)
        y = np.pad(y, (0, max(0, RATE // 2 - len(y))))
        power = feature.melspectrogram(
            y=y, sr=RATE, n_fft=1024, hop_length=320, n_mels=options.mels
        )
        bands = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=80.0)
        groups = bands.reshape(options.groups, -1, bands.shape[1]).mean(axis=1)
        followed = np.concatenate([groups, feature.mfcc(S=bands, n_mfcc=options.cepstra)])
        window = np.hanning(followed.shape[1])
        still = followed.mean(axis=1, keepdims=True)
        points = max(512, 2 ** int(np.ceil(np.log2(1 + round(options.seconds * RATE) // 320))))
        amplitudes = np.abs(np.fft.fft((followed - still) * window, n=points)) / window.sum()
        hertz = np.arange(points) * 50 / points
        edges = (0.3, 1.5, 3, 5, 8, 12, 20)
        moves = [
            np.log(amplitudes[:, (hertz >= low) & (hertz < high)].mean(axis=1) + 1e-3)
            for low, high in itertools.pairwise(edges)
        ]
        frames = bands.max(axis=0)
        peak = np.quantile(frames, 0.9)
        return np.concatenate(
            [
                np.quantile(bands, [0.1, 0.5, 0.9], axis=1).ravel(),
                np.stack(moves, axis=1).ravel(),
                [peak, (frames > peak - 30).mean()],
            ]
        )


class TestModulationOfFewBands(TestModulation):
    options = {"mels": 32, "groups": 8, "cepstra": 12, "seconds": 4.0}


class TestWaveform(FrontendSuite):
    component = "waveform"

    def reference(self, item):
        options = self.settings()
        clip = item.astype(np.float64)
        if options.scale == "standardise":
            clip = (clip - clip.mean()) / clip.std()
        if options.scale == "peak":
            clip = clip / np.abs(clip).max()
        return fitted(clip, seconds=options.seconds)


class TestWaveformOfFullScale(TestWaveform):
    options = {"scale": "peak", "seconds": 0.6}


class TestWaveformAsItIs(TestWaveform):
    options = {"scale": "none", "seconds": 0.2}
