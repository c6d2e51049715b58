"""A parsed query to the conditions of one SQL statement; what differs between archives is in a dialect.

Every node becomes a text-index expression where it can, else a condition on the articles table (named a). Neighbouring text
expressions are joined inside the index, which is far faster than intersecting its answers outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.archives._values import time_text
from monitor.core.clauses import And, Clause, Everything, Node, Not, Or, Pattern, Statement, Words
from monitor.core.moments import Moment
from monitor.model import OUTLET

_COMPARISONS = {":": "=", ">=": ">=", "<=": "<=", ">": ">", "<": "<"}


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the values of its placeholders."""

    text: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """An expression in the text index's own language."""

    text: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an article must satisfy: an expression of the text index ("" for none) and a condition on the articles table."""

    match: str
    where: Sql


class Dialect(Protocol):
    """How one archive says what archives say differently."""

    def words(self, node: Words) -> Match:
        """The text-index expression of a word, phrase or prefix."""
        ...

    def join(self, operator: str, matches: Sequence[Match]) -> Match:
        """Several text-index expressions joined by AND, OR or NOT (the first without the others)."""
        ...

    def lookup(self, match: Match) -> Sql:
        """The condition that an article is among those a text-index expression finds."""
        ...

    def pattern(self, node: Pattern) -> Sql:
        """The condition that a regular expression is found."""
        ...


class Compiler:
    """Compiles the nodes of one query at one moment."""

    def __init__(self, dialect: Dialect, now: datetime) -> None:
        self._dialect, self._now = dialect, now

    def conditions(self, root: Node) -> Conditions:
        """The conditions of a whole query."""
        parts = [self.compile(node) for node in (root.nodes if isinstance(root, And) else (root,))]
        match, rest = self._gather(parts, root.nodes if isinstance(root, And) else (root,))
        return Conditions(match.text if match else "", _joined("AND", rest))

    def condition(self, node: Node) -> Sql:
        """One node as a condition on the articles table."""
        return self._sql(self.compile(node))

    def compile(self, node: Node) -> Match | Sql:
        """One node: a text-index expression where it is one, else a condition."""
        match node:
            case Everything():
                return Sql("1")
            case Words():
                return self._dialect.words(node)
            case Pattern():
                return self._dialect.pattern(node)
            case Clause():
                return self.clause(node)
            case Statement():
                return self.statement(node)
            case Not(inner):
                found = self.condition(inner)
                return Sql(f"NOT ({found.text})", found.values)
            case And(nodes):
                return self._all(nodes)
            case Or(nodes):
                return self._any(nodes)

    def _all(self, nodes: Sequence[Node]) -> Match | Sql:
        match, rest = self._gather([self.compile(node) for node in nodes], nodes)
        if match and not rest:
            return match
        return _joined("AND", [*([self._dialect.lookup(match)] if match else []), *rest])

    def _any(self, nodes: Sequence[Node]) -> Match | Sql:
        parts = [self.compile(node) for node in nodes]
        matches = [part for part in parts if isinstance(part, Match)]
        rest = [part for part in parts if isinstance(part, Sql)]
        if not rest:
            return self._dialect.join("OR", matches)
        found = [self._dialect.lookup(self._dialect.join("OR", matches))] if matches else []
        return _joined("OR", [*found, *rest])

    def _gather(self, parts: Sequence[Match | Sql], nodes: Sequence[Node]) -> tuple[Match | None, list[Sql]]:
        """The text expressions of a conjunction as one, words that must be absent included; and everything else."""
        matches = [part for part in parts if isinstance(part, Match)]
        if not matches:
            return None, [self._sql(part) for part in parts]
        absent: list[Match] = []
        rest: list[Sql] = []
        for part, node in zip(parts, nodes, strict=True):
            inner = self.compile(node.node) if isinstance(node, Not) else None
            if isinstance(inner, Match):
                absent.append(inner)
            elif isinstance(part, Sql):
                rest.append(part)
        match = self._dialect.join("AND", matches)
        return (self._dialect.join("NOT", [match, *absent]) if absent else match), rest

    def _sql(self, part: Match | Sql) -> Sql:
        return self._dialect.lookup(part) if isinstance(part, Match) else part

    # -- clauses -----------------------------------------------------------------------------------------------------

    def clause(self, clause: Clause) -> Sql:
        """A clause about the article or its alerts, as a condition."""
        value = clause.value
        match clause.field:
            case "published" | "seen":
                return self._time(f"a.{clause.field}", clause)
            case "lang":
                return Sql("(a.language = ? OR a.language LIKE ?)", (value, f"{value}-%"))
            case "feed" | "source":
                return _named(f"a.{clause.field}", str(value))
            case "tag":
                tagged = _named("tag", str(value))
                return Sql(f"a.id IN (SELECT article FROM article_tags WHERE {tagged.text})", tagged.values)
            case "story":
                return Sql(f"coalesce(a.story {_COMPARISONS[clause.operator]} ?, 0)", (value,))
            case "outlets":
                counted = "coalesce((SELECT outlets FROM stories WHERE id = a.story), 1)"
                return Sql(f"{counted} {_COMPARISONS[clause.operator]} ?", (value,))
            case "label":
                return Sql("a.id IN (SELECT article FROM labels WHERE label = ?)", (value,))
            case _:
                return self._alerted(clause)

    def _alerted(self, clause: Clause) -> Sql:
        if clause.field == "severity":
            inner = Sql("l.severity = ?", (clause.value,))
        elif isinstance(clause.value, Moment):
            inner = self._time("l.created", clause)
        elif clause.value in {"yes", "no"}:
            inner = Sql("1")
        else:
            inner = Sql("l.rule = ?", (clause.value,))
        negation = "NOT " if clause.value == "no" else ""
        joined = "SELECT x.article FROM alert_articles x JOIN alerts l ON l.id = x.alert"
        return Sql(f"a.id {negation}IN ({joined} WHERE {inner.text})", inner.values)

    def _time(self, column: str, clause: Clause) -> Sql:
        if not isinstance(clause.value, Moment):
            raise TypeError(clause.field)
        first, before = clause.value.bounds(clause.operator, self._now)
        parts = [Sql(f"{column} >= ?", (time_text(first),))] if first else []
        parts += [Sql(f"{column} < ?", (time_text(before),))] if before else []
        return _joined("AND", parts)

    # -- statements --------------------------------------------------------------------------------------------------

    def statement(self, node: Statement) -> Sql:
        """The condition that the article holds one statement, or is about one topic, that answers every clause."""
        table = "statements" if node.is_stance else "relevances"
        inner = self.of_statement(node)
        return Sql(f"a.id IN (SELECT s.article FROM {table} s WHERE {inner.text})", inner.values)

    def of_statement(self, node: Statement) -> Sql:
        """The condition on one row (named s) of statements, or of relevances when no stance is asked for."""
        measure = "s.relevance" if node.is_stance else "s.probability"
        groups = [_joined("OR", [_of_statement(clause, measure) for clause in group]) for group in node.groups]
        if not any(clause.field == "relevance" for clause in node.clauses):
            groups.append(Sql("s.is_relevant = 1"))
        return _joined("AND", groups)


def _of_statement(clause: Clause, measure: str) -> Sql:
    operator = _COMPARISONS[clause.operator]
    match clause.field, clause.value:
        case "topic", "*":
            return Sql("1")
        case "holder", "*":
            return Sql("s.is_found = 1")
        case "holder", str(name):
            return Sql("s.holder = ?", (OUTLET if name.casefold() == OUTLET else name,))
        case "relevance", value:
            return Sql(f"{measure} {operator} ?", (value,))
        case "confidence", value:
            return Sql(f"s.confidence {operator} ?", (value,))
        case name, value:
            return Sql(f"s.{name} = ?", (value,))


def _named(column: str, name: str) -> Sql:
    """A name, or its beginning or end where a * stands for the rest."""
    if not name.startswith("*") and not name.endswith("*"):
        return Sql(f"{column} = ?", (name,))
    pattern = name.strip("*").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    before, after = "%" * name.startswith("*"), "%" * name.endswith("*")
    return Sql(f"{column} LIKE ? ESCAPE '\\'", (f"{before}{pattern}{after}",))


def _joined(operator: str, parts: Sequence[Sql]) -> Sql:
    if not parts:
        return Sql("1")
    if len(parts) == 1:
        return parts[0]
    values = tuple(value for part in parts for value in part.values)
    return Sql("(" + f" {operator} ".join(f"({part.text})" for part in parts) + ")", values)
