"""The grammar of the query language: characters in, nodes out, every mistake at its column.

query       = alternative { "OR" alternative }
alternative = { ["AND"] factor }
factor      = [ "-" | "NOT" ] ( "(" query ")" | clause | text )
clause      = field operator value        operator = ":" | "=" | ">=" | "<=" | ">" | "<"
value       = word | quoted | "/" regex "/" | low ".." high | "(" query of values ")"
text        = word [ "*" ] | quoted [ "*" ] | "*"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from monitor.core.queries.clauses import (
    FIELDS,
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
    Words,
)
from monitor.core.queries.suggestions import suggestion
from monitor.core.words.text import term
from monitor.errors import QueryError

MAX_LENGTH = 10_000
MAX_CLAUSES = 400
MAX_DEPTH = 30

_FIELD = re.compile(r"([A-Za-z_]+)(>=|<=|:>=|:<=|:>|:<|[:=<>])")
_QUOTES = {'"': '"', "\u201c": "\u201d", "\u201e": "\u201c\u201d", "\u300c": "\u300d", "\u00ab": "\u00bb"}
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/")
_WORD = re.compile(r"[^\s()" + "".join(_QUOTES) + "]+")
_KEYWORD = re.compile(r"(AND|OR|NOT)(?=[\s()]|$)")
_SPACE = re.compile(r"\s*")

Reader = Callable[[Field, str, str, Place], tuple[Clause, ...]]
"""(field, operator, value, place) to checked clauses; raises ValueError(message, hint) on a bad value."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A factor: the node it is alone, and the groups of clauses it adds to a statement it stands in (none: it adds nothing)."""

    node: Node
    groups: tuple[tuple[Clause, ...], ...] = ()


class Parser:
    """Reads one query; `read_values` turns the values of clauses into checked ones."""

    def __init__(self, text: str, read_values: Reader, check_regex: Callable[[str], str]) -> None:
        self.text, self.at, self.depth, self.count = text, 0, 0, 0
        self._read_values, self._check_regex = read_values, check_regex

    def parse(self) -> Node:
        """The root node; an empty query is everything.

        Raises:
            QueryError: it cannot be read.
        """
        if len(self.text) > MAX_LENGTH:
            self._fail(f"a query may have {MAX_LENGTH} characters, this one has {len(self.text)}", MAX_LENGTH)
        self._skip_space()
        if self.at == len(self.text):
            return Everything(Place(0, len(self.text)))
        part = self._alternatives(None)
        if self.at < len(self.text):
            self._fail("a closing parenthesis without an opening one", self.at)
        if part is None:
            self._fail("nothing to look for", 0, "write a word, a number or a field such as lang:ko")
        return part.node

    # -- structure ---------------------------------------------------------------------------------------------------

    def _alternatives(self, field: Field | None) -> _Part | None:
        start = self.at
        first = self._conjunction(field)
        if self._peek_keyword() != "OR":
            return first
        parts = [self._operand(first, "OR", start)]
        while self._peek_keyword() == "OR":
            at = self._take_keyword()
            parts.append(self._operand(self._conjunction(field), "OR", at))
        place = Place(start, self.at)
        nodes = tuple(part.node for part in parts)
        is_one_clause_each = all(len(part.groups) == 1 and isinstance(part.node, Statement) for part in parts)
        groups = (tuple(clause for part in parts for clause in part.groups[0]),) if is_one_clause_each else ()
        return _Part(Or(nodes, place), groups)

    def _operand(self, part: _Part | None, operator: str, at: int) -> _Part:
        if part is None:
            self._fail(f"{operator} needs something on both sides", at, f'to look for the word itself write "{operator.lower()}"')
        return part

    def _conjunction(self, field: Field | None) -> _Part | None:
        start, parts = self.at, list[_Part]()
        while True:
            self._skip_space()
            keyword = self._peek_keyword()
            if self.at == len(self.text) or self.text[self.at] == ")" or keyword == "OR":
                break
            if keyword == "AND":
                at = self._take_keyword()
                follows = bool(parts) and self._peek_keyword() not in {"AND", "OR"}
                parts.append(self._operand(self._factor(field) if follows else None, "AND", at))
            elif part := self._factor(field):
                parts.append(part)
        return self._join(parts, Place(start, self.at))

    def _join(self, parts: list[_Part], place: Place) -> _Part | None:
        """One part of several side by side: what speaks of a statement speaks of one."""
        if len(parts) <= 1:
            return parts[0] if parts else None
        groups = tuple(group for part in parts for group in part.groups)
        others = tuple(part.node for part in parts if not part.groups)
        if not groups:
            return _Part(And(others, place))
        clauses = [clause for group in groups for clause in group]
        span = Place(min(clause.place.start for clause in clauses), max(clause.place.end for clause in clauses))
        statement = Statement(groups, span if others else place)
        return _Part(And((*others, statement), place)) if others else _Part(statement)

    def _factor(self, field: Field | None) -> _Part | None:
        self._skip_space()
        start = self.at
        if self._peek_keyword() == "NOT":
            self._take_keyword()
            return self._negated(start, field, "NOT")
        if self._is_minus():
            self.at += 1
            return self._negated(start, field, "-")
        if self.text.startswith("(", self.at):
            part = self._group(field)
            # Parentheses begin a statement of their own, unless they only offer alternatives to one clause.
            return part if isinstance(part.node, Or) else _Part(part.node)
        return self._text(field) if field else self._clause() or self._text(None)

    def _negated(self, start: int, field: Field | None, operator: str) -> _Part:
        self._deepen()
        part = self._factor(field) if self._has_more() else None
        self.depth -= 1
        if part is None:
            self._fail(f"{operator} needs something after it", start)
        return _Part(Not(part.node, Place(start, self.at)))

    def _group(self, field: Field | None) -> _Part:
        start = self.at
        self._deepen()
        self.at += 1
        part = self._alternatives(field)
        if not self.text.startswith(")", self.at):
            self._fail("this parenthesis is never closed", start)
        self.at += 1
        self.depth -= 1
        if part is None:
            self._fail("nothing inside these parentheses", start)
        return part

    def _deepen(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._fail(f"more than {MAX_DEPTH} levels of parentheses or negations", self.at)

    # -- clauses and texts -------------------------------------------------------------------------------------------

    def _clause(self) -> _Part | None:
        found = _FIELD.match(self.text, self.at)
        if found is None:
            return None
        name, operator = found[1].casefold(), found[2].removeprefix(":") or ":"
        field = FIELDS.get(name)
        if field is None:
            self._fail_field(found[1], found.start())
        start, self.at = self.at, found.end()
        if self.text.startswith("(", self.at) and operator in ":=":
            return self._group(field)
        return self._valued(field, ":" if operator == "=" else operator, start)

    def _valued(self, field: Field, operator: str, start: int) -> _Part:
        if field.kind is Kind.WORDS:
            if operator != ":":
                self._fail(f"{field.name} takes no comparison", start, f"write {field.example}")
            part = self._text(field, start)
            if part is None:
                self._fail(f"{field.name}: needs a word", start, f"write {field.example}")
            return part
        value_at = self.at
        value = self._quoted() if self._is_quote() else self._bare()
        if not value.strip():
            self._fail(f"{field.name}{operator} needs a value", value_at, f"write {field.example}")
        self._count(start)
        try:
            clauses = self._read_values(field, operator, value.strip(), Place(start, self.at))
        except ValueError as error:
            message, hint = (*error.args, "")[:2]
            self._fail(message, value_at, hint)
        return self._of_clauses(clauses, Place(start, self.at))

    def _of_clauses(self, clauses: tuple[Clause, ...], place: Place) -> _Part:
        if clauses[0].is_of_statement:
            groups = tuple((clause,) for clause in clauses)
            return _Part(Statement(groups, place), groups)
        return _Part(clauses[0] if len(clauses) == 1 else And(clauses, place))

    def _text(self, field: Field | None, start: int | None = None) -> _Part | None:
        """A word, phrase, prefix or regular expression; None for a word without letters, digits or emoji."""
        value_at, part = self.at, field.name if field else ""
        start = value_at if start is None else start
        if field and field.kind is not Kind.WORDS:
            return self._valued(field, ":", start)
        if field and (found := _REGEX.match(self.text, self.at)):
            return self._pattern(field, found, start)
        is_exact = self._is_quote()
        text = self._quoted() if is_exact else self._bare()
        is_prefix = self._takes_star(text, is_exact=is_exact, start=value_at)
        if not is_exact and text == "*" and not part:
            return _Part(Everything(Place(start, self.at)))
        found_term = term(text.rstrip("*"), is_prefix=is_prefix, is_exact=is_exact)
        if found_term is None:
            return None
        self._count(start)
        return _Part(Words(part, found_term, Place(start, self.at)))

    def _takes_star(self, text: str, *, is_exact: bool, start: int) -> bool:
        if is_exact:
            has_star = self.text.startswith("*", self.at)
            self.at += has_star
            return has_star
        if "*" in text.rstrip("*"):
            self._fail("* may only end a word", start + text.index("*"), "write the beginning of the word and * after it")
        return text.endswith("*")

    def _pattern(self, field: Field, found: re.Match[str], start: int) -> _Part:
        self.at = found.end()
        problem = self._check_regex(found[1])
        if problem or not found[1]:
            self._fail(f"this regular expression cannot be used: {problem or 'it is empty'}", found.start())
        self._count(start)
        return _Part(Pattern(field.name, found[1], Place(start, self.at)))

    # -- characters --------------------------------------------------------------------------------------------------

    def _quoted(self) -> str:
        start = self.at
        closing = _QUOTES[self.text[start]]
        ends = [end for mark in closing if (end := self.text.find(mark, start + 1)) > 0]
        if not ends:
            self._fail("this quotation mark is never closed", start)
        self.at = min(ends) + 1
        return self.text[start + 1 : self.at - 1]

    def _bare(self) -> str:
        found = _WORD.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def _is_quote(self) -> bool:
        return self.at < len(self.text) and self.text[self.at] in _QUOTES

    def _is_minus(self) -> bool:
        rest = self.text[self.at : self.at + 2]
        return len(rest) == len("-x") and rest[0] == "-" and not rest[1].isspace() and rest[1] not in "-)"

    def _has_more(self) -> bool:
        self._skip_space()
        return self.at < len(self.text) and self.text[self.at] != ")" and self._peek_keyword() not in {"OR", "AND"}

    def _peek_keyword(self) -> str:
        self._skip_space()
        found = _KEYWORD.match(self.text, self.at)
        return found[1] if found else ""

    def _take_keyword(self) -> int:
        """Step over a keyword; where it stood."""
        start = self.at
        self.at += len(self._peek_keyword())
        return start

    def _skip_space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _count(self, start: int) -> None:
        self.count += 1
        if self.count > MAX_CLAUSES:
            self._fail(f"a query may have {MAX_CLAUSES} clauses", start, "split it into several rules")

    def _fail_field(self, name: str, at: int) -> NoReturn:
        hint = suggestion(name.casefold(), FIELDS) or f"fields are {', '.join(FIELDS)}."
        self._fail(f"there is no field {name}", at, f"{hint} To look for the words themselves, put them in quotes.")

    def _fail(self, message: str, column: int, hint: str = "") -> NoReturn:
        raise QueryError(message, self.text, column, hint)
