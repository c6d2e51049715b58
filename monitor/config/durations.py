"""Spans of time as people write them: 90s, 10m, 6h, 3d, 1w, 2y, or several together (1h30m); and where one begins."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
PATTERN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdwy])")
WHOLE = re.compile(r"(?:\d+(?:\.\d+)?\s*[smhdwy]\s*)+")
LONGEST = timedelta(days=36_500)


def parse_duration(value: Any) -> timedelta:
    """The span that a text such as "6h" names.

    Raises:
        ValueError: the text is not a span of time, or is longer than a hundred years.
    """
    if isinstance(value, timedelta):
        return value
    text = str(value).strip()
    if not WHOLE.fullmatch(text):
        if value in (0, "0"):
            return timedelta(0)
        raise ValueError(f"{text!r} is not a span of time; write a number and a unit, such as 90s, 10m, 6h, 3d, 1w or 2y")
    seconds = sum(float(number) * SECONDS[unit] for number, unit in PATTERN.findall(text))
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{text!r} is longer than a hundred years")
    return timedelta(seconds=seconds)


def beginning(text: str, now: datetime) -> datetime:
    """The moment, in UTC, from which somebody looks back who writes "14d", "36h" or "2024-11-01".

    Raises:
        ValueError: the text names none, or one that lies ahead.
    """
    try:
        moment = now - parse_duration(text)
    except ValueError:
        moment = _day(text)
    if moment > now:
        raise ValueError(f"{text!r} lies ahead")
    return moment.astimezone(UTC)


def _day(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is neither a span such as 36h or 14d nor a day such as 2024-11-01") from error


def format_duration(span: timedelta) -> str:
    """The shortest writing of a span that `parse_duration` reads back, such as "1h30m"."""
    left = round(span.total_seconds())
    parts = []
    for unit, size in sorted(SECONDS.items(), key=lambda item: -item[1]):
        if unit != "y" and left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return "".join(parts) or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+(\.\d+)?\s*[smhdwy]\s*)+$", "examples": ["10m", "6h", "3d", "1w"]}),
]
