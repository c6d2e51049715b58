"""Dates in the forms that only people read, in many languages: the last resort."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime

LONGEST = 80
SETTINGS = {
    "TIMEZONE": "UTC",
    "RETURN_AS_TIMEZONE_AWARE": True,
    "PARSERS": ["absolute-time"],
    "REQUIRE_PARTS": ["year", "month", "day"],
}


def read_loose_date(text: str) -> datetime | None:
    """A date with at least a day, in UTC; a text without a zone is taken as UTC. None when it is not understood."""
    text = " ".join(text.split())
    if not text or len(text) > LONGEST or not re.search(r"\d", text):
        return None
    import dateparser  # type: ignore[import-untyped]  # noqa: PLC0415 (slow to load and rarely needed)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = dateparser.parse(text, settings=SETTINGS)
        except Exception:  # noqa: BLE001 (a text nobody foresaw is an unknown date, not a broken feed)
            return None
    return found.astimezone(UTC).replace(microsecond=0) if found else None
