"""Whether an entry is new, an edit of something known, or already seen; and when it was really published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from monitor.core.feeds.identity import Identified, content_hash
from monitor.model import Article, Entry

CLOCK_SKEW = timedelta(minutes=15)
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""Feeds are younger than this; an earlier date is an unset clock, not news."""


class Verdict(StrEnum):
    """What an entry is to the archive."""

    NEW = "new"
    CHANGED = "changed"
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Novelty:
    """The verdict on one entry with its reason; `article` is the stored article's id unless the entry is new."""

    verdict: Verdict
    reason: str
    identified: Identified
    article: int | None = None


def judge(identified: Sequence[Identified], known: Mapping[str, tuple[int, str]]) -> list[Novelty]:
    """A verdict for each entry, in order, given what is stored: key to (article id, content hash)."""
    met: set[int] = set()
    verdicts = []
    for one in identified:
        novelty = _judge(one, known, met)
        if novelty.article is not None:
            met.add(novelty.article)
        verdicts.append(novelty)
    return verdicts


def _judge(one: Identified, known: Mapping[str, tuple[int, str]], met: set[int]) -> Novelty:
    key = next((key for key in one.keys if key in known), None)
    if key is None:
        return Novelty(Verdict.NEW, "no key of it is stored", one)
    article, stored_hash = known[key]
    name = key.partition(":")[0]
    if stored_hash == one.content_hash:
        return Novelty(Verdict.SEEN, f"same {name}, same text", one, article)
    if article in met:
        return Novelty(Verdict.SEEN, f"same {name} as an earlier entry of the document", one, article)
    return Novelty(Verdict.CHANGED, f"same {name}, other text", one, article)


def text_of_edit(stored: Article, entry: Entry) -> str:
    """The text of an article that its feed has edited while its page could not be had: the page's from before, else the feed's.

    A stored text is the page's where it is not the one that was hashed, for that is the feed's.
    """
    is_of_page = bool(stored.text) and content_hash(replace(entry, title=stored.title, text=stored.text)) != stored.content_hash
    return stored.text if is_of_page else entry.text


class Dating(StrEnum):
    """Where an article's date comes from."""

    PUBLISHED = "as published"
    UPDATED = "as updated"
    FUTURE = "dated in the future, so the time it was first seen"
    MISSING = "undated, so the time it was first seen"
    IMPOSSIBLE = "dated before there were feeds, so the time it was first seen"


def settle_date(
    published: datetime | None, updated: datetime | None, seen: datetime, earliest: datetime = EARLIEST
) -> tuple[datetime, Dating]:
    """When to say an article was published, and why: a date that lies gives way to the time it was first seen.

    Nothing is later than `seen`, so no clock of a publisher can pin an article to the top of a list; before `earliest` there was
    no news of this kind.
    """
    given = published or updated
    if given is None:
        return seen, Dating.MISSING
    if given < earliest:
        return seen, Dating.IMPOSSIBLE
    if given > seen + CLOCK_SKEW:
        return seen, Dating.FUTURE
    return min(given, seen), Dating.PUBLISHED if published else Dating.UPDATED
