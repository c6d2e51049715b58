"""Reads what a topic's archive tells over time and answers with series."""

from __future__ import annotations

from datetime import datetime

from monitor.core.trends import Step, TopicTrends, compute
from monitor.errors import ConfigError, Problem
from monitor.model import Rulebook, Topic
from monitor.ports import Archive

LONG_SPAN_DAYS = 35
"""Spans longer than this are shown by week unless a step is asked for."""


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
    chosen: Step = step or ("week" if (until - since).days > LONG_SPAN_DAYS else "day")
    told = archive.trends.told(known.id, since, until)
    return compute(known.id, told, archive.trends.first_seen(known.id), since=since, until=until, step=chosen, holder=holder)


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
