"""The same features by librosa, call by call: the slow reference behind `engine: librosa`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from emobench.api import UsageError
from emobench_speech.acoustic_layout import COEFFICIENTS, HOP, MELS, WINDOW
from emobench_speech.frontend_options import MfccOptions


def require_librosa(*, frontend: str) -> None:
    """Refuse the engine where librosa is not installed, and say how it gets there."""
    try:
        import librosa  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"frontend '{frontend}': engine 'librosa' needs the package librosa ({error}); install "
            'it with `pip install "emobench-speech[librosa]"`, or set engine: torch'
        ) from error


def librosa_mfcc(clip: np.ndarray, *, rate: int, options: MfccOptions) -> np.ndarray:
    """Coefficients and their deltas `(rows, frames)`, in float64."""
    from librosa.feature import delta, mfcc

    coefficients = mfcc(
        y=clip.astype(np.float64),
        sr=rate,
        n_mfcc=options.coefficients,
        n_fft=options.window,
        hop_length=options.hop,
        n_mels=options.mels,
    )
    orders = range(1, options.deltas + 1)
    deltas = [delta(coefficients, width=options.delta_width, order=order) for order in orders]
    rows: np.ndarray = np.concatenate([coefficients, *deltas])
    return rows


def librosa_frames(clip: np.ndarray, *, rate: int) -> Mapping[str, np.ndarray]:
    """The rows `(rows, frames)` of each group of `acoustic392`, by its name."""
    import librosa
    from librosa import feature

    spectrum: dict[str, Any] = {"n_fft": WINDOW, "hop_length": HOP}
    framing: dict[str, Any] = {"frame_length": WINDOW, "hop_length": HOP}
    coefficients = feature.mfcc(y=clip, sr=rate, n_mfcc=COEFFICIENTS, n_mels=MELS, **spectrum)
    mel = librosa.power_to_db(feature.melspectrogram(y=clip, sr=rate, n_mels=MELS, **spectrum))
    chroma = feature.chroma_stft(y=clip, sr=rate, tuning=0.0, **spectrum)
    return {
        "mfcc": coefficients,
        "mfcc_slope": feature.delta(coefficients, order=1),
        "mfcc_curvature": feature.delta(coefficients, order=2),
        "mel": mel,
        "chroma": chroma,
        "contrast": feature.spectral_contrast(
            y=clip, sr=rate, fmin=min(200.0, rate / 80), **spectrum
        ),
        "tonnetz": feature.tonnetz(chroma=chroma),
        "zero_crossings": feature.zero_crossing_rate(clip, **framing),
        "energy": feature.rms(y=clip, **framing),
        "centroid": feature.spectral_centroid(y=clip, sr=rate, **spectrum),
        "bandwidth": feature.spectral_bandwidth(y=clip, sr=rate, **spectrum),
        "rolloff": feature.spectral_rolloff(y=clip, sr=rate, **spectrum),
        "flatness": feature.spectral_flatness(y=clip, **spectrum),
        "flux": librosa.onset.onset_strength(S=mel, sr=rate, center=False)[None],
    }
