"""What models said of articles, stories, and what is told of topics over time, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from monitor.archives._postgres_articles import reindex
from monitor.archives._postgres_connection import Connections, Db, alone, copy
from monitor.archives._rows import by_article, read_hit, read_scores, read_story, statement_row
from monitor.archives._values import clean, optional_time_text, pack, read_time, time_text, unpack
from monitor.model import Hit, Scores, Story, Vector

_STATEMENT_ROW = (
    "article, topic, holder, stance, confidence, favor, against, neutral, voice, is_found, relevance, is_relevant, evidence, "
    'start, "end", part, model'
)


class PostgresScores:
    """What models said of articles."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def save(self, scores: Sequence[Scores]) -> None:
        latest = {given.article: given for given in scores}
        with self._connections.write() as db:
            rows = db.execute(
                "SELECT id FROM articles WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", (list(latest),)
            ).fetchall()
            _save(db, [latest[row["id"]] for row in rows])

    def get(self, article: int) -> Scores | None:
        with self._connections.read() as db:
            row = db.execute("SELECT * FROM scores WHERE article = %s", (article,)).fetchone()
            if row is None:
                return None
            relevances = db.execute(
                "SELECT * FROM relevances WHERE article = %s ORDER BY probability DESC, topic", (article,)
            ).fetchall()
            statements = db.execute("SELECT * FROM statements WHERE article = %s ORDER BY id", (article,)).fetchall()
        return read_scores(row, relevances, statements)

    def waiting(self, limit: int, among: Sequence[int] | None = None) -> list[int]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT id FROM articles WHERE is_waiting AND (%(among)s::bigint[] IS NULL OR id = ANY(%(among)s))
                ORDER BY is_backfill, seen, id LIMIT %(limit)s
                """,
                {"among": None if among is None else list(among), "limit": limit},
            ).fetchall()
        return [row["id"] for row in rows]

    def requeue(self) -> int:
        with self._connections.write() as db:
            return db.execute(
                """
                UPDATE articles SET is_waiting = TRUE WHERE id IN (SELECT article FROM scores WHERE error <> '')
                  AND id NOT IN (SELECT article FROM failures WHERE is_quarantined)
                """
            ).rowcount


def _save(db: Db, scores: Sequence[Scores]) -> None:
    ids = [given.article for given in scores]
    for table in ("statements", "relevances", "scores"):
        db.execute(f"DELETE FROM {table} WHERE article = ANY(%s)", (ids,))
    # A failure stays counted until a scoring succeeds, so that a poison article is set aside in the end.
    db.execute("DELETE FROM failures WHERE article = ANY(%s)", ([given.article for given in scores if not given.error],))
    copy(
        db,
        "scores",
        "article, language, model, error, at",
        [(one.article, one.language, one.model, clean(one.error), optional_time_text(one.at)) for one in scores],
    )
    vectors = [(one.article, pack(one.embedding)) for one in scores if one.embedding is not None]
    db.execute("DELETE FROM embeddings WHERE article = ANY(%s)", ([article for article, _ in vectors],))
    copy(db, "embeddings", "article, vector", vectors)
    copy(db, "relevances", "article, topic, probability, is_relevant", _relevances(scores))
    said = [
        statement_row(one.article, statement, {about.topic: about for about in one.relevances}.get(statement.topic), one.model)
        for one in scores
        for statement in one.statements
    ]
    copy(db, "statements", _STATEMENT_ROW, said)
    reindex(db, [(one.article, one.language) for one in scores if one.language])
    db.execute("UPDATE articles SET is_waiting = FALSE WHERE id = ANY(%s)", (ids,))


def _relevances(scores: Sequence[Scores]) -> list[tuple[object, ...]]:
    found = {(one.article, about.topic): about for one in scores for about in one.relevances}
    return [(*key, float(about.probability), bool(about.is_relevant)) for key, about in found.items()]


class PostgresStories:
    """Articles grouped by event."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def window(self, since: datetime, until: datetime) -> list[tuple[int, int, Vector | None, str, str, datetime]]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT a.story, a.id, e.vector, a.title, a.source, a.published
                FROM articles a LEFT JOIN embeddings e ON e.article = a.id
                WHERE a.published >= %s AND a.published <= %s AND a.story IS NOT NULL ORDER BY a.published, a.id
                """,
                (since, until),
            ).fetchall()
        return [
            (row["story"], row["id"], unpack(row["vector"]), row["title"], row["source"], read_time(row["published"]))
            for row in rows
        ]

    def join(self, article: int, story: int | None) -> int:
        with self._connections.write() as db:
            # Whoever puts articles in stories does it alone, so that two tellings of one event do not found two stories.
            alone(db, "stories")
            row = db.execute("SELECT story, title, published FROM articles WHERE id = %s", (article,)).fetchone()
            if row is None:
                raise KeyError(article)
            before = row["story"]
            if story is None or db.execute("SELECT 1 FROM stories WHERE id = %s", (story,)).fetchone() is None:
                made = db.execute(
                    """
                    INSERT INTO stories (title, first_published, last_published, outlets) VALUES (%s, %s, %s, 1) RETURNING id
                    """,
                    (row["title"], row["published"], row["published"]),
                ).fetchone()
                story = int(made["id"]) if made else 0
            db.execute("UPDATE articles SET story = %s WHERE id = %s", (story, article))
            for changed in sorted({story, before} - {None}):
                _recount(db, changed)
        return story

    def describe(self, story: int, title: str, outlets: int) -> None:
        with self._connections.write() as db:
            db.execute("UPDATE stories SET title = %s, outlets = %s WHERE id = %s", (clean(title), outlets, story))

    def get(self, ids: Sequence[int]) -> list[Story]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT s.*, ARRAY(SELECT id FROM articles WHERE story = s.id ORDER BY published, id) AS articles
                FROM stories s WHERE s.id = ANY(%s)
                """,
                (list(ids),),
            ).fetchall()
        found = {row["id"]: read_story(row) for row in rows}
        return [found[number] for number in ids if number in found]

    def largest(self, since: datetime, until: datetime, limit: int) -> list[Story]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT s.id FROM stories s JOIN (
                  SELECT DISTINCT story FROM articles WHERE published >= %s AND published <= %s AND story IS NOT NULL
                ) told ON told.story = s.id
                ORDER BY s.outlets DESC, (SELECT count(*) FROM articles WHERE story = s.id) DESC, s.last_published DESC, s.id
                LIMIT %s
                """,
                (since, until, limit),
            ).fetchall()
        return self.get([row["id"] for row in rows])


def _recount(db: Db, story: int) -> None:
    """Bring a story's span and its plain count of outlets in line with its articles; a story without articles goes."""
    if db.execute("SELECT 1 FROM articles WHERE story = %s LIMIT 1", (story,)).fetchone() is None:
        db.execute("DELETE FROM stories WHERE id = %s", (story,))
        return
    db.execute(
        """
        UPDATE stories SET (first_published, last_published, outlets) =
          (SELECT min(published), max(published), count(DISTINCT source) FROM articles WHERE story = stories.id)
        WHERE id = %s
        """,
        (story,),
    )


class PostgresTrends:
    """Every relevant article of a topic with what it says, read for series and briefings."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def told(self, topic: str, since: datetime, until: datetime) -> list[Hit]:
        span = (topic, time_text(since), time_text(until))
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT a.id, coalesce(a.story, -a.id) AS story, a.published, a.seen, a.source, coalesce(s.outlets, 1) AS outlets,
                  a.is_backfill, NULL AS analysed
                FROM relevances r JOIN articles a ON a.id = r.article LEFT JOIN stories s ON s.id = a.story
                WHERE r.topic = %s AND r.is_relevant AND a.published >= %s AND a.published <= %s ORDER BY a.published, a.id
                """,
                span,
            ).fetchall()
            said = db.execute(
                """
                SELECT s.* FROM statements s JOIN articles a ON a.id = s.article
                WHERE s.topic = %s AND s.is_relevant AND a.published >= %s AND a.published <= %s ORDER BY s.article, s.id
                """,
                span,
            ).fetchall()
        statements = by_article(said)
        return [read_hit(row, statements.get(row["id"], ())) for row in rows]

    def per_day(self, topic: str, since: datetime, until: datetime) -> dict[date, int]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT (a.published AT TIME ZONE 'UTC')::date AS day, count(*) AS n
                FROM relevances r JOIN articles a ON a.id = r.article
                WHERE r.topic = %s AND r.is_relevant AND a.published >= %s AND a.published <= %s GROUP BY 1
                """,
                (topic, since, until),
            ).fetchall()
        return {row["day"]: row["n"] for row in rows}

    def first_seen(self, topic: str) -> dict[str, tuple[datetime, int]]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT DISTINCT ON (s.holder) s.holder, a.published, a.id FROM statements s JOIN articles a ON a.id = s.article
                WHERE s.topic = %s AND s.is_relevant ORDER BY s.holder, a.published, a.id
                """,
                (topic,),
            ).fetchall()
        return {row["holder"]: (read_time(row["published"]), row["id"]) for row in rows}

    def vectors(self, articles: Sequence[int]) -> dict[int, Vector]:
        with self._connections.read() as db:
            rows = db.execute("SELECT article, vector FROM embeddings WHERE article = ANY(%s)", (list(articles),)).fetchall()
        found = ((row["article"], unpack(row["vector"])) for row in rows)
        return {article: vector for article, vector in found if vector is not None}
