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
from monitor.core.queries.clauses import And, Clause, Everything, Node, Not, Or, Pattern, Statement, Words
from monitor.core.queries.moments import Moment
from monitor.model import OUTLET

_COMPARISONS = {":": "=", ">=": ">=", "<=": "<=", ">": ">", "<": "<"}


@dataclass(frozen=True, slots=True)
class Sql:
    """A condition and the values of its placeholders.

    `is_by_id` while it reads nothing of the article but its id; `ids` selects just the ids it holds for, once each, where a
    dialect can say so.
    """

    text: str
    values: tuple[object, ...] = ()
    is_by_id: bool = True
    ids: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """An expression in the text index's own language, the values of its placeholders, and what a dialect keeps of its words."""

    text: str
    values: tuple[object, ...] = ()
    words: tuple[object, ...] = ()


TRUE = Sql("TRUE")
HAS_TEXT = Sql("EXISTS (SELECT 1 FROM texts t WHERE t.article = a.id AND t.text <> '')")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an article must satisfy: an expression of the text index, if any, and a condition on the articles table."""

    match: Match | None
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

    def related(self, tables: str, key: str, condition: Sql) -> Sql:
        """The condition that these tables hold a row for the article (`key` is its column) that satisfies another condition."""
        ...

    def alike(self, column: str) -> str:
        """The condition that a column equals a value in small letters; A to Z are like a to z."""
        ...

    def languages(self, code: str) -> tuple[str, ...]:
        """The language tags of stored articles that are this one or narrower: zh-Hant for zh."""
        ...


class Compiler:
    """Compiles the nodes of one query at one moment."""

    def __init__(self, dialect: Dialect, now: datetime) -> None:
        self._dialect, self._now = dialect, now

    def conditions(self, root: Node) -> Conditions:
        """The conditions of a whole query."""
        match, rest = self._gather(root.nodes if isinstance(root, And) else (root,))
        return Conditions(match, both(rest))

    def condition(self, node: Node) -> Sql:
        """One node as a condition on the articles table."""
        found = self._compile(node)
        return self._dialect.lookup(found) if isinstance(found, Match) else found

    def of_statement(self, node: Statement) -> Sql:
        """The condition on one row (named s) of statements, or of relevances when no stance is asked for."""
        measure = "s.relevance" if node.is_stance else "s.probability"
        groups = [either([self._of_statement(clause, measure) for clause in group]) for group in node.groups]
        if not any(clause.field == "relevance" for clause in node.clauses):
            groups.append(Sql("s.is_relevant = TRUE"))
        return both(groups)

    def _compile(self, node: Node) -> Match | Sql:
        match node:
            case Words():
                return self._dialect.words(node)
            case Not(inner):
                found = self.condition(inner)
                return Sql(f"NOT ({found.text})", found.values, found.is_by_id)
            case And(nodes):
                return self._all(nodes)
            case Or(nodes):
                return self._any(nodes)
            case _:
                return self._leaf(node)

    def _leaf(self, node: Everything | Pattern | Clause | Statement) -> Sql:
        match node:
            case Pattern():
                return self._dialect.pattern(node)
            case Statement():
                table = "statements s" if node.is_stance else "relevances s"
                return self._dialect.related(table, "s.article", self.of_statement(node))
            case Clause():
                return self._clause(node)
            case _:
                return TRUE

    def _all(self, nodes: Sequence[Node]) -> Match | Sql:
        match, rest = self._gather(nodes)
        if match and not rest:
            return match
        return both([*([self._dialect.lookup(match)] if match else []), *rest])

    def _any(self, nodes: Sequence[Node]) -> Match | Sql:
        parts = [self._compile(node) for node in nodes]
        matches = [part for part in parts if isinstance(part, Match)]
        rest = [part for part in parts if isinstance(part, Sql)]
        if not rest:
            return self._dialect.join("OR", matches)
        found = [self._dialect.lookup(self._dialect.join("OR", matches))] if matches else []
        return either([*found, *rest])

    def _gather(self, nodes: Sequence[Node]) -> tuple[Match | None, list[Sql]]:
        """The text expressions of a conjunction as one, words that must be absent included; and everything else."""
        present: list[Match] = []
        absent: list[tuple[Not, Match]] = []
        rest: list[Sql] = []
        for node in nodes:
            found = self._compile(node.node if isinstance(node, Not) else node)
            if isinstance(node, Not) and isinstance(found, Match):
                absent.append((node, found))
            elif isinstance(found, Match):
                present.append(found)
            else:
                rest.append(self.condition(node))
        if not present:
            return None, [*(self.condition(node) for node, _ in absent), *rest]
        match = self._dialect.join("AND", present)
        return (self._dialect.join("NOT", [match, *(found for _, found in absent)]) if absent else match), rest

    def _clause(self, clause: Clause) -> Sql:
        value, operator = clause.value, _COMPARISONS[clause.operator]
        match clause.field:
            case "published" | "seen":
                return self._time(f"a.{clause.field}", clause)
            case "story":
                return Sql(f"a.story IS NOT NULL AND a.story {operator} ?", (value,), is_by_id=False)
            case "outlets":
                counted = "coalesce((SELECT outlets FROM stories WHERE id = a.story), 1)"
                return Sql(f"{counted} {operator} ?", (value,), is_by_id=False)
            case "lang":
                # The tags held that begin with the one asked for, so that an index answers; an unknown language is no NULL.
                tags = self._dialect.languages(str(value))
                if not tags:
                    return Sql("FALSE")
                return Sql(f"a.language IS NOT NULL AND a.language IN ({', '.join('?' * len(tags))})", tags, is_by_id=False)
            case "alerted" | "severity":
                return self._alerted(clause)
            case _:
                return self._by_name(clause.field, str(value))

    def _by_name(self, field: str, name: str) -> Sql:
        match field:
            case "tag":
                return self._dialect.related("article_tags g", "g.article", _named("g.tag", name))
            case "label":
                return self._dialect.related("labels b", "b.article", Sql("b.label = ?", (name,)))
            case _:
                return _named(f"a.{field}", name)

    def _of_statement(self, clause: Clause, measure: str) -> Sql:
        operator = _COMPARISONS[clause.operator]
        match clause.field, clause.value:
            case "topic", "*":
                return TRUE
            case "holder", "*":
                return Sql("s.is_found = TRUE")
            case "holder", str(name):
                return Sql(self._dialect.alike("s.holder"), (OUTLET if name.casefold() == OUTLET else _small(name),))
            case "relevance", value:
                return Sql(f"{measure} {operator} ?", (value,))
            case "confidence", value:
                return Sql(f"s.confidence {operator} ?", (value,))
            case name, value:
                return Sql(f"s.{name} = ?", (value,))

    def _alerted(self, clause: Clause) -> Sql:
        if clause.field == "severity":
            inner = Sql("l.severity = ?", (clause.value,))
        elif isinstance(clause.value, Moment):
            inner = self._time("l.created", clause)
        else:
            inner = TRUE if clause.value in {"yes", "no"} else Sql("l.rule = ?", (clause.value,))
        found = self._dialect.related("alert_articles x JOIN alerts l ON l.id = x.alert", "x.article", inner)
        return Sql(f"NOT ({found.text})", found.values) if clause.value == "no" else found

    def _time(self, column: str, clause: Clause) -> Sql:
        if not isinstance(clause.value, Moment):
            raise TypeError(clause.field)
        first, before = clause.value.bounds(clause.operator, self._now)
        parts = [Sql(f"{column} >= ?", (time_text(first),), is_by_id=False)] if first else []
        parts += [Sql(f"{column} < ?", (time_text(before),), is_by_id=False)] if before else []
        return both(parts)


def both(parts: Sequence[Sql]) -> Sql:
    """All of these conditions."""
    return _joined("AND", [part for part in parts if part != TRUE])


def either(parts: Sequence[Sql]) -> Sql:
    """Any of these conditions."""
    return TRUE if TRUE in parts else _joined("OR", parts)


def _joined(operator: str, parts: Sequence[Sql]) -> Sql:
    if not parts:
        return TRUE
    if len(parts) == 1:
        return parts[0]
    values = tuple(value for part in parts for value in part.values)
    text = "(" + f" {operator} ".join(f"({part.text})" for part in parts) + ")"
    return Sql(text, values, all(part.is_by_id for part in parts))


def _named(column: str, name: str) -> Sql:
    """A name, or its beginning or end where a * stands for the rest."""
    if not name.startswith("*") and not name.endswith("*"):
        return Sql(f"{column} = ?", (name,), is_by_id=False)
    pattern = _small(name.strip("*")).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    before, after = "%" * name.startswith("*"), "%" * name.endswith("*")
    return Sql(f"lower({column}) LIKE ? ESCAPE '\\'", (f"{before}{pattern}{after}",), is_by_id=False)


def _small(name: str) -> str:
    """A to Z as a to z, and nothing else: what every archive agrees on."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in name)
