"""Text to index tokens: one analysis for what is stored and for what is asked, so that both always agree.

A word becomes one folded token (NFKC, case folding, most diacritics dropped). Scripts written without spaces between words
(Chinese, Japanese, Korean, Thai, ...) become overlapping pairs of characters. Punctuation separates, letters joined by dots are
one word (U.S. is us), every emoji is a token, invisible and bidirectional controls do not exist. For a text whose language has a
Snowball stemmer each distinct stem is added as a token of its own that carries the language, so that a question whose language
is unknown can ask for the stem of each language without mistaking one language's stem for another's word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, groupby
from typing import NamedTuple

import snowballstemmer

from monitor.core.language_tags import primary_language
from monitor.core.words.plainwords import plain_words

REVISION = 1
"""Goes up whenever the same text would give other tokens; an index of another revision must be built anew."""

MARK = "·"
"""Opens every token that is not a word of the text; no word contains it."""
AUTHOR = f"{MARK}a{MARK}"

STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}
"""Primary language subtag to the Snowball algorithm that stems it."""

_MOST_KEPT = 32
"""Longer runs, mostly sentences of a script without spaces, hardly come again: remembered they would only fill the memory."""

_LETTER = "A-Za-z\u00c0-\u024f\u0370-\u052f"
# Han, kana, bopomofo, Hangul, Thai, Lao, Myanmar, Khmer and the ideographs beyond the first plane.
_UNSPACED = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u303c\u3040-\u312f\u3131-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\U0001b000-\U0001b16f"
    "\U00020000-\U0003ffff"
)
_SCRIPTS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
# Letters that Unicode does not take apart although readers type them plainly, and letters that only the keyboard tells apart.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
    | {"\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0640": None}
)
# What lies between is nothing but ideographs, Hangul syllables, surrogates and private use.
_MIXED_BLOCKS = (range(0xA0, 0x3400), range(0x4DC0, 0x4E00), range(0xA000, 0xAC00), range(0xF900, 0x10000))
_KEPT_ON_CYRILLIC = {"и": "\u0306", "у": "\u0306", "і": "\u0308"}


@dataclass(frozen=True, slots=True)
class Term:
    """What somebody looks for: tokens in a row; with `is_prefix` the last one may go on. `word` is set when it can be stemmed."""

    tokens: tuple[str, ...]
    is_prefix: bool = False
    word: str = ""


class Span(NamedTuple):
    """A token where it stands in the original text."""

    token: str
    start: int
    end: int


def analyse(text: str, language: str | None = None) -> list[str]:
    """The tokens of a text in order, then the distinct stems of its words when its language has a stemmer."""
    code = primary_language(language) or ""
    # Written for speed: every word of every article passes here.
    plain = plain_words(text)
    if plain is not None:
        plain.extend(dict.fromkeys(chain.from_iterable([_read(word, code)[1] for word in dict.fromkeys(plain)])))
        return plain
    read = [(_read if len(run) <= _MOST_KEPT else _read_anew)(run, code) for run in _word_pattern().findall(text)]
    words = list(chain.from_iterable([tokens for tokens, _ in read]))
    words.extend(dict.fromkeys(chain.from_iterable([stemmed for _, stemmed in read])))
    return words


def analyse_author(author: str) -> list[str]:
    """The tokens of an author's name, marked so that no search of the text meets them."""
    return [AUTHOR + token for run in _word_pattern().findall(author) for token in _read(run, "")[0]]


def spans(text: str) -> Iterator[Span]:
    """Every token of a text, without stems, with its place in characters."""
    for match in _word_pattern().finditer(text):
        tokens = _read(match.group(), "")[0]
        start, end = match.span()
        if len(tokens) == end - start > 1:
            # One token a character: a run of an unspaced script, whose tokens are pairs and a last single character.
            yield from (Span(token, start + at, min(start + at + 2, end)) for at, token in enumerate(tokens))
        else:
            yield from (Span(token, start, end) for token in tokens)


def term(text: str, *, is_prefix: bool = False, is_exact: bool = False) -> Term | None:
    """What to look for when somebody writes `text`, or None when it has no letter, digit or emoji.

    `is_prefix` lets the last word go on; `is_exact` forbids stems.
    """
    tokens = [token for run in _word_pattern().findall(text) for token in _read(run, "")[0]]
    if not tokens:
        return None
    if _is_unspaced(tokens[-1]):
        is_single = len(tokens) == 1 or len(tokens[-2]) == 1 or not _is_unspaced(tokens[-2])
        # The pair before already says what the last single character would; alone it may begin any pair.
        return Term(tuple(tokens), is_prefix=True) if is_single else Term(tuple(tokens[:-1]))
    word = text if len(tokens) == 1 and not is_prefix and not is_exact else ""
    return Term(tuple(tokens), is_prefix=is_prefix, word=word)


def stems(word: str, languages: Sequence[str]) -> list[str]:
    """The stem tokens that a word would leave in texts of these languages."""
    runs = _word_pattern().findall(word)
    found = (_read(run, primary_language(language) or "")[1] for language in languages for run in runs)
    return sorted({stem for stemmed in found for stem in stemmed})


def author_term(found: Term) -> Term:
    """The same term, looked for among authors."""
    return Term(tuple(AUTHOR + token for token in found.tokens), is_prefix=found.is_prefix)


@lru_cache(maxsize=1 << 18)
def _read(run: str, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(tokens, stem tokens) of one run of letters, marks and digits as it stands in a text; remembered."""
    return _read_anew(run, language)


def _read_anew(run: str, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The same, not remembered."""
    if run.isascii() and run.isalnum():
        # Most words of most texts: none of what follows could change or divide them.
        token = run.lower()
        return (token,), _stemmed(token, token, language)
    clean = _ignorable().sub("", run)
    if "." in clean:
        clean = clean.replace(".", "")
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", clean).casefold())
    tokens: list[str] = []
    stemmed: list[str] = []
    for part in _word_pattern().findall(plain):
        for piece in _SCRIPTS.findall(part):
            if _is_unspaced(piece[0]):
                tokens.extend(piece[at : at + 2] for at in range(len(piece)))
            elif folded := fold(piece):
                tokens.append(folded)
                stemmed += _stemmed(piece, folded, language)
    return tuple(tokens), tuple(stemmed)


def _stemmed(word: str, folded: str, language: str) -> tuple[str, ...]:
    """The stem token of one word, or nothing where the language has no stemmer or the word no stem."""
    if language in STEMMERS and len(folded) > 1 and not folded.isdigit():
        return (f"{MARK}{language}{MARK}{fold(_stem(word, STEMMERS[language]))}",)
    return ()


def fold(word: str) -> str:
    """A word as the index spells it: case folded and without the marks that people leave out when they type."""
    if word.isascii():
        return word.casefold()
    kept: list[str] = []
    for character in unicodedata.normalize("NFD", word.casefold()):
        if "\u0300" <= character <= "\u036f":
            if kept and _KEPT_ON_CYRILLIC.get(kept[-1]) == character:
                kept.append(character)
        elif not ("\u064b" <= character <= "\u065f" or character == "\u0670" or "\u0591" <= character <= "\u05c7"):
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_PLAIN)


def _stem(word: str, algorithm: str) -> str:
    # A stemmer keeps the word it works on: a new one for each word is safe in threads, and the words are cached anyway.
    return str(snowballstemmer.stemmer(algorithm).stemWord(word))


def _is_unspaced(token: str) -> bool:
    return bool(_unspaced_pattern().match(token))


@cache
def _unspaced_pattern() -> re.Pattern[str]:
    return re.compile(f"[{_UNSPACED}]")


@cache
def _ignorable() -> re.Pattern[str]:
    """Invisible characters: soft hyphen, zero widths, bidirectional controls, variation selectors."""
    return re.compile(
        "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
    )


@cache
def _word_pattern() -> re.Pattern[str]:
    """Runs of letters, marks and digits; letters joined by dots; single pictures."""
    marks = _category_class("Mn", "Mc", "Me") + "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    pictures = _category_class("So") + "\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
    return re.compile(
        f"(?<![^\\W_])(?:[{_LETTER}]\\.){{2,}}(?:[{_LETTER}](?![^\\W_]))?|(?:[^\\W_]+[{marks}]*)+|[{pictures}]",
    )


def _category_class(*categories: str) -> str:
    """The characters of the first plane in these Unicode categories, as the inside of a character class."""
    return "".join(
        f"{re.escape(chr(first))}-{re.escape(chr(last))}" for category, first, last in _category_runs() if category in categories
    )


@cache
def _category_runs() -> list[tuple[str, int, int]]:
    """(category, first, last) of every run of equal Unicode categories in the first plane, outside ASCII and plain ideographs."""
    runs = []
    for block in _MIXED_BLOCKS:
        first = block.start
        # The loops over single characters are those of map and groupby: every search waits for this.
        for category, run in groupby(map(unicodedata.category, map(chr, block))):
            size = len(list(run))
            runs.append((category, first, first + size - 1))
            first += size
    return runs
