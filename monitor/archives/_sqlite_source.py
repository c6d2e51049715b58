"""FROM and WHERE of a query in SQLite: how its text expressions and its conditions meet the tables."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.archives import _sqlite_index as index
from monitor.archives._compile import TRUE, Compiler, Conditions, Match, Sql, both
from monitor.archives._values import time_text
from monitor.core.language_tags import primary_language
from monitor.core.queries.clauses import Pattern, Words
from monitor.core.words.text import author_term, stems


@dataclass(frozen=True, slots=True)
class Source:
    """FROM and WHERE over articles named a; `bare` may stand for it where only a.id is read.

    `walked` goes through the articles in the order of {order}, without words.
    """

    text: str
    values: tuple[object, ...]
    bare: str
    has_words: bool
    is_everything: bool
    walked: str = ""


class SqliteDialect:
    """FTS5 expressions with every token quoted, over one of the two indexes; `languages` are the tags that the archive holds."""

    def __init__(self, languages: Sequence[str], table: str = index.EVERYTHING) -> None:
        self._tags, self._table = languages, table
        self._languages = sorted({code for tag in languages if (code := primary_language(tag))})

    def words(self, node: Words) -> Match:
        term = author_term(node.term) if node.part == "author" else node.term
        phrase = '"' + " ".join(term.tokens) + '"' + (" *" if term.is_prefix else "")
        forms = [f'"{stem}"' for stem in stems(term.word, self._languages)] if term.word and node.part != "author" else []
        column = {"title": "title : ", "text": "text : "}.get(node.part, "")
        return Match(f"{column}({' OR '.join([phrase, *forms])})")

    def join(self, operator: str, matches: Sequence[Match]) -> Match:
        if len(matches) == 1:
            return matches[0]
        return Match("(" + f" {operator} ".join(match.text for match in matches) + ")")

    def lookup(self, match: Match) -> Sql:
        return Sql(f"a.id IN (SELECT rowid FROM {self._table} WHERE {self._table} MATCH ?)", (match.text,))

    def related(self, tables: str, key: str, condition: Sql) -> Sql:
        if self._table == index.BATCH:
            # A few articles are asked about: each looks for its own rows, whatever else the archive holds.
            tables = tables.replace("statements s", "statements s INDEXED BY statements_of_article")
            return Sql(f"EXISTS (SELECT 1 FROM {tables} WHERE {key} = a.id AND ({condition.text}))", condition.values)
        ids = f"SELECT DISTINCT {key} AS id FROM {tables} WHERE {condition.text}"
        return Sql(f"a.id IN (SELECT {key} FROM {tables} WHERE {condition.text})", condition.values, ids=ids)

    def pattern(self, node: Pattern) -> Sql:
        column = "(SELECT text FROM texts WHERE article = a.id)" if node.part == "text" else f"a.{node.part}"
        return Sql(f"regexp(?, {column})", (node.regex,), is_by_id=False)

    def alike(self, column: str) -> str:
        return f"{column} = ?"

    def languages(self, code: str) -> tuple[str, ...]:
        return tuple(tag for tag in self._tags if f"{tag.casefold()}-".startswith(f"{code}-"))


def compiler(db: sqlite3.Connection, now: datetime, table: str = index.EVERYTHING) -> Compiler:
    """A compiler for what the archive holds now."""
    languages = [row[0] for row in db.execute("SELECT tag FROM languages")]
    return Compiler(SqliteDialect(languages, table), now)


def source(conditions: Conditions, limits: Sequence[Sql] = (), table: str = index.EVERYTHING, first: int = 0) -> Source:
    """The source of a query's articles, kept to further limits; no article before the id `first` can satisfy them."""
    where = both([conditions.where, *limits])
    conjunction = "" if where == TRUE else f" AND ({where.text})"
    # What is led by the words or by the order must not be led by a list of ids instead: a plan led by any other condition
    # would ask the text index about one article after another.
    led = re.sub(r"\ba\.id (?=IN |NOT IN )", "+a.id ", conjunction)
    if not conditions.match:
        text = "FROM articles a WHERE TRUE" + conjunction
        bare = f"FROM ({where.ids}) a WHERE TRUE" if where.ids and not limits else text
        walked = "FROM articles a INDEXED BY articles_{order} WHERE TRUE" + led.replace("{", "{{").replace("}", "}}")
        return Source(text, where.values, bare, has_words=False, is_everything=where == TRUE, walked=walked)
    conjunction = led
    text = f"FROM {table} CROSS JOIN articles a ON a.id = {table}.rowid WHERE {table} MATCH ?{conjunction}"
    found = f"FROM (SELECT rowid AS id FROM {table} WHERE {table} MATCH ?) a WHERE TRUE{conjunction}"
    if first:
        text, found = (f"{part} AND {column} >= ?" for part, column in ((text, f"{table}.rowid"), (found, "a.id")))
    values = (conditions.match.text, *where.values, *([first] if first else []))
    return Source(text, values, found if where.is_by_id else text, has_words=True, is_everything=False)


def among(articles: Sequence[int]) -> Sql:
    """The condition that an article is one of these."""
    return Sql("a.id IN (SELECT value FROM json_each(?))", (json.dumps(list(articles)),))


def first_since(db: sqlite3.Connection, since: datetime) -> int:
    """The lowest id among articles published or seen after a moment, so that the text index is read from there on."""
    row = db.execute(
        """
        SELECT min(coalesce((SELECT min(id) FROM articles INDEXED BY articles_seen WHERE seen > :since), :none),
          coalesce((SELECT min(id) FROM articles INDEXED BY articles_published WHERE published > :since), :none))
        """,
        {"since": time_text(since), "none": (1 << 63) - 1},
    ).fetchone()
    return int(row[0])


def newer(since: datetime) -> Sql:
    """The condition that an article was published or seen after a moment."""
    return Sql("a.published > ? OR a.seen > ?", (time_text(since), time_text(since)), is_by_id=False)
