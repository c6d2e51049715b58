"""FROM and WHERE of a query in PostgreSQL: its words, its patterns and its conditions over the tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

from monitor.archives import _postgres_words as index
from monitor.archives._compile import TRUE, Compiler, Match, Sql, both
from monitor.archives._postgres_connection import Db, numbered
from monitor.core.language_tags import primary_language
from monitor.core.queries.clauses import And, Node, Pattern, Words
from monitor.core.queries.query import compiled, leaves
from monitor.core.words.text import Term, author_term, stems

TITLE_WEIGHT, TEXT_WEIGHT = 4.0, 1.0
_K1, _B = 1.2, 0.75
_RARE = 1e-6
_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Counted:
    """A word, phrase or prefix as ranking counts it: where it may stand, and the condition that it counts at all."""

    term: Term
    part: str
    match: Sql
    guard: Sql = TRUE


@dataclass(frozen=True, slots=True)
class Source:
    """FROM and WHERE over articles named a, and their words named w where the query asks for any."""

    text: str
    values: tuple[object, ...]
    words: tuple[Counted, ...] = ()
    has_words: bool = False
    is_everything: bool = False

    def select(self, columns: str, rest: str = "") -> Any:
        """The statement that reads these columns."""
        return numbered(f"SELECT {columns} {self.text} {rest}")


class PostgresDialect:
    """Conditions on `words w`; `languages` are the tags that the archive holds, `found` the articles each pattern is found in."""

    def __init__(self, languages: Sequence[str], found: dict[Pattern, list[int]]) -> None:
        self._tags, self._found = languages, found
        self._languages = sorted({code for tag in languages if (code := primary_language(tag))})

    def words(self, node: Words) -> Match:
        is_author = node.part == "author"
        term = author_term(node.term) if is_author else node.term
        part = "" if is_author else node.part
        forms = [Term((stem,)) for stem in stems(term.word, self._languages)] if term.word and not is_author else []
        counted = [_counted(form, part) for form in (term, *forms)]
        text = " OR ".join(f"({one.match.text})" for one in counted)
        return Match(text, tuple(value for one in counted for value in one.match.values), tuple(counted))

    def join(self, operator: str, matches: Sequence[Match]) -> Match:
        if len(matches) == 1:
            return matches[0]
        between = " AND NOT " if operator == "NOT" else f" {operator} "
        text = between.join(f"({match.text})" for match in matches)
        kept = matches[:1] if operator == "NOT" else matches
        words = [word for match in kept for word in (_guarded(match) if operator == "OR" else match.words)]
        return Match(text, tuple(value for match in matches for value in match.values), tuple(words))

    def lookup(self, match: Match) -> Sql:
        return Sql(f"a.id IN (SELECT w.article FROM words w WHERE {match.text})", match.values)

    def related(self, tables: str, key: str, condition: Sql) -> Sql:
        return Sql(f"EXISTS (SELECT 1 FROM {tables} WHERE {key} = a.id AND ({condition.text}))", condition.values)

    def pattern(self, node: Pattern) -> Sql:
        return Sql("a.id = ANY(?)", (self._found.get(node, []),))

    def alike(self, column: str) -> str:
        return f"lower({column}) = ?"

    def languages(self, code: str) -> tuple[str, ...]:
        return tuple(tag for tag in self._tags if f"{tag.casefold()}-".startswith(f"{code}-"))


def compiler(db: Db, root: Node, now: datetime, limits: Sequence[Sql] = ()) -> Compiler:
    """A compiler of a query for what the archive holds now, its patterns looked for among what the rest of it finds."""
    tags = [row["tag"] for row in db.execute("SELECT tag FROM languages ORDER BY tag")]
    patterns = [leaf for leaf in leaves(root) if isinstance(leaf, Pattern)]
    found: dict[Pattern, list[int]] = {}
    if patterns:
        parts = root.nodes if isinstance(root, And) else (root,)
        plain = tuple(part for part in parts if not any(isinstance(leaf, Pattern) for leaf in leaves(part)))
        rest = source(Compiler(PostgresDialect(tags, {}), now), And(plain, root.place), limits)
        found = {pattern: list(_matching(db, pattern, rest)) for pattern in dict.fromkeys(patterns)}
    return Compiler(PostgresDialect(tags, found), now)


def source(compiler: Compiler, root: Node, limits: Sequence[Sql] = ()) -> Source:
    """The source of a query's articles, kept to further limits."""
    conditions = compiler.conditions(root)
    where = both([conditions.where, *limits])
    match = conditions.match
    if match is None:
        return Source(f"FROM articles a WHERE ({where.text})", where.values, is_everything=where == TRUE)
    text = f"FROM articles a JOIN words w ON w.article = a.id WHERE ({match.text}) AND ({where.text})"
    counted = tuple(word for word in match.words if isinstance(word, Counted))
    return Source(text, (*match.values, *where.values), counted, has_words=True)


def among(articles: Sequence[int]) -> Sql:
    """The condition that an article is one of these."""
    return Sql("a.id = ANY(?)", (list(articles),))


def newer(since: datetime) -> Sql:
    """The condition that an article was published or seen after a moment."""
    return Sql("a.published > ? OR a.seen > ?", (since, since), is_by_id=False)


def rank(db: Db, found: Source, moment: str) -> Sql:
    """The expression by which the best articles come first: smaller is better, as bm25 of SQLite's FTS5 has it.

    The weight of the words counts full for what is new and two fifths for what is very old.
    """
    articles, tokens = index.totals(db)
    average = tokens / articles if articles and tokens else 1.0
    parts = [_weight(db, word, articles, average) for word in found.words]
    weight = " + ".join(part.text for part in parts) or "0.0"
    values = tuple(value for part in parts for value in part.values)
    # Days as SQLite counts them: whole milliseconds since the beginning of the Julian period.
    day = "((210866760000000 + floor(extract(epoch FROM {}) * 1000 + 0.5))::float8 / 86400000.0)"
    age = f"greatest(0, {day.format('?::timestamptz')} - {day.format('a.published')})"
    return Sql(f"-({weight}) * (0.4 + 0.6 / (1 + {age} / 30.0))", (*values, moment))


def _weight(db: Db, word: Counted, articles: int, average: float) -> Sql:
    row = db.execute(numbered(f"SELECT count(*) AS n FROM words w WHERE {word.match.text}"), word.match.values).fetchone()
    having = int(row["n"]) if row else 0
    rarity = math.log((articles - having + 0.5) / (having + 0.5))
    times = _times(word)
    often = Sql(f"(CASE WHEN {word.guard.text} THEN {times.text} ELSE 0.0 END)", (*word.guard.values, *times.values))
    text = f"?::float8 * (({often.text} * {_K1 + 1.0}) / ({often.text} + {_K1} * ({1 - _B} + {_B} * w.length / ?::float8)))"
    return Sql(text, (rarity if rarity > 0 else _RARE, *often.values, *often.values, average))


def _times(word: Counted) -> Sql:
    """How often a word stands in an article, the title counting more."""
    # What follows is looked at and not taken, so that runs that overlap are all counted.
    first, *others = word.term.tokens
    following = "".join(f" {token}" for token in others) + ("" if word.term.is_prefix else " ")
    pattern = f" {first}(?={following})" if following else f" {first}"
    columns = [(name, weight) for name, weight in (("title", TITLE_WEIGHT), ("text", TEXT_WEIGHT)) if word.part in ("", name)]
    text = " + ".join(f"{weight}::float8 * regexp_count(w.{name}, ?)" for name, weight in columns)
    return Sql(f"({text})", (pattern,) * len(columns))


def _counted(term: Term, part: str) -> Counted:
    weight = {"title": "A", "text": "B"}.get(part, "")
    last = len(term.tokens) - 1
    asked = []
    for place, token in enumerate(term.tokens):
        is_open = (term.is_prefix and place == last) or len(token) >= index.LONGEST
        asked.append(index.lexeme(token) + (f":{'*' * is_open}{weight}" if is_open or weight else ""))
    conditions = [Sql("w.tokens @@ ?::tsquery", (" & ".join(asked),))]
    if last or any(len(token) >= index.LONGEST for token in term.tokens):
        run = " " + " ".join(term.tokens) + ("" if term.is_prefix else " ")
        columns = [name for name in ("title", "text") if part in ("", name)]
        conditions.append(Sql(" OR ".join(f"strpos(w.{name}, ?) > 0" for name in columns), (run,) * len(columns)))
    return Counted(term, part, both(conditions))


def _guarded(match: Match) -> Iterator[Counted]:
    """The words of one of several alternatives: those of a conjunction count only where all of it is there."""
    condition = Sql(match.text, match.values)
    is_plain = " AND " not in match.text
    for word in match.words:
        if isinstance(word, Counted):
            yield word if is_plain or word.guard != TRUE else replace(word, guard=condition)


def _matching(db: Db, pattern: Pattern, rest: Source) -> Iterator[int]:
    """The articles among those found in which a pattern is found, by the engine that reads patterns in every archive."""
    regex = compiled(pattern.regex)
    column = "(SELECT text FROM texts WHERE article = a.id)" if pattern.part == "text" else f"a.{pattern.part}"
    with db.transaction(), db.cursor(name=f"patterns_{next(_cursors)}") as cursor:
        cursor.itersize = _READ_AT_ONCE
        cursor.execute(rest.select(f"a.id, {column} AS content"), rest.values)
        for row in cursor:
            if row["content"] is not None and regex.search(row["content"]) is not None:
                yield row["id"]


_cursors = count()
