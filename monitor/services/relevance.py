"""Says how probably each article is about each topic: embeddings and names first, a second look where they leave hope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from monitor.core.scoring.relevance import (
    AliasIndex,
    across_scripts,
    article_text,
    cosines,
    features,
    index_aliases,
    passages_of,
    topic_text,
    worth_a_look,
    worth_reading_on,
)
from monitor.model import Topic, Vector
from monitor.ports import Scorer

_FAR = -1.0
"""The cosine of a pair that nobody asks about."""
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


@dataclass(frozen=True, slots=True)
class _Nearest:
    """What in each article is nearest to each topic.

    (articles, topics) cosines; which articles were read passage by passage; the passages of these by row, and (topics,) which one
    is nearest to each topic.
    """

    cosine: Vector
    is_read_on: NDArray[np.bool_]
    passages: dict[int, tuple[Sequence[str], NDArray[np.intp]]]

    def text(self, row: int, topic: int, part: tuple[str, str]) -> str:
        """What to look at again: an article's title and lead, or its title and the passage nearest to the topic."""
        title, whole = part
        if row not in self.passages:
            return article_text(title, whole)
        passages, places = self.passages[row]
        return article_text(title, passages[places[topic]])


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
    vectors = topic_vectors(topics, scorer)
    cosine = cosines(embeddings, vectors)
    flags = ready.names.flags(parts)
    if wanted is not None:
        cosine, flags = np.where(wanted, cosine, _FAR), flags * wanted[:, :, np.newaxis]
    nearest, limits = _nearest(parts, cosine, flags, vectors, scorer), scorer.limits
    pairs = worth_a_look(nearest.cosine, flags, np.where(nearest.is_read_on, limits.gate_of_passages, limits.gate))
    if wanted is not None:
        pairs = pairs[wanted[pairs[:, 0], pairs[:, 1]]]
    looks = scorer.second_look([(ready.texts[topic], nearest.text(row, topic, parts[row])) for row, topic in pairs.tolist()])
    across = across_scripts(parts, ready.texts)
    answers = scorer.relevance(features(nearest.cosine, flags, across, nearest.is_read_on, pairs, looks))
    for (row, number), probability in zip(pairs.tolist(), answers.tolist(), strict=True):
        probabilities[row][topics[number].id] = probability
    named = [frozenset(topics[number].id for number in row.max(axis=1).nonzero()[0].tolist()) for row in flags]
    return Found(embeddings, probabilities, named)


def _nearest(
    parts: Sequence[tuple[str, str]], cosine: Vector, flags: NDArray[np.float32], topics: Vector, scorer: Scorer
) -> _Nearest:
    """The lead tells what an article is about first; one on two matters comes to the second later, so it is read on."""
    found = _Nearest(cosine.copy(), np.zeros(len(parts), bool), {})
    bound = scorer.limits.read_on
    if bound is None:
        return found
    cut = {row: passages for row in worth_reading_on(cosine, flags, bound).tolist() if (passages := passages_of(parts[row][1]))}
    if not cut:
        return found
    vectors = scorer.embed([passage for passages in cut.values() for passage in passages])
    start = 0
    for row, passages in cut.items():
        near = cosines(vectors[start : start + len(passages)], topics)
        start += len(passages)
        found.cosine[row] = np.maximum(cosine[row], near.max(axis=0))
        found.is_read_on[row] = True
        found.passages[row] = passages, near.argmax(axis=0)
    return found


@lru_cache(maxsize=8)
def _ready(topics: tuple[Topic, ...]) -> _Topics:
    return _Topics(tuple(topic_text(topic) for topic in topics), index_aliases(topics))


_known: dict[tuple[str, str], Vector] = {}


def topic_vectors(topics: Sequence[Topic], scorer: Scorer) -> Vector:
    """(topics, d) vectors; a text that this revision has embedded before is not embedded again."""
    revision, texts = scorer.revision, [topic_text(topic) for topic in topics]
    missing = [text for text in dict.fromkeys(texts) if (revision, text) not in _known]
    if len(_known) + len(missing) > _REMEMBERED:
        _known.clear()
        missing = list(dict.fromkeys(texts))
    if missing:
        vectors = scorer.embed(missing, as_topics=True)
        _known.update({(revision, text): vector for text, vector in zip(missing, vectors, strict=True)})
    return np.stack([_known[revision, text] for text in texts])
