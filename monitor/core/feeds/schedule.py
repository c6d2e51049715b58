"""When to ask a feed again: from its own rhythm, from what it asks for, and from how it has failed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from monitor.model import Feed, FeedState, Fetched, ParsedFeed

LONGEST_WAIT = timedelta(hours=24)
"""No header, ttl or backoff keeps a feed away longer than this."""
REMEMBERED_GAPS = 20
CONFIRMATIONS = 3
"""How many times in a row a permanent redirect must be seen before the new address is adopted."""
GONE = 410
NEVER = timedelta(days=3650)
"""When a feed that is gone is asked again, unless its address is edited."""
SHARE_OF_GAP = 0.5
SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Bounds:
    """The shortest and longest interval between two looks at a feed, and the one to begin with."""

    shortest: timedelta = timedelta(minutes=5)
    longest: timedelta = timedelta(hours=6)
    first: timedelta = timedelta(minutes=30)


def begun(feed: Feed, state: FeedState) -> FeedState:
    """The state to fetch with: a fresh one when the owner has edited the feed's address, which also lifts a 410."""
    if state.configured == feed.url and state.url:
        return state
    return FeedState(feed=feed.id, url=feed.url, configured=feed.url, last_success=None)


def without_validators(state: FeedState, now: datetime) -> FeedState:
    """The state to fetch with, its ETag set aside for the first look of each UTC day.

    Some servers answer 304 for ever; once a day the whole document is asked for.
    """
    if state.last_success is None or state.last_success.date() == now.date():
        return state
    return replace(state, etag=None, last_modified=None)


def succeeded(
    state: FeedState, feed: Feed, fetched: Fetched, parsed: ParsedFeed | None, new: int, now: datetime, bounds: Bounds
) -> FeedState:
    """The state after a good answer, unchanged ones included; `new` counts the articles it brought."""
    arrivals = _arrivals(state, new, now)
    ttl = _clamped(parsed.ttl) if parsed else state.ttl
    skip_hours = parsed.skip_hours if parsed else state.skip_hours
    skip_days = parsed.skip_days if parsed else state.skip_days
    interval = _interval(feed, arrivals, bounds)
    wait = max(
        interval, ttl or timedelta(0), _clamped(fetched.max_age) or timedelta(0), _clamped(fetched.retry_after) or timedelta(0)
    )
    after = replace(
        state,
        etag=fetched.etag or (state.etag if fetched.is_unchanged else None),
        last_modified=fetched.last_modified or (state.last_modified if fetched.is_unchanged else None),
        interval=interval,
        ttl=ttl,
        skip_hours=skip_hours,
        skip_days=skip_days,
        last_success=now,
        last_new=now if new or state.last_new is None else state.last_new,
        failures=0,
        last_error=None,
        is_gone=False,
        arrivals=arrivals,
        hub=parsed.hub if parsed else state.hub,
        hub_topic=parsed.topic_url if parsed else state.hub_topic,
        next_due=outside(now + _spread(wait, feed.id, now), skip_hours, skip_days),
    )
    return _redirected(after, fetched)


def failed(state: FeedState, feed: Feed, fetched: Fetched, error: str, now: datetime, bounds: Bounds) -> FeedState:
    """The state after a failure: only the schedule and the failure fields differ.

    The wait doubles with each failure; Retry-After may lengthen it, to a day at most. After 410 the feed is not asked again.
    """
    failures = state.failures + 1
    base = state.interval or feed.interval or bounds.first
    backoff = min(base * 2 ** min(failures - 1, 10), LONGEST_WAIT)
    wait = max(_spread(backoff, feed.id, now), _clamped(fetched.retry_after) or timedelta(0))
    is_gone = fetched.status == GONE
    return replace(
        state,
        failures=failures,
        last_error=error,
        is_gone=is_gone,
        next_due=now + (NEVER if is_gone else min(wait, LONGEST_WAIT)),
    )


def after_push(state: FeedState, new: int, now: datetime) -> FeedState:
    """The state after a hub pushed `new` articles: the rhythm learns of them, all that the feed's own document says stays."""
    return replace(state, last_new=now, arrivals=_arrivals(state, new, now)) if new else state


def asked_anew(state: FeedState) -> FeedState:
    """The state of a feed whose owner has mended what was wrong: due at once, its failures forgotten, a 410 lifted."""
    return replace(state, failures=0, last_error=None, is_gone=False, next_due=None)


def is_catch_up(state: FeedState, now: datetime, bounds: Bounds) -> bool:
    """Whether what a feed brings now is backlog: its first answer, or the first after an outage of ours or of its own."""
    if state.last_success is None:
        return True
    return now - state.last_success > max(3 * (state.interval or bounds.first), 2 * LONGEST_WAIT)


def outside(due: datetime, skip_hours: Sequence[int], skip_days: Sequence[int] = ()) -> datetime:
    """The first moment from `due` on that is in none of the UTC hours and weekdays (Monday is 0) a feed wants to be left alone.

    A feed that leaves no hour of any day is asked all the same.
    """
    hours, days = set(skip_hours), set(skip_days)
    if len(hours) >= 24 or len(days) >= 7:  # noqa: PLR2004 (hours of a day, days of a week)
        return due
    while due.hour in hours or due.weekday() in days:
        due = due.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due


def _interval(feed: Feed, arrivals: Sequence[float], bounds: Bounds) -> timedelta:
    """Half the usual gap between two arrivals, within bounds; a feed's own `interval` is the shortest it may become."""
    shortest = feed.interval or bounds.shortest
    if not arrivals:
        return max(feed.interval or bounds.first, shortest)
    wanted = timedelta(hours=median(arrivals)) * SHARE_OF_GAP
    return min(max(wanted, shortest), max(bounds.longest, shortest))


def _arrivals(state: FeedState, new: int, now: datetime) -> tuple[float, ...]:
    """The gaps between arrivals, with the one that ends now; a long silence counts before it ends, so feeds slow down."""
    if state.last_success is None or state.last_new is None:
        return state.arrivals
    gap = (now - state.last_new).total_seconds() / 3600
    if new:
        return (*state.arrivals, *[gap / new] * min(new, REMEMBERED_GAPS))[-REMEMBERED_GAPS:]
    if not state.arrivals or gap <= 4 * max(state.arrivals):
        return state.arrivals
    return (*state.arrivals, gap)[-REMEMBERED_GAPS:]


def _redirected(state: FeedState, fetched: Fetched) -> FeedState:
    if fetched.permanent_url is None:
        return replace(state, redirect_to=None, redirects_seen=0)
    seen = state.redirects_seen + 1 if fetched.permanent_url == state.redirect_to else 1
    if seen >= CONFIRMATIONS:
        return replace(state, url=fetched.permanent_url, redirect_to=None, redirects_seen=0)
    return replace(state, redirect_to=fetched.permanent_url, redirects_seen=seen)


def _clamped(wait: timedelta | None) -> timedelta | None:
    return None if wait is None else min(max(wait, timedelta(0)), LONGEST_WAIT)


def _spread(wait: timedelta, feed: str, now: datetime) -> timedelta:
    """The wait, up to a tenth longer or shorter: drawn from the feed and the time, so that feeds do not march in step."""
    drawn = hashlib.blake2b(f"{feed}{now.isoformat()}".encode(), digest_size=4).digest()
    return wait * (1 + SPREAD * (2 * int.from_bytes(drawn, "big") / 0xFFFFFFFF - 1))
