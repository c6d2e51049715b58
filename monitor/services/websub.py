"""WebSub: subscribe at a feed's hub, answer its verification, and accept what it pushes."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from monitor.core.alerts.retry import RetryPolicy, wait
from monitor.core.shown import without_credentials
from monitor.logs import logger
from monitor.model import Feed, FeedState, Fetched
from monitor.ports import Archive, Clock, Fetcher
from monitor.services.keys import kept_key

log = logger(__name__)

LEASE = timedelta(days=7)
RENEW_BEFORE = timedelta(days=1)
PATH = "/websub/"
"""Where hubs call back; a feed's id follows."""
STATE = "websub"
"""The name under which the key that subscriptions are made with is kept among the rules' states.

Under `websub:FEED` is kept how often a feed's hub was asked and has not called back, and when last.
"""
PACE = RetryPolicy(first=timedelta(hours=1), longest=timedelta(days=1))
"""When a hub that refused, or never called back, is asked again: the service may be out of its reach."""


def hub_secret(archive: Archive) -> str:
    """The secret from which each subscription's own is made; made when first asked for, and kept with the archive."""
    return kept_key(archive, STATE)


def subscribe_due(archive: Archive, fetcher: Fetcher, clock: Clock, *, public_url: str) -> int:
    """Subscribe to every feed that advertises a hub and whose lease is missing or ends within a day; how many were asked.

    `public_url` is where hubs reach the pages. The hub confirms by calling back, see `verified`, which starts the lease. One that
    does not is asked again after an hour, then ever more rarely, down to once a day.
    """
    secret = hub_secret(archive)
    now = clock.now()
    asked = 0
    for feed, state in archive.feeds.list():
        if not feed.is_enabled or state.is_gone or not is_wanted(state, now):
            continue
        tries = archive.states.load(_asked(feed.id))
        if is_resting(feed.id, tries, now):
            continue
        archive.states.save(_asked(feed.id), {"tries": tries.get("tries", 0) + 1, "at": now.isoformat()})
        answer = fetcher.post(state.hub or "", _form(feed, state, public_url, secret))
        asked += 1
        if answer.error:
            log.warning("hub refused", feed=feed.id, hub=state.hub, error=answer.error)
    return asked


def _asked(feed_id: str) -> str:
    return f"{STATE}:{feed_id}"


def _form(feed: Feed, state: FeedState, public_url: str, secret: str) -> dict[str, str]:
    return {
        "hub.mode": "subscribe",
        "hub.topic": _topic(state),
        "hub.callback": f"{public_url.rstrip('/')}{PATH}{quote(feed.id)}",
        "hub.lease_seconds": str(int(LEASE.total_seconds())),
        "hub.secret": feed_secret(secret, feed.id),
    }


def _topic(state: FeedState) -> str:
    """What a hub is asked for; a feed's own credentials are none of its business."""
    return state.hub_topic or without_credentials(state.url)


def is_resting(feed_id: str, tries: Mapping[str, Any], now: datetime) -> bool:
    """Whether it is too early to ask a feed's hub again after these tries, as kept by `subscribe_due`."""
    if not tries:
        return False
    passed = now - datetime.fromisoformat(tries["at"])
    # A try that lies ahead was made by a clock that has been set back since.
    return timedelta(0) <= passed < wait(feed_id, tries["tries"], PACE)


def is_wanted(state: FeedState, now: datetime) -> bool:
    """Whether a feed has a hub and no lease that lasts."""
    return state.hub is not None and (state.subscribed_until is None or state.subscribed_until - now < RENEW_BEFORE)


def verified(archive: Archive, clock: Clock, feed_id: str, mode: str, topic: str, lease_seconds: str) -> bool:
    """Whether a hub's verification is of a subscription we asked for; the caller then echoes the challenge, else answers 404."""
    found = _known(archive, feed_id)
    if found is None:
        return False
    _, state = found
    if mode != "subscribe" or state.hub is None or topic != _topic(state):
        return False
    now = clock.now()
    until = now + _lease(lease_seconds)
    answer = Fetched(feed_id, state.url, 200, is_unchanged=True, reason="subscribed")
    with archive.transaction():
        archive.feeds.record(replace(state, subscribed_until=until), answer, now, 0)
        archive.states.forget([_asked(feed_id)])
    return True


def pushed(
    archive: Archive, feed_id: str, body: bytes, content_type: str, signature: str
) -> tuple[Feed, FeedState, Fetched] | None:
    """What a hub pushed, ready for `collect_pushed`, or None when nobody asked for it or it is not signed by the hub.

    The caller answers 2xx either way, as the specification asks, so that a forger learns nothing.
    """
    found = _known(archive, feed_id)
    secret = feed_secret(hub_secret(archive), feed_id)
    if found is None or not is_signed(body, signature, secret):
        log.warning("push refused", feed=feed_id)
        return None
    feed, state = found
    return feed, state, Fetched(feed_id, state.hub_topic or state.url, 200, body=body, content_type=content_type)


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether an X-Hub-Signature header such as `sha256=...` fits; SHA-1 is refused."""
    method, _, given = signature.partition("=")
    if method not in ("sha256", "sha384", "sha512"):
        return False
    # As bytes: what is compared comes from strangers, and texts may only be compared in ASCII.
    offered = given.strip().lower().encode("utf-8", "replace")
    return hmac.compare_digest(hmac.new(secret.encode(), body, method).hexdigest().encode(), offered)


def feed_secret(secret: str, feed_id: str) -> str:
    """The secret of one feed's subscription, so that one hub cannot sign for another."""
    return hmac.new(secret.encode(), f"websub:{feed_id}".encode(), hashlib.sha256).hexdigest()


def _lease(seconds: str) -> timedelta:
    """The lease that a hub grants, as long as we ask for at most; what it says unreadably is taken for that."""
    return min(timedelta(seconds=int(seconds)), LEASE) if re.fullmatch(r"[0-9]{1,9}", seconds) else LEASE


def _known(archive: Archive, feed_id: str) -> tuple[Feed, FeedState] | None:
    return next(((feed, state) for feed, state in archive.feeds.list() if feed.id == feed_id and feed.is_enabled), None)
