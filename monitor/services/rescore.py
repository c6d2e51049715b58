"""Scores stored articles again after a change of model, topics or actors, without alerting, and says what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from monitor.core.queries.query import Query
from monitor.core.scoring.heads import Head
from monitor.model import Article, Rulebook, Scores, Stance
from monitor.ports import Archive, Scorer
from monitor.services.score import score_articles
from monitor.services.search import everything
from monitor.services.tuning import load_heads

BATCH = 32
"""Articles scored and stored together."""

Progress = Callable[[int, int], None]
"""(articles done, articles in all)."""


class Turned(NamedTuple):
    """A holder whose stance in an article is another one now."""

    article: int
    topic: str
    holder: str
    before: Stance | None
    after: Stance | None


@dataclass(slots=True)
class Rescored:
    """What scoring again changed: articles per topic that became relevant or no longer are, and stances that turned."""

    articles: int = 0
    failed: int = 0
    waiting: int = 0  # not scored yet: the worker's to score, and to alert on
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    turned: list[Turned] = field(default_factory=list)

    def add(self, other: Rescored) -> None:
        """Take over what another part changed."""
        self.articles += other.articles
        self.failed += other.failed
        self.waiting += other.waiting
        self.gained.update(other.gained)
        self.lost.update(other.lost)
        self.turned += other.turned


def rescore(
    archive: Archive,
    rulebook: Rulebook,
    scorer: Scorer,
    query: Query,
    now: datetime,
    *,
    is_stored: bool = True,
    note: Progress = lambda _done, _all: None,
) -> Rescored:
    """Score what a query finds again. An article whose scoring fails keeps what it had; the time of its analysis stays.

    Raises:
        ScorerError: there is no model.
    """
    found = Rescored()
    learned = load_heads(archive, scorer.revision)
    told = everything(archive, query, now)
    while chunk := list(islice(told, BATCH)):
        part, kept = score_part([(one.article, one.scores) for one, _ in chunk], rulebook, scorer, learned)
        if is_stored:
            with archive.transaction():
                archive.scores.save(kept)
        found.add(part)
        note(found.articles + found.failed + found.waiting, chunk[-1][1])
    return found


def score_part(
    told: Sequence[tuple[Article, Scores | None]], rulebook: Rulebook, scorer: Scorer, learned: Mapping[str, Head]
) -> tuple[Rescored, list[Scores]]:
    """Score articles again beside what they had: what that changes, and the scores worth storing.

    Articles of one analysis share its time, which a backtest replays: it stays as it was.
    """
    old = {article.id: scores for article, scores in told if scores}
    new = score_articles([article for article, scores in told if scores], rulebook, scorer, heads=learned)
    kept = [replace(score, at=old[score.article].at) for score in new if not score.error]
    found = Rescored(len(kept), len(new) - len(kept), len(told) - len(old))
    for score in kept:
        _compare(found, old[score.article], score)
    return found, kept


def _compare(found: Rescored, before: Scores, after: Scores) -> None:
    was, now = _topics(before), _topics(after)
    found.gained.update(now - was)
    found.lost.update(was - now)
    held, holds = _stances(before), _stances(after)
    found.turned += [
        Turned(after.article, *key, held.get(key), holds.get(key))
        for key in sorted(held.keys() | holds.keys())
        if held.get(key) is not holds.get(key)
    ]


def _topics(scores: Scores) -> set[str]:
    return {one.topic for one in scores.relevances if one.is_relevant}


def _stances(scores: Scores) -> dict[tuple[str, str], Stance]:
    return {(one.topic, one.holder): one.stance for one in scores.statements}
