"""Retention: the texts of articles are dropped when their time is over; what was made of them stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from monitor.core.queries.query import parse
from monitor.logs import logger
from monitor.model import Rulebook
from monitor.ports import Archive

log = logger(__name__)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No article is dated before it."""
_SPAN = timedelta(days=120)
"""So much of the past is looked at together, so that an archive of any age fits into memory."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What retention did: topic, or `tag:` and a tag, -> articles whose text was (or in a dry run would be) dropped."""

    forgotten: Mapping[str, int]

    @property
    def total(self) -> int:
        """Articles over all topics and tags."""
        return sum(self.forgotten.values())


@dataclass(frozen=True, slots=True)
class Keeper:
    """A topic or a tag with the time for which it keeps texts (None: for ever); `clause` finds its articles."""

    name: str
    clause: str
    keep: timedelta | None


def prune(
    archive: Archive,
    rulebook: Rulebook,
    now: datetime,
    *,
    tags: Mapping[str, timedelta] = MappingProxyType({}),
    is_dry_run: bool = False,
) -> Kept:
    """Drop the texts of articles older than their topic, or a tag of their feed, keeps them; `tags` is tag -> time.

    With several topics and tags the longest counts; a topic that names no `keep` keeps for ever, a tag without one has no say.
    """
    keepers = [Keeper(topic.id, f'topic:"{topic.id}"', topic.keep) for topic in rulebook.topics.values()]
    keepers += [Keeper(f"tag:{tag}", f'tag:"{tag}"', keep) for tag, keep in tags.items()]
    forgotten = {one.name: _prune(archive, one, keepers, now, is_dry_run=is_dry_run) for one in keepers}
    kept = Kept({name: number for name, number in forgotten.items() if number})
    if kept.total and not is_dry_run:
        log.info("texts dropped", **kept.forgotten)
    return kept


def _prune(archive: Archive, one: Keeper, keepers: list[Keeper], now: datetime, *, is_dry_run: bool) -> int:
    count = 0
    for query in _expired(one, keepers, now):
        old = [hit.article for hit in archive.search.hits(parse(query), now=now)]
        count += _with_text(archive, old) if is_dry_run else archive.upkeep.forget(old)
    return count


def _expired(one: Keeper, keepers: list[Keeper], now: datetime) -> Iterator[str]:
    """Queries for the articles whose text this one no longer keeps and no other wants longer, newest span first."""
    if one.keep is None:
        return
    denied = " ".join(f"-({other.clause})" for other in keepers if other.keep is None or other.keep > one.keep)
    until = now - one.keep
    while until > _EARLIEST:
        since = max(until - _SPAN, _EARLIEST)
        yield f"{one.clause} published>={_text(since)} published<{_text(until)} {denied}"
        until = since


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}"


def _with_text(archive: Archive, articles: list[int]) -> int:
    return sum(
        bool(article.text) for at in range(0, len(articles), 500) for article in archive.articles.get(articles[at : at + 500])
    )
