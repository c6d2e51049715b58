"""A query as the fields of a form, and back: what a form can hold goes to its fields, the rest stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass

from monitor.core.queries.clauses import And, Clause, Node, Or, Place, Statement
from monitor.core.queries.query import parse
from monitor.errors import QueryError

_OPERATORS = {"topic": ":", "relevance": ">=", "holder": ":", "stance": ":", "confidence": ">="}
_PERCENT = 100
_JOINED = re.compile(r"^\s*AND(?=\s|$)|(?:^|(?<=\s))AND\s*$")


@dataclass(frozen=True, slots=True)
class QueryForm:
    """What to look for; `relevance` and `confidence` are percentages as people write them, "" leaves a field open.

    `words` is anything else in the query language: words, phrases, sources, alternatives.
    """

    words: str = ""
    topic: str = ""
    relevance: str = ""
    holder: str = ""
    stance: str = ""
    confidence: str = ""


def as_query(form: QueryForm) -> str:
    """The query that a form says; what cannot be read stays as written, so that the parser can point at it."""
    clauses = [
        f"{name}{operator}{_written(name, getattr(form, name))}"
        for name, operator in _OPERATORS.items()
        if getattr(form, name).strip()
    ]
    words = form.words.strip()
    if clauses and words and _is_alternative(words):
        words = f"({words})"
    return " ".join([*clauses, *([words] if words else [])])


def as_form(query: str) -> QueryForm:
    """The form of a query; one that a form cannot say without changing its meaning stands in `words` whole."""
    try:
        root = parse(query).root
    except QueryError:
        return QueryForm(words=query)
    taken = _taken(root)
    values = {clause.field: _shown(clause) for clause in taken}
    form = QueryForm(words=_without(query, [clause.place for clause in taken]), **values)
    return form if _says(form, root) else QueryForm(words=query)


def _written(name: str, value: str) -> str:
    value = value.strip()
    if name in {"relevance", "confidence"}:
        try:
            return f"{float(value.removesuffix('%')) / _PERCENT:g}"
        except ValueError:
            return f'"{value}"'
    is_plain = value.isascii() and value.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return value if is_plain or value == "*" else '"{}"'.format(value.replace('"', ""))


def _is_alternative(words: str) -> bool:
    try:
        return isinstance(parse(words).root, Or)
    except QueryError:
        return False


def _taken(root: Node) -> list[Clause]:
    """The clauses that fields can hold: those of the one statement asked for, each field at most once."""
    nodes = root.nodes if isinstance(root, And) else (root,)
    stated = [node for node in nodes if isinstance(node, Statement)]
    if len(stated) != 1:
        return []
    singles = [group[0] for group in stated[0].groups if len(group) == 1]
    fitting = [clause for clause in singles if _OPERATORS.get(clause.field) == clause.operator]
    first = {clause.field: clause for clause in reversed(fitting)}
    return list(first.values())


def _shown(clause: Clause) -> str:
    return f"{clause.value * _PERCENT:g}" if isinstance(clause.value, float) else str(clause.value)


def _without(query: str, places: list[Place]) -> str:
    """What is left of a query, without the ANDs that joined what was taken out."""
    kept, at = [], 0
    for place in sorted(places, key=lambda one: one.start):
        kept.append(query[at : place.start])
        at = place.end
    return " ".join(part for piece in [*kept, query[at:]] if (part := _JOINED.sub("", piece).strip()))


def _says(form: QueryForm, root: Node) -> bool:
    try:
        return _meaning(parse(as_query(form)).root) == _meaning(root)
    except QueryError:
        return False


def _meaning(node: Node) -> Hashable:
    """A node without the order of its conjunctions, which says nothing."""
    match node:
        case And(nodes):
            return "and", frozenset(_meaning(one) for one in nodes)
        case Statement(groups):
            return "statement", frozenset(groups)
        case _:
            return node
