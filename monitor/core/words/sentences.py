"""Cuts a text into sentences and keeps where each one stands.

One pass over the places where a sentence could end; each place is judged by the characters around it only, so a text of any
shape costs time in proportion to its length.
"""
# ruff: noqa: SIM905 - lists of words are easier to read and to mend as words

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 700
"""Characters after which a sentence without an end is cut all the same."""

_CLOSERS = "\"'”’»›)\\]」』】〉》）"
_CANDIDATE = re.compile(rf"[.!?…。！？｡؟۔]+[{_CLOSERS}]*|\n+")
_WIDE_END = re.compile(r"[。！？｡]")
_OPENER = re.compile(r"[\s\"'“‘«‹„(\[「『（《—–-]*")
_WORD_BEFORE = re.compile(r"[^\s(\[\"“«„/]{1,24}$")
_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]?", re.UNICODE)
_ATTRIBUTION = re.compile(
    r"\s*(?:[A-ZÀ-ÞА-ЯЁ][\w.’'-]*\s+){1,5}(?:said|says|asked|told|wrote|added|replied|warned|insisted|declared|dijo|declaró|"
    r"afirmó|sagte|erklärte|betonte|schrieb|сказал|сказала|заявил|заявила|отметил|отметила)\b"
)
_WIDE_ATTRIBUTION = re.compile(
    r"(?:と|との|という|などと|라고|이라고|라며|이라며|고\s)|[^。！？\n“「]{0,14}?(?:说|說|表示|称|稱|指出|强调|写道|道[，。]|问)"
)

_ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof rev hon sen rep gov gen col maj capt lt sgt cmdr adm st jr sr messrs mt ft vs etc al approx dept
    est inc ltd co corp
    bros no nos vol pp ed eds cf e.g i.e fig art sec jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu
    fri sat sun u.n
    bzw ca evtl ggf hr fr frl hrsg inkl mio mrd nr rd sog str u.a usw vgl z.b d.h u.s.w abs bspw dipl ing
    m mm mme mmes mlle mgr av bd env éd janv févr avr juil sept oct nov déc p.ex
    sr sra sres dña dr dra ud uds ee.uu pág núm aprox
    г гг им ул руб тыс млн млрд трлн см рис стр т.е т.к т.д т.п т.н др пр проф акад доц р.п обл с.г св
    د أ م
    """.split()
)
_ONLY_BEFORE_NUMBER = frozenset({"no", "nos", "art", "fig", "mar", "sat", "sun", "mon", "sec", "p", "m"})
_SPACED_LETTERS = re.compile(r"\s[^\W\d_]\.")
_GERMAN_ORDINAL_NEXT = re.compile(
    r"\s(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Jahrhundert|Jahrestag|"
    r"Geburtstag|Bundestag|Weltkrieg|Platz|Tag|Mal|Etage|Stock|Runde|Liga)"
)
_STARTERS = frozenset(
    """
    the a an it its he she they we i in on at but and so this that these those there however meanwhile under for after
    as when while
    if no not officials president former last his her their our some most many washington
    der die das er sie es in im am auf aber und le la les il elle ils on en el los las un una en pero в на но и он она
    они это
    """.split()
)


class Span(NamedTuple):
    """Where a sentence stands: text[start:end]."""

    start: int
    end: int


def split(text: str) -> list[Span]:
    """The sentences of a text in order, without surrounding white space; together they hold every word of it."""
    spans: list[Span] = []
    start = 0
    for match in _CANDIDATE.finditer(text):
        end = _end_of_sentence(text, match)
        if end is not None:
            _append(spans, text, start, end)
            start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        cut = _cut(text, start)
        spans.append(Span(start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        spans.append(Span(start, end))


def _cut(text: str, start: int) -> int:
    """The best place to break a sentence that is too long: after a comma-like mark, else at a space, else anywhere."""
    half, limit = start + LONGEST // 2, start + LONGEST
    for marks in (";；", ",，、،", " \t"):
        place = max(text.rfind(mark, half, limit) for mark in marks)
        if place > 0:
            return place + 1
    return limit


def _end_of_sentence(text: str, match: re.Match[str]) -> int | None:
    """Where the sentence ends if the candidate ends one, else None."""
    mark, end = match.group(), match.end()
    if mark[0] == "\n":
        return match.start() if _is_line_end(text, match) else None
    following = text[end : end + 80]
    if not following.strip():
        return end
    if _WIDE_END.match(mark):
        return None if len(mark) > 1 and mark[-1] in _CLOSERS and _WIDE_ATTRIBUTION.match(following) else end
    if not following[0].isspace():
        return end if _starts_after_closed_quote(mark, following) else None
    if following[0] == "\n":
        return end
    opener = _OPENER.match(following)
    first = following[opener.end() : opener.end() + 1] if opener else ""
    if first.islower() or (opener and re.search(r"[—–]|\s-", opener.group()) and mark[-1] in _CLOSERS):
        return None
    if mark[-1] in '"”»' and _ATTRIBUTION.match(following):
        return None
    if mark[0] == "." and not mark.startswith("..") and _is_abbreviation(text, match.start(), following):
        return None
    return end


def _starts_after_closed_quote(mark: str, following: str) -> bool:
    """Scripts without spaces may go on right after a Western mark: `...다."그는`."""
    return mark[0] in "!?؟" and "\u3040" <= following[0] <= "\u9fff" and mark[-1] not in _CLOSERS


def _is_line_end(text: str, match: re.Match[str]) -> bool:
    """A lone line break inside a wrapped sentence ends nothing: what follows goes on in lower case."""
    if len(match.group()) > 1:
        return True
    following = text[match.end() : match.end() + 8].lstrip()
    return not following[:1].islower()


def _is_abbreviation(text: str, dot: int, following: str) -> bool:
    found = _WORD_BEFORE.search(text, max(0, dot - 24), dot)
    if found is None:
        return False
    word = found.group()
    nearby = following.lstrip(" \t\"'“‘«„(")
    if word.isdigit():
        return len(word) <= 2 and _GERMAN_ORDINAL_NEXT.match(following) is not None  # noqa: PLR2004 - a day or a century
    folded = word.casefold().strip("’'")
    if folded in _ONLY_BEFORE_NUMBER:
        return nearby[:1].isdigit() or (folded == "m" and nearby[:1].isupper())
    if folded in _ABBREVIATIONS:
        return True
    if len(word) == 1:
        return word.isalpha() and (word.isupper() or _SPACED_LETTERS.match(following) is not None)
    if _ACRONYM.fullmatch(word) and "." in word:
        return re.split(r"\W", nearby, maxsplit=1)[0].casefold() not in _STARTERS
    return False
