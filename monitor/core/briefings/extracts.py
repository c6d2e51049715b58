"""Picks sentences worth quoting out of stored texts: exact slices, ranked, each different from those picked before."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import TypeVar

from monitor.core.alerts.render import clean
from monitor.core.stories.fingerprints import content_words
from monitor.core.words import sentences
from monitor.model import Article, Evidence, Topic

Item = TypeVar("Item")

_LEAD_SENTENCES = 4
_REMEMBERED = 4096
_READ = 20_000
_SHORTEST, _LONGEST = 40, 420
_SHORTEST_WIDE = 18
_DOCUMENT = re.compile(
    r"(?:[A-ZÀ-Þ][\w’'&.-]+(?:[ -](?:of|on|and|the|for|to|[A-ZÀ-Þ0-9][\w’'&.-]*)){0,9}[ -])"
    r"(?:Treaty|Agreement|Pact|Declaration|Convention|Charter|Protocol|Accord|Accords|Memorandum|Communiqué|Statement|Report|Act)\b"
    r"|(?:Resolution|Article|Articles|Directive|Regulation)\s\d+(?:/\d+)?"
    r"|[가-힣]{2,16}\s?(?:조약|협정|협약|선언|합의서|결의안|결의|헌장|의정서|보고서|백서)(?:\s?\d+호)?"
    r"|(?!对|向|与|就)(?:(?!这|該|该|此)[一-龯ァ-ヶー・]){2,16}(?:条約|協定|宣言|決議|憲章|議定書|白書|条约|协定|协议|宣言|决议|宪章|议定书|公报|白皮书)(?:第?\d+[号條条])?"
    r"|(?:[Дд]оговор|[Сс]оглашени|[Дд]екларац|[Рр]езолюц|[Кк]онвенц|[Хх]арти|[Мм]еморандум)\w*\s(?:[а-яё]+\s){0,5}(?:[А-ЯЁ][\w-]+|№?\s?\d+)"
)


@dataclass(frozen=True, slots=True)
class Extract:
    """A stretch of an article: `part` ("title" or "text") sliced [start:end] is `text`, to the character."""

    article: int
    text: str
    part: str
    start: int
    end: int


def is_exact(extract: Extract, article: Article) -> bool:
    """Whether the article says just this at just this place."""
    whole = article.title if extract.part == "title" else article.text
    return extract.article == article.id and bool(extract.text) and whole[extract.start : extract.end] == extract.text


def from_evidence(article: Article, evidence: Evidence | None) -> Extract | None:
    """The extract that an evidence points at, None when the article no longer says it there (it was revised)."""
    if evidence is None:
        return None
    extract = Extract(article.id, evidence.text, evidence.part, evidence.start, evidence.end)
    return extract if is_exact(extract, article) and _is_showable(extract.text) else None


def title_of(article: Article) -> Extract:
    """The whole title."""
    return Extract(article.id, article.title, "title", 0, len(article.title))


def sentences_of(article: Article, limit: int | None = None) -> list[Extract]:
    """The sentences of an article's text that are neither fragments nor paragraphs, at most the first `limit`."""
    found = []
    for start, end in sentences.split(article.text[:_READ])[:limit]:
        text = article.text[start:end]
        wide = sum(letter > "\u3000" for letter in text) * 2 > len(text)
        if (_SHORTEST_WIDE if wide else _SHORTEST) <= len(text) <= _LONGEST and _is_showable(text):
            found.append(Extract(article.id, text, "text", start, end))
    return found


def _is_showable(text: str) -> bool:
    """Whether a page can show the text without changing a character."""
    return clean(text) == text


def lead_of(article: Article, topic: Topic) -> Extract:
    """The sentence near the beginning that names the topic and has most in common with it; else the title."""
    leads = sentences_of(article, _LEAD_SENTENCES)
    names = [name.casefold() for name in (topic.name, *topic.aliases)]
    about = content_words(f"{topic.name} {topic.description}")

    def worth(at: int) -> tuple[bool, int, int]:
        folded = leads[at].text.casefold()
        return any(name in folded for name in names), len(content_words(folded) & about), -at

    return leads[max(range(len(leads)), key=worth)] if leads else title_of(article)


def documents_in(text: str) -> list[tuple[str, int, int]]:
    """(name, start, end) of treaties, resolutions, reports and the like that a text names."""
    return [(found.group(), found.start(), found.end()) for found in _DOCUMENT.finditer(text[:_READ])]


def pick(
    items: Sequence[Item],
    scores: Sequence[float],
    alike: Callable[[Item, Item], float],
    count: int,
    *,
    balance: float = 0.7,
    is_same: Callable[[Item, Item], bool] = lambda _, __: False,
) -> list[Item]:
    """At most `count` items by maximal marginal relevance (Carbonell and Goldstein 1998): good, and unlike those picked before.

    `balance` 1 looks at scores only, 0 at novelty only; scores and likeness should both lie in [0, 1]. Ties go to the earlier.
    An item that is the same as one of a higher score is never picked.
    """
    waiting = deque(sorted(range(len(items)), key=lambda at: -scores[at]))
    left: list[int] = []
    picked: list[int] = []

    def worth(at: int) -> tuple[float, int]:
        likeness = max((alike(items[at], items[other]) for other in picked), default=0.0)
        return balance * scores[at] - (1 - balance) * likeness, -at

    while len(picked) < count and (left or waiting):
        best = max(map(worth, left), default=(-inf, 0))
        # Likeness only lowers worth: once a score is too low by itself, nobody looks at the items behind it.
        while waiting and balance * scores[waiting[0]] >= best[0]:
            at = waiting.popleft()
            if not any(is_same(items[at], items[other]) for other in (*picked, *left)):
                left.append(at)
                best = max(best, worth(at))
        if left:
            picked.append(-best[1])
            left.remove(-best[1])
    return [items[at] for at in picked]


def overlap(one: str, other: str) -> float:
    """The share of the shorter text's content words that the other has too."""
    here, there = _words(one), _words(other)
    return len(here & there) / min(len(here), len(there)) if here and there else 0.0


@lru_cache(maxsize=_REMEMBERED)
def _words(text: str) -> frozenset[str]:
    """A sentence is compared with many others, and read once."""
    return content_words(text)
