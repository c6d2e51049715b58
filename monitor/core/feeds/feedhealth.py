"""What to tell the owner about a feed: it fails, it recovered, it fell silent, it lost its dates, it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from monitor.model import FeedState, ParsedFeed

FAILURES_TO_TELL = 5
SILENT_GAPS = 6
SILENT_AT_LEAST = timedelta(days=2)
FEWEST_UNDATED = 3


class Health(StrEnum):
    """What became of a feed."""

    FAILING = "failing"
    RECOVERED = "recovered"
    GONE = "gone"
    NOT_A_FEED = "not a feed"
    SILENT = "silent"
    UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One thing worth telling about a feed, once."""

    feed: str
    health: Health
    text: str


def after_success(before: FeedState, after: FeedState, parsed: ParsedFeed | None, now: datetime) -> list[FeedEvent]:
    """What a good answer gives to tell; nothing that was told before."""
    events = []
    if before.is_reported:
        events.append(FeedEvent(after.feed, Health.RECOVERED, f"answers again after {before.failures} failures"))
    if parsed and is_undated(parsed) and before.last_success is None:
        events.append(FeedEvent(after.feed, Health.UNDATED, "gives no date for any of its entries"))
    if _falls_silent(before, after, now):
        silence = now - (after.last_new or now)
        events.append(FeedEvent(after.feed, Health.SILENT, f"brought nothing new for {silence.days} days, unlike its habit"))
    return events


def after_failure(before: FeedState, after: FeedState, reason: str, limit: int = FAILURES_TO_TELL) -> list[FeedEvent]:
    """What a failure gives to tell: one event at the `limit`-th in a row, and in any case that the feed is gone for good."""
    if after.is_gone and not before.is_gone:
        return [FeedEvent(after.feed, Health.GONE, "is gone (410) and will not be asked again until its address is edited")]
    if before.is_reported or after.failures < limit:
        return []
    health = Health.NOT_A_FEED if reason == "not-a-feed" else Health.FAILING
    return [FeedEvent(after.feed, health, f"failed {after.failures} times in a row: {after.last_error}")]


def is_undated(parsed: ParsedFeed) -> bool:
    """Whether a document of some length dates none of its entries."""
    return len(parsed.entries) >= FEWEST_UNDATED and all(e.published is None and e.updated is None for e in parsed.entries)


def silent_after(state: FeedState) -> timedelta | None:
    """How long a feed may bring nothing before that is unlike its habit; None while its habit is unknown."""
    if not state.arrivals:
        return None
    return max(timedelta(hours=median(state.arrivals)) * SILENT_GAPS, SILENT_AT_LEAST)


def _falls_silent(before: FeedState, after: FeedState, now: datetime) -> bool:
    # True for the one look at which the silence passes its limit, so it is told once.
    limit = silent_after(before)
    if limit is None or before.last_success is None or after.last_new is None or after.last_new == now:
        return False
    return before.last_success - after.last_new <= limit < now - after.last_new


def noted(state: FeedState, events: Sequence[FeedEvent]) -> FeedState:
    """The state that remembers what its owner has just been told."""
    healths = {event.health for event in events}
    if healths & {Health.FAILING, Health.GONE, Health.NOT_A_FEED}:
        return replace(state, is_reported=True)
    return replace(state, is_reported=False) if Health.RECOVERED in healths else state
