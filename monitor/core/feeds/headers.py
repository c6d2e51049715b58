"""What HTTP headers ask of a polite client: when to come back, and how long an answer holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait a Retry-After header asks for, in seconds or until a date; None when it says nothing readable."""
    if not value:
        return None
    value = value.strip()
    if re.fullmatch(r"\d{1,9}", value):
        return timedelta(seconds=int(value))
    try:
        until = parsedate_to_datetime(value)
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return max(wait, timedelta(0))


def max_age(cache_control: str | None) -> timedelta | None:
    """How long Cache-Control says an answer stays fresh; None when it says nothing, zero for no-cache and no-store."""
    directives = [part.strip().lower() for part in (cache_control or "").split(",")]
    if "no-cache" in directives or "no-store" in directives:
        return timedelta(0)
    for directive in directives:
        found = re.fullmatch(r'max-age="?(\d{1,9})"?', directive)
        if found:
            return timedelta(seconds=int(found[1]))
    return None
