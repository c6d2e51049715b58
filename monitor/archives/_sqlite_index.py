"""The full-text index of the SQLite archive: what is put in, and taken out again when a text changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from monitor.core.text import analyse, analyse_author, primary

Indexed = tuple[int, str, str, str, str | None]
"""(article id, title, text, author, language)."""


def put(db: sqlite3.Connection, articles: Sequence[Indexed]) -> None:
    """Index new articles."""
    db.executemany("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", (_columns(article) for article in articles))
    languages = {(primary(article[4]),) for article in articles}
    db.executemany("INSERT OR IGNORE INTO languages (code) VALUES (?)", languages)


def take(db: sqlite3.Connection, articles: Sequence[Indexed]) -> None:
    """Take articles out: the index keeps no copy, so it is told exactly what was put in."""
    db.executemany(
        "INSERT INTO words (words, rowid, title, text) VALUES ('delete', ?, ?, ?)", (_columns(article) for article in articles)
    )


def _columns(article: Indexed) -> tuple[int, str, str]:
    number, title, text, author, language = article
    return number, " ".join(analyse(title, language)), " ".join([*analyse(text, language), *analyse_author(author)])
