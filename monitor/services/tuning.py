"""Learns from labels what a topic's probability and threshold should be, and says on held-out labels whether that is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.core.scoring import heads
from monitor.core.scoring.heads import Head, logit, threshold_of
from monitor.core.scoring.measures import Agreement, agreement
from monitor.errors import ConfigError, Problem
from monitor.model import Rulebook, Topic, Vector
from monitor.ports import Archive, Scorer
from monitor.services.feedback import NOT_RELEVANT, RELEVANT
from monitor.services.relevance import relevance_of

HEADS = "tuning:heads"
"""The name under which heads are kept among the rules' states."""
FEWEST = 6
"""Labels of each kind without which nothing can be learned and checked."""
_FOLDS = 5
_SPREAD = 8.0
"""What differences of unit vectors are multiplied by, so that the regularisation weighs them like the logit."""
_MIDDLE = 0.5
_WORTH = 0.01
"""The gain in F1 below which the simpler way is kept."""
_MOST = 100_000
_NOW = "now"
"""The way that is in force: the head that was applied, or the model alone."""

Labelled = tuple[Vector, NDArray[np.float64], NDArray[np.bool_]]
"""(n, d) embeddings, (n,) probabilities of the model alone, (n,) whether people called the article relevant."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one way to decide reaches on labels it was not fitted on."""

    way: str
    figures: Agreement


@dataclass(frozen=True, slots=True)
class Tuned:
    """One topic: its labels, the ways tried ("now" first), and the head to apply (None: what is in force stays).

    `threshold_in_file` is what the topic's file sets: it stays in force whatever is applied, so every way is measured with it.
    """

    topic: str
    labels: int
    relevant: int
    trials: tuple[Trial, ...] = ()
    head: Head | None = None
    reason: str = ""
    threshold_in_file: float | None = None


def tune(archive: Archive, rulebook: Rulebook, scorer: Scorer, topics: Sequence[str] = ()) -> list[Tuned]:
    """Try what labels teach, for these topics or every labelled one; nothing is stored.

    Raises:
        ConfigError: no such topic.
        ScorerError: the model failed.
    """
    unknown = [topic for topic in topics if topic not in rulebook.topics]
    if unknown:
        raise ConfigError([Problem(f"no topic {unknown[0]!r}", hint=f"known: {', '.join(rulebook.topics)}")])
    told = _labels(archive)
    chosen = topics or [topic for topic in rulebook.topics if topic in told]
    return [_tune(archive, rulebook.topics[topic], told.get(topic, {}), scorer) for topic in chosen]


def apply(archive: Archive, tuned: Sequence[Tuned]) -> int:
    """Store the heads that proved better; how many. Scores follow at the next analysis or `rescore`."""
    better = {one.topic: one.head for one in tuned if one.head is not None}
    if better:
        with archive.transaction():
            archive.states.save(HEADS, heads.written({**heads.read(archive.states.load(HEADS)), **better}))
    return len(better)


def forget(archive: Archive, topic: str) -> bool:
    """Go back to what the model alone says of a topic; False where nothing was tuned."""
    with archive.transaction():
        stored = archive.states.load(HEADS)
        known = stored.pop(topic, None)
        if known is not None:
            archive.states.save(HEADS, stored)
    return known is not None


def load_heads(archive: Archive, revision: str) -> dict[str, Head]:
    """The heads in force under a model revision, by topic."""
    return heads.read(archive.states.load(HEADS), revision)


def _labels(archive: Archive) -> dict[str, dict[int, bool]]:
    """Topic -> article -> whether it was last called relevant."""
    told: dict[str, dict[int, bool]] = {}
    for label in reversed(archive.labels.list(_MOST)):
        if label.topic and label.label in {RELEVANT, NOT_RELEVANT}:
            told.setdefault(label.topic, {})[label.article] = label.label == RELEVANT
    return told


def _tune(archive: Archive, topic: Topic, told: Mapping[int, bool], scorer: Scorer) -> Tuned:
    relevant = sum(told.values())
    found = Tuned(topic.id, len(told), relevant, threshold_in_file=topic.threshold)
    if min(relevant, len(told) - relevant) < FEWEST:
        return replace(found, reason=f"needs {FEWEST} articles called relevant and {FEWEST} called irrelevant")
    labelled = _labelled(archive, topic, told, scorer)
    ways = _ways(topic, load_heads(archive, scorer.revision).get(topic.id) or Head("", scorer.limits.threshold))
    trials = tuple(Trial(name, _held_out(way, labelled, topic.threshold)) for name, way in ways.items())
    best = max(trials, key=lambda trial: (round(trial.figures.f1 / _WORTH), -trials.index(trial)))
    if best.way == _NOW:
        return replace(found, trials=trials, reason="nothing tried is better than what is in force")
    return replace(found, trials=trials, head=replace(ways[best.way](*labelled), revision=scorer.revision))


_Way = Callable[[Vector, NDArray[np.float64], NDArray[np.bool_]], Head]


def _ways(topic: Topic, in_force: Head) -> dict[str, _Way]:
    now: dict[str, _Way] = {_NOW: lambda *_: in_force}
    if topic.threshold is not None:
        return {**now, "head": _fit_head}
    return {**now, "threshold": _fit_threshold, "threshold and head": _fit_head}


def _labelled(archive: Archive, topic: Topic, told: Mapping[int, bool], scorer: Scorer) -> Labelled:
    articles = archive.articles.get(list(told))
    found = relevance_of([(article.title, article.text) for article in articles], [topic], scorer)
    probability = np.array([probabilities.get(topic.id, 0.0) for probabilities in found.probabilities])
    return found.embeddings, probability, np.array([told[article.id] for article in articles])


def _held_out(way: _Way, labelled: Labelled, own: float | None) -> Agreement:
    """Precision, recall and F1 over labels that the way was not fitted on, in folds of equal shares.

    `own` is the threshold in the topic's file, where it sets one.
    """
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415 - takes a second, and only tuning needs it

    embeddings, probability, relevant = labelled
    said = np.zeros(len(relevant), bool)
    folds = StratifiedKFold(min(_FOLDS, int(min(relevant.sum(), (~relevant).sum()))), shuffle=True, random_state=0)
    for fitted, held in folds.split(embeddings, relevant):
        head = way(embeddings[fitted], probability[fitted], relevant[fitted])
        threshold = threshold_of(own, head, head.threshold)
        said[held] = [
            given > 0 and head.probability(given, vector) >= threshold
            for given, vector in zip(probability[held].tolist(), embeddings[held], strict=True)
        ]
    return agreement(int((said & relevant).sum()), int(said.sum()), int(relevant.sum()))


def _fit_threshold(_: Vector, probability: NDArray[np.float64], relevant: NDArray[np.bool_]) -> Head:
    """The middle of the thresholds with the best F1."""
    tried = np.linspace(0.05, 0.95, 91)
    scores = np.array([_f1(probability >= threshold, relevant) for threshold in tried])
    return Head("", round(float(np.mean(tried[scores >= scores.max() - 1e-9])), 3))


def _f1(said: NDArray[np.bool_], relevant: NDArray[np.bool_]) -> float:
    return agreement(int((said & relevant).sum()), int(said.sum()), int(relevant.sum())).f1


def _fit_head(embeddings: Vector, probability: NDArray[np.float64], relevant: NDArray[np.bool_]) -> Head:
    """Logistic regression over the model's logit and the embedding's distance from the labelled articles' middle."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - as above

    middle = embeddings.mean(axis=0)
    features = np.column_stack([logit(probability), (embeddings - middle) * _SPREAD])
    model = LogisticRegression(C=1.0, max_iter=1000).fit(features, relevant)
    slope, weights = float(model.coef_[0, 0]), model.coef_[0, 1:] * _SPREAD
    bias = float(model.intercept_[0] - weights @ middle)
    return Head("", _MIDDLE, slope, bias, tuple(round(float(weight), 5) for weight in weights))
