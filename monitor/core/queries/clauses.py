"""The fields of the query language, and the nodes of a parsed query."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from monitor.core.queries.moments import Moment
from monitor.core.words.text import Term


class Kind(StrEnum):
    """What a field's value is."""

    WORDS = "words"
    NAME = "name"
    CHOICE = "one of"
    PROBABILITY = "probability"
    NUMBER = "number"
    TIME = "time"
    TIME_OR_NAME = "yes, no, a rule or a time"


class About(StrEnum):
    """What a clause speaks of: the article's words, the article, one statement in it, or alerts about it."""

    WORDS = "words"
    ARTICLE = "article"
    STATEMENT = "statement"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what it means, what it takes and a query that uses it."""

    name: str
    kind: Kind
    about: About
    meaning: str
    example: str
    choices: tuple[str, ...] = ()


FIELDS = {
    known.name: known
    for known in (
        Field(
            "title",
            Kind.WORDS,
            About.WORDS,
            "Words, a phrase, a prefix or a /regex/ in the title.",
            'title:summit title:"state visit"',
        ),
        Field("text", Kind.WORDS, About.WORDS, "The same, in the text below the title.", "text:/sanction(s|ed)/"),
        Field("author", Kind.WORDS, About.WORDS, "The same, in the author's name.", 'author:"Jane Doe"'),
        Field("lang", Kind.NAME, About.ARTICLE, "The language of the article, as an ISO 639 code.", "lang:ko"),
        Field("feed", Kind.NAME, About.ARTICLE, "The id of the feed that brought it; * stands for any ending.", "feed:yonhap"),
        Field("tag", Kind.NAME, About.ARTICLE, "A tag of that feed; * stands for any ending.", "tag:agency"),
        Field(
            "source",
            Kind.NAME,
            About.ARTICLE,
            "The outlet's registered domain; * stands for any beginning or ending.",
            "source:reuters.com",
        ),
        Field("published", Kind.TIME, About.ARTICLE, "When the outlet published it.", "published>=2024-11-01"),
        Field("seen", Kind.TIME, About.ARTICLE, "When this service first saw it.", "seen:24h"),
        Field("story", Kind.NUMBER, About.ARTICLE, "The number of the story it belongs to.", "story:1042"),
        Field("outlets", Kind.NUMBER, About.ARTICLE, "How many independent outlets tell its story.", "outlets>=3"),
        Field(
            "topic",
            Kind.NAME,
            About.STATEMENT,
            "A topic it is about, at or above the topic's threshold; * means any.",
            "topic:freedom-edge",
        ),
        Field(
            "relevance",
            Kind.PROBABILITY,
            About.STATEMENT,
            "The probability that it is about the topic, instead of the threshold.",
            "topic:freedom-edge relevance>=0.8",
        ),
        Field(
            "holder",
            Kind.NAME,
            About.STATEMENT,
            "Who holds a stance: an actor, outlet for the article's own voice, or * for any that nobody configured.",
            'holder:"North Korea"',
        ),
        Field("stance", Kind.CHOICE, About.STATEMENT, "The stance held.", "stance:against", ("favor", "against", "neutral")),
        Field(
            "confidence", Kind.PROBABILITY, About.STATEMENT, "The probability of that stance.", "stance:against confidence>=0.7"
        ),
        Field(
            "voice",
            Kind.CHOICE,
            About.STATEMENT,
            "Whose words show it: the outlet's own or a quoted voice.",
            "voice:quoted",
            ("outlet", "quoted"),
        ),
        Field("label", Kind.NAME, About.ARTICLE, "A label that somebody gave it.", "label:relevant"),
        Field(
            "alerted",
            Kind.TIME_OR_NAME,
            About.ALERT,
            "Whether, by which rule or when an alert told of it.",
            "alerted:no alerted:dprk-condemns-drills alerted>=7d",
        ),
        Field(
            "severity",
            Kind.CHOICE,
            About.ALERT,
            "The severity of an alert that told of it.",
            "severity:urgent",
            ("low", "normal", "urgent"),
        ),
    )
}
COMPARED = {Kind.PROBABILITY, Kind.NUMBER, Kind.TIME, Kind.TIME_OR_NAME}
"""Kinds that take >=, <=, > and < besides the colon."""

Value: TypeAlias = str | float | int | Moment


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands in the query: characters [start, end)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Everything:
    """Every article."""

    place: Place = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Words:
    """A word, phrase or prefix; `part` is title, text, author or "" for title and text."""

    part: str
    term: Term
    place: Place = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression found somewhere in a part, upper and lower case alike."""

    part: str
    regex: str
    place: Place = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Clause:
    """`field operator value`; the operator is one of : >= <= > <."""

    field: str
    operator: str
    value: Value
    place: Place = dataclasses.field(compare=False)

    @property
    def is_of_statement(self) -> bool:
        """Whether the clause speaks of a topic or of somebody's stance."""
        return FIELDS[self.field].about is About.STATEMENT


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that answers every group; a group is answered by any of its clauses."""

    groups: tuple[tuple[Clause, ...], ...]
    place: Place = dataclasses.field(compare=False)

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of all groups, as written."""
        return tuple(clause for group in self.groups for clause in group)

    @property
    def is_stance(self) -> bool:
        """Whether it asks what somebody holds, not only what the article is about."""
        return any(clause.field not in {"topic", "relevance"} for clause in self.clauses)


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    nodes: tuple[Node, ...]
    place: Place = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    nodes: tuple[Node, ...]
    place: Place = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Not this one."""

    node: Node
    place: Place = dataclasses.field(compare=False)


Node: TypeAlias = Everything | Words | Pattern | Clause | Statement | And | Or | Not
