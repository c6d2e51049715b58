"""The full-text indexes of the SQLite archive: one of everything, and a passing one of the batch that rules are asked about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import TypeAlias

from monitor.core.words.text import analyse, analyse_author

EVERYTHING, BATCH = "words", "batch_words"
"""Tables that answer the same expressions: the archive's index, and each connection's own of one batch."""

_MOST_BATCHED = 5000
_ASKED = "json_each(?) j JOIN articles a ON a.id = j.value LEFT JOIN temp.batched b ON b.id = a.id"
_NOT_BATCHED = f"SELECT a.id FROM {_ASKED} WHERE b.id IS NULL OR b.revision <> a.revision OR b.language IS NOT a.language"
_CHANGED = f"SELECT 1 FROM {_ASKED} WHERE b.revision <> a.revision OR b.language IS NOT a.language LIMIT 1"

Indexed: TypeAlias = tuple[int, str, str, str, str | None]
"""(article id, title, text, author, language)."""

_COLUMNS = "SELECT a.id, a.title, t.text, a.author, a.language FROM articles a JOIN texts t ON t.article = a.id"


def create(db: sqlite3.Connection, table: str, database: str = "main") -> None:
    """An empty index of tokens that are already folded and split; it keeps no copy of the text."""
    db.execute(f"CREATE VIRTUAL TABLE {database}.{table} USING fts5(title, text, content='', tokenize='ascii')")


def tokens(article: Indexed) -> tuple[int, str, str]:
    """(id, tokens of the title, tokens of text and author) as the index is given them."""
    number, title, text, author, language = article
    return number, " ".join(analyse(title, language)), " ".join([*analyse(text, language), *analyse_author(author)])


def put(db: sqlite3.Connection, articles: Sequence[Indexed], table: str = EVERYTHING) -> None:
    """Index new articles."""
    db.executemany(f"INSERT INTO {table} (rowid, title, text) VALUES (?, ?, ?)", map(tokens, articles))
    if table == EVERYTHING:
        languages = {(article[4],) for article in articles if article[4]}
        db.executemany("INSERT OR IGNORE INTO languages (tag) VALUES (?)", languages)


def take(db: sqlite3.Connection, articles: Sequence[Indexed]) -> None:
    """Take articles out: the index keeps no copy, so it is told exactly what was put in."""
    db.executemany("INSERT INTO words (words, rowid, title, text) VALUES ('delete', ?, ?, ?)", map(tokens, articles))


def stored(db: sqlite3.Connection, articles: Sequence[int]) -> list[Indexed]:
    """What the index was given of these articles."""
    rows = db.execute(f"{_COLUMNS} WHERE a.id IN (SELECT value FROM json_each(?))", (json.dumps(list(articles)),))
    return [tuple(row) for row in rows]


def rebuild(db: sqlite3.Connection) -> None:
    """Index everything anew."""
    db.execute("INSERT INTO words (words) VALUES ('delete-all')")
    rows = db.execute(_COLUMNS)
    while batch := rows.fetchmany(1000):
        put(db, [tuple(row) for row in batch])


def batch(db: sqlite3.Connection, articles: Sequence[int]) -> None:
    """Make sure that BATCH knows these articles as they are now.

    A thousand rules are asked about the same few new articles: in an index of these alone, what a rule costs does not grow with
    the archive. It belongs to the connection, grows with what is asked about and starts anew when it is large or out of date.
    """
    if not db.execute("SELECT 1 FROM temp.sqlite_master WHERE name = 'batched'").fetchone():
        db.execute("CREATE TEMP TABLE batched (id INTEGER PRIMARY KEY, revision INTEGER, language TEXT)")
        create(db, BATCH, "temp")
    wanted = json.dumps(list(articles))
    missing = [row[0] for row in db.execute(_NOT_BATCHED, (wanted,))]
    if not missing:
        return
    held = int(db.execute("SELECT count(*) FROM temp.batched").fetchone()[0])
    if held + len(missing) > _MOST_BATCHED or db.execute(_CHANGED, (wanted,)).fetchone():
        db.execute(f"INSERT INTO {BATCH} ({BATCH}) VALUES ('delete-all')")
        db.execute("DELETE FROM temp.batched")
        missing = list(articles)
    put(db, stored(db, missing), BATCH)
    db.execute(
        "INSERT INTO temp.batched SELECT id, revision, language FROM articles WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(missing),),
    )
