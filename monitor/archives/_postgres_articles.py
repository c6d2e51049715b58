"""Feeds and articles in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.archives import _postgres_words as words
from monitor.archives._postgres_connection import Connections, Db, alone, copy
from monitor.archives._rows import article_row, feed_row, read_article, read_feed
from monitor.archives._values import CLOCKS_DIFFER, clean, dump, optional_time_text, time_text
from monitor.model import Article, Feed, FeedState, Fetched

ARTICLE = """
SELECT a.*, t.text, ARRAY(SELECT key FROM article_keys WHERE article = a.id ORDER BY rank) AS keys
FROM articles a JOIN texts t ON t.article = a.id
"""
_ARTICLE_ROW = (
    "id, is_waiting, feed, source, language, published, seen, story, is_backfill, revision, content_hash, tags, author, url, "
    "title"
)


class PostgresFeeds:
    """Configured feeds and what is known of each."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def configure(self, feeds: Sequence[Feed]) -> None:
        with self._connections.write() as db:
            alone(db, "feeds")
            db.execute(
                "UPDATE feeds SET is_configured = FALSE WHERE is_configured AND id <> ALL(%s)", ([feed.id for feed in feeds],)
            )
            db.cursor().executemany(
                """
                INSERT INTO feeds (id, url, name, tags, language, interval, full_text, is_enabled, owner, identity, is_configured)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, TRUE)
                ON CONFLICT (id) DO UPDATE SET
                  next_due = CASE WHEN feeds.url = excluded.url THEN feeds.next_due END, url = excluded.url, name = excluded.name,
                  tags = excluded.tags, language = excluded.language, interval = excluded.interval,
                  full_text = excluded.full_text, is_enabled = excluded.is_enabled, owner = excluded.owner,
                  identity = excluded.identity, is_configured = TRUE
                """,
                [feed_row(feed) for feed in feeds],
            )

    def due(self, now: datetime, limit: int, among: Sequence[str] | None = None) -> list[tuple[Feed, FeedState]]:
        with self._connections.read() as db:
            # What was last read in the future was planned by a clock that has been set back since.
            rows = db.execute(
                """
                SELECT * FROM feeds WHERE is_configured AND is_enabled
                  AND (next_due IS NULL OR next_due <= %(now)s
                    OR ((state ->> 'last_success')::timestamptz > %(ahead)s AND (state ->> 'failures')::integer = 0))
                  AND (%(among)s::text[] IS NULL OR id = ANY(%(among)s))
                ORDER BY next_due NULLS FIRST, id LIMIT %(limit)s
                """,
                {"now": now, "ahead": now + CLOCKS_DIFFER, "among": None if among is None else list(among), "limit": limit},
            ).fetchall()
        return [read_feed(row) for row in rows]

    def list(self) -> list[tuple[Feed, FeedState]]:
        with self._connections.read() as db:
            rows = db.execute("SELECT * FROM feeds ORDER BY lower(name), id").fetchall()
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
                SELECT id, %s, %s, %s, %s, %s, %s, %s, %s FROM feeds WHERE id = %s
                """,
                (
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


def _keep(db: Db, state: FeedState) -> None:
    values = (clean(dump(state)), optional_time_text(state.next_due), state.feed)
    db.execute("UPDATE feeds SET state = %s, next_due = %s WHERE id = %s", values)


class PostgresArticles:
    """Articles as stored."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def known(self, feed: str, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT k.key, a.id, a.content_hash FROM article_keys k JOIN articles a ON a.id = k.article
                WHERE k.feed = %s AND k.key = ANY(%s)
                """,
                (feed, [clean(key) for key in keys]),
            ).fetchall()
        return {row["key"]: (row["id"], row["content_hash"]) for row in rows}

    def add(self, articles: Sequence[Article]) -> list[int]:
        if not articles:
            return []
        keyed = [(article, [clean(key) for key in article.keys]) for article in articles]
        with self._connections.write() as db:
            for feed in sorted({article.feed for article in articles}):
                # Two collectors with the same feed in hand: the second sees what the first stored.
                alone(db, f"feed:{feed}")
            return _add(db, keyed)

    def revise(self, article: int, title: str, text: str, content_hash: str, at: datetime) -> None:
        title, text = clean(title), clean(text)
        with self._connections.write() as db:
            found = db.execute("SELECT id FROM articles WHERE id = %s FOR NO KEY UPDATE", (article,)).fetchone()
            if found is None:
                return
            db.execute(
                """
                INSERT INTO revisions (article, revision, title, text, content_hash, replaced)
                SELECT a.id, a.revision, a.title, t.text, a.content_hash, %s
                FROM articles a JOIN texts t ON t.article = a.id WHERE a.id = %s
                """,
                (time_text(at), article),
            )
            db.execute(
                "UPDATE articles SET title = %s, content_hash = %s, revision = revision + 1, is_waiting = TRUE WHERE id = %s",
                (title, content_hash, article),
            )
            db.execute("UPDATE texts SET text = %s WHERE article = %s", (text, article))
            words.put(db, words.stored(db, [article]))

    def unscored(self, limit: int) -> list[Article]:
        with self._connections.read() as db:
            rows = db.execute(
                f"{ARTICLE} WHERE a.is_waiting ORDER BY a.is_backfill, a.seen, a.id LIMIT %s",
                (limit,),
            ).fetchall()
        return [read_article(row) for row in rows]

    def get(self, ids: Sequence[int]) -> list[Article]:
        with self._connections.read() as db:
            rows = db.execute(f"{ARTICLE} WHERE a.id = ANY(%s)", (list(ids),)).fetchall()
        found = {row["id"]: read_article(row) for row in rows}
        return [found[number] for number in ids if number in found]

    def quarantine(self, article: int, error: str, limit: int) -> bool:
        with self._connections.write() as db:
            row = db.execute(
                """
                INSERT INTO failures (article, attempts, error, is_quarantined) VALUES (%(article)s, 1, %(error)s, 1 >= %(limit)s)
                ON CONFLICT (article) DO UPDATE SET attempts = failures.attempts + 1, error = excluded.error,
                  is_quarantined = failures.attempts + 1 >= %(limit)s
                RETURNING is_quarantined
                """,
                {"article": article, "error": clean(error), "limit": limit},
            ).fetchone()
            is_quarantined = row is not None and bool(row["is_quarantined"])
            if is_quarantined:
                db.execute("UPDATE articles SET is_waiting = FALSE WHERE id = %s", (article,))
        return is_quarantined


def reindex(db: Db, languages: Sequence[tuple[int, str]]) -> None:
    """Give articles the languages that were found for them, in their rows and in the index."""
    changed = [
        row["id"]
        for article, language in languages
        for row in db.execute(
            "UPDATE articles SET language = %s WHERE id = %s AND language IS DISTINCT FROM %s RETURNING id",
            (language, article, language),
        )
    ]
    words.put(db, words.stored(db, changed))


def _add(db: Db, keyed: Sequence[tuple[Article, list[str]]]) -> list[int]:
    pairs = [(article.feed, key) for article, keys in keyed for key in keys]
    rows = db.execute(
        """
        SELECT k.feed, k.key, k.article FROM unnest(%s::text[], %s::text[]) AS w (feed, key)
        JOIN article_keys k ON k.feed = w.feed AND k.key = w.key
        """,
        ([feed for feed, _ in pairs], [key for _, key in pairs]),
    )
    known = {(row["feed"], row["key"]): int(row["article"]) for row in rows}
    free = iter(_numbers(db, len(keyed)))
    ids: list[int] = []
    new: list[tuple[int, Article, str, str, str]] = []
    new_keys: list[tuple[str, str, int, int]] = []
    for article, keys in keyed:
        number = next((known[article.feed, key] for key in keys if (article.feed, key) in known), None)
        if number is None:
            number = next(free)
            new.append((number, article, clean(article.title), clean(article.text), clean(article.author)))
            for rank, key in enumerate(keys):
                if known.setdefault((article.feed, key), number) == number:
                    new_keys.append((article.feed, key, number, rank))
        ids.append(number)
    _store(db, new)
    copy(db, "article_keys", "feed, key, article, rank", list(dict.fromkeys(new_keys)))
    return ids


def _numbers(db: Db, count: int) -> list[int]:
    """New ids in ascending order."""
    rows = db.execute("SELECT nextval(pg_get_serial_sequence('articles', 'id')) AS id FROM generate_series(1, %s)", (count,))
    return sorted(int(row["id"]) for row in rows)


def _store(db: Db, new: Sequence[tuple[int, Article, str, str, str]]) -> None:
    copy(
        db, "articles", _ARTICLE_ROW, [(number, True, *article_row(one, title, author)) for number, one, title, _, author in new]
    )
    copy(db, "texts", "article, text", [(number, text) for number, _, _, text, _ in new])
    copy(db, "article_tags", "tag, article", [(tag, number) for number, one, *_ in new for tag in dict.fromkeys(one.tags)])
    words.put(db, [(number, title, text, author, one.language) for number, one, title, text, author in new])
