"""Feeds and articles in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from monitor.archives import _sqlite_index as index
from monitor.archives._rows import article_row, feed_row, read_article, read_feed
from monitor.archives._sqlite_connection import Connections
from monitor.archives._values import CLOCKS_DIFFER, clean, dump, optional_time_text, time_text
from monitor.model import Article, Feed, FeedState, Fetched

ARTICLE = """
SELECT a.*, t.text,
  (SELECT json_group_array(key) FROM (SELECT key FROM article_keys WHERE article = a.id ORDER BY rank)) AS keys
FROM articles a JOIN texts t ON t.article = a.id
"""

_New: TypeAlias = tuple[int, Article, str, str, str]
"""(id, article, title, text, author) of an article to store; the texts are clean."""


class SqliteFeeds:
    """Configured feeds and what is known of each."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def configure(self, feeds: Sequence[Feed]) -> None:
        with self._connections.write() as db:
            db.execute("UPDATE feeds SET is_configured = 0")
            db.executemany(
                """
                INSERT INTO feeds (id, url, name, tags, language, interval, full_text, is_enabled, owner, identity, is_configured)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
                ON CONFLICT (id) DO UPDATE SET
                  next_due = CASE WHEN url = excluded.url THEN next_due END, url = excluded.url, name = excluded.name,
                  tags = excluded.tags, language = excluded.language, interval = excluded.interval,
                  full_text = excluded.full_text, is_enabled = excluded.is_enabled, owner = excluded.owner,
                  identity = excluded.identity, is_configured = 1
                """,
                [feed_row(feed) for feed in feeds],
            )

    def due(self, now: datetime, limit: int, among: Sequence[str] | None = None) -> list[tuple[Feed, FeedState]]:
        names = None if among is None else json.dumps(list(among))
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT * FROM feeds WHERE is_configured AND is_enabled
                  AND (next_due IS NULL OR next_due <= :now
                    OR (json_extract(state, '$.last_success') > :ahead AND json_extract(state, '$.failures') = 0))
                  AND (:names IS NULL OR id IN (SELECT value FROM json_each(:names)))
                ORDER BY next_due IS NOT NULL, next_due, id LIMIT :limit
                """,
                # What was last read in the future was planned by a clock that has been set back since.
                {"now": time_text(now), "ahead": time_text(now + CLOCKS_DIFFER), "names": names, "limit": limit},
            ).fetchall()
        return [read_feed(row) for row in rows]

    def list(self) -> list[tuple[Feed, FeedState]]:
        with self._connections.read() as db:
            rows = db.execute("SELECT * FROM feeds ORDER BY name COLLATE NOCASE, id").fetchall()
        return [read_feed(row) for row in rows]

    def keep(self, state: FeedState) -> None:
        with self._connections.write() as db:
            _keep(db, state)

    def record(self, state: FeedState, fetched: Fetched, at: datetime, new: int) -> None:
        with self._connections.write() as db:
            _keep(db, state)
            db.execute(
                """
                INSERT INTO fetches (feed, at, status, reason, error, is_unchanged, bytes, new, seconds)
                SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM feeds WHERE id = ?)
                """,
                (
                    state.feed,
                    time_text(at),
                    fetched.status,
                    fetched.reason,
                    clean(fetched.error or ""),
                    fetched.is_unchanged,
                    len(fetched.body or b""),
                    new,
                    fetched.seconds,
                    state.feed,
                ),
            )


def _keep(db: sqlite3.Connection, state: FeedState) -> None:
    values = (clean(dump(state)), optional_time_text(state.next_due), state.feed)
    db.execute("UPDATE feeds SET state = ?, next_due = ? WHERE id = ?", values)


class SqliteArticles:
    """Articles as stored."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def known(self, feed: str, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
        with self._connections.read() as db:
            # CROSS keeps the order: else SQLite reads all keys of the feed, and a feed grows for years.
            rows = db.execute(
                "SELECT k.key, k.article FROM json_each(?) j CROSS JOIN article_keys k ON k.feed = ? AND k.key = j.value",
                (json.dumps([clean(key) for key in keys]), feed),
            ).fetchall()
            # Each article once, though most are known by several keys.
            articles = json.dumps(list({row[1] for row in rows}))
            hashes = dict(
                db.execute("SELECT id, content_hash FROM articles WHERE id IN (SELECT value FROM json_each(?))", (articles,))
            )
        return {key: (article, hashes[article]) for key, article in rows}

    def add(self, articles: Sequence[Article]) -> list[int]:
        if not articles:
            return []
        keyed = [(article, [(article.feed, clean(key)) for key in article.keys]) for article in articles]
        with self._connections.write() as db:
            known = _stored_keys(db, [key for _, own in keyed for key in own])
            # Nobody else writes now, so the next numbers are ours, and rows can be handed over all at once.
            free = _last_number(db) + 1
            ids: list[int] = []
            new: list[_New] = []
            keys: list[tuple[str, str, int, int]] = []
            for article, own in keyed:
                number = next((known[key] for key in own if key in known), None)
                if number is None:
                    number = free
                    free += 1
                    new.append((number, article, clean(article.title), clean(article.text), clean(article.author)))
                    keys.extend((feed, key, number, rank) for rank, (feed, key) in enumerate(own))
                    known.update((key, number) for key in own if key not in known)
                ids.append(number)
            _store(db, new, keys)
        return ids

    def revise(self, article: int, title: str, text: str, content_hash: str, at: datetime) -> None:
        title, text = clean(title), clean(text)
        with self._connections.write() as db:
            old = _indexed(db, article)
            if old is None:
                return
            number, old_title, old_text, author, language = old
            index.take(db, [old])
            db.execute(
                """
                INSERT INTO revisions (article, revision, title, text, content_hash, replaced)
                SELECT id, revision, ?, ?, content_hash, ? FROM articles WHERE id = ?
                """,
                (old_title, old_text, time_text(at), number),
            )
            db.execute(
                "UPDATE articles SET title = ?, content_hash = ?, revision = revision + 1, is_waiting = 1 WHERE id = ?",
                (title, content_hash, number),
            )
            db.execute("UPDATE texts SET text = ? WHERE article = ?", (text, number))
            index.put(db, [(number, title, text, author, language)])

    def unscored(self, limit: int) -> list[Article]:
        with self._connections.read() as db:
            rows = db.execute(
                f"{ARTICLE} WHERE a.is_waiting ORDER BY a.is_backfill, a.seen, a.id LIMIT ?",
                (limit,),
            ).fetchall()
        return [read_article(row) for row in rows]

    def get(self, ids: Sequence[int]) -> list[Article]:
        with self._connections.read() as db:
            rows = db.execute(f"{ARTICLE} WHERE a.id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)).fetchall()
        found = {row["id"]: read_article(row) for row in rows}
        return [found[number] for number in ids if number in found]

    def quarantine(self, article: int, error: str, limit: int) -> bool:
        with self._connections.write() as db:
            row = db.execute(
                """
                INSERT INTO failures (article, attempts, error, is_quarantined) VALUES (?, 1, ?, 1 >= ?)
                ON CONFLICT (article) DO UPDATE SET attempts = attempts + 1, error = excluded.error,
                  is_quarantined = attempts + 1 >= ?
                RETURNING is_quarantined
                """,
                (article, clean(error), limit, limit),
            ).fetchone()
            if row[0]:
                db.execute("UPDATE articles SET is_waiting = 0 WHERE id = ?", (article,))
        return bool(row[0])


def reindex(db: sqlite3.Connection, article: int, language: str) -> None:
    """Give an article the language that was found for it, in its row and in the index."""
    old = _indexed(db, article)
    if old is None or old[4] == language:
        return
    index.take(db, [old])
    db.execute("UPDATE articles SET language = ? WHERE id = ?", (language, article))
    index.put(db, [(*old[:4], language)])


def _indexed(db: sqlite3.Connection, article: int) -> index.Indexed | None:
    found = index.stored(db, [article])
    return found[0] if found else None


def _stored_keys(db: sqlite3.Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """(feed, key) -> id of the article that has it, for those of the keys that are stored."""
    rows = db.execute(
        """
        SELECT k.feed, k.key, k.article FROM json_each(?) j
        CROSS JOIN article_keys k ON k.feed = j.value ->> 0 AND k.key = j.value ->> 1
        """,
        (json.dumps(keys),),
    )
    return {(feed, key): article for feed, key, article in rows}


def _last_number(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'articles'").fetchone()
    return int(row[0]) if row else 0


def _store(db: sqlite3.Connection, new: Sequence[_New], keys: Sequence[tuple[str, str, int, int]]) -> None:
    db.executemany(
        """
        INSERT INTO articles (id, feed, source, language, published, seen, story, is_backfill, is_waiting, revision, content_hash,
          tags, author, url, title)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)
        """,
        [(number, *article_row(article, title, author)) for number, article, title, _, author in new],
    )
    db.executemany("INSERT INTO texts (article, text) VALUES (?, ?)", [(number, text) for number, _, _, text, _ in new])
    db.executemany("INSERT OR IGNORE INTO article_keys (feed, key, article, rank) VALUES (?, ?, ?, ?)", keys)
    db.executemany(
        "INSERT OR IGNORE INTO article_tags (tag, article) VALUES (?, ?)",
        [(tag, number) for number, article, *_ in new for tag in article.tags],
    )
    index.put(db, [(number, title, text, author, article.language) for number, article, title, text, author in new])
