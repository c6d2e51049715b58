"""Points and stretches of time as people write them in a query: 2024-11-01, 2024-11, 7d, today."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}
_DAYS = {"today": 0, "yesterday": 1}
_AGO = re.compile(r"(\d{1,6})([mhdwy])")
_CALENDAR = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_DAY = timedelta(days=1)
HELP = "write a day (2024-11-01), a month (2024-11), a time (2024-11-01T09:30Z), a span (7d, 24h), today or yesterday"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time somebody wrote: a stretch [first, after) of the calendar, a span back from now, or whole UTC days back."""

    first: datetime | None = None
    after: datetime | None = None
    ago: timedelta | None = None
    days_ago: int | None = None

    def stretch(self, now: datetime) -> tuple[datetime, datetime]:
        """[first, after) in UTC; both are equal for a span back from now."""
        if self.ago is not None:
            point = now.astimezone(UTC) - self.ago
            return point, point
        if self.days_ago is not None:
            midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - self.days_ago * _DAY
            return midnight, midnight + _DAY
        assert self.first is not None  # noqa: S101  # a moment has one of its three forms
        assert self.after is not None  # noqa: S101
        return self.first, self.after

    def bounds(self, operator: str, now: datetime) -> tuple[datetime | None, datetime | None]:
        """(at or after, before) of the times that stand in this relation to the moment; None leaves a side open.

        A span without a comparison (published:7d) means since then.
        """
        first, after = self.stretch(now)
        match operator:
            case ">=":
                return first, None
            case ">":
                return max(after, first + timedelta.resolution), None
            case "<":
                return None, first
            case "<=":
                return None, max(after, first + timedelta.resolution)
            case _:
                return first, None if self.ago is not None else after


def read(text: str) -> Moment:
    """The moment that a text names.

    Raises:
        ValueError: it names none.
    """
    word = text.strip().casefold()
    if word in _DAYS:
        return Moment(days_ago=_DAYS[word])
    if word == "now":
        return Moment(ago=timedelta(0))
    if ago := _AGO.fullmatch(word):
        return _span(int(ago[1]) * UNITS[ago[2]])
    if calendar := _CALENDAR.fullmatch(word):
        year, month, day = (int(part) if part else None for part in calendar.groups())
        return _calendar(year or 0, month, day)
    return _instant(text.strip())


def _span(span: timedelta) -> Moment:
    if span > 200 * UNITS["y"]:
        raise ValueError("that is too long ago")
    return Moment(ago=span)


def _calendar(year: int, month: int | None, day: int | None) -> Moment:
    first = datetime(_checked(year), month or 1, day or 1, tzinfo=UTC)
    if day:
        return Moment(first, first + _DAY)
    if month:
        return Moment(first, (first + 31 * _DAY).replace(day=1))
    return Moment(first, first.replace(year=year + 1))


def _checked(year: int) -> int:
    if not 1000 <= year <= 9000:  # noqa: PLR2004  # four digits sort as text, and the span after it still fits
        raise ValueError("the year must lie between 1000 and 9000")
    return year


def _instant(text: str) -> Moment:
    at = datetime.fromisoformat(text)
    _checked(at.year)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if at.microsecond:
        return Moment(at, at + timedelta.resolution)
    return Moment(at, at + timedelta(seconds=1 if at.second or text.count(":") > 1 else 60))
