"""Dates as people write them, in the languages feeds are written in; whatever is not understood in full is refused."""

from __future__ import annotations

import re
import unicodedata
from calendar import isleap
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LONGEST = 120
LEAP_SECOND = 60
_MONTH_NAMES = (
    (
        "jan january januar januari janvier janv enero ene gennaio gen janeiro ιαν ιανουάριος ιανουαρίου január янв "
        "января январь stycznia sty jän jänner"
    ),
    (
        "feb february februar februari février févr fév fevrier fevr febrero febbraio fevereiro fev φεβ φεβρουάριος "
        "φεβρουαρίου február фев февраля февраль lutego lut"
    ),
    "mar march märz mär mrz maart mrt mars marzo março marco μάρ μαρ μάρτιος μαρτίου március мар марта март marca",
    "apr april avril avr abril abr aprile απρ απρίλιος απριλίου április апр апреля апрель kwietnia kwi",
    "may mai mei mayo maggio mag maio μάι μαϊ μαι μάιος μαΐου május мая май maja maj",
    "jun june juni juin junio giugno giu junho ιούν ιουν ιούνιος ιουνίου június июн июня июнь czerwca cze",
    "jul july juli juillet juil julio luglio lug julho ιούλ ιουλ ιούλιος ιουλίου július июл июля июль lipca lip",
    "aug august augustus août aout agosto ago αύγ αυγ αύγουστος αυγούστου augusztus авг августа август sierpnia sie",
    (
        "sep sept september septembre septiembre setiembre settembre set setembro σεπ σεπτ σεπτέμβριος σεπτεμβρίου "
        "szeptember сен сент сентября сентябрь września wrz"
    ),
    (
        "oct october oktober okt octobre octubre ottobre ott outubro out οκτ οκτώβριος οκτωβρίου október окт октября "
        "октябрь października paź"
    ),
    "nov november novembre noviembre novembro νοέ νοε νοέμβριος νοεμβρίου ноя ноября ноябрь listopada lis",
    (
        "dec december dezember dez décembre déc decembre diciembre dic dicembre dezembro δεκ δεκέμβριος δεκεμβρίου дек "
        "декабря декабрь grudnia gru"
    ),
)
_MONTHS = {name: number for number, line in enumerate(_MONTH_NAMES, start=1) for name in line.split()}
_HOURS = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0.0),
    "at": -4,
    "ast": -4,
    "adt": -3,
    "et": -5,
    "est": -5,
    "edt": -4,
    "ct": -6,
    "cst": -6,
    "cdt": -5,
    "mt": -7,
    "mst": -7,
    "mdt": -6,
    "pt": -8,
    "pst": -8,
    "pdt": -7,
    "akst": -9,
    "akdt": -8,
    "hst": -10,
    "brt": -3,
    "art": -3,
    "clt": -4,
    "bst": 1,
    "west": 1,
    "cet": 1,
    "cest": 2,
    "met": 1,
    "mest": 2,
    "mez": 1,
    "mesz": 2,
    "eet": 2,
    "eest": 3,
    "sast": 2,
    "msk": 3,
    "eat": 3,
    "gst": 4,
    "pkt": 5,
    "ist": 5.5,
    "npt": 5.75,
    "ict": 7,
    "wib": 7,
    "hkt": 8,
    "sgt": 8,
    "pht": 8,
    "awst": 8,
    "kst": 9,
    "jst": 9,
    "acst": 9.5,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
    **dict.fromkeys("abcdefghiklmnopqrstuvwxy", 0.0),  # RFC 2822: military letters were misused so often that they say nothing
}
_WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_FILLERS = frozenset(
    [
        "at",
        "of",
        "de",
        "del",
        "the",
        "t",
        "st",
        "nd",
        "rd",
        "th",
        "um",
        "à",
        "uhr",
        "o",
        "kl",
        "den",
        "le",
        "년",
        "월",
        "일",
        "年",
        "月",
        "日",
    ]
)
_KOREAN_TIME = timezone(timedelta(hours=9))
_TIME = re.compile(
    r"(?P<before>오전|오후|上午|下午|午前|午後)?\s*"
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,]\d+)?)?(?![\d:]|\.\d)"
    r"\s*(?P<after>[ap]\.?m\b\.?)?"
)
_ZONE = re.compile(
    r"\s*(?:(?P<area>[a-z]+/[a-z_]+(?:/[a-z_]+)?)"
    r"|(?P<name>[a-z]{1,4})?\s*(?:(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?)?(?![\d:]))"
)
_PARTS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<year>\d{4})(?:-(?P<month>\d\d))?",
        r"-(?P<year>\d\d)-?(?P<month>\d\d)",
        r"(?P<year>\d\d)-?(?P<month>\d\d)-?(?P<day>\d\d)",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)",
        r"(?P<year>\d{4}|\d\d)-?(?P<ordinal>\d{3})",
    )
)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_SECONDS_OF_2100 = 4_102_444_800


def read_loose_date(text: str) -> datetime | None:
    """A moment in UTC, to the second; None unless every part of the text is understood.

    Without a zone the text is taken as UTC (as Korean time where it is written in Korean); without a time, as midnight.
    """
    if len(text) > LONGEST:
        return None
    words = _without_comments(" ".join(unicodedata.normalize("NFKC", text).split())).strip().lower()
    stamp = _timestamp(words)
    if stamp is not None:
        return stamp
    found = _TIME.search(words)
    usual = _KOREAN_TIME if re.search(r"[\uac00-\ud7af]", words) else UTC
    if found is None:
        return None if ":" in words else _moment(words, 0, 0, 0, usual) or _partial(words)
    zone, rest = _zone(words[found.end() :])
    hour = _hour(int(found["hour"]), found["before"] or found["after"] or "")
    return _moment(f"{words[: found.start()]} {rest}", hour, int(found["minute"]), int(found["second"] or 0), zone or usual)


def _timestamp(words: str) -> datetime | None:
    if not re.fullmatch(r"\d{10}|\d{13}", words, re.ASCII):
        return None
    seconds = int(words[:10])
    return datetime.fromtimestamp(seconds, UTC) if seconds < _SECONDS_OF_2100 else None


def _partial(words: str) -> datetime | None:
    """What ISO 8601 allows without a time: a year, a month, a day, or the number of a day in its year."""
    found = next((found for pattern in _PARTS if (found := pattern.fullmatch(words))), None)
    if found is None:
        return None
    parts = found.groupdict()
    day = _calendar(_year(parts["year"]), int(parts.get("month") or 1), int(parts.get("day") or 1))
    if day is None:
        return None
    ordinal = int(parts.get("ordinal") or 1)
    if not 0 < ordinal <= 365 + isleap(day.year):
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=ordinal - 1)


def _moment(words: str, hour: int, minute: int, second: int, zone: tzinfo) -> datetime | None:
    day = _day(words)
    if day is None or hour > 24 or (hour == 24 and (minute or second)):  # noqa: PLR2004
        return None
    second -= second == LEAP_SECOND
    try:
        start = datetime(day.year, day.month, day.day, hour % 24, minute, second, tzinfo=zone)
        return (start + timedelta(days=hour // 24)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _hour(hour: int, half: str) -> int:
    is_afternoon = half.startswith("p") or half in ("오후", "下午", "午後")
    return hour % 12 + 12 * is_afternoon if half and hour <= 12 else hour  # noqa: PLR2004


def _zone(after: str) -> tuple[tzinfo | None, str]:
    """The zone that follows a time, and the text after it."""
    found = _ZONE.match(after)
    if found is None or not found[0].strip():
        return None, after
    rest = after[found.end() :]
    if found["area"]:
        zone = _area(found["area"])
        return (zone, rest) if zone else (None, after)
    if found["name"] and found["name"] not in _HOURS:
        return None, after
    hours = timedelta(hours=_HOURS.get(found["name"] or "z", 0))
    if found["sign"]:
        size = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
        if size >= timedelta(hours=24):
            return None, after
        hours = -size if found["sign"] == "-" else size
    return timezone(hours), rest


def _area(name: str) -> tzinfo | None:
    proper = "/".join("_".join(part.capitalize() for part in piece.split("_")) for piece in name.split("/"))
    try:
        return ZoneInfo(proper.replace("Etc/Gmt", "Etc/GMT").replace("Etc/Utc", "Etc/UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _day(words: str) -> date | None:
    tokens = [token for token in _TOKEN.findall(words) if token not in _FILLERS]
    # Whatever word comes first stands where the weekday does, in any language.
    weekday = tokens.pop(0) if tokens and not tokens[0].isdecimal() and tokens[0] not in _MONTHS else ""
    names = [token for token in tokens if not token.isdecimal() and token not in ("gmt", "utc", "z")]
    numbers = [token for token in tokens if token.isdecimal()]
    if len(names) > 1 and not weekday:
        # A month's short name that is a weekday's too: mar., 01 déc.
        del names[0]
    if len(names) > 1 or any(name not in _MONTHS for name in names):
        return None
    return _named(_MONTHS[names[0]], numbers) if names else _numbered(numbers, words, weekday)


def _named(month: int, numbers: list[str]) -> date | None:
    if len(numbers) == 1 and len(numbers[0]) == 4:  # noqa: PLR2004
        numbers = ["1", *numbers]
    if len(numbers) != 2 or any(len(number) > 4 for number in numbers):  # noqa: PLR2004
        return None
    day, year = reversed(numbers) if len(numbers[0]) > 2 else numbers  # noqa: PLR2004
    return _calendar(_year(year), month, int(day))


def _numbered(numbers: list[str], words: str, weekday: str) -> date | None:
    if len(numbers) != 3 or any(len(number) > 4 for number in numbers):  # noqa: PLR2004
        return None
    first, second, third = (int(number) for number in numbers)
    if len(numbers[0]) == 4:  # noqa: PLR2004
        return _calendar(first, second, third)
    if "-" in words and len(numbers[2]) < 4:  # noqa: PLR2004
        return None
    year = _year(numbers[2])
    readings = [_calendar(year, second, first), _calendar(year, first, second)]
    if "/" in words:
        readings.reverse()
    possible = [reading for reading in readings if reading]
    named = [reading for reading in possible if reading.weekday() == _WEEKDAYS.get(weekday[:3])]
    return next(iter(named or possible), None)


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:  # noqa: PLR2004
        return year
    return year + (2000 if year < 70 else 1900)  # noqa: PLR2004


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without_comments(text: str) -> str:
    """The text without what stands in parentheses, which may nest."""
    kept, depth, is_escaped = [], 0, False
    for character in text:
        if is_escaped:
            is_escaped = False
            continue
        is_escaped = character == "\\"
        if character == "(":
            depth += 1
            kept.append(" " if depth == 1 else "")
        elif character == ")" and depth:
            depth -= 1
        elif not depth and not is_escaped:
            kept.append(character)
    return "".join(kept)
