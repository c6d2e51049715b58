"""Scores articles: relevance for every topic, then the stance of every holder where an article is relevant."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from monitor.core.scoring.heads import Head, threshold_of
from monitor.core.scoring.holders import Finder, compile_actors
from monitor.core.scoring.relevance import cosines
from monitor.core.scoring.stance import Question, questions, statements, weighed
from monitor.core.scoring.voices import Reading, read
from monitor.core.words.languages import detect
from monitor.errors import ScorerError
from monitor.logs import logger
from monitor.model import Actor, Article, Relevance, Rulebook, Scores, Statement, Topic, Vector
from monitor.ports import Scorer
from monitor.services.relevance import relevance_of, topic_vectors

log = logger(__name__)

_READ = 40_000
"""Characters of a text in which sentences and holders are looked for."""
_LIKELY = 0.02
"""The relevance from which an article may be about a topic, so that its sentences may speak of that one. In the demo's news it
keeps Pyongyang's word for its pact from counting as one for its neighbours' drills; on the articles in core/scoring/stance.py and
those of two topics F1 is 0.641 in English and 0.575 elsewhere with 0.2, 0.641 and 0.576 with 0.02."""
_LESS = 0.15
"""How much less relevant than another a topic is that an article is about only beside that one. On those articles, with titles in
the model's context, F1 is 0.717 and 0.841 with it, 0.707 and 0.841 without; the demo's news no longer gives Tokyo for a pact
that is only background to its drills."""
_UNSTORABLE = re.compile(r"[\ud800-\udfff\x00]")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Parts:
    """An article as the models see it: the same characters at the same places, without what no tokenizer takes."""

    title: str
    text: str
    language: str

    @property
    def has_words(self) -> bool:
        return any(character.isalnum() for part in (self.title, self.text[:_READ]) for character in part)


def score_articles(
    articles: Sequence[Article], rulebook: Rulebook, scorer: Scorer, *, heads: Mapping[str, Head] = MappingProxyType({})
) -> list[Scores]:
    """Scores in the order of the articles; `heads` are what labels taught, by topic.

    A failing model gives scores with `error`, and so does a text that no code of ours survives, never an exception.
    """
    try:
        return _score(articles, rulebook, scorer, heads, is_forced=False)
    except ScorerError as error:
        told = str(error)
    except Exception as error:
        told = f"the article cannot be read ({type(error).__name__}: {error})"
        log.exception("scoring failed unexpectedly", articles=[article.id for article in articles])
    if len(articles) == 1:
        return [_unscored(articles[0], scorer, told)]
    log.warning("scoring a batch failed, its articles are tried one by one", articles=len(articles), error=told)
    return [scores for article in articles for scores in score_articles([article], rulebook, scorer, heads=heads)]


def score_text(text: str, rulebook: Rulebook, scorer: Scorer, *, topic: str | None = None) -> Scores:
    """Scores of any text; with `topic`, of that one topic, whose stances are asked for even where the text is not about it.

    Raises:
        ScorerError: the model failed.
        KeyError: no such topic.
    """
    article = Article(0, "", "", "", text, (), "", _LONG_AGO, _LONG_AGO)
    if topic is None:
        return _score([article], rulebook, scorer, {}, is_forced=False)[0]
    return _score([article], replace(rulebook, topics={topic: rulebook.topics[topic]}), scorer, {}, is_forced=True)[0]


def is_answering(scorer: Scorer) -> bool:
    """Whether the model answers a harmless question of each kind, in a language of its own and in any other."""
    text, target = "Harbour workers welcomed the new crane.", "Harbour workers toward the new crane"
    try:
        scorer.embed([text])
        scorer.second_look([("crane", text)])
        scorer.stance([(text, target)] * 2, ["en", "und"])
    except ScorerError as error:
        log.warning("the model does not answer", error=str(error))
        return False
    return True


def _unscored(article: Article, scorer: Scorer, error: str) -> Scores:
    revision, language = "", article.language or ""
    with suppress(ScorerError):
        revision = scorer.revision
    with suppress(Exception):  # the language may be what could not be found
        language = _parts(article).language
    return Scores(article.id, language, revision, None, error=error)


def _score(
    articles: Sequence[Article], rulebook: Rulebook, scorer: Scorer, heads: Mapping[str, Head], *, is_forced: bool
) -> list[Scores]:
    revision = scorer.revision
    parts = [_parts(article) for article in articles]
    topics = tuple(rulebook.topics.values())
    found = relevance_of([(part.title, part.text) for part in parts], topics, scorer)
    thresholds = {topic.id: threshold_of(topic.threshold, heads.get(topic.id), scorer.limits.threshold) for topic in topics}
    relevances = [
        _relevances(part, topics, _corrected(probabilities, embedding, heads), thresholds)
        for part, probabilities, embedding in zip(parts, found.probabilities, found.embeddings, strict=True)
    ]
    asked_about = [
        _asked_about(part, topics, relevance, is_forced=is_forced) for part, relevance in zip(parts, relevances, strict=True)
    ]
    spoken_of = [
        [rulebook.topics[name] for name in named.union((topic.id for topic in mine), _likely(relevance))]
        for mine, named, relevance in zip(asked_about, found.named, relevances, strict=True)
    ]
    minor = [_minor(relevance) for relevance in relevances]
    stated = _statements(parts, asked_about, spoken_of, minor, _finder(tuple(rulebook.actors.values())), scorer)
    return [
        Scores(article.id, part.language, revision, embedding if part.has_words else None, relevance, statement)
        for article, part, embedding, relevance, statement in zip(
            articles, parts, found.embeddings, relevances, stated, strict=True
        )
    ]


def _parts(article: Article) -> _Parts:
    title, text = (_UNSTORABLE.sub("\ufffd", part) for part in (article.title, article.text))
    return _Parts(title, text, detect(f"{title}\n{text}", article.language))


def _corrected(probabilities: dict[str, float], embedding: Vector, heads: Mapping[str, Head]) -> dict[str, float]:
    return {
        topic: heads[topic].probability(given, embedding) if topic in heads else given for topic, given in probabilities.items()
    }


def _relevances(
    part: _Parts, topics: Sequence[Topic], probabilities: dict[str, float], thresholds: Mapping[str, float]
) -> tuple[Relevance, ...]:
    if not part.has_words:
        return ()
    known = [(topic.id, probabilities[topic.id]) for topic in topics if topic.id in probabilities]
    return tuple(Relevance(topic, probability, probability >= thresholds[topic]) for topic, probability in known)


def _asked_about(part: _Parts, topics: Sequence[Topic], relevances: Sequence[Relevance], *, is_forced: bool) -> list[Topic]:
    relevant = {relevance.topic for relevance in relevances if relevance.is_relevant}
    return [topic for topic in topics if topic.id in relevant or (is_forced and part.has_words)]


def _likely(relevances: Sequence[Relevance]) -> list[str]:
    return [relevance.topic for relevance in relevances if relevance.probability >= _LIKELY]


def _minor(relevances: Sequence[Relevance]) -> set[str]:
    """Topics that an article is about less than about another."""
    most = max((relevance.probability for relevance in relevances), default=0.0)
    return {relevance.topic for relevance in relevances if relevance.probability < most - _LESS}


@lru_cache(maxsize=8)
def _finder(actors: tuple[Actor, ...]) -> Finder:
    return compile_actors(actors)


def _statements(
    parts: Sequence[_Parts],
    asked_about: Sequence[Sequence[Topic]],
    spoken_of: Sequence[Sequence[Topic]],
    minor: Sequence[Collection[str]],
    finder: Finder,
    scorer: Scorer,
) -> list[tuple[Statement, ...]]:
    """Statements of each article; the questions of all articles are asked at once, so that batches are full."""
    readings = [
        read(part.title, part.text[:_READ], part.language, finder) if topics else None
        for part, topics in zip(parts, asked_about, strict=True)
    ]
    asked = [
        [question for topic in topics if reading for question in questions(reading, topic, rivals, is_minor=topic.id in lesser)]
        for reading, topics, rivals, lesser in zip(readings, asked_about, spoken_of, minor, strict=True)
    ]
    questioned = _weighed(readings, asked, spoken_of, scorer)
    pairs = [question.pair for mine in questioned for question in mine]
    answers = scorer.stance(pairs, [part.language for part, mine in zip(parts, questioned, strict=True) for _ in mine])
    ends = np.cumsum([len(mine) for mine in questioned])
    return [
        _of_article(reading, mine, answers[end - len(mine) : end])
        for reading, mine, end in zip(readings, questioned, ends.tolist(), strict=True)
    ]


def _weighed(
    readings: Sequence[Reading | None], asked: Sequence[Sequence[Question]], spoken_of: Sequence[Sequence[Topic]], scorer: Scorer
) -> list[Sequence[Question]]:
    """The questions, in articles of several topics weighed by how near each sentence is to its own beside the others."""
    read = [
        [reading.sentences[question.turn.sentence].text for question in mine] if reading and len(topics) > 1 else []
        for reading, mine, topics in zip(readings, asked, spoken_of, strict=True)
    ]
    texts = list(dict.fromkeys(text for mine in read for text in mine))
    if not texts:
        return list(asked)
    vectors = dict(zip(texts, scorer.embed(texts), strict=True))
    return [
        _beside(mine, np.stack([vectors[text] for text in sentences]), topics, scorer) if sentences else mine
        for mine, sentences, topics in zip(asked, read, spoken_of, strict=True)
    ]


def _beside(asked: Sequence[Question], sentences: Vector, topics: Sequence[Topic], scorer: Scorer) -> list[Question]:
    """One article's questions with their new weights; `sentences` has a vector for each."""
    near = cosines(sentences, topic_vectors(topics, scorer))
    names = [topic.id for topic in topics]
    at = np.arange(len(asked)), [names.index(question.topic) for question in asked]
    own = near[at]
    near[at] = -np.inf
    return [weighed(question, lead) for question, lead in zip(asked, (own - near.max(axis=1)).tolist(), strict=True)]


def _of_article(reading: Reading | None, asked: Sequence[Question], answers: NDArray[np.float32]) -> tuple[Statement, ...]:
    return () if reading is None else tuple(statements(reading, asked, answers))
