"""What models said of articles, and stories, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.archives._rows import read_scores, read_story, statement_row
from monitor.archives._sqlite_articles import reindex
from monitor.archives._sqlite_connection import Connections
from monitor.archives._values import clean, optional_time_text, pack, read_time, time_text, unpack
from monitor.model import Scores, Story, Vector


class SqliteScores:
    """What models said of articles."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def save(self, scores: Sequence[Scores]) -> None:
        with self._connections.write() as db:
            for given in scores:
                if db.execute("SELECT 1 FROM articles WHERE id = ?", (given.article,)).fetchone():
                    _save(db, given)

    def get(self, article: int) -> Scores | None:
        with self._connections.read() as db:
            row = db.execute("SELECT * FROM scores WHERE article = ?", (article,)).fetchone()
            if row is None:
                return None
            relevances = db.execute(
                "SELECT * FROM relevances WHERE article = ? ORDER BY probability DESC, topic", (article,)
            ).fetchall()
            statements = db.execute("SELECT * FROM statements WHERE article = ? ORDER BY id", (article,)).fetchall()
        return read_scores(row, relevances, statements)

    def waiting(self, limit: int, among: Sequence[int] | None = None) -> list[int]:
        kept = "" if among is None else "AND id IN (SELECT value FROM json_each(:among))"
        with self._connections.read() as db:
            rows = db.execute(
                f"SELECT id FROM articles WHERE is_waiting {kept} ORDER BY is_backfill, seen, id LIMIT :limit",
                {"among": json.dumps(list(among or ())), "limit": limit},
            ).fetchall()
        return [row[0] for row in rows]

    def requeue(self) -> int:
        with self._connections.write() as db:
            return db.execute(
                """
                UPDATE articles SET is_waiting = 1 WHERE id IN (SELECT article FROM scores WHERE error <> '')
                  AND id NOT IN (SELECT article FROM failures WHERE is_quarantined)
                """
            ).rowcount


def _save(db: sqlite3.Connection, given: Scores) -> None:
    article = given.article
    # A failure stays counted until a scoring succeeds, so that a poison article is set aside in the end.
    for table in ("statements", "relevances") if given.error else ("statements", "relevances", "failures"):
        db.execute(f"DELETE FROM {table} WHERE article = ?", (article,))
    db.execute(
        "INSERT OR REPLACE INTO scores (article, language, model, error, at) VALUES (?, ?, ?, ?, ?)",
        (article, given.language, given.model, clean(given.error), optional_time_text(given.at)),
    )
    if given.embedding is not None:
        db.execute("INSERT OR REPLACE INTO embeddings (article, vector) VALUES (?, ?)", (article, pack(given.embedding)))
    db.executemany(
        "INSERT OR REPLACE INTO relevances (article, topic, probability, is_relevant) VALUES (?, ?, ?, ?)",
        ((article, found.topic, float(found.probability), bool(found.is_relevant)) for found in given.relevances),
    )
    by_topic = {found.topic: found for found in given.relevances}
    db.executemany(
        """
        INSERT INTO statements (article, topic, holder, stance, confidence, favor, against, neutral, voice, is_found, relevance,
          is_relevant, evidence, start, "end", part, model) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (statement_row(article, found, by_topic.get(found.topic), given.model) for found in given.statements),
    )
    if given.language:
        reindex(db, article, given.language)
    db.execute("UPDATE articles SET is_waiting = 0 WHERE id = ?", (article,))


class SqliteStories:
    """Articles grouped by event."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def window(self, since: datetime, until: datetime) -> list[tuple[int, int, Vector | None, str, str, datetime]]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT a.story, a.id, e.vector, a.title, a.source, a.published
                FROM articles a INDEXED BY articles_published LEFT JOIN embeddings e ON e.article = a.id
                WHERE a.published >= ? AND a.published <= ? AND a.story IS NOT NULL ORDER BY a.published, a.id
                """,
                (time_text(since), time_text(until)),
            ).fetchall()
        return [(row[0], row[1], unpack(row[2]), row[3], row[4], read_time(row[5])) for row in rows]

    def join(self, article: int, story: int | None) -> int:
        with self._connections.write() as db:
            row = db.execute("SELECT story, title, published FROM articles WHERE id = ?", (article,)).fetchone()
            if row is None:
                raise KeyError(article)
            before = row["story"]
            if story is None or not db.execute("SELECT 1 FROM stories WHERE id = ?", (story,)).fetchone():
                cursor = db.execute(
                    "INSERT INTO stories (title, first_published, last_published, outlets) VALUES (?, ?, ?, 1)",
                    (row["title"], row["published"], row["published"]),
                )
                story = int(cursor.lastrowid or 0)
            db.execute("UPDATE articles SET story = ? WHERE id = ?", (story, article))
            for changed in {story, before} - {None}:
                _recount(db, changed)
        return story

    def describe(self, story: int, title: str, outlets: int) -> None:
        with self._connections.write() as db:
            db.execute("UPDATE stories SET title = ?, outlets = ? WHERE id = ?", (clean(title), outlets, story))

    def get(self, ids: Sequence[int]) -> list[Story]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT s.*, (SELECT json_group_array(id) FROM
                  (SELECT id FROM articles WHERE story = s.id ORDER BY published, id)) AS articles
                FROM stories s WHERE s.id IN (SELECT value FROM json_each(?))
                """,
                (json.dumps(list(ids)),),
            ).fetchall()
        found = {row["id"]: read_story(row) for row in rows}
        return [found[number] for number in ids if number in found]

    def largest(self, since: datetime, until: datetime, limit: int) -> list[Story]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT s.id FROM stories s JOIN (
                  SELECT DISTINCT story FROM articles INDEXED BY articles_published
                  WHERE published >= ? AND published <= ? AND story IS NOT NULL
                ) told ON told.story = s.id
                ORDER BY s.outlets DESC, (SELECT count(*) FROM articles WHERE story = s.id) DESC, s.last_published DESC, s.id
                LIMIT ?
                """,
                (time_text(since), time_text(until), limit),
            ).fetchall()
        return self.get([row[0] for row in rows])


def _recount(db: sqlite3.Connection, story: int) -> None:
    """Bring a story's span and its plain count of outlets in line with its articles; a story without articles goes."""
    if not db.execute("SELECT 1 FROM articles WHERE story = ? LIMIT 1", (story,)).fetchone():
        db.execute("DELETE FROM stories WHERE id = ?", (story,))
        return
    db.execute(
        """
        UPDATE stories SET (first_published, last_published, outlets) =
          (SELECT min(published), max(published), count(DISTINCT source) FROM articles WHERE story = stories.id)
        WHERE id = ?
        """,
        (story,),
    )
