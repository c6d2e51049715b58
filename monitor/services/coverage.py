"""One topic over time: volume by the stances articles show, holders by week, who said what, the largest stories."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.core.trends.series import TopicTrends, compute, periods, start_of
from monitor.model import Hit, Stance, Statement, Topic
from monitor.ports import Archive
from monitor.services.today import StoryLine, sides_taken, story_lines
from monitor.services.trends import usual_step

UNSTATED = "none"
"""An article about the topic in which nobody takes or declines a side."""
HOLDERS = 12


@dataclass(frozen=True, slots=True)
class Coverage:
    """`days` maps each day to the articles by the stance they show; `matrix` holds holder, week, stance and articles."""

    topic: Topic
    articles: int
    days: Mapping[date, Mapping[str, int]]
    weeks: tuple[date, ...]
    matrix: Mapping[str, Mapping[date, Mapping[str, int]]]
    positions: tuple[Statement, ...]
    stories: tuple[StoryLine, ...]
    sources: Mapping[int, Hit]
    trends: TopicTrends
    """Each holder over the span, in independent stories: shares with intervals, first appearance, shifts."""


def coverage(archive: Archive, topic: Topic, now: datetime, span: timedelta) -> Coverage:
    """Everything the archive holds on a topic in the last span."""
    since = now - span
    hits = archive.trends.told(topic.id, since, now)
    weeks = tuple(periods(since, now, "week"))
    return Coverage(
        topic,
        len(hits),
        _days(hits, since.date(), now.date()),
        weeks,
        _matrix(hits, weeks),
        sides_taken([one for hit in hits for one in hit.statements], limit=HOLDERS),
        story_lines(archive, hits, limit=10),
        {hit.article: hit for hit in hits},
        compute(
            topic.id,
            hits,
            archive.trends.first_seen(topic.id),
            since=since,
            until=now,
            step=usual_step(since, now),
        ),
    )


def leading(statements: Sequence[Statement]) -> str:
    """What one article shows: against or favor where anybody takes that side, the surer one of both; else neutral or none."""
    taken = [one for one in statements if one.stance is not Stance.NEUTRAL]
    if taken:
        return str(max(taken, key=lambda one: one.confidence).stance)
    return str(Stance.NEUTRAL) if statements else UNSTATED


def _days(hits: Sequence[Hit], first: date, last: date) -> dict[date, dict[str, int]]:
    counted: dict[date, Counter[str]] = defaultdict(Counter)
    for hit in hits:
        counted[hit.published.date()][leading(hit.statements)] += 1
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    order = (str(Stance.AGAINST), str(Stance.FAVOR), str(Stance.NEUTRAL), UNSTATED)
    return {day: {name: counted[day][name] for name in order} for day in days}


def _matrix(hits: Sequence[Hit], weeks: Sequence[date]) -> dict[str, dict[date, dict[str, int]]]:
    counted: dict[str, dict[date, Counter[str]]] = defaultdict(lambda: {week: Counter() for week in weeks})
    for hit in hits:
        week = start_of(hit.published, "week")
        for holder, stance in {(one.holder, str(one.stance)) for one in hit.statements}:
            counted[holder][week][stance] += 1
    weight = {holder: sum(sum(cell.values()) for cell in row.values()) for holder, row in counted.items()}
    chosen = sorted(weight, key=lambda holder: (-weight[holder], holder))[:HOLDERS]
    return {holder: {week: dict(cell) for week, cell in counted[holder].items()} for holder in chosen}
