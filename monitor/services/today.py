"""What the first page tells: alerts as their receivers read them, each topic's stories with who stands where, health."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from monitor.core.queries.query import parse
from monitor.core.trends.series import balances, leading_of
from monitor.model import Alert, Delivery, Hit, Message, Rulebook, Stance, Statement, Topic
from monitor.ports import Archive
from monitor.services.compose import message_of, no_briefing
from monitor.services.optouts import opted_out
from monitor.services.status import WORKER, is_alive

TOPICS = 8
STORIES = 4
ALERTS = 40
"""So many alerts are told; the log has the others."""
_TREND = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story as a list tells it: where holders stand in it, the surest statement of each first."""

    id: int
    title: str
    articles: int
    outlets: int
    latest: datetime
    positions: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A topic over a span: articles, the days before it, its largest stories.

    `stances` counts the sides taken: each holder once in each story.
    """

    topic: Topic
    articles: int
    per_day: tuple[int, ...]
    stances: Mapping[str, int]
    stories: tuple[StoryLine, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """The first page."""

    since: datetime
    fired: int
    """Alerts of the span, told below or not."""
    alerts: tuple[tuple[Alert, Message], ...]
    topics: tuple[TopicLine, ...]
    suppressed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Health:
    """One line on the service."""

    articles: int
    waiting: int
    feeds: int
    failing: int
    pending: int
    dead: int
    is_worker_alive: bool
    worker_seen: datetime | None
    rules_error: str


def glance(archive: Archive, rulebook: Rulebook, now: datetime, span: timedelta) -> Glance:
    """Alerts and topics of the last span."""
    since = now - span
    fired, suppressed = archive.alerts.counts(since)
    lines = [topic_line(archive, topic, now, span) for topic in _busiest(archive, rulebook, now, span)]
    told = tuple((alert, as_message(archive, rulebook, alert)) for alert in archive.alerts.recent(since, limit=ALERTS))
    return Glance(since, fired, told, tuple(line for line in lines if line.articles), suppressed)


def as_message(archive: Archive, rulebook: Rulebook, alert: Alert) -> Message:
    """An alert as any receiver would read it, without the briefing that may go with it."""
    return message_of(archive, rulebook, Delivery("", alert.id, ""), alert, no_briefing)


def topic_line(archive: Archive, topic: Topic, now: datetime, span: timedelta) -> TopicLine:
    """One topic over the last span."""
    trend = max(span, _TREND)
    hits = archive.trends.told(topic.id, now - span, now)
    sides = balances(hits, now - span).values()
    stances = {str(stance): sum(balance.count(stance) for balance in sides) for stance in Stance}
    return TopicLine(topic, len(hits), _per_day(archive, topic, now, trend), stances, story_lines(archive, hits))


def story_lines(archive: Archive, hits: Sequence[Hit], limit: int = STORIES) -> tuple[StoryLine, ...]:
    """The largest stories of these hits: most outlets, then most articles, then newest."""
    by_story: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.story > 0:
            by_story[hit.story].append(hit)
    ranked = sorted(by_story, key=lambda story: _weight(by_story[story]), reverse=True)[:limit]
    stories = archive.stories.get(ranked)
    return tuple(
        StoryLine(
            story.id,
            story.title,
            len(by_story[story.id]),
            story.outlets,
            max(hit.published for hit in by_story[story.id]),
            sides_taken([one for hit in by_story[story.id] for one in hit.statements]),
        )
        for story in stories
    )


def sides_taken(statements: Sequence[Statement], limit: int = 5) -> tuple[Statement, ...]:
    """For each holder and topic the surest statement of the side it takes on the whole; sides taken before neutral ones."""
    said: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for one in statements:
        said[one.holder, one.topic].append(one)
    return tuple(sorted(map(_shown, said.values()), key=_strength, reverse=True)[:limit])


def _shown(said: Sequence[Statement]) -> Statement:
    side = leading_of(said)
    return max([one for one in said if one.stance is side] or said, key=_strength)


def health_line(archive: Archive, now: datetime) -> Health:
    """The service in one line."""
    stats = archive.stats()
    feeds = archive.feeds.list()
    left = opted_out(archive)
    counts = {receiver: states for receiver, states in archive.outbox.counts().items() if receiver not in left}
    worker = archive.states.load(WORKER)
    seen = worker.get("at")
    return Health(
        articles=int(stats["articles"]),
        waiting=int(stats["waiting"]),
        feeds=len(feeds),
        failing=sum(state.failures > 0 for _, state in feeds),
        pending=sum(states.get("pending", 0) for states in counts.values()),
        dead=sum(states.get("dead", 0) for states in counts.values()),
        is_worker_alive=is_alive(archive, now),
        worker_seen=datetime.fromisoformat(str(seen)) if seen else None,
        rules_error=str(worker.get("rules_error", "")),
    )


def _busiest(archive: Archive, rulebook: Rulebook, now: datetime, span: timedelta) -> list[Topic]:
    recent = parse(f"published>={_day(now - span)}")
    counted = archive.search.facets(recent, now=now, names=["topic"], limit=TOPICS)["topic"]
    return [rulebook.topics[name] for name, _ in counted if name in rulebook.topics]


def _per_day(archive: Archive, topic: Topic, now: datetime, trend: timedelta) -> tuple[int, ...]:
    days = [now.date() - timedelta(days=back) for back in range(trend.days - 1, -1, -1)]
    counted = archive.trends.per_day(topic.id, datetime.combine(days[0], time(), UTC), now)
    return tuple(counted.get(day, 0) for day in days)


def _strength(one: Statement) -> tuple[bool, float]:
    return one.stance != "neutral", one.confidence


def _weight(hits: Sequence[Hit]) -> tuple[int, int, datetime]:
    return hits[0].outlets, len(hits), max(hit.published for hit in hits)


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")
