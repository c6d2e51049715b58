"""What a demo did, in numbers and names, read back from the archive it filled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.app import App
from monitor.core.queries import query
from monitor.core.trends.series import balances
from monitor.demo.configuration import Place
from monitor.model import OUTLET, Alert, Delivery, DeliveryState, Hit, Statement, Topic
from monitor.services.compose import message_for

LOOK_BACK, AHEAD = timedelta(days=30), timedelta(days=1)
EVERYTHING = 100_000


@dataclass(frozen=True, slots=True)
class Letter:
    """An email as it arrived: the rule that sent it, its headers and plain text, and the page saved from it."""

    rule: str
    sender: str
    to: str
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
class Told:
    """An alert in the words its readers were given, and the receivers that have it."""

    alert: Alert
    headline: str
    outlets: int
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo did. `seconds` by step; `deliveries` counts what the receiving servers hold."""

    place: Place
    feeds: int
    articles: int
    scored: int
    stories: int
    topics: tuple[TopicSummary, ...]
    alerts: tuple[Told, ...]
    suppressed: Mapping[str, int]
    """How often an alert was held back, by reason."""
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
            "suppressed": dict(self.suppressed),
            "rules": dict(Counter(told.alert.rule for told in self.alerts)),
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
        alerts=_told(app, now),
        suppressed=dict(Counter(str(one.reason) for one in app.archive.alerts.suppressions(limit=EVERYTHING)).most_common()),
        deliveries={"email": len(letters), "slack": slack},
        letters=letters,
        seconds=seconds,
    )


def _told(app: App, now: datetime) -> tuple[Told, ...]:
    """Every alert, oldest first."""
    deliveries: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in app.archive.outbox.list(limit=EVERYTHING):
        deliveries[delivery.alert].append(delivery)
    alerts = reversed(app.archive.alerts.recent(now - LOOK_BACK))
    return tuple(_told_of(app, alert, deliveries[alert.id], now) for alert in alerts)


def _told_of(app: App, alert: Alert, deliveries: Sequence[Delivery], now: datetime) -> Told:
    message = message_for(app.archive, app.rulebook, deliveries[0], now) if deliveries else None
    sent = sorted(delivery.receiver for delivery in deliveries if delivery.state is DeliveryState.SENT)
    return Told(alert, message.headline if message else alert.title, message.outlets if message else 0, tuple(sent))


def _topic_summary(app: App, topic: Topic) -> TopicSummary:
    now = app.clock.now()
    hits = app.archive.trends.told(topic.id, now - LOOK_BACK, now + AHEAD)
    return TopicSummary(topic, len(hits), len({hit.story for hit in hits}), _sides(hits, now - LOOK_BACK))


def _sides(hits: Sequence[Hit], since: datetime) -> tuple[Side, ...]:
    """Where the actors the rules name stand; holders that texts propose are left to the pages."""
    best: dict[str, Statement] = {}
    for statement in (statement for hit in hits for statement in hit.statements):
        if statement.holder != OUTLET and not statement.is_found:
            best[statement.holder] = max(statement, best.get(statement.holder, statement), key=_telling)
    found = {holder: balance for holder, balance in sorted(balances(hits, since).items()) if holder in best}
    sides = [Side(name, one.favor, one.against, one.neutral, _words(best[name])) for name, one in found.items()]
    return tuple(sorted(sides, key=lambda side: -(side.favor + side.against) - side.neutral / 1000))


def _words(statement: Statement) -> str:
    return statement.evidence.text if statement.evidence else ""


def _telling(statement: Statement) -> float:
    return max(statement.favor, statement.against)
