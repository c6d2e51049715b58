"""The figures, days, years and editions that a telling names, in a form that is equal across languages."""

# ruff: noqa: SIM905 - words of nine languages, listed as words

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import cache

_UNITS = {
    "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "mn": 6, "bn": 9, "tn": 12,
    "mio": 6, "millionen": 6, "mrd": 9, "milliarden": 9, "milliarde": 9, "billionen": 12, "tausend": 3,
    "mille": 3, "millions": 6, "milliard": 9, "milliards": 9, "mil": 3, "millones": 6, "millón": 6,
    "тыс": 3, "тысяч": 3, "млн": 6, "миллионов": 6, "миллиона": 6, "млрд": 9, "миллиардов": 9, "миллиарда": 9, "трлн": 12,
    "ألف": 3, "مليون": 6, "مليار": 9,
    "만": 4, "천만": 7, "억": 8, "천억": 11, "조": 12, "천": 3,
    "万": 4, "億": 8, "亿": 8, "千亿": 11, "千億": 11, "万亿": 12, "兆": 12, "千": 3,
}  # fmt: skip
_WIDE_UNITS = "천만|천억|만|억|조|천|万亿|千亿|千億|万|億|亿|兆|千"
_WORD_UNITS = "|".join(sorted((unit for unit in _UNITS if unit.isascii() or unit[0] in "тмأ"), key=len, reverse=True))
_PLAIN = r"\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_CHAIN = re.compile(rf"(?<![\d.,])(?:\d[\d.,]*(?:{_WIDE_UNITS}))+\d*")
_LINK = re.compile(rf"(\d[\d.,]*)({_WIDE_UNITS})?")
_NUMBER = re.compile(rf"(?<![\d.,])({_PLAIN})(?:[\s\u00a0-]?({_WORD_UNITS})\b)?", re.IGNORECASE)
_GROUPED = re.compile(r"[.,\u00a0\u202f ](?=\d{3}(?!\d))")
_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?!\d|[.,]\d)")
_SCORE = re.compile(r"(?<![\d.,–-])(\d{1,3})\s?[-–]\s?(\d{1,3})(?![\d.,–-]*\d)")

_MONTHS = (
    "jan januar january janvier enero янв января январь يناير",
    "feb februar february février febrero фев февраля февраль فبراير",
    "mar märz march mars marzo мар марта март مارس",
    "apr april avril abril апр апреля апрель أبريل",
    "may mai mayo мая май مايو",
    "jun juni june juin junio июн июня июнь يونيو",
    "jul juli july juillet julio июл июля июль يوليو",
    "aug august août agosto авг августа август أغسطس",
    "sep sept september septembre septiembre сен сентября сентябрь سبتمبر",
    "oct okt oktober october octobre octubre окт октября октябрь أكتوبر",
    "nov november novembre noviembre ноя ноября ноябрь نوفمبر",
    "dec dez dezember december décembre diciembre дек декабря декабрь ديسمبر",
)
_WEEKDAYS = (
    "monday montag lundi lunes понедельник понедельника الاثنين الإثنين 월요일 月曜 星期一 周一",
    "tuesday dienstag mardi martes вторник вторника الثلاثاء 화요일 火曜 星期二 周二",
    "wednesday mittwoch mercredi miércoles среду среда среды الأربعاء 수요일 水曜 星期三 周三",
    "thursday donnerstag jeudi jueves четверг четверга الخميس 목요일 木曜 星期四 周四",
    "friday freitag vendredi viernes пятницу пятница пятницы الجمعة 금요일 金曜 星期五 周五",
    "saturday samstag samedi sábado субботу суббота субботы السبت 토요일 土曜 星期六 周六",
    "sunday sonntag dimanche domingo воскресенье воскресенья الأحد 일요일 日曜 星期日 周日",
)
_ANY_YEAR = 2000
_WIDE_DAY = re.compile(r"(?:(\d{1,2})\s?[月월]\s?)?(?<!\d)(\d{1,2})\s?[日일](?![間间간째本])")

_ORDINALS = {
    1: "first premier première erste ersten primer primera первый первая первые первое 첫 首次 初 首届",
    2: "second zweite zweiten deuxième segundo segunda второй вторая вторые второе 두번째 제2차 第二次 第二届",
    3: "third dritte dritten troisième tercer tercera третий третья третьи третье 세번째 제3차 第三次 第三届",
    4: "fourth vierte vierten quatrième cuarto cuarta четвертый четвертая 네번째 제4차 第四次 第四届",
    5: "fifth fünfte fünften cinquième quinto quinta пятый пятая 다섯번째 제5차 第五次 第五届",
    6: "sixth sechste sechsten sixième sexto sexta шестой шестая 여섯번째 제6차 第六次 第六届",
    7: "seventh siebte siebten septième séptimo séptima седьмой седьмая 일곱번째 제7차 第七次 第七届",
    8: "eighth achte achten huitième octavo octava восьмой восьмая 여덟번째 제8차 第八次 第八届",
    9: "ninth neunte neunten neuvième noveno novena девятый девятая 아홉번째 제9차 第九次 第九届",
    10: "tenth zehnte zehnten dixième décimo décima десятый десятая 열번째 제10차 第十次 第十届",
}
_NUMBERED = (
    r"(?<!\d)(?P<before>\d{1,3})(?:st|nd|rd|th|e|º|ª|-й|-я|차|회|回|届|次)(?!\w)|"
    r"(?:제|第)\s?(?P<after>\d{1,3})\s?(?:차|회|回|届|次)"
)
_AFTER = re.compile(r"(?:めての|めて|の|的)?[\s\"'“”‘’「『《〈(:,-]*([^\W\d_]{2,})")
_NO_EVENT = frozenset(
    """
    half quarter term phase round person time day week month year century place degree stage hour league tour parte as with such
    """.split()
)


def figures_in(text: str) -> frozenset[str]:
    """Amounts as plain decimal strings with units multiplied out ("4.5万" is "45000"), and scores as "6-3".

    Years, days and single digits are left out: they are equal by chance too often.
    """
    plain = _YEAR.sub(" ", unicodedata.normalize("NFKC", text))
    plain = _calendar()[0].sub(" ", _WIDE_DAY.sub(" ", plain))
    scores = [f"{int(one)}-{int(other)}" for one, other in _SCORE.findall(plain)]
    chained = [_chain(found.group()) for found in _CHAIN.finditer(plain)]
    rest = _CHAIN.sub(" ", plain)
    worded = [_scaled(found.group(1), found.group(2)) for found in _NUMBER.finditer(rest)]
    return frozenset(figure for figure in (*chained, *worded, *scores) if len(figure) > 1)


def _chain(text: str) -> str:
    return _canonical(sum(_value(digits) * 10.0 ** _UNITS.get(unit, 0) for digits, unit in _LINK.findall(text)))


def _scaled(digits: str, unit: str) -> str:
    return _canonical(_value(digits) * 10.0 ** _UNITS.get(unit.casefold(), 0) if unit else _value(digits))


def _value(digits: str) -> float:
    """A comma or point before exactly three digits groups thousands; elsewhere it is the decimal sign."""
    whole = _GROUPED.sub("", digits.rstrip(".,")).replace(",", ".")
    head, *tail = whole.split(".")
    return float(f"{head or 0}.{''.join(tail) or 0}")


def _canonical(value: float) -> str:
    """A value as plain decimals; "" for one beyond all floats, which is no amount of anything."""
    if not math.isfinite(value):
        return ""
    return f"{value:.0f}" if value == int(value) else f"{value:.4f}".rstrip("0")


def years_in(text: str) -> frozenset[int]:
    """The years that a text names in four digits."""
    return frozenset(int(year) for year in _YEAR.findall(text))


def days_in(text: str, published: datetime | None) -> frozenset[date]:
    """The days a text names by date or weekday, as dates near its publication; without one only those with a month.

    A weekday is the last one of that name, for news tells what happened. A day without a month is one near the publication.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    today = published.date() if published else date(max(years_in(text), default=_ANY_YEAR), 7, 1)
    named = ((int(day), int(month) if month else None) for month, day in _WIDE_DAY.findall(folded))
    spelt = (_day_and_month(found) for found in _calendar()[0].finditer(folded))
    days = {_nearest(day, month, today) for day, month in (*named, *spelt) if month or published}
    if published:
        # A paper in Asia is a day ahead of UTC, one in America may write of "tonight".
        days |= {_last(weekday, today + timedelta(days=1)) for weekday in weekdays_in(text)}
    return frozenset(day for day in days if day is not None)


def weekdays_in(text: str) -> frozenset[int]:
    """The weekdays a text names, Monday being 0."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return frozenset(_weekday_of()[found] for found in _calendar()[1].findall(folded))


def _day_and_month(found: re.Match[str]) -> tuple[int, int]:
    day, month = found.group("day") or found.group("day2"), found.group("month") or found.group("month2")
    # Blind to case, a pattern takes the Turkish dotless letter for an i; the names of months do not.
    return int(day), _month_of()[month.replace("ı", "i")]


def _nearest(day: int, month: int | None, today: date) -> date | None:
    """The date with this day (and month) that lies nearest to today."""
    months = [month] if month else [(today.month - 2) % 12 + 1, today.month, today.month % 12 + 1]
    found = []
    for candidate in months:
        for year in (today.year - 1, today.year, today.year + 1):
            try:
                found.append(date(year, candidate, day))
            except ValueError:
                continue
    return min(found, key=lambda one: (abs((one - today).days), one), default=None)


def _last(weekday: int, until: date) -> date:
    return until - timedelta(days=(until.weekday() - weekday) % 7)


@cache
def _month_of() -> dict[str, int]:
    return {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}


@cache
def _weekday_of() -> dict[str, int]:
    return {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}


@cache
def _calendar() -> tuple[re.Pattern[str], re.Pattern[str]]:
    month = "|".join(sorted(_month_of(), key=len, reverse=True))
    first = rf"(?<![\w.,])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º)?\.?\s(?:de\s)?(?P<month>{month})\b"
    second = rf"\b(?P<month2>{month})\.?\s(?P<day2>\d{{1,2}})(?![\d,]\d|\d)"
    wide = [name for name in _weekday_of() if name[0] > "\u3000"]
    spaced = [name for name in _weekday_of() if name[0] <= "\u3000"]
    return re.compile(f"{first}|{second}", re.IGNORECASE), re.compile(rf"\b(?:{'|'.join(spaced)})\b|{'|'.join(wide)}")


def editions_in(text: str) -> frozenset[tuple[str, int]]:
    """(what is counted, number) of things told apart by an ordinal: "third Freedom Edge" gives ("freedom", 3)."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("번째 ", "번째").replace(" 번째", "번째")
    found = [(_ordinal(match), match.end()) for match in _ordinals().finditer(folded)]
    counted = ((number, _AFTER.match(folded, end)) for number, end in found)
    return frozenset((after.group(1), number) for number, after in counted if after and _is_counted(after.group(1)))


def _is_counted(word: str) -> bool:
    return word not in _NO_EVENT and word not in _month_of()


def _ordinal(match: re.Match[str]) -> int:
    digits = match.group("before") or match.group("after")
    return int(digits) if digits else _number_of()[match.group()]


@cache
def _number_of() -> dict[str, int]:
    return {name: number for number, names in _ORDINALS.items() for name in names.split()}


@cache
def _ordinals() -> re.Pattern[str]:
    names = sorted(_number_of(), key=len, reverse=True)
    spelt = "|".join(name if name[0] > "\u3000" else rf"\b{name}\b" for name in names)
    return re.compile(rf"{spelt}|{_NUMBERED}")
