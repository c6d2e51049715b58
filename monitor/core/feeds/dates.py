"""Dates as feeds write them: the few forms that nearly all use, read exactly; everything else is left to other readers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = {
    name: number
    for number, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)
}
_ZONES = {
    "GMT": 0,
    "UTC": 0,
    "UT": 0,
    "Z": 0,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)",
    re.ASCII,
)
_MAIL = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4}|[A-Z]{1,3})",
    re.ASCII,
)


def read_date(text: str) -> datetime | None:
    """A full ISO 8601 or RFC 822 date with a zone, in UTC to the second; None for every other text."""
    text = text.strip()
    found = _ISO.fullmatch(text)
    if found:
        year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
        return _moment(year, month, day, hour, minute, second, _offset(found[7].replace(":", "")))
    found = _MAIL.fullmatch(text)
    if found and found[2].lower() in _MONTHS:
        hour, minute, second = (int(part) for part in found.groups()[3:6])
        return _moment(int(found[3]), _MONTHS[found[2].lower()], int(found[1]), hour, minute, second, _offset(found[7]))
    return None


def _offset(zone: str) -> timedelta | None:
    if zone[0] not in "+-":
        return timedelta(hours=_ZONES[zone]) if zone in _ZONES else None
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    return (-size if zone[0] == "-" else size) if size < timedelta(hours=16) else None


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int, offset: timedelta | None) -> datetime | None:
    if offset is None:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
