"""Retention: the texts of articles are dropped when their time is over; what was made of them stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from monitor.core.queries.query import parse
from monitor.logs import logger
from monitor.model import Rulebook
from monitor.ports import Archive

log = logger(__name__)


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
    if one.keep is None:
        return 0
    expired = archive.search.with_text(parse(_expired(one, one.keep, keepers, now)), now=now)
    return len(expired) if is_dry_run else archive.upkeep.forget(expired)


def _expired(one: Keeper, keep: timedelta, keepers: list[Keeper], now: datetime) -> str:
    """The query for the articles whose text this one no longer keeps and no other wants longer."""
    denied = " ".join(f"-({other.clause})" for other in keepers if other.keep is None or other.keep > keep)
    return f"{one.clause} published<{(now - keep).astimezone(UTC):%Y-%m-%dT%H:%M} {denied}"
