"""Composes a briefing from what the archive tells: sections of cited lines, every quotation an exact slice of a stored text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.core.briefings.extracts import Extract
from monitor.core.trends.series import Balance, TopicTrends
from monitor.model import Article, Hit, Topic, Vector


@dataclass(frozen=True, slots=True)
class Source:
    """A cited article; `number` is what [n] in the text means."""

    number: int
    article: int
    title: str
    outlet: str
    url: str
    published: datetime
    language: str


@dataclass(frozen=True, slots=True)
class Line:
    """One claim: our own few words, a quotation, or both, with the numbers of the sources that carry it."""

    text: str = ""
    quote: Extract | None = None
    cites: tuple[int, ...] = ()
    note: str = ""
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the briefing; `key` is its stable name, `charts` are SVG drawings that open it."""

    key: str
    heading: str
    lines: tuple[Line, ...]
    charts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Briefing:
    """A whole briefing, ready to be written in any format."""

    topic: str
    language: str
    title: str
    span: str
    since: datetime
    until: datetime
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    footer: str

    def section(self, key: str) -> Section:
        """The section of this key.

        Raises:
            KeyError: there is none.
        """
        for section in self.sections:
            if section.key == key:
                return section
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Material:
    """All that a briefing is composed from; `mentions` are the configured actors each article names."""

    topic: Topic
    language: str
    told: tuple[Hit, ...]
    trends: TopicTrends
    articles: Mapping[int, Article]
    vectors: Mapping[int, Vector]
    mentions: Mapping[int, frozenset[str]]
    before: Mapping[str, Balance]
    """Each holder's stances in the time before the span."""
    heard_before: frozenset[str] = frozenset()


@dataclass(slots=True)
class Citations:
    """Numbers articles in the order in which they are first cited."""

    articles: Mapping[int, Article]
    numbers: dict[int, int] = field(default_factory=dict)

    def cite(self, *articles: int) -> tuple[int, ...]:
        """The numbers of these articles, each once; unknown ones are skipped."""
        known = dict.fromkeys(article for article in articles if article in self.articles)
        return tuple(self.numbers.setdefault(article, len(self.numbers) + 1) for article in known)

    def quote(self, extract: Extract, text: str = "", *, also: Sequence[int] = (), note: str = "") -> Line:
        """A line that quotes, cited where it stands and in the other articles that carry the same."""
        return Line(text, extract, self.cite(extract.article, *also), note)

    def sources(self) -> tuple[Source, ...]:
        """Everything cited, by number."""
        found = []
        for article, number in self.numbers.items():
            cited = self.articles[article]
            about = (cited.title, cited.source or cited.feed, cited.url, cited.published, cited.language or "")
            found.append(Source(number, article, *about))
        return tuple(found)
