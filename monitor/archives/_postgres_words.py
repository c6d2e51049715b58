"""The words of articles in PostgreSQL: the same tokens as in every archive, in a tsvector under a GIN index.

A tsvector keeps no more than 256 places of a word and none after the 16,383rd, so it answers only whether a word is there, in
the title (weight A) or below it (weight B). Phrases and the number of times are read from the tokens in a row, kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from monitor.archives._postgres_connection import Db, copy
from monitor.core.words.text import analyse, analyse_author

Indexed: TypeAlias = tuple[int, str, str, str, str | None]
"""(article id, title, text, author, language)."""

LONGEST = 200
"""Characters of a token in the index; what is longer is found by its beginning and then compared whole."""
_MOST_BYTES = 1_000_000
"""A tsvector cannot hold more; an article with more distinct words than that is found by the first of them."""
_SHARDS = 64
_COLUMNS = "SELECT a.id, a.title, t.text, a.author, a.language FROM articles a JOIN texts t ON t.article = a.id"
_ROW = "article, tokens, title, text, length"


def put(db: Db, articles: Sequence[Indexed]) -> None:
    """Index articles, those indexed before anew."""
    if not articles:
        return
    take(db, [article[0] for article in articles])
    rows = [_row(article) for article in articles]
    copy(db, "words", _ROW, rows)
    _count(db, len(rows), sum(row[4] for row in rows))
    if tags := sorted({article[4] for article in articles if article[4]}):
        db.execute("INSERT INTO languages (tag) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (tags,))


def take(db: Db, articles: Sequence[int]) -> None:
    """Take articles out of the index."""
    gone = db.execute("DELETE FROM words WHERE article = ANY(%s) RETURNING length", (list(articles),)).fetchall()
    if gone:
        _count(db, -len(gone), -sum(row["length"] for row in gone))


def stored(db: Db, articles: Sequence[int]) -> list[Indexed]:
    """What the index is given of these articles."""
    rows = db.execute(f"{_COLUMNS} WHERE a.id = ANY(%s)", (list(articles),))
    return [(row["id"], row["title"], row["text"], row["author"], row["language"]) for row in rows]


def rebuild(db: Db) -> None:
    """Index everything anew."""
    db.execute("TRUNCATE words, word_totals")
    last = 0
    while ids := [row["id"] for row in db.execute("SELECT id FROM articles WHERE id > %s ORDER BY id LIMIT 1000", (last,))]:
        put(db, stored(db, ids))
        last = ids[-1]


def totals(db: Db) -> tuple[int, int]:
    """(articles, tokens) that are indexed."""
    row = db.execute("SELECT coalesce(sum(articles), 0) AS n, coalesce(sum(tokens), 0) AS t FROM word_totals").fetchone() or {}
    return int(row["n"]), int(row["t"])


def lexeme(token: str) -> str:
    """A token as the index writes it."""
    escaped = token[:LONGEST].replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def in_a_row(tokens: Iterable[str]) -> str:
    """Tokens as they stand beside one another: each with a space before it, and one at the end."""
    return " " + "".join(f"{token} " for token in tokens)


def _row(article: Indexed) -> tuple[int, str, str, str, int]:
    number, title, text, author, language = article
    above, below = analyse(title, language), [*analyse(text, language), *analyse_author(author)]
    return number, _vector(above, below), in_a_row(above), in_a_row(below), len(above) + len(below)


def _vector(above: Sequence[str], below: Sequence[str]) -> str:
    in_title, in_text = set(above), set(below)
    parts: list[str] = []
    room = _MOST_BYTES
    for token in dict.fromkeys([*above, *below]):
        room -= len(token[:LONGEST].encode()) + 8
        if room < 0:
            break
        places = [*(["1A"] if token in in_title else []), *(["2B"] if token in in_text else [])]
        parts.append(f"{lexeme(token)}:{','.join(places)}")
    return " ".join(parts)


def _count(db: Db, articles: int, tokens: int) -> None:
    # One row for each of many connections: a single counter would make every collector wait for the others.
    db.execute(
        """
        INSERT INTO word_totals (shard, articles, tokens) VALUES (pg_backend_pid() %% %s, %s, %s)
        ON CONFLICT (shard) DO UPDATE SET articles = word_totals.articles + excluded.articles,
          tokens = word_totals.tokens + excluded.tokens
        """,
        (_SHARDS, articles, tokens),
    )
