"""Spans of time as people write them: 90s, 10m, 6h, 3d, 1w, 2y, or several together (1h30m)."""

from __future__ import annotations

import re
from datetime import timedelta
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
