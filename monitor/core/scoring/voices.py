"""Reads who speaks or acts in each sentence of an article: the outlet, an actor named, or one carried over from before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from monitor.core.scoring.holders import Finder, Mention
from monitor.core.scoring.proposals import propose
from monitor.core.words.references import POSSESSIVE, PRONOUNS, Kind, Speech, speech
from monitor.core.words.sentences import split

_QUOTES = {"“": "”", "„": "“”", "«": "»", "「": "」", "『": "』", '"': '"', "〝": "〟", "《": ""}
_LONGEST_QUOTE = 2_000
_BEFORE_VERB, _AFTER_VERB, _SEAT_REACH = 48, 24, 90
_FADES_AFTER = 3
_WHOLLY = 0.85


class Role(IntEnum):
    """How a holder takes part in a sentence, weakest first."""

    QUOTED = 0
    NAMED = 1
    CARRIED = 2
    SUBJECT = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a part ("title" or "text"), which sliced [start:end] gives `text`.

    `quoted` is the share of it inside quotation marks, `outside` the sentence with quotations blanked; it is said when a verb
    of speech stands outside them, reported when such a verb does or one of taking sides.
    """

    part: str
    start: int
    end: int
    text: str
    paragraph: int
    quoted: float
    outside: str
    is_said: bool
    is_reported: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """A holder's part in one sentence (an index into the reading's sentences); `name` is the word that names the holder there."""

    holder: str
    sentence: int
    role: Role
    name: str
    is_found: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """An article's sentences, title first, and who takes part in each."""

    language: str
    sentences: tuple[Sentence, ...]
    turns: tuple[Turn, ...]


def read(title: str, text: str, language: str, finder: Finder) -> Reading:
    """Sentences and turns of one article."""
    words = speech(language)
    sentences = (*_sentences("title", title, words), *_sentences("text", text, words))
    mentions = [finder.mentions(sentence.text) for sentence in sentences]
    return Reading(language, sentences, tuple(_Tracker(sentences, mentions, words, language).turns()))


def quotations(text: str) -> list[tuple[int, int]]:
    """Where text stands between quotation marks, marks included; a mark nobody closes in its paragraph is dropped."""
    found: list[tuple[int, int]] = []
    opened: tuple[int, str] | None = None
    for match in re.finditer(r'[“”„«»「」『』"〝〟]|\n\s*\n', text):
        mark = match.group()
        if opened is None:
            if mark in _QUOTES:
                opened = (match.start(), _QUOTES[mark])
        elif mark in opened[1]:
            found.append((opened[0], match.end()))
            opened = None
        elif mark[0] == "\n" or match.start() - opened[0] > _LONGEST_QUOTE:
            opened = (match.start(), _QUOTES[mark]) if mark in _QUOTES else None
    return found


def _sentences(part: str, text: str, words: Speech) -> Iterator[Sentence]:
    quotes = quotations(text)
    masked = _masked(text, quotes)
    paragraph, last_end = 0, 0
    for start, end in split(text):
        paragraph += "\n\n" in text[last_end:start]
        last_end = end
        outside = masked[start:end]
        inside = 1 - len(outside.replace("\0", "")) / max(1, end - start)
        plain = outside.replace("\0", " ")
        said, reported = (pattern.search(plain) is not None for pattern in (words.says, words.reports))
        yield Sentence(part, start, end, text[start:end], paragraph, inside, plain, said, reported)


def _masked(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    pieces: list[str] = []
    last = 0
    for start, end in ranges:
        pieces += [text[last:start], "\0" * (end - start)]
        last = end
    return "".join([*pieces, text[last:]])


@dataclass(frozen=True, slots=True)
class _Named:
    """The holder last spoken of, and in which sentence."""

    holder: str
    name: str
    sentence: int
    is_found: bool = False


_NOBODY = _Named("", "", -1)
"""What somebody points back to who was not named before."""


class _Tracker:
    """Walks an article once and remembers who was spoken of last, as a state, as a body, and at all."""

    def __init__(
        self, sentences: Sequence[Sentence], mentions: Sequence[Sequence[Mention]], words: Speech, language: str
    ) -> None:
        self._sentences, self._mentions, self._words, self._language = sentences, mentions, words, language
        self._found: dict[str, str] = {}
        self._focus: _Named | None = None
        self._latest: dict[Kind, _Named] = {}
        self._by_noun: dict[str, _Named] = {}

    def turns(self) -> Iterator[Turn]:
        for index, sentence in enumerate(self._sentences):
            named = list(self._mentions[index])
            subject = _subject(sentence, named, self._words)
            found = self._proposed(index, sentence, named)
            carried = None if found and subject is None else self._carried(index, sentence, named, subject)
            yield from self._turns_of(index, sentence, named, subject, carried)
            yield from (Turn(one.holder, index, Role.SUBJECT, one.name, is_found=True) for one in found)
            self._remember(index, sentence, named, subject, carried or (found[0] if found else None))

    def _proposed(self, index: int, sentence: Sentence, named: Sequence[Mention]) -> list[_Named]:
        """Speakers nobody configured; a last name alone comes back as the full name it was introduced with."""
        taken = [(mention.start, mention.end) for mention in named]
        found = []
        for name, _ in propose(sentence.outside, self._language, self._words, taken):
            full = self._found.get(name, name)
            self._found.setdefault(name.split()[-1], full)
            found.append(_Named(full, name, index, is_found=True))
        return found

    def _turns_of(
        self, index: int, sentence: Sentence, named: Sequence[Mention], subject: Mention | None, carried: _Named | None
    ) -> Iterator[Turn]:
        seen: set[str] = set()
        if subject is not None:
            seen.add(subject.actor)
            yield Turn(subject.actor, index, Role.SUBJECT, subject.alias)
        if carried is not None and carried.holder not in seen:
            seen.add(carried.holder)
            yield Turn(carried.holder, index, Role.CARRIED, carried.name, carried.is_found)
        for mention in sorted(named, key=lambda mention: _is_quoted(sentence, mention)):
            if mention.actor not in seen:
                seen.add(mention.actor)
                yield Turn(mention.actor, index, Role.QUOTED if _is_quoted(sentence, mention) else Role.NAMED, mention.alias)

    def _carried(self, index: int, sentence: Sentence, named: Sequence[Mention], subject: Mention | None) -> _Named | None:
        focus = self._focus
        if focus is None or index - focus.sentence > _FADES_AFTER:
            return None
        if subject is not None and _is_seat(sentence, subject, self._words):
            return None
        reference = self._reference(sentence, subject)
        if reference is not None:
            return reference if reference is not _NOBODY else None
        if subject is not None and subject.start < len(sentence.text) // 2:
            return None
        if sentence.quoted > _WHOLLY:
            return focus
        is_silent_on_it = self._words.drops_subject and not named and not self._words.begins_with_another(sentence.text)
        return focus if is_silent_on_it and sentence.is_reported else None

    def _reference(self, sentence: Sentence, subject: Mention | None) -> _Named | None:
        limit = subject.start if subject is not None else len(sentence.outside)
        for kind, pattern in self._words.references:
            for match in pattern.finditer(sentence.outside):
                if match.start() >= limit and not self._speaks(sentence, match):
                    continue
                if not self._speaks(sentence, match) and match.start() > _BEFORE_VERB // 2:
                    continue
                if subject is not None and match.start() > subject.start and self._is_subject_again(sentence, match):
                    continue
                if self._is_spoken_to(sentence, match):
                    continue
                found = None if _is_another(match) else self._resolve(kind, match.group("noun").casefold())
                if found is not None:
                    return found
                if subject is None and not sentence.outside[: match.start()].strip():
                    return _NOBODY
        return None

    def _is_subject_again(self, sentence: Sentence, match: re.Match[str]) -> bool:
        """Whether a reference behind the subject is to the subject: "Hanoi says it waits", but not "Hanoi waits, he said"."""
        if match["noun"].casefold() not in PRONOUNS and not POSSESSIVE.match(match.group()):
            return False
        before, after = sentence.outside[: match.start()], sentence.outside[match.end() :].lstrip()
        turned = _TURNED.search(before)
        is_said_last = _CLAUSE_ENDS.search(before) is not None and self._words.says.match(after) is not None
        return not is_said_last and not (turned and self._words.says.match(turned["verb"]))

    def _is_spoken_to(self, sentence: Sentence, match: re.Match[str]) -> bool:
        """Whether what a reference stands behind is a verb that takes whom it is said to: "she told the committee"."""
        return self._words.addresses is not None and self._words.addresses.search(sentence.outside[: match.start()]) is not None

    def _speaks(self, sentence: Sentence, match: re.Match[str]) -> bool:
        """Whether the reference stands right before or after a verb that reports."""
        near = sentence.outside[max(0, match.start() - 16) : match.end() + 24]
        return self._words.reports.search(near) is not None

    def _resolve(self, kind: Kind, noun: str) -> _Named | None:
        known = self._by_noun.get(_kin(noun)) or self._latest.get(kind)
        if known is not None or self._focus is None:
            return known
        return None if kind is Kind.STATE and _BODY_NAME.search(self._focus.holder) else self._focus

    def _remember(
        self, index: int, sentence: Sentence, named: Sequence[Mention], subject: Mention | None, carried: _Named | None
    ) -> None:
        for mention in named:
            item = _Named(mention.actor, mention.alias, index)
            kind = Kind.BODY if _is_body(mention) else Kind.STATE
            if kind is Kind.BODY or subject is None or mention.actor == subject.actor or kind not in self._latest:
                self._latest[kind] = item
            self._learn_nouns(sentence, mention, item)
        if subject is not None and (carried is None or subject.start < len(sentence.text) // 3):
            self._focus = _Named(subject.actor, subject.alias, index)
        elif carried is not None:
            self._focus = replace(carried, sentence=index)
        elif named and self._focus is None:
            self._focus = _Named(named[0].actor, named[0].alias, index)

    def _learn_nouns(self, sentence: Sentence, mention: Mention, item: _Named) -> None:
        """Hakusan Museum may come back as "the museum"; Agrion, the maker, as "the company"."""
        last = re.split(r"\W+", mention.alias.casefold().strip())[-1]
        self._by_noun[_kin(last)] = item
        nearby = sentence.outside[max(0, mention.start - 40) : mention.end + 40]
        for kind, pattern in self._words.references:
            if kind is Kind.BODY:
                for match in pattern.finditer(nearby):
                    self._by_noun.setdefault(_kin(match.group("noun").casefold()), item)


_CAPITAL = re.compile(r"\s[A-ZÀ-ÞА-ЯЁ][\w’'-]*\s")


def _is_another(match: re.Match[str]) -> bool:
    """Whether a reference has a name in it, and so is somebody's who was not named before: "the African Union", "the French embassy"."""
    return _CAPITAL.search(match.group()[: match.start("noun") - match.start()]) is not None


# Where quotations are blanked, two spaces stand for one.
_CLAUSE_ENDS = re.compile(r"(?:[,;:—–]|\s\s|^)\s*$")
_TURNED = re.compile(r"(?:[,;:—–]|\s\s|^)\s*(?P<verb>\w+)\s+$")


def _is_quoted(sentence: Sentence, mention: Mention) -> bool:
    return not sentence.outside[mention.start : mention.end].strip()


_BODY_NAME = re.compile(
    r"^[a-zà-ÿ]|(?i:union|party|guild|group|museum|temple|federation|association|\bbank\b|inc\b|\bag\b|ltd|corp|council|society|club|"
    r"organi[sz]ation|league|church|see$|forum|institute|university|nations$|\bnato\b|парти|банк|профсоюз)|"
    r"党|社$|協会|博物館|寺$|連合会|組合|会$|公司|银行|联盟|당$|회$|박물관|노조|은행"
)
_COMPANY = frozenset(
    {"company", "firm", "maker", "manufacturer", "developer", "operator", "platform", "producer", "supplier", "airline"}
)


def _is_body(mention: Mention) -> bool:
    return _BODY_NAME.search(mention.actor) is not None


def _kin(noun: str) -> str:
    """Words for a business come back as one another: the maker is the company."""
    return "company" if noun in _COMPANY else noun


_PREPOSITIONS = re.compile(
    r"\b(?:in|from|to|with|by|on|at|against|into|over|toward|towards|via|through|between|than|across|near|"
    r"im|aus|mit|gegen|nach|von|bei|über|à|au|en|dans|avec|contre|vers|par|con|contra|hacia|por|"
    r"в|во|из|с|со|против|к|на|от|между)\s+(?:the\s+|la\s+|le\s+|el\s+|der\s+|die\s+)?$",
    re.IGNORECASE,
)


_OF = re.compile(r"\s+(?:of|de|von)\s+(?:the\s+)?", re.IGNORECASE)
_IN = re.compile(r"\s+(?:in|at|à|en|в)\s+(?:the\s+)?", re.IGNORECASE)
_ABROAD = re.compile(r"embass|ambass|embaj|botschaft|посол", re.IGNORECASE)
# "... the drills, which Japan and Korea hold": whoever acts inside such a clause does not speak the sentence.
_ASIDE = re.compile(r"\b(?:котор\w+|which|whom)\s[^.:;]*$", re.IGNORECASE)
_ASIDE_REACH = 72


def _is_seat(sentence: Sentence, mention: Mention, words: Speech) -> bool:
    """Whether somebody unnamed speaks for a name, whoever spoke before: "a spokesperson told reporters in Seoul" is Seoul speaking.

    "The chairman of the guild" is the guild's, "the ministry in Seoul" is Seoul's; a museum or an embassy there is not.
    """
    first = max(0, mention.start - _SEAT_REACH)
    if words.seats is not None and words.seats.search(sentence.outside[first : mention.start]):
        return True
    for kind, pattern in words.references:
        for match in pattern.finditer(sentence.outside, first, mention.start):
            if _OF.fullmatch(sentence.outside, match.end(), mention.start):
                return True
            is_office = kind is Kind.STATE and not _ABROAD.search(match.group("noun"))
            if is_office and _IN.fullmatch(sentence.outside, match.end(), mention.start):
                return True
    return False


def _subject(sentence: Sentence, named: Sequence[Mention], words: Speech) -> Mention | None:
    """Who speaks or acts in the sentence, as far as its order of words tells."""
    verbs = [match.start() for match in words.reports.finditer(sentence.outside)]
    best: tuple[float, Mention] | None = None
    for order, mention in enumerate(named):
        if _is_quoted(sentence, mention):
            continue
        score = -0.5 * order - mention.start / max(1, len(sentence.text))
        score += 1.5 if any(-_AFTER_VERB < verb - mention.end < _BEFORE_VERB for verb in verbs) else 0.0
        is_place = _PREPOSITIONS.search(sentence.outside[max(0, mention.start - 16) : mention.start]) is not None
        score -= 2.0 if is_place and not _is_seat(sentence, mention, words) else 0.0
        score -= 2.0 if _ASIDE.search(sentence.outside[max(0, mention.start - _ASIDE_REACH) : mention.start]) else 0.0
        if best is None or score > best[0]:
            best = (score, mention)
    return best[1] if best is not None and best[0] > -1.8 else None  # noqa: PLR2004 - below, only places and objects are named
