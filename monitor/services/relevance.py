"""Says how probably each article is about each topic: embeddings and names first, a second look where they leave hope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from monitor.core.scoring.relevance import AliasIndex, article_text, cosines, features, index_aliases, topic_text, worth_a_look
from monitor.model import Topic, Vector
from monitor.ports import Scorer

_REMEMBERED = 20_000
"""Topic vectors kept; a rulebook has a thousand topics at most, and each edit leaves old texts behind."""


@dataclass(frozen=True, slots=True)
class Found:
    """(n, d) embeddings; for each article the probability of every topic that passed the gate, and the topics it names."""

    embeddings: Vector
    probabilities: list[dict[str, float]]
    named: list[frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Topics:
    """Topics made ready: what the models read of each, and their names."""

    texts: tuple[str, ...]
    names: AliasIndex


def relevance_of(
    parts: Sequence[tuple[str, str]], topics: Sequence[Topic], scorer: Scorer, *, wanted: NDArray[np.bool_] | None = None
) -> Found:
    """Relevance of (title, text) articles to topics.

    `wanted` (articles, topics) leaves out pairs nobody asks about; topics that fail the gate are missing, their probability is 0.
    """
    embeddings = scorer.embed([article_text(title, text) for title, text in parts])
    probabilities: list[dict[str, float]] = [{} for _ in parts]
    if not parts or not topics:
        return Found(embeddings, probabilities, [frozenset() for _ in parts])
    ready = _ready(tuple(topics))
    cosine = cosines(embeddings, _vectors(ready.texts, scorer))
    flags = ready.names.flags(parts)
    pairs = worth_a_look(cosine, flags, scorer.limits.gate)
    if wanted is not None:
        pairs = pairs[wanted[pairs[:, 0], pairs[:, 1]]]
    looks = scorer.second_look([(ready.texts[topic], article_text(*parts[row])) for row, topic in pairs.tolist()])
    answers = scorer.relevance(features(cosine, flags, pairs, looks))
    for (row, number), probability in zip(pairs.tolist(), answers.tolist(), strict=True):
        probabilities[row][topics[number].id] = probability
    named = [frozenset(topics[number].id for number in row.max(axis=1).nonzero()[0].tolist()) for row in flags]
    return Found(embeddings, probabilities, named)


@lru_cache(maxsize=8)
def _ready(topics: tuple[Topic, ...]) -> _Topics:
    return _Topics(tuple(topic_text(topic) for topic in topics), index_aliases(topics))


_known: dict[tuple[str, str], Vector] = {}


def _vectors(texts: Sequence[str], scorer: Scorer) -> Vector:
    """(topics, d) vectors; a text that this revision has embedded before is not embedded again."""
    revision = scorer.revision
    missing = [text for text in dict.fromkeys(texts) if (revision, text) not in _known]
    if len(_known) + len(missing) > _REMEMBERED:
        _known.clear()
        missing = list(dict.fromkeys(texts))
    if missing:
        vectors = scorer.embed(missing, as_topics=True)
        _known.update({(revision, text): vector for text, vector in zip(missing, vectors, strict=True)})
    return np.stack([_known[revision, text] for text in texts])
