"""What is told of one topic over time, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime

from monitor.archives._sqlite_connection import Connections
from monitor.archives._values import read_time, time_text, unpack
from monitor.model import Evidence, Hit, Stance, Statement, Vector, Voice

# Ids grow with time: from the first id of the span on, the index of a topic is read, however long the archive is.
_TOLD_OF = "FROM relevances r JOIN articles a ON a.id = r.article"
_IN_SPAN = "r.topic = ? AND r.is_relevant = 1 AND r.article >= ? AND a.published >= ? AND a.published <= ?"
_HOURS_KEPT = 256
_STANCES = {stance.value: stance for stance in Stance}
_VOICES = {voice.value: voice for voice in Voice}


class SqliteTrends:
    """Every relevant article of a topic with what it says, read for series and briefings."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._firsts: dict[str, int] = {}

    def told(self, topic: str, since: datetime, until: datetime) -> list[Hit]:
        with self._connections.read() as db:
            rows = db.execute(
                f"""
                SELECT a.id, coalesce(a.story, -a.id), a.published, a.seen, a.source, coalesce(s.outlets, 1), a.is_backfill
                {_TOLD_OF} LEFT JOIN stories s ON s.id = a.story
                WHERE {_IN_SPAN} ORDER BY a.published, a.id
                """,
                self._span(db, topic, since, until),
            ).fetchall()
            statements = _said(db, topic, [row[0] for row in rows])
        return [
            Hit(
                article, story, read_time(published), read_time(seen), source, outlets,
                tuple(statements.get(article, ())), bool(is_backfill),
            )
            for article, story, published, seen, source, outlets, is_backfill in rows
        ]  # fmt: skip

    def per_day(self, topic: str, since: datetime, until: datetime) -> dict[date, int]:
        with self._connections.read() as db:
            rows = db.execute(
                f"SELECT substr(a.published, 1, 10), count(*) {_TOLD_OF} WHERE {_IN_SPAN} GROUP BY 1",
                self._span(db, topic, since, until),
            ).fetchall()
        return {date.fromisoformat(day): number for day, number in rows}

    def first_seen(self, topic: str) -> dict[str, tuple[datetime, int]]:
        with self._connections.read() as db:
            # SQLite takes the other columns of a group from the row that holds the minimum; of two at once the lower id is first.
            rows = db.execute(
                """
                SELECT s.holder, a.published, a.id, min(a.published || substr('000000000000000000' || a.id, -18))
                FROM statements s INDEXED BY statements_of_topic JOIN articles a ON a.id = s.article
                WHERE s.topic = ? AND s.is_relevant = 1 GROUP BY s.holder COLLATE BINARY
                """,
                (topic,),
            ).fetchall()
        return {holder: (read_time(published), article) for holder, published, article, _ in rows}

    def _span(self, db: sqlite3.Connection, topic: str, since: datetime, until: datetime) -> tuple[object, ...]:
        """What `_IN_SPAN` asks for. New articles get higher ids: the lowest since an hour, once known, stays a lower bound."""
        hour = time_text(since)[:13]
        if not self._firsts.get(hour):
            if len(self._firsts) >= _HOURS_KEPT:
                self._firsts.clear()
            lowest = "SELECT min(id) FROM articles INDEXED BY articles_published WHERE published >= ?"
            self._firsts[hour] = int(db.execute(lowest, (hour,)).fetchone()[0] or 0)
        return (topic, self._firsts.get(hour, 0), time_text(since), time_text(until))

    def vectors(self, articles: Sequence[int]) -> dict[int, Vector]:
        with self._connections.read() as db:
            rows = db.execute(
                "SELECT article, vector FROM embeddings WHERE article IN (SELECT value FROM json_each(?))",
                (json.dumps(list(articles)),),
            ).fetchall()
        found = ((row["article"], unpack(row["vector"])) for row in rows)
        return {article: vector for article, vector in found if vector is not None}


def _said(db: sqlite3.Connection, topic: str, articles: Sequence[int]) -> dict[int, list[Statement]]:
    """By article, what was said in it on the topic; columns by their place, for a topic page reads thousands."""
    rows = db.execute(
        """
        SELECT article, holder, stance, favor, against, neutral, voice, is_found, evidence, start, "end", part
        FROM statements INDEXED BY statements_of_article
        WHERE article IN (SELECT value FROM json_each(?)) AND topic = ? AND is_relevant = 1 ORDER BY article, id
        """,
        (json.dumps(articles), topic),
    )
    found: dict[int, list[Statement]] = {}
    for article, holder, stance, favor, against, neutral, voice, is_found, evidence, start, end, part in rows.fetchall():
        seen = None if evidence is None else Evidence(evidence, start, end, part)
        said = Statement(
            topic, holder, _STANCES[stance], favor, against, neutral, _VOICES[voice], seen, bool(is_found), article
        )  # fmt: skip
        found.setdefault(article, []).append(said)
    return found
