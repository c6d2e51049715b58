"""Prepares articles and topics for the relevance model: the texts it reads and the features it weighs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.core.words.inflections import count_wide, is_mostly_wide, is_wide
from monitor.core.words.sentences import split
from monitor.model import Topic, Vector

READ = 1_000
"""Characters of an article's text that the models read for relevance."""
LEAD = 400
"""Characters of an article's text that count as its lead."""
SEARCHED = 200_000
"""Characters of a text in which aliases are looked for; what is longer is no news article."""

LONG, AT_ONCE = 5, 550
"""A text is long from so many sentences on, if it has more letters than the embedding reads at once; a wide one counts 2.5."""
PASSAGE, STEP = 3, 2
"""Sentences of a passage, and after how many the next one begins: what two of them share is one sentence."""
MOST_PASSAGES = 30
_SPLIT = 40_000
"""Characters of a text that are cut into passages."""

FEATURES = ("cosine", "second_look", "alias_title", "alias_lead", "alias_text", "across_scripts", "is_read_on")
NAMED = slice(FEATURES.index("alias_title"), FEATURES.index("across_scripts"))
READ_ON = FEATURES.index("is_read_on")

_WORD = re.compile(r"\w+", re.UNICODE)
_FEWEST_LETTERS = 3
_WIDE_KEYS = (2, 3)
_FIRST_WIDE = "\u1100"


def topic_text(topic: Topic) -> str:
    """What the models read of a topic."""
    text = f"{topic.name}. {topic.description}" if topic.description else f"{topic.name}."
    if topic.aliases:
        text += " Also: " + ", ".join(topic.aliases)
    if topic.examples:
        text += " Examples: " + " ".join(topic.examples)
    return text


def article_text(title: str, text: str) -> str:
    """What the models read of an article."""
    return f"{title}. {text[:READ]}" if title else text[:READ]


def passages_of(text: str) -> list[str]:
    """What a long text is read in beside its lead, for the topics that it comes to later; of a short one nothing."""
    text = text[:_SPLIT]
    if len(text) + 1.5 * count_wide(text) <= AT_ONCE:
        return []
    sentences = [text[start:end] for start, end in split(text)]
    if len(sentences) < LONG:
        return []
    starts = range(STEP, len(sentences) - 1, STEP)[:MOST_PASSAGES]
    return [" ".join(sentences[start : start + PASSAGE])[:READ] for start in starts]


@dataclass(frozen=True, slots=True)
class AliasIndex:
    """The names of all topics made ready to be found in one pass; build it with `index_aliases`."""

    size: int
    spaced: dict[str, list[tuple[str, int]]]
    wide: dict[str, list[tuple[str, int]]]

    def flags(self, articles: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """(articles, topics, 3) ones where a topic is named in the title, the lead, the whole text of a (title, text)."""
        flags = np.zeros((len(articles), self.size, 3), np.float32)
        for row, (title, text) in enumerate(articles):
            for topic, _ in self._found(title.casefold()):
                flags[row, topic, 0] = 1.0
            for topic, place in self._found(text[:SEARCHED].casefold()):
                flags[row, topic, 2] = 1.0
                if place <= LEAD:
                    flags[row, topic, 1] = 1.0
        return flags

    def _found(self, text: str) -> Iterable[tuple[int, int]]:
        """(topic, where its name ends) for every name in a folded text."""
        words = [match.span() for match in _WORD.finditer(text)]
        for place, (start, end) in enumerate(words):
            second = words[place + 1][1] if place + 1 < len(words) else end
            for name, topic in (*self.spaced.get(text[start:end], ()), *self.spaced.get(text[start:second], ())):
                if text.startswith(name, start) and _is_bounded(text, start + len(name)):
                    yield topic, start + len(name)
        if self.wide:
            yield from self._found_wide(text)

    def _found_wide(self, text: str) -> Iterable[tuple[int, int]]:
        for start in range(len(text) - 1):
            if text[start] >= _FIRST_WIDE:
                for size in _WIDE_KEYS:
                    for name, topic in self.wide.get(text[start : start + size], ()):
                        if text.startswith(name, start):
                            yield topic, start + len(name)


def index_aliases(topics: Sequence[Topic]) -> AliasIndex:
    """An index of the names and aliases of these topics, in this order; names of one or two letters are left out."""
    spaced: dict[str, list[tuple[str, int]]] = defaultdict(list)
    wide: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for number, topic in enumerate(topics):
        for alias in {" ".join(name.casefold().split()) for name in (topic.name, *topic.aliases)}:
            words = [match.span() for match in _WORD.finditer(alias)]
            if is_wide(alias) and len(alias) >= _WIDE_KEYS[0]:
                wide[alias[: _WIDE_KEYS[-1]]].append((alias, number))
            elif words and sum(character.isalnum() for character in alias) >= _FEWEST_LETTERS:
                name = alias[words[0][0] :]
                spaced[name[: words[:2][-1][1] - words[0][0]]].append((name, number))
    return AliasIndex(len(topics), dict(spaced), dict(wide))


def _is_bounded(text: str, end: int) -> bool:
    """Whether a name that ends here ends with its word."""
    return end >= len(text) or not (text[end - 1].isalnum() and text[end].isalnum())


def cosines(articles: Vector, topics: Vector) -> Vector:
    """(articles, topics) cosines of unit vectors."""
    return np.asarray(np.clip(articles @ topics.T, -1.0, 1.0), np.float32)


def worth_reading_on(cosine: Vector, flags: NDArray[np.float32], bound: float) -> NDArray[np.intp]:
    """The articles that name a topic, or are as near to one as `bound`: they may come to others, or to this one, later on."""
    return np.flatnonzero((cosine.max(axis=1, initial=-1.0) >= bound) | (flags.max(axis=(1, 2), initial=0.0) > 0))


def worth_a_look(cosine: Vector, flags: NDArray[np.float32], gates: Vector) -> NDArray[np.intp]:
    """(n, 2) rows of (article, topic) whose pair is near enough, or named, to be looked at again; `gates` has one per article."""
    return np.argwhere((cosine >= gates[:, np.newaxis]) | (flags.max(axis=2) > 0))


def features(
    cosine: Vector,
    flags: NDArray[np.float32],
    across: NDArray[np.bool_],
    is_read_on: NDArray[np.bool_],
    pairs: NDArray[np.intp],
    second_look: NDArray[np.float32],
) -> NDArray[np.float32]:
    """(n, 7) rows for these pairs, columns as in `FEATURES`; the cosine of an article read on is that of its nearest part."""
    at = pairs[:, 0], pairs[:, 1]
    return np.column_stack([cosine[at], second_look, flags[at], across[at], is_read_on[pairs[:, 0]]]).astype(np.float32)


def across_scripts(articles: Sequence[tuple[str, str]], topics: Sequence[str]) -> NDArray[np.bool_]:
    """(articles, topics): whether a (title, text) is Korean, Japanese or Chinese and the topic's text is not.

    The cosine of such pairs is lower than of others that are as near.
    """
    wide = np.array([is_mostly_wide(article_text(*article)) for article in articles], bool)
    return np.outer(wide, [not is_mostly_wide(topic) for topic in topics])
