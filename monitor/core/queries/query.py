"""The query language: text in, a tree out; the archive compiles the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import re2

from monitor.core.queries import moments
from monitor.core.queries.clauses import (
    COMPARED,
    And,
    Clause,
    Everything,
    Field,
    Kind,
    Node,
    Not,
    Or,
    Pattern,
    Place,
    Statement,
    Value,
    Words,
)
from monitor.core.queries.grammar import Parser
from monitor.core.queries.suggestions import nearest
from monitor.model import OUTLET, Rulebook

_NEARLY_EQUAL = 0.85
_HALF_EQUAL = 0.5
_OTHER_WORDS = {"for": "favor", "favour": "favor", "pro": "favor", "con": "against"}
"""What people write for a choice that looks nothing like it."""
_MAX_REGEX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: `text` as written and the root of its tree."""

    text: str
    root: Node = field(default=Everything(Place(0, 0)))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that a query may use; None where they are not known and any name will do.

    `holders` maps a name or alias in lower case to the actor's name.
    """

    topics: frozenset[str] | None = None
    holders: Mapping[str, str] | None = None
    feeds: frozenset[str] | None = None
    tags: frozenset[str] | None = None
    rules: frozenset[str] | None = None

    @classmethod
    def of(cls, rulebook: Rulebook, feeds: Iterable[str] | None = None, tags: Iterable[str] | None = None) -> Vocabulary:
        """The names that a rulebook, and the configured feeds where they are given, allow."""
        names = {word.casefold(): actor.name for actor in rulebook.actors.values() for word in (*actor.aliases, actor.name)}
        return cls(
            topics=frozenset(rulebook.topics),
            holders=names | {OUTLET: OUTLET},
            feeds=None if feeds is None else frozenset(feeds),
            tags=None if tags is None else frozenset(tags),
            rules=frozenset(rulebook.rules),
        )


def parse(text: str, vocabulary: Vocabulary | None = None) -> Query:
    """The query that a text says; without a vocabulary every name is accepted.

    Raises:
        QueryError: it cannot be read, or names what does not exist; with the column and a suggestion.
    """
    names = vocabulary or Vocabulary()
    parser = Parser(text, lambda *given: _read(names, *given), _regex_problem)
    return Query(text, parser.parse())


def seen_between(query: Query, first: datetime | None, before: datetime | None) -> Query:
    """The query kept to articles first seen at or after one moment and before another; None leaves a side open."""
    place = query.root.place
    limits = [Clause("seen", ">=", moments.Moment(first, first + timedelta.resolution), place)] if first else []
    limits += [Clause("seen", "<", moments.Moment(before, before + timedelta.resolution), place)] if before else []
    nodes = query.root.nodes if isinstance(query.root, And) else (query.root,)
    return Query(query.text, And((*nodes, *limits), place)) if limits else query


def leaves(node: Node) -> list[Words | Pattern | Clause | Statement | Everything]:
    """The clauses of a tree in the order written, a statement's clauses together as one."""
    match node:
        case And(nodes) | Or(nodes):
            found = [leaf for inner in nodes for leaf in leaves(inner)]
            return sorted(found, key=lambda leaf: leaf.place.start)
        case Not(inner):
            return leaves(inner)
        case _:
            return [node]


def asserted(node: Node) -> list[Statement]:
    """The statements that a tree asks for, those under a negation left out."""
    match node:
        case Statement():
            return [node]
        case And(nodes) | Or(nodes):
            return [found for inner in nodes for found in asserted(inner)]
        case _:
            return []


def clauses(query: Query) -> list[tuple[str, Node]]:
    """Every clause as written with its node, a negation with its minus; one within field:(…) is given its field.

    The clauses of one statement come singly and then together, its alternatives in parentheses.
    """
    found: list[tuple[str, Node]] = []
    for node in _parts(query.root):
        singles: list[Node] = [*_singles(node)] if isinstance(node, Statement) else [node]
        found += [(_written(query.text, single), single) for single in singles]
        if isinstance(node, Statement) and len(singles) > 1:
            found.append((_together(query.text, node), node))
    return found


def _written(text: str, node: Node) -> str:
    source = text[node.place.start : node.place.end]
    match node:
        case Clause(field=name) | Statement(groups=((Clause(field=name),), *_)) | Words(part=name) | Pattern(part=name):
            stands_alone = not name or re.match(rf"{name}\s*[:=<>]", source, re.IGNORECASE)
            return source if stands_alone else f"{name}:{source}"
        case _:
            return source


def _together(text: str, statement: Statement) -> str:
    groups = [dict.fromkeys(_written(text, clause) for clause in group) for group in statement.groups]
    # The two ends of a range are two groups of one text.
    return " ".join(dict.fromkeys(f"({' OR '.join(group)})" if len(group) > 1 else "".join(group) for group in groups))


def _parts(node: Node) -> list[Node]:
    if isinstance(node, (And, Or)):
        return [part for inner in sorted(node.nodes, key=lambda inner: inner.place.start) for part in _parts(inner)]
    return [node]


def _singles(node: Statement) -> list[Statement]:
    """Each clause of a statement as a statement of its own; the two ends of a range stay together."""
    places = dict.fromkeys(clause.place for clause in node.clauses)
    return [Statement(tuple((clause,) for clause in node.clauses if clause.place == place), place) for place in places]


@lru_cache(maxsize=512)
def compiled(regex: str) -> Any:
    """A regular expression that ignores case, in an engine whose time grows with the text only."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MAX_REGEX_BYTES
    return re2.compile(regex, options)


def _regex_problem(regex: str) -> str:
    try:
        compiled(regex)
    except re2.error as error:
        reason = error.args[0]
        return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    return ""


# -- values ----------------------------------------------------------------------------------------------------------


def _read(names: Vocabulary, known: Field, operator: str, text: str, place: Place) -> tuple[Clause, ...]:
    if operator != ":" and known.kind not in COMPARED:
        raise ValueError(f"{known.name} takes no comparison", f"write {known.example}")
    if ".." in text and known.kind in COMPARED and operator == ":":
        low, _, high = text.partition("..")
        return (
            Clause(known.name, ">=", _value(names, known, ">=", low), place),
            Clause(known.name, "<=", _value(names, known, "<=", high), place),
        )
    return (Clause(known.name, operator, _value(names, known, operator, text), place),)


def _value(names: Vocabulary, known: Field, operator: str, text: str) -> Value:
    match known.kind:
        case Kind.NAME:
            return _name(names, known.name, text)
        case Kind.CHOICE:
            return _choice(known, text)
        case Kind.PROBABILITY:
            return _probability(known, operator, text)
        case Kind.NUMBER:
            return _number(known, text)
        case Kind.TIME:
            return _time(text)
        case _:
            return _alerted(names, operator, text)


def _name(names: Vocabulary, field_name: str, text: str) -> str:
    match field_name:
        case "topic":
            return text if text == "*" else _known(text, names.topics, "topic")
        case "holder":
            return text if text == "*" else _holder(text, names.holders)
        case "feed":
            return _known(text, names.feeds, "feed") if "*" not in text else _pattern_name(text)
        case "tag":
            return _known(text, names.tags, "tag") if "*" not in text else _pattern_name(text)
        case "source":
            return _pattern_name(text.casefold().removeprefix("www."))
        case "lang":
            return _language(text)
        case _:
            return text.casefold()


def _pattern_name(text: str) -> str:
    if "*" in text[1:-1] or text == "*":
        raise ValueError("* may only begin or end a name", "for instance source:*.kr")
    return text


def _language(text: str) -> str:
    if not all(part.isalnum() and part.isascii() for part in text.split("-")):
        raise ValueError(f"{text} is not a language code", "write an ISO 639 code such as en, ko or zh")
    return text.casefold()


def _known(text: str, known: frozenset[str] | None, what: str) -> str:
    if known is None or text in known:
        return text
    meant = {name.casefold(): name for name in known}.get(text.casefold()) or nearest(text, known)
    some = ", ".join(sorted(known)[:8])
    raise ValueError(f"there is no {what} {text}", f"did you mean {meant}?" if meant else f"there are {some}" if some else "")


def _holder(text: str, known: Mapping[str, str] | None) -> str:
    """The configured actor meant; other names are those that texts proposed, unless one is nearly an actor's."""
    if known is None:
        return text
    if text.casefold() in known:
        return known[text.casefold()]
    if meant := nearest(text.casefold(), known, _NEARLY_EQUAL):
        raise ValueError(f"there is no actor {text}", f"did you mean {known[meant]}?")
    longer = sorted({name for word, name in known.items() if word.startswith(text.casefold() + " ")})
    if longer:
        raise ValueError(f"there is no actor {text}", f'a name of several words needs quotes: holder:"{longer[0]}"')
    return text


def _choice(known: Field, text: str) -> str:
    if text.casefold() in known.choices:
        return text.casefold()
    meant = nearest(text.casefold(), known.choices, _HALF_EQUAL) or _OTHER_WORDS.get(text.casefold())
    choices = ", ".join(known.choices[:-1]) + " or " + known.choices[-1]
    raise ValueError(f"{known.name} is {choices}, not {text}", f"did you mean {meant}?" if meant in known.choices else "")


def _probability(known: Field, operator: str, text: str) -> float:
    if operator == ":":
        raise ValueError(f"{known.name} needs a comparison", f"write {known.name}>={text}")
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise ValueError(f"{known.name} is a probability between 0 and 1, not {text}", f"write {known.name}>=0.8")
    return number


def _number(known: Field, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len("999999999999")):
        raise ValueError(f"{known.name} is a whole number, not {text}", f"write {known.example}")
    return int(text)


def _time(text: str) -> moments.Moment:
    try:
        return moments.read(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text} is not a time that can be read", moments.HELP) from error


def _alerted(names: Vocabulary, operator: str, text: str) -> Value:
    if operator != ":":
        return _time(text)
    if text.casefold() in {"yes", "no"}:
        return text.casefold()
    if names.rules is None or text not in names.rules:
        try:
            return moments.read(text)
        except (ValueError, OverflowError):
            return _known(text, names.rules, "rule")
    return text
