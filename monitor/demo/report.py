"""What a demo did, in numbers and names, read back from the archive it filled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor.app import App
from monitor.core import query
from monitor.demo.configuration import Place
from monitor.model import OUTLET, Alert, Hit, Stance, Statement, Topic

LOOK_BACK = timedelta(days=30)
EVERYTHING = 100_000


@dataclass(frozen=True, slots=True)
class Letter:
    """An email as it arrived: the rule that sent it, its subject and plain text, and the page saved from it."""

    rule: str
    subject: str
    text: str
    page: Path


@dataclass(frozen=True, slots=True)
class Side:
    """One holder's stance toward a topic: the number of stories in which it is for, against, neutral; the best evidence."""

    holder: str
    favor: int
    against: int
    neutral: int
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """How much was found on a topic, and who takes which side; holders with most to say first."""

    topic: Topic
    articles: int
    stories: int
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo did. `seconds` by step; `deliveries` counts what the receiving servers hold."""

    place: Place
    feeds: int
    articles: int
    scored: int
    stories: int
    topics: tuple[TopicSummary, ...]
    alerts: tuple[Alert, ...]
    deliveries: Mapping[str, int]
    letters: tuple[Letter, ...]
    seconds: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """The report as one JSON object; `archive` is a path that stays."""
        return {
            "feeds": self.feeds,
            "articles": self.articles,
            "scored": self.scored,
            "stories": self.stories,
            "topics": {summary.topic.id: _topic_json(summary) for summary in self.topics},
            "alerts": len(self.alerts),
            "rules": dict(Counter(alert.rule for alert in self.alerts)),
            "deliveries": dict(self.deliveries),
            "archive": str(self.place.archive),
            "settings": str(self.place.settings),
            "mail": [str(letter.page) for letter in self.letters],
            "seconds": {step: round(spent, 2) for step, spent in self.seconds.items()},
        }


def _topic_json(summary: TopicSummary) -> dict[str, Any]:
    sides = {side.holder: {"favor": side.favor, "against": side.against, "neutral": side.neutral} for side in summary.sides}
    return {"articles": summary.articles, "stories": summary.stories, "holders": sides}


def summarize(app: App, place: Place, *, letters: tuple[Letter, ...], slack: int, seconds: Mapping[str, float]) -> DemoReport:
    """Read the report back from the archive."""
    now = app.clock.now()
    everything, total, _ = app.archive.search.search(query.parse("published>=2000-01-01"), now=now, limit=EVERYTHING)
    scored = sum(1 for article in everything if (scores := app.archive.scores.get(article.id)) and not scores.error)
    return DemoReport(
        place=place,
        feeds=sum(1 for _, state in app.archive.feeds.list() if state.last_success is not None),
        articles=total,
        scored=scored,
        stories=len({article.story for article in everything}),
        topics=tuple(_topic_summary(app, topic) for topic in app.rulebook.topics.values()),
        alerts=tuple(reversed(app.archive.alerts.recent(now - LOOK_BACK))),
        deliveries={"email": len(letters), "slack": slack},
        letters=letters,
        seconds=seconds,
    )


def _topic_summary(app: App, topic: Topic) -> TopicSummary:
    hits = app.archive.search.hits(query.parse(f"topic:{topic.id}"), now=app.clock.now())
    return TopicSummary(topic, len(hits), len({hit.story for hit in hits}), _sides(app, topic, hits))


def _sides(app: App, topic: Topic, hits: Iterable[Hit]) -> tuple[Side, ...]:
    stories: dict[tuple[str, Stance], set[int]] = defaultdict(set)
    best: dict[str, Statement] = {}
    for hit in hits:
        scores = app.archive.scores.get(hit.article)
        for statement in scores.statements if scores else ():
            if statement.topic != topic.id or statement.holder == OUTLET or statement.is_found:
                continue
            stories[statement.holder, statement.stance].add(hit.story)
            best[statement.holder] = max(statement, best.get(statement.holder, statement), key=_telling)
    holders = {holder for holder, _ in stories}
    sides = [
        Side(
            holder,
            favor=len(stories[holder, Stance.FAVOR]),
            against=len(stories[holder, Stance.AGAINST]),
            neutral=len(stories[holder, Stance.NEUTRAL]),
            evidence=evidence.text if (evidence := best[holder].evidence) else "",
        )
        for holder in sorted(holders)
    ]
    return tuple(sorted(sides, key=lambda side: -(side.favor + side.against) - side.neutral / 1000))


def _telling(statement: Statement) -> float:
    return max(statement.favor, statement.against)
