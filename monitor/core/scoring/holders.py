"""Finds the actors a text names: all actors in one pass, in the inflected forms of nine languages."""

# ruff: noqa: SIM905 - lists of words are easier to read and to mend as words

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from monitor.core.scoring.shortnames import find_short_names, short_names
from monitor.core.words.inflections import is_form, is_wide, korean_rest_allowed, stem
from monitor.model import Actor

_WORD = re.compile(r"[^\W_]+(?:[.’'][^\W_]+)*\.?|[^\s\w]", re.UNICODE)
_WIDE_RUN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u3130-\u318f々ー・]+")
_MARKS_IN_NAMES = frozenset("«»\"“”'’")
_SHORT_CAPITALS = 5
_KEY = 12
_REMEMBERED = 100_000
_WIDE_KEY = 2

_NOBODY = (
    "South China Sea", "East China Sea", "Sea of Japan", "Indian Ocean", "Gulf of Mexico", "Korean Peninsula", "Korean peninsula",
    "Washington Post", "New York Times", "Moscow Times", "China Daily", "Japan Times", "Korea Herald", "Korea Times",
    "Wall Street Journal", "Jerusalem Post", "Times of India", "South China Morning Post", "French fries", "Russian roulette",
    "朝鲜半岛", "朝鮮半島", "한반도", "日本海", "東シナ海", "南シナ海", "东海", "南海", "印度洋", "インド洋", "中国地方", "日本語", "日本人", "中国人",
    "英国人", "美国人", "法国人", "德国人", "Корейский полуостров", "Японское море", "Индийский океан",
)  # fmt: skip
_DIRECTIONS = frozenset(
    "south north east west new southern northern eastern western südliche nördliche sud nord corea del norte sur nueva nuevo "
    "южная северная южной северной южную северную новая новой".split()
)
_COMMON_AS_CAPITALS = frozenset({"us", "who", "it", "is", "in", "on", "un", "or", "as", "so", "am", "all", "may", "ec"})


@dataclass(frozen=True, slots=True)
class Mention:
    """An actor's name at text[start:end]; `alias` is the configured word it answers, `actor` is empty for nobody's names."""

    actor: str
    alias: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Name:
    actor: str
    alias: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finder:
    """Actors made ready to be found; build it once per rulebook with `compile_actors`."""

    spaced: dict[str, list[_Name]] = field(default_factory=dict)
    wide: dict[str, list[_Name]] = field(default_factory=dict)
    short: dict[str, tuple[str, str]] = field(default_factory=dict)
    seen: dict[str, Sequence[_Name]] = field(default_factory=dict)

    def mentions(self, text: str) -> list[Mention]:
        """Every actor named in the text, in order and without overlaps: the longest name wins."""
        found = [*self._spaced_mentions(text), *self._wide_mentions(text), *self._short_mentions(text)]
        found.sort(key=lambda mention: (mention.start - mention.end, mention.start))
        taken: set[int] = set()
        kept: list[Mention] = []
        for mention in found:
            if taken.isdisjoint((mention.start, mention.end - 1)):
                taken.update(range(mention.start, mention.end))
                kept.append(mention)
        return sorted((mention for mention in kept if mention.actor), key=lambda mention: mention.start)

    def _spaced_mentions(self, text: str) -> Iterable[Mention]:
        words = [
            (match.group(), match.start(), match.end()) for match in _WORD.finditer(text) if match.group() not in _MARKS_IN_NAMES
        ]
        for place, (word, _, _) in enumerate(words):
            names = self._candidates(word)
            mention = _first_match(words, place, names) if names else None
            if mention is not None:
                yield mention

    def _short_mentions(self, text: str) -> Iterable[Mention]:
        if self.short and not text.isascii():
            for actor, alias, place in find_short_names(text, self.short):
                yield Mention(actor, alias, place, place + 1)

    def _candidates(self, word: str) -> Sequence[_Name]:
        """Names whose first word this word could be a form of; worked out once for every word ever seen."""
        known = self.seen.get(word)
        if known is None:
            if len(self.seen) >= _REMEMBERED:
                self.seen.clear()
            root = _key(word)
            found = [name for size in range(len(root), 0, -1) for name in self.spaced.get(root[:size], ())]
            known = self.seen[word] = tuple(sorted(found, key=_length, reverse=True))
        return known

    def _wide_mentions(self, text: str) -> Iterable[Mention]:
        if not self.wide:
            return
        for run in _WIDE_RUN.finditer(text):
            end_before = 0
            for place in range(run.start(), run.end() - 1):
                if place < end_before:
                    continue
                for name in self.wide.get(text[place : place + _WIDE_KEY], ()):
                    if text.startswith(name.alias, place) and _fits(text, place, name.alias, run.end()):
                        end_before = place + len(name.alias)
                        yield Mention(name.actor, name.alias, place, end_before)
                        break


def compile_actors(actors: Iterable[Actor]) -> Finder:
    """A finder of these actors. Of two actors with the same alias the first one owns it."""
    actors = tuple(actors)
    spaced: dict[str, dict[str, _Name]] = defaultdict(dict)
    wide: dict[str, dict[str, _Name]] = defaultdict(dict)
    for alias, actor in _aliases(actors):
        if is_wide(alias):
            if len(alias) >= _WIDE_KEY:
                wide[alias[:_WIDE_KEY]].setdefault(alias, _Name(actor, alias, ()))
            continue
        words = tuple(match.group() for match in _WORD.finditer(alias) if match.group() not in _MARKS_IN_NAMES)
        if words and any(character.isalnum() for character in alias):
            spaced[_key(words[0])].setdefault(" ".join(words), _Name(actor, alias, words))
    return Finder(_longest_first(spaced), _longest_first(wide), short_names(_aliases(actors)))


def _aliases(actors: Iterable[Actor]) -> Iterable[tuple[str, str]]:
    for actor in actors:
        for alias in (actor.name, *actor.aliases):
            clean = " ".join(alias.split()).strip('«»"“”')
            if clean:
                yield clean, actor.name
    yield from ((phrase, "") for phrase in _NOBODY)


def _longest_first(names: dict[str, dict[str, _Name]]) -> dict[str, list[_Name]]:
    return {key: sorted(found.values(), key=_length, reverse=True) for key, found in names.items()}


def _length(name: _Name) -> tuple[int, int]:
    return len(name.words), len(name.alias)


@lru_cache(maxsize=65_536)
def _key(word: str) -> str:
    return stem(word)[:_KEY]


def _first_match(words: list[tuple[str, int, int]], place: int, names: Sequence[_Name]) -> Mention | None:
    for name in names:
        last = place + len(name.words) - 1
        if last >= len(words):
            continue
        answers = (_answers(one, words[place + step][0], is_last=place + step == last) for step, one in enumerate(name.words))
        if all(answers) and not _is_part_of_other(words, place, name):
            _, start, _ = words[place]
            word, begin, _ = words[last]
            return Mention(name.actor, name.alias, start, begin + len(_trimmed(word, name.words[-1])))
    return None


def _trimmed(word: str, alias_word: str) -> str:
    """The word without a possessive or a full stop that belongs to the sentence."""
    if word.endswith(".") and not alias_word.endswith("."):
        word = word[:-1]
    return re.sub(r"[’']s$|[’']$", "", word) if not re.search(r"[’']", alias_word) else word


def _answers(alias_word: str, word: str, *, is_last: bool) -> bool:
    """Whether the text's word is the alias's, or a form of it where one may stand."""
    word = _trimmed(word, alias_word)
    if alias_word == word:
        return True
    if len(alias_word) <= _SHORT_CAPITALS and alias_word.isupper():
        return alias_word.replace(".", "") == word.replace(".", "")
    if alias_word[:1].isupper() and word[:1].islower() and alias_word[:1] < "\u0250":
        return False
    return is_form(alias_word, word) if is_last or alias_word[:1] >= "\u0370" else alias_word.casefold() == word.casefold()


def _is_part_of_other(words: list[tuple[str, int, int]], place: int, name: _Name) -> bool:
    """Korea in "South Korea" is another country, US in a line of capitals is a pronoun."""
    if len(name.words) > 1:
        return False
    before = words[place - 1][0] if place else ""
    after = words[place + 1][0] if place + 1 < len(words) else ""
    if before[:1].isupper() and before.casefold() in _DIRECTIONS and words[place - 1][2] + 1 == words[place][1]:
        return True
    return (
        name.words[0].casefold() in _COMMON_AS_CAPITALS
        and "." not in words[place][0]
        and any(map(_is_shouted, (before, after)))
        and all(_is_shouted(near) or not near[:1].isalpha() for near in (before, after))
    )


def _is_shouted(word: str) -> bool:
    return len(word) > 1 and word.isupper() and word.rstrip(".").isalpha()


def _fits(text: str, place: int, alias: str, run_end: int) -> bool:
    """Korean names start a word and end before a particle or another noun of office; other wide scripts have no words."""
    if not "\uac00" <= alias[0] <= "\ud7a3":
        return True
    if place and "\uac00" <= text[place - 1] <= "\ud7a3":
        return False
    rest = re.match(r"[\uac00-\ud7a3]*", text[place + len(alias) : run_end])
    return korean_rest_allowed(alias, rest.group() if rest else "")
