"""Scores articles: relevance for every topic, then the stance of every holder where an article is relevant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import structlog
from numpy.typing import NDArray

from monitor.core.holders import Finder, compile_actors
from monitor.core.languages import detect
from monitor.core.relevance import AliasIndex, article_text, cosines, features, index_aliases, topic_text, worth_a_look
from monitor.core.stance import Question, questions, statements
from monitor.core.voices import Reading, read
from monitor.errors import ScorerError
from monitor.model import Actor, Article, Limits, Relevance, Rulebook, Scores, Statement, Topic, Vector
from monitor.ports import Scorer

log = structlog.get_logger(__name__)

_READ = 40_000
"""Characters of a text in which sentences and holders are looked for."""
_SURROGATES = re.compile(r"[\ud800-\udfff\x00]")


@dataclass(frozen=True, slots=True)
class Watch:
    """Topics and actors made ready for scoring."""

    topics: tuple[Topic, ...]
    texts: tuple[str, ...]
    aliases: AliasIndex
    actors: Finder


def score_articles(articles: Sequence[Article], rulebook: Rulebook, scorer: Scorer) -> list[Scores]:
    """Scores in the order of the articles. A failing model gives scores with `error`, never an exception."""
    watch = _watch(tuple(rulebook.topics.values()), tuple(rulebook.actors.values()))
    try:
        return _score(articles, watch, scorer)
    except ScorerError as error:
        log.warning("scoring failed", articles=len(articles), error=str(error))
        if len(articles) > 1:
            return [score for article in articles for score in _score_alone(article, watch, scorer)]
        return [_unscored(article, scorer, str(error)) for article in articles]


def _score_alone(article: Article, watch: Watch, scorer: Scorer) -> list[Scores]:
    try:
        return _score([article], watch, scorer)
    except ScorerError as error:
        return [_unscored(article, scorer, str(error))]


def _unscored(article: Article, scorer: Scorer, error: str) -> Scores:
    try:
        revision = scorer.revision
    except ScorerError:
        revision = ""
    title, text = _clean(article.title), _clean(article.text)
    return Scores(article.id, detect(f"{title}\n{text}", article.language), revision, None, error=error)


@lru_cache(maxsize=8)
def _watch(topics: tuple[Topic, ...], actors: tuple[Actor, ...]) -> Watch:
    return Watch(topics, tuple(_clean(topic_text(topic)) for topic in topics), index_aliases(topics), compile_actors(actors))


def _score(articles: Sequence[Article], watch: Watch, scorer: Scorer) -> list[Scores]:
    revision, limits = scorer.revision, scorer.limits
    parts = [(_clean(article.title), _clean(article.text)) for article in articles]
    languages = [detect(f"{title}\n{text}", article.language) for article, (title, text) in zip(articles, parts, strict=True)]
    embeddings = scorer.embed([article_text(title, text) for title, text in parts])
    relevances = _relevances(parts, embeddings, watch, limits, scorer)
    found = _statements(parts, languages, relevances, watch, scorer)
    return [
        Scores(article.id, language, revision, embedding if _has_letters(*part) else None, tuple(relevance), tuple(statement))
        for article, part, language, embedding, relevance, statement in zip(
            articles, parts, languages, embeddings, relevances, found, strict=True
        )
    ]


def _relevances(
    parts: Sequence[tuple[str, str]], embeddings: Vector, watch: Watch, limits: Limits, scorer: Scorer
) -> list[list[Relevance]]:
    relevances: list[list[Relevance]] = [[] for _ in parts]
    if not parts or not watch.topics:
        return relevances
    cosine = cosines(embeddings, _topic_vectors(watch.texts, scorer))
    flags = watch.aliases.flags(parts)
    pairs = worth_a_look(cosine, flags, limits.gate)
    looks = scorer.second_look([(watch.texts[topic], article_text(*parts[row])) for row, topic in pairs])
    probabilities = scorer.relevance(features(cosine, flags, pairs, looks))
    for (row, number), probability in zip(pairs, probabilities, strict=True):
        topic = watch.topics[number]
        threshold = limits.threshold if topic.threshold is None else topic.threshold
        is_relevant = bool(probability >= threshold) and _has_letters(*parts[row])
        relevances[row].append(Relevance(topic.id, float(probability), is_relevant))
    return relevances


_vectors: dict[tuple[str, str], Vector] = {}


def _topic_vectors(texts: Sequence[str], scorer: Scorer) -> Vector:
    """(topics, d) vectors; a text already embedded by this revision is not embedded again."""
    revision = scorer.revision
    missing = [text for text in dict.fromkeys(texts) if (revision, text) not in _vectors]
    if missing:
        for text, vector in zip(missing, scorer.embed(missing, as_topics=True), strict=True):
            _vectors[revision, text] = vector
    return np.stack([_vectors[revision, text] for text in texts])


def _statements(
    parts: Sequence[tuple[str, str]],
    languages: Sequence[str],
    relevances: Sequence[Sequence[Relevance]],
    watch: Watch,
    scorer: Scorer,
) -> list[list[Statement]]:
    """Statements of each article; the questions of all articles are asked at once."""
    by_id = {topic.id: topic for topic in watch.topics}
    readings: dict[int, Reading] = {}
    asked: list[tuple[int, Question]] = []
    for row, ((title, text), language) in enumerate(zip(parts, languages, strict=True)):
        about = [by_id[relevance.topic] for relevance in relevances[row] if relevance.is_relevant]
        if about:
            readings[row] = read(title, text[:_READ], language, watch.actors)
            asked += [(row, question) for topic in about for question in questions(readings[row], topic)]
    answers = scorer.stance([question.pair for _, question in asked], [languages[row] for row, _ in asked])
    return [_of_article(row, readings.get(row), asked, answers) for row in range(len(parts))]


def _of_article(
    row: int, reading: Reading | None, asked: Sequence[tuple[int, Question]], answers: NDArray[np.float32]
) -> list[Statement]:
    if reading is None:
        return []
    mine = [place for place, (owner, _) in enumerate(asked) if owner == row]
    return statements(reading, [asked[place][1] for place in mine], answers[mine])


def _clean(text: str) -> str:
    """The same text with what cannot be stored or tokenised replaced, character by character, so that offsets stay true."""
    return _SURROGATES.sub("\ufffd", text)


def _has_letters(title: str, text: str) -> bool:
    return any(character.isalnum() for character in _first(title, text))


def _first(title: str, text: str) -> Iterable[str]:
    yield from title
    yield from text[:_READ]
