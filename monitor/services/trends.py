"""Reads what a topic's archive tells over time and answers with series."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.core.trends.series import Step, TopicTrends, compute
from monitor.errors import ConfigError, Problem
from monitor.model import Rulebook, Topic
from monitor.ports import Archive

_LONG_SPAN = timedelta(days=36)
"""Spans as long as this, or longer, are shown by week unless a step is asked for."""


def topic_trends(
    archive: Archive,
    rulebook: Rulebook,
    topic: str,
    *,
    since: datetime,
    until: datetime,
    step: Step | None = None,
    holder: str | None = None,
) -> TopicTrends:
    """The trends of a configured topic.

    Raises:
        ConfigError: there is no such topic.
    """
    known = find_topic(rulebook, topic)
    told = archive.trends.told(known.id, since, until)
    firsts = archive.trends.first_seen(known.id)
    return compute(known.id, told, firsts, since=since, until=until, step=step or usual_step(since, until), holder=holder)


def usual_step(since: datetime, until: datetime) -> Step:
    """The length of a period that suits a span."""
    return "week" if until - since >= _LONG_SPAN else "day"


def find_topic(rulebook: Rulebook, topic: str) -> Topic:
    """The topic with this id or name.

    Raises:
        ConfigError: there is none; the message lists those there are.
    """
    wanted = topic.casefold()
    for known in rulebook.topics.values():
        if wanted in {known.id.casefold(), known.name.casefold()}:
            return known
    there = ", ".join(sorted(rulebook.topics)) or "none is configured"
    raise ConfigError([Problem(f"there is no topic {topic!r}", hint=f"topics: {there}")])
