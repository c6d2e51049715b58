"""Measures of how good answers are: classes, ranks and calibration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and their harmonic mean; each is 0 where nothing was said or nothing was there."""

    precision: float
    recall: float
    f1: float


def agreement(right: int, said: int, there: int) -> Agreement:
    """From counts: right answers, answers given, answers that were to be found."""
    precision = right / said if said else 0.0
    recall = right / there if there else 0.0
    return Agreement(precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0)


def by_class(gold: Sequence[str], said: Sequence[str], classes: Sequence[str]) -> dict[str, Agreement]:
    """Agreement for each class."""
    right = Counter(label for label, answer in zip(gold, said, strict=True) if label == answer)
    there, given = Counter(gold), Counter(said)
    return {label: agreement(right[label], given[label], there[label]) for label in classes}


def calibration_error(confidence: Sequence[float], is_right: Sequence[bool]) -> float:
    """Expected calibration error over ten equal bins: the mean distance of confidence from the share that was right.

    As in Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017), equation 3.
    """
    if not confidence:
        return 0.0
    sure, right = np.asarray(confidence, np.float64), np.asarray(is_right, np.float64)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [
        abs(sure[bins == number].mean() - right[bins == number].mean()) * (bins == number).sum() for number in set(bins.tolist())
    ]
    return float(sum(gaps) / len(sure))


def average_precision(is_relevant: Sequence[bool], score: Sequence[float]) -> float:
    """The area under precision over recall, answers ranked by score; equal scores share one rank. 0 where nothing is relevant."""
    relevant, scores = np.asarray(is_relevant, bool), np.asarray(score, np.float64)
    total = int(relevant.sum())
    if not total:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(relevant[order])
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, [True]))
    return _area(found[ends] / total, found[ends] / (ends + 1))


def _area(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> float:
    return float((np.diff(np.concatenate([[0.0], recall])) * precision).sum())
