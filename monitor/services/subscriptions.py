"""What people do with their list of feeds: see it, add a site's feed, import, export, and try feeds without storing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.config.feeds_edit import add_feeds
from monitor.core.feeds.feedhealth import is_undated
from monitor.core.feeds.opml import Subscription, read_opml
from monitor.core.feeds.schedule import asked_anew
from monitor.core.language_tags import primary_language
from monitor.core.shown import without_credentials
from monitor.errors import ConfigError, ParseError, Problem
from monitor.model import Feed, FeedState
from monitor.ports import Archive, Fetcher, Parser
from monitor.services.discover import Found, discover


@dataclass(frozen=True, slots=True)
class Trial:
    """What one feed answered when tried: `verdict` is ok, faulty, undated, empty, not a feed or failing."""

    feed: str
    url: str
    verdict: str
    entries: int = 0
    newest: str = ""
    format: str = ""
    note: str = ""
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """The feed can be read."""
        return self.verdict not in ("failing", "not a feed")


def feed_rows(feeds: Sequence[Feed], archive: Archive) -> list[dict[str, Any]]:
    """Each configured feed with what is known of it, as JSON values; addresses come without user and password."""
    states = {feed.id: state for feed, state in archive.feeds.list()}
    return [_row(feed, states.get(feed.id, FeedState(feed.id))) for feed in feeds]


def _row(feed: Feed, state: FeedState) -> dict[str, Any]:
    return {
        "id": feed.id,
        "name": feed.name,
        "url": without_credentials(feed.url),
        "enabled": feed.is_enabled,
        "tags": list(feed.tags),
        "language": feed.language,
        "health": _health(feed, state),
        "failures": state.failures,
        "error": state.last_error or "",
        "last_success": state.last_success.isoformat() if state.last_success else None,
        "last_new": state.last_new.isoformat() if state.last_new else None,
        "next_due": state.next_due.isoformat() if state.next_due else None,
        "interval_seconds": state.interval.total_seconds() if state.interval else None,
        "moved_to": without_credentials(state.url) if state.url and state.url != feed.url else None,
    }


def _health(feed: Feed, state: FeedState) -> str:
    if not feed.is_enabled:
        return "disabled"
    if state.is_gone:
        return "gone"
    if state.failures:
        return "failing"
    return "ok" if state.last_success else "new"


def ask_anew(archive: Archive, id_: str) -> None:
    """Let a feed be asked at the next pass, however far its failures had put it off."""
    for feed, state in archive.feeds.list():
        if feed.id == id_:
            archive.feeds.keep(asked_anew(state))


def next_asked(feeds: Sequence[Feed], archive: Archive) -> tuple[Feed, datetime] | None:
    """The feed that is asked next, and when; None where no feed is switched on, or one was never planned."""
    planned = {feed.id: state.next_due for feed, state in archive.feeds.list()}
    due = [(at, feed.id, feed) for feed in feeds if feed.is_enabled and (at := planned.get(feed.id))]
    return (min(due)[2], min(due)[0]) if due else None


def found_feed(url: str, fetcher: Fetcher, parser: Parser) -> Found:
    """The one feed to subscribe to for a site.

    Raises:
        FetchError: the address cannot be fetched.
        ParseError: the site has no feed that can be found.
    """
    found = discover(url, fetcher, parser)
    if not found:
        where = without_credentials(url)
        raise ParseError(f"no feed could be found at {where}; look for an RSS link on the page and give its address")
    return found[0]


def draft(found: Found, *, id_: str = "", name: str = "", tags: Sequence[str] = ()) -> dict[str, Any]:
    """A found feed as feeds.yaml writes it."""
    return {
        "id": id_,
        "name": name or found.title or without_credentials(found.url),
        "url": found.url,
        "language": found.language,
        "tags": list(tags),
    }


def import_opml(source: bytes, path: Path, *, is_dry_run: bool = False) -> tuple[list[Feed], list[Subscription]]:
    """Add the feeds of an OPML list to feeds.yaml: (feeds added, everything the list holds).

    Raises:
        ConfigError: the list or feeds.yaml is wrong.
    """
    try:
        listed = read_opml(source)
    except ParseError as error:
        raise ConfigError([Problem(str(error))]) from error
    if is_dry_run:
        return [], listed
    drafts = [
        {
            "name": one.name,
            "url": one.url,
            "tags": [folder.lower() for folder in one.folders],
            "language": primary_language(one.language) or "",
        }
        for one in listed
    ]
    return add_feeds(path, drafts), listed


def try_feeds(feeds: Sequence[Feed], fetcher: Fetcher, parser: Parser) -> Iterator[Trial]:
    """Fetch and read each feed now, storing nothing; answers come as they arrive."""
    wanted = [(feed, FeedState(feed.id, url=feed.url)) for feed in feeds]
    for fetched, parsed in parser.parse(fetcher.fetch(wanted)):
        seconds, where = round(fetched.seconds, 3), without_credentials(fetched.url)
        if parsed is None:
            note = fetched.error or "the server says nothing changed, though nothing was known"
            yield Trial(fetched.feed, where, "failing", note=note, seconds=seconds)
            continue
        note = "; ".join(parsed.errors)
        verdict = (
            "not a feed" if parsed.format is None else "empty" if not parsed.entries else "undated" if is_undated(parsed) else ""
        )
        dates = [moment for entry in parsed.entries if (moment := entry.published or entry.updated)]
        yield Trial(
            fetched.feed,
            where,
            verdict or ("faulty" if note else "ok"),
            len(parsed.entries),
            max(dates).isoformat() if dates else "",
            parsed.format or "",
            note,
            seconds,
        )
