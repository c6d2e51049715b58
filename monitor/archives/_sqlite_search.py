"""The query language, run by SQLite."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.archives._compile import Compiler, Conditions, Match, Sql
from monitor.archives._sqlite_articles import ARTICLE, read_article
from monitor.archives._sqlite_connection import Connections
from monitor.archives._values import read_optional_time, read_time, statement_of, time_text
from monitor.core.clauses import And, Node, Or, Pattern, Statement, Words
from monitor.core.query import Query, leaves
from monitor.core.snippets import snippet
from monitor.core.text import author_term, stems
from monitor.errors import QueryError
from monitor.model import Article, Hit
from monitor.model import Statement as Said

_FACETS = {
    "source": "SELECT a.source, count(*) FROM {found} f JOIN articles a ON a.id = f.id GROUP BY 1",
    "language": "SELECT coalesce(a.language, ''), count(*) FROM {found} f JOIN articles a ON a.id = f.id GROUP BY 1",
    "day": "SELECT substr(a.published, 1, 10), count(*) FROM {found} f JOIN articles a ON a.id = f.id GROUP BY 1",
    "topic": "SELECT r.topic, count(*) FROM {found} f JOIN relevances r ON r.article = f.id WHERE r.is_relevant GROUP BY 1",
    "stance": "SELECT s.stance, count(DISTINCT s.article) FROM {found} f JOIN statements s ON s.article = f.id WHERE s.is_relevant GROUP BY 1",
    "holder": "SELECT s.holder, count(DISTINCT s.article) FROM {found} f JOIN statements s ON s.article = f.id WHERE s.is_relevant GROUP BY 1",
}
_RANK = "bm25(words, 4.0, 1.0) * (0.4 + 0.6 / (1 + max(0, julianday(?) - julianday(a.published)) / 30.0))"
"""Better is smaller: the weight of the words, full for what is new and less the older it is."""


class SqliteDialect:
    """FTS5 expressions, with every token quoted; `bounds` keeps look-ups to a range of article ids."""

    def __init__(self, languages: Sequence[str], bounds: tuple[int, int] | None = None) -> None:
        self._languages, self._bounds = languages, bounds

    def words(self, node: Words) -> Match:
        term = author_term(node.term) if node.part == "author" else node.term
        phrase = '"' + " ".join(term.tokens) + '"' + (" *" if term.is_prefix else "")
        forms = [f'"{stem}"' for stem in stems(term.word, self._languages)] if term.word and node.part != "author" else []
        either = " OR ".join([phrase, *forms])
        column = {"title": "title : ", "text": "text : "}.get(node.part, "")
        return Match(f"{column}({either})")

    def join(self, operator: str, matches: Sequence[Match]) -> Match:
        if len(matches) == 1:
            return matches[0]
        return Match("(" + f" {operator} ".join(match.text for match in matches) + ")")

    def lookup(self, match: Match) -> Sql:
        if self._bounds:
            return Sql(
                "a.id IN (SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?)", (match.text, *self._bounds)
            )
        return Sql("a.id IN (SELECT rowid FROM words WHERE words MATCH ?)", (match.text,))

    def pattern(self, node: Pattern) -> Sql:
        if node.part == "text":
            return Sql("regexp(?, (SELECT text FROM texts WHERE article = a.id))", (node.regex,))
        return Sql(f"regexp(?, a.{node.part})", (node.regex,))


@dataclass(frozen=True, slots=True)
class _Source:
    """FROM and WHERE of one query, and the values of their placeholders."""

    text: str
    values: tuple[object, ...]


class SqliteSearch:
    """The query language over articles."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def search(
        self, query: Query, *, now: datetime, limit: int = 50, sort: str = "published", cursor: str = ""
    ) -> tuple[list[Article], int, str]:
        with self._connections.read() as db:
            conditions = _compiler(db, now).conditions(query.root)
            source = _source(conditions)
            total = int(db.execute(f"SELECT count(*) {source.text}", source.values).fetchone()[0])
            if sort == "relevance" and conditions.match:
                ids, following = _best(db, source, now, limit, cursor)
            else:
                ids, following = _newest(db, source, "seen" if sort == "seen" else "published", limit, cursor)
            rows = db.execute(f"{ARTICLE} WHERE a.id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)).fetchall()
        found = {row["id"]: read_article(row) for row in rows}
        return [found[number] for number in ids], total, following

    def hits(
        self, query: Query, *, now: datetime, within: Sequence[int] | None = None, since: datetime | None = None
    ) -> list[Hit]:
        if within is not None and not within:
            return []
        bounds = (min(within), max(within)) if within else None
        with self._connections.read() as db:
            compiler = _compiler(db, now, bounds)
            source = _source(compiler.conditions(query.root), _limits(within, since))
            rows = db.execute(
                f"""
                SELECT a.id, coalesce(a.story, 0), a.published, a.seen, a.source,
                  coalesce((SELECT outlets FROM stories WHERE id = a.story), 1), a.is_backfill,
                  (SELECT at FROM scores WHERE article = a.id)
                {source.text} ORDER BY a.seen, a.id
                """,
                source.values,
            ).fetchall()
            said = _said(db, compiler, query.root, [row[0] for row in rows])
        return [_hit(row, said.get(row[0], ())) for row in rows]

    def snippets(self, query: Query, articles: Sequence[Article]) -> list[str]:
        terms = [leaf for leaf in leaves(query.root) if isinstance(leaf, Words)]
        return [snippet(article.text, terms, article.language) for article in articles]

    def facets(self, query: Query, *, now: datetime, names: Sequence[str], limit: int = 20) -> dict[str, list[tuple[str, int]]]:
        with self._connections.read() as db:
            source = _source(_compiler(db, now).conditions(query.root))
            return {name: _facet(db, source, name, limit) for name in names if name in _FACETS}

    def explain(self, query: Query, article: int, *, now: datetime) -> list[tuple[str, bool]]:
        with self._connections.read() as db:
            compiler = _compiler(db, now, (article, article))
            return [(text, _answers(db, compiler, node, article)) for text, node in _clauses(query)]


def _compiler(db: sqlite3.Connection, now: datetime, bounds: tuple[int, int] | None = None) -> Compiler:
    return Compiler(SqliteDialect(_languages(db), bounds), now)


def _languages(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT code FROM languages")]


def _source(conditions: Conditions, limits: Sequence[Sql] = ()) -> _Source:
    where = [condition for condition in (conditions.where, *limits) if condition.text != "1"]
    values = tuple(value for condition in where for value in condition.values)
    conjunction = "".join(f" AND ({condition.text})" for condition in where)
    if conditions.match:
        joined = "FROM words JOIN articles a ON a.id = words.rowid WHERE words MATCH ?"
        return _Source(joined + conjunction, (conditions.match, *values))
    return _Source("FROM articles a WHERE 1" + conjunction, values)


def _limits(within: Sequence[int] | None, since: datetime | None) -> list[Sql]:
    limits: list[Sql] = []
    if within is not None:
        limits.append(Sql("a.id IN (SELECT value FROM json_each(?))", (json.dumps(list(within)),)))
    if since is not None:
        limits.append(Sql("a.published > ? OR a.seen > ?", (time_text(since), time_text(since))))
    return limits


# -- pages -----------------------------------------------------------------------------------------------------------


def _newest(db: sqlite3.Connection, source: _Source, column: str, limit: int, cursor: str) -> tuple[list[int], str]:
    """Ids newest first after the cursor, and the next cursor."""
    after, values = "", tuple[object, ...]()
    if cursor:
        moment, number = _read_cursor(cursor, column)
        after, values = f" AND (a.{column}, a.id) < (?, ?)", (moment, number)
    rows = db.execute(
        f"SELECT a.id, a.{column} {source.text}{after} ORDER BY a.{column} DESC, a.id DESC LIMIT ?",
        (*source.values, *values, limit + 1),
    ).fetchall()
    page = rows[:limit]
    following = _write_cursor(column, page[-1][1], page[-1][0]) if page and len(rows) > limit else ""
    return [row[0] for row in page], following


def _best(db: sqlite3.Connection, source: _Source, now: datetime, limit: int, cursor: str) -> tuple[list[int], str]:
    """Ids best first; the cursor keeps the moment of the first page, so that ages do not shift between pages."""
    moment, offset = _read_cursor(cursor, "relevance") if cursor else (time_text(now), 0)
    rows = db.execute(
        f"SELECT a.id, {_RANK} AS rank {source.text} ORDER BY rank, a.id DESC LIMIT ? OFFSET ?",
        (moment, *source.values, limit + 1, offset),
    ).fetchall()
    following = _write_cursor("relevance", moment, offset + limit) if len(rows) > limit else ""
    return [row[0] for row in rows[:limit]], following


def _write_cursor(sort: str, moment: str, number: int) -> str:
    return base64.urlsafe_b64encode(f"{sort} {moment} {number}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str, sort: str) -> tuple[str, int]:
    try:
        name, moment, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        read_time(moment)
        place = int(number)
    except ValueError:
        name, moment, place = "", "", 0
    if name != sort:
        raise QueryError("this cursor belongs to another search", "", 0, "start again without a cursor")
    return moment, place


def _hit(row: sqlite3.Row, statements: Sequence[Said]) -> Hit:
    number, story, published, seen, source, outlets, is_backfill, analysed = row
    return Hit(
        article=number,
        story=story,
        published=read_time(published),
        seen=read_time(seen),
        source=source,
        outlets=outlets,
        statements=tuple(statements),
        is_backfill=bool(is_backfill),
        analysed=read_optional_time(analysed),
    )


# -- what a query found ----------------------------------------------------------------------------------------------


def _facet(db: sqlite3.Connection, source: _Source, name: str, limit: int) -> list[tuple[str, int]]:
    counted = _FACETS[name].format(found=f"(SELECT a.id {source.text})")
    order = "1 DESC" if name == "day" else "2 DESC, 1"
    return [(row[0], row[1]) for row in db.execute(f"{counted} ORDER BY {order} LIMIT ?", (*source.values, limit))]


def _said(db: sqlite3.Connection, compiler: Compiler, root: Node, articles: list[int]) -> dict[int, list[Said]]:
    """By article, the statements that any statement clause of the query speaks of, negated clauses left out."""
    wanted = [compiler.of_statement(node) for node in _asserted(root) if node.is_stance]
    if not wanted or not articles:
        return {}
    conditions = " OR ".join(f"({condition.text})" for condition in wanted)
    values = [value for condition in wanted for value in condition.values]
    found: dict[int, list[Said]] = {}
    for row in db.execute(
        f"SELECT s.* FROM statements s WHERE s.article IN (SELECT value FROM json_each(?)) AND ({conditions}) ORDER BY s.article, s.id",
        (json.dumps(articles), *values),
    ):
        found.setdefault(row["article"], []).append(statement_of(row))
    return found


def _asserted(node: Node) -> list[Statement]:
    match node:
        case Statement():
            return [node]
        case And(nodes) | Or(nodes):
            return [found for inner in nodes for found in _asserted(inner)]
        case _:
            return []


def _clauses(query: Query) -> list[tuple[str, Node]]:
    """Every clause as written; the clauses of one statement singly, and then together."""
    found: list[tuple[str, Node]] = []
    for node in _parts(query.root):
        if isinstance(node, Statement):
            singles = _singles(node)
            texts = [query.text[single.place.start : single.place.end] for single in singles]
            found += zip(texts, singles, strict=True)
            if len(singles) > 1:
                found.append((" ".join(texts), node))
        else:
            found.append((query.text[node.place.start : node.place.end], node))
    return found


def _parts(node: Node) -> list[Node]:
    match node:
        case And(nodes) | Or(nodes):
            return [part for inner in sorted(nodes, key=lambda inner: inner.place.start) for part in _parts(inner)]
        case _:
            return [node]


def _singles(node: Statement) -> list[Statement]:
    """Each clause of a statement as a statement of its own; the two ends of a range stay together."""
    places = dict.fromkeys(clause.place for clause in node.clauses)
    return [Statement(tuple((clause,) for clause in node.clauses if clause.place == place), place) for place in places]


def _answers(db: sqlite3.Connection, compiler: Compiler, node: Node, article: int) -> bool:
    condition = compiler.condition(node)
    row = db.execute(f"SELECT 1 FROM articles a WHERE a.id = ? AND ({condition.text})", (article, *condition.values)).fetchone()
    return row is not None
