"""Figures: macro-F1, average precision, calibration error, temperature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def softmax(scores: NDArray[np.float32], temperature: float | Floats = 1.0) -> Floats:
    """Probabilities by row, at one temperature or one for each row."""
    divisor = np.reshape(temperature, (-1, 1))
    raised = np.exp((scores - scores.max(1, keepdims=True)).astype(np.float64) / divisor)
    shares: Floats = raised / raised.sum(1, keepdims=True)
    return shares


def sigmoid(scores: Floats) -> Floats:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-scores))


def f1_of(truth: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    """F1 of one class."""
    total = int(truth.sum() + said.sum())
    return 2.0 * int((truth & said).sum()) / total if total else 0.0


def macro_f1(truth: Labels, said: Labels, classes: int = 3) -> float:
    """Mean F1 of the classes."""
    return float(np.mean([f1_of(truth == label, said == label) for label in range(classes)]))


def calibration_error(right: NDArray[np.bool_], confidence: Floats, bins: int = 10) -> float:
    """Expected calibration error in bins of equal width."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float(right[place == b].mean() - confidence[place == b].mean())) * float((place == b).mean())
        for b in np.unique(place)
    ]
    return float(sum(gaps))


def average_precision(truth: Labels, score: Floats) -> float:
    """Area under precision and recall, as the mean precision at every right item."""
    ranked = truth[np.argsort(-score, kind="stable")]
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked == 1].mean()) if ranked.any() else 0.0


def likelihood(scores: NDArray[np.float32], truth: Labels, temperature: float) -> float:
    """Mean negative log-likelihood."""
    return float(-np.log(softmax(scores, temperature)[np.arange(len(truth)), truth] + 1e-12).mean())


def best_temperature(scores: NDArray[np.float32], truth: Labels) -> float:
    """The temperature that makes the truth most likely."""
    tried = np.geomspace(0.3, 5.0, 200)
    return float(tried[int(np.argmin([likelihood(scores, truth, float(t)) for t in tried]))])


def stance_figures(scores: NDArray[np.float32], truth: Sequence[int], temperature: float | Floats) -> dict[str, float]:
    """What the card says about one set."""
    labels = np.array(truth)
    probability = softmax(scores, temperature)
    said = probability.argmax(1)
    return {
        "n": len(labels),
        "accuracy": round(float((said == labels).mean()), 3),
        "macro_f1": round(macro_f1(labels, said), 3),
        "ece": round(calibration_error(said == labels, probability.max(1)), 3),
    }


def relevance_figures(probability: Floats, truth: Sequence[int], threshold: float) -> dict[str, float]:
    """What the card says about one set."""
    labels = np.array(truth)
    said = probability >= threshold
    chosen = np.where(said, probability, 1 - probability)
    return {
        "n": len(labels),
        "average_precision": round(average_precision(labels, probability), 3),
        "f1": round(f1_of(labels == 1, said), 3),
        "precision": round(float((labels[said] == 1).mean()) if said.any() else 0.0, 3),
        "recall": round(float(said[labels == 1].mean()), 3),
        "ece": round(calibration_error(said == (labels == 1), chosen), 3),
    }
