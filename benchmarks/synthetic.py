"""How hard the synthetic sets are: constant, linear grouped, linear random, ceiling.

    python benchmarks/synthetic.py [--seed 0] [--confusion]

The linear model is scikit-learn's logistic regression, cross-validated in five folds: speech as
mean and deviation over time of a log-mel spectrogram, faces as 150 principal components, the table
as it is. Scores read accuracy / UAR in percent; the time is of one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emobench.api import DatasetContext
from emobench.data.synthetic.face import SyntheticFace
from emobench.data.synthetic.latent import EMOTIONS
from emobench.data.synthetic.options import FaceOptions, SpeechOptions, TableOptions
from emobench.data.synthetic.speech import SyntheticSpeech
from emobench.data.synthetic.table import SyntheticTable

WINDOW, HOP, MELS, RATE = 1024, 256, 64, 16_000


def log_mel_statistics(clip: np.ndarray) -> np.ndarray:
    """Mean and deviation over time of each log-mel band."""
    from librosa.filters import mel

    frames = np.lib.stride_tricks.sliding_window_view(clip, WINDOW)[::HOP] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames)) ** 2
    bands = np.log(power @ mel(sr=RATE, n_fft=WINDOW, n_mels=MELS).T + 1e-8)
    return np.concatenate([bands.mean(axis=0), bands.std(axis=0)])


def normalised_pixels(picture: np.ndarray) -> np.ndarray:
    """The pixels, without the picture's own brightness and contrast."""
    pixels = picture.astype(np.float64).ravel()
    return np.asarray((pixels - pixels.mean()) / pixels.std())


def report(
    dataset: SyntheticSpeech | SyntheticFace | SyntheticTable,
    features: Callable[[np.ndarray], np.ndarray],
    model: object,
    *,
    confusion: bool,
) -> None:
    """Print one row of the table, and the confusions of the grouped model when asked to."""
    items, name = dataset.items(), dataset.modalities[0]
    labels, groups = items.targets["emotion"], np.array(items.groups)
    started = time.process_time()
    loaded = [dataset.load(index)[name] for index in range(len(items))]
    seconds = time.process_time() - started
    rows = np.array([features(item) for item in loaded])
    grouped = cross_val_predict(model, rows, labels, groups=groups, cv=GroupKFold(5))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    random = cross_val_predict(model, rows, labels, cv=folds)
    constant = np.bincount(labels).max() / len(labels)
    scores = [
        f"{accuracy_score(labels, guess):.1%} / {balanced_accuracy_score(labels, guess):.1%}"
        for guess in (grouped, random)
    ]
    print(
        f"| {name} | {len(items)} | {seconds:.1f} s | {constant:.1%} / {1 / len(EMOTIONS):.1%} "
        f"| {scores[0]} | {scores[1]} | {dataset.latents.ceiling:.1%} |"
    )
    if confusion:
        matrix = confusion_matrix(dataset.true_labels(), grouped)
        for emotion, row in zip(EMOTIONS, matrix, strict=True):
            print(f"    {emotion:10}" + "".join(f"{count:5d}" for count in row))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sets")
    parser.add_argument("--confusion", action="store_true", help="print shown against predicted")
    given = parser.parse_args()
    linear = LogisticRegression(C=0.1, max_iter=500, class_weight="balanced")
    scaled = make_pipeline(StandardScaler(), linear)
    reduced = make_pipeline(PCA(150, whiten=True, random_state=0), linear)
    context = DatasetContext()
    print("| set | items | drawn in | constant | linear, grouped | linear, random | ceiling |")
    print("|---|---|---|---|---|---|---|")
    speech = SyntheticSpeech(SpeechOptions(seed=given.seed), context)
    report(speech, log_mel_statistics, scaled, confusion=given.confusion)
    face = SyntheticFace(FaceOptions(seed=given.seed), context)
    report(face, normalised_pixels, reduced, confusion=given.confusion)
    table = SyntheticTable(TableOptions(seed=given.seed), context)
    report(table, np.asarray, scaled, confusion=given.confusion)


if __name__ == "__main__":
    main()
