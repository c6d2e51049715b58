"""Decides, without chance and without a clock, when a failed delivery is tried again and when it is given up."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b

from monitor.model import Delivery, DeliveryState, Receipt

GIVE_UP_AFTER = timedelta(days=3)
"""How long an unreachable receiver is tried unless the settings say otherwise."""
LONGEST_RETRY_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient to be: waits double from `first` up to `longest`; a delivery is dead `age` after its alert was made."""

    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=15)
    age: timedelta = GIVE_UP_AFTER


def wait(seed: str, failures: int, policy: RetryPolicy) -> timedelta:
    """The pause after so many failures in a row (at least 1): exponential, less up to a quarter by the seed.

    The same seed and count give the same pause, so a plan can be explained; different seeds do not return together.
    """
    doubled = policy.first * (1 << min(max(failures, 1) - 1, 20))
    share = int.from_bytes(blake2b(f"{seed}:{failures}".encode(), digest_size=4).digest()) / 2**32
    return min(doubled, policy.longest) * (1 - share / 4)


def retry_after(value: str, date: str = "") -> timedelta | None:
    """A Retry-After header as a span of at most a day, or None when it says nothing usable.

    The HTTP-date form is measured against the answer's own Date header, so that clocks need not agree.
    """
    try:
        seconds = float(value) if _is_number(value) else (_utc(value) - _utc(date)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return timedelta(seconds=min(seconds, LONGEST_RETRY_AFTER.total_seconds()))


def _is_number(value: str) -> bool:
    return value.strip().replace(".", "", 1).isdecimal()


def _utc(value: str) -> datetime:
    parsed = parsedate_to_datetime(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def settle(delivery: Delivery, receipt: Receipt, now: datetime, born: datetime, policy: RetryPolicy) -> Delivery:
    """What a delivery becomes by what its channel said: sent, dead with the reason, or pending with the next try's time."""
    attempts = delivery.attempts + 1
    seen = replace(
        delivery,
        attempts=attempts,
        remote_id=receipt.remote_id or delivery.remote_id,
        # Whoever was still to be reached stays so until the channel says otherwise.
        remaining=receipt.remaining or (() if receipt.is_sent else delivery.remaining),
        refused=(*delivery.refused, *(one for one in receipt.refused if one not in delivery.refused)),
        last_error=receipt.error,
    )
    if receipt.is_sent:
        return replace(seen, state=DeliveryState.SENT, due=None, last_error=_lost(seen))
    if receipt.is_permanent:
        return replace(seen, state=DeliveryState.DEAD, due=None)
    pause = receipt.retry_after if receipt.retry_after is not None else wait(delivery.id, attempts, policy)
    if now + pause - born > policy.age:
        gave_up = f"given up after {attempts} attempts; last: {receipt.error}"
        return replace(seen, state=DeliveryState.DEAD, due=None, last_error=gave_up)
    return replace(seen, due=now + pause)


def _lost(delivery: Delivery) -> str:
    if not delivery.refused:
        return ""
    return delivery.last_error or "refused for good: " + ", ".join(delivery.refused)


# -- a receiver's health -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Health:
    """How a receiver does: failures in a row, the time before which it is left alone, and what it said last."""

    failures: int = 0
    until: datetime | None = None
    since: datetime | None = None
    error: str = ""

    @property
    def is_failing(self) -> bool:
        """The last thing heard of the receiver was a failure."""
        return self.failures > 0

    @property
    def has_refused(self) -> bool:
        """That failure was a message refused for good, not an outage to be waited out."""
        return self.is_failing and self.until is None


def is_outage(delivery: Delivery, receipt: Receipt) -> bool:
    """The whole receiver failed, for now: not one message for good, and not some of its recipients."""
    return not (receipt.is_sent or receipt.is_permanent or receipt.remaining or delivery.remaining)


def failed(health: Health, receiver: str, receipt: Receipt, now: datetime, policy: RetryPolicy) -> Health:
    """Health after an outage: later deliveries wait too, so that their order is kept and the receiver can recover."""
    failures = health.failures + 1
    pause = receipt.retry_after if receipt.retry_after is not None else wait(receiver, failures, policy)
    return Health(failures, now + pause, health.since or now, receipt.error)


# -- a receiver's pace -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pace:
    """A token bucket: `tokens` messages may go at once, as of monotonic second `at`."""

    tokens: float
    at: float


def burst(per_minute: float) -> float:
    """How many messages may go at once: ten seconds' worth, at least one."""
    return max(1.0, per_minute / 6)


def spend(pace: Pace | None, at: float, per_minute: float) -> tuple[Pace, float]:
    """The bucket after one message at this second, and the seconds to wait first (0 when one may go; then it is spent)."""
    full = burst(per_minute)
    before = pace or Pace(full, at)
    tokens = min(full, before.tokens + max(0.0, at - before.at) * per_minute / 60)
    if tokens >= 1:
        return Pace(tokens - 1, at), 0.0
    return Pace(tokens, at), (1 - tokens) * 60 / per_minute
