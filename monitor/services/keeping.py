"""Retention: the texts of articles are dropped when their topics' time is over; what was made of them stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.core.query import Query, parse
from monitor.logs import logger
from monitor.model import Rulebook, Topic
from monitor.ports import Archive

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What retention did: topic -> articles whose text was (or in a dry run would be) dropped."""

    forgotten: Mapping[str, int]

    @property
    def total(self) -> int:
        """Articles over all topics."""
        return sum(self.forgotten.values())


def prune(archive: Archive, rulebook: Rulebook, now: datetime, *, is_dry_run: bool = False) -> Kept:
    """Drop the texts of articles older than their topic's `keep`; with several topics the longest counts."""
    topics = [topic for topic in rulebook.topics.values() if topic.keep]
    forgotten = {topic.id: _prune(archive, topic, rulebook, now, is_dry_run=is_dry_run) for topic in topics}
    kept = Kept({topic: number for topic, number in forgotten.items() if number})
    if kept.total and not is_dry_run:
        log.info("texts dropped", **kept.forgotten)
    return kept


def expired(topic: Topic, rulebook: Rulebook) -> Query:
    """The articles whose text this topic no longer keeps, and no other topic wants longer."""
    if topic.keep is None:
        raise ValueError(f"topic {topic.id} keeps its texts for ever")
    minutes = int(topic.keep.total_seconds() // 60)
    longer = [other for other in rulebook.topics.values() if other.keep is None or other.keep > topic.keep]
    denied = " ".join(f'-(topic:"{other.id}")' for other in longer)
    return parse(f'topic:"{topic.id}" published<{minutes}m {denied}')


def _prune(archive: Archive, topic: Topic, rulebook: Rulebook, now: datetime, *, is_dry_run: bool) -> int:
    old = [hit.article for hit in archive.search.hits(expired(topic, rulebook), now=now)]
    if is_dry_run:
        return sum(bool(article.text) for at in range(0, len(old), 500) for article in archive.articles.get(old[at : at + 500]))
    return archive.upkeep.forget(old)
