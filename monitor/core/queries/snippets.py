"""The stretch of a text that shows best why a query found it, with the found words marked."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from operator import itemgetter

from monitor.core.queries.clauses import Words
from monitor.core.words.text import Span, Term, spans, stems

OPEN, CLOSE = "\x02", "\x03"
WIDTH = 240
_LOOKED_AT = 60_000


def snippet(text: str, words: Sequence[Words], language: str | None, width: int = WIDTH) -> str:
    """About `width` characters of the original text around the most distinct found words, each between OPEN and CLOSE.

    Without any found word it is the beginning of the text. Characters of OPEN and CLOSE in the text itself are dropped.
    """
    text = text[:_LOOKED_AT].replace(OPEN, "").replace(CLOSE, "")
    found = places(text, [node.term for node in words if node.part in {"", "text"}], language)
    start, end = _window(text, found, width)
    pieces: list[str] = ["… " if start else ""]
    at = start
    for first, last in _merged([(first, last) for first, last, _ in found if start <= first and last <= end]):
        pieces += [text[at:first], OPEN, text[first:last], CLOSE]
        at = last
    pieces += [text[at:end], " …" if end < len(text) else ""]
    return "".join(pieces).replace("\n", " ")


def places(text: str, terms: Sequence[Term], language: str | None) -> list[tuple[int, int, int]]:
    """(start, end, number of the term) of every place where a term is found, in order."""
    found: list[tuple[int, int, int]] = []
    tokens = list(spans(text)) if terms else []
    for number, term in enumerate(terms):
        wanted = set(stems(term.word, [language])) if term.word and language else set()
        size, first = len(term.tokens), term.tokens[0]
        # Whatever is found begins like the term, forms of a word included; nothing else is looked at closely.
        begins = first if size > 1 or term.is_prefix else first[:2]
        for at, span in enumerate(tokens):
            if span.token.startswith(begins) and _is_match(text, run := tokens[at : at + size], term, wanted, language):
                found.append((run[0].start, run[-1].end, number))
    return sorted(found)


def _is_match(text: str, run: Sequence[Span], term: Term, wanted: set[str], language: str | None) -> bool:
    tokens = tuple(span.token for span in run)
    if tokens == term.tokens:
        return True
    if term.is_prefix:
        return len(tokens) == len(term.tokens) and tokens[:-1] == term.tokens[:-1] and tokens[-1].startswith(term.tokens[-1])
    return bool(wanted) and bool(wanted.intersection(stems(text[run[0].start : run[0].end], [language or ""])))


def _window(text: str, found: Sequence[tuple[int, int, int]], width: int) -> tuple[int, int]:
    """The [start, end) of about `width` characters with the most distinct terms, the earliest of the best, at word ends."""
    if len(text) <= width:
        return 0, len(text)
    first = densest(found, width * 3 // 4)
    start = max(0, min(first - width // 4, len(text) - width)) if found else 0
    end = min(len(text), start + width)
    return _at_word(text, start), _at_word(text, end)


def densest(found: Sequence[tuple[int, int, int]], room: int) -> int:
    """Where the `room` characters that hold the most distinct terms begin, the earliest of the best; 0 when nothing is found.

    `found` is what `places` gives.
    """
    fitting = [place for place in found if place[1] - place[0] <= room]
    leaving, entering = deque(fitting), deque(sorted(fitting, key=itemgetter(1)))
    inside: Counter[int] = Counter()
    best, start = -1, 0
    for first, _, _ in found:
        while entering and entering[0][1] <= first + room:
            inside[entering.popleft()[2]] += 1
        while leaving and leaving[0][0] < first:
            inside[leaving.popleft()[2]] -= 1
        distinct = len(+inside)
        if distinct > best:
            best, start = distinct, first
    return start


def _at_word(text: str, at: int) -> int:
    """The nearest place at or before `at` where a word begins; `at` itself in scripts without spaces."""
    if at <= 0 or at >= len(text):
        return at
    space = text.rfind(" ", max(0, at - 24), at)
    return space + 1 if space >= 0 else at


def _merged(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in places:
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged
