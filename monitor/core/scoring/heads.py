"""What labels taught about a topic: a small correction of the model's probability, and the threshold that goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FURTHEST = 8.0
"""The logit beyond which a probability says no more than "surely"."""


@dataclass(frozen=True, slots=True)
class Head:
    """A logistic function over the model's own logit and the article's embedding; without weights only a threshold.

    It fits the vectors of one model `revision` and is left out under another.
    """

    revision: str
    threshold: float
    slope: float = 1.0
    bias: float = 0.0
    weights: tuple[float, ...] = ()

    def probability(self, given: float, embedding: NDArray[np.float32]) -> float:
        """The corrected probability of an article the model gave `given`."""
        if not self.weights:
            return given
        turned = self.slope * float(logit(given)) + float(np.dot(embedding, np.asarray(self.weights, np.float32))) + self.bias
        return float(1.0 / (1.0 + np.exp(-turned)))


def threshold_of(own: float | None, head: Head | None, default: float) -> float:
    """From which probability an article is about a topic: as the topic's file sets it, else as labels taught, else `default`."""
    if own is not None:
        return own
    return default if head is None else head.threshold


def logit(probability: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """log(p / (1 - p)), kept within ±8."""
    inside = np.clip(np.asarray(probability, np.float64), 1e-9, 1 - 1e-9)
    return np.clip(np.log(inside / (1 - inside)), -_FURTHEST, _FURTHEST)


def written(heads: Mapping[str, Head]) -> dict[str, Any]:
    """Heads by topic as a JSON object."""
    return {topic: asdict(head) for topic, head in heads.items()}


def read(stored: Mapping[str, Any], revision: str | None = None) -> dict[str, Head]:
    """Heads by topic from a JSON object; only those of a revision, where one is given."""
    heads = {topic: Head(**{**values, "weights": tuple(values["weights"])}) for topic, values in stored.items()}
    return {topic: head for topic, head in heads.items() if revision in {None, head.revision}}
