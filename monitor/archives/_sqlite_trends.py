"""What is told of one topic over time, in SQLite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from monitor.archives._rows import by_article, read_hit
from monitor.archives._sqlite_connection import Connections
from monitor.archives._values import read_time, time_text, unpack
from monitor.model import Hit, Vector


class SqliteTrends:
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
                WHERE r.topic = ? AND r.is_relevant AND a.published >= ? AND a.published <= ? ORDER BY a.published, a.id
                """,
                span,
            ).fetchall()
            said = db.execute(
                """
                SELECT s.* FROM statements s JOIN articles a ON a.id = s.article
                WHERE s.topic = ? AND s.is_relevant AND a.published >= ? AND a.published <= ? ORDER BY s.article, s.id
                """,
                span,
            ).fetchall()
        statements = by_article(said)
        return [read_hit(row, statements.get(row["id"], ())) for row in rows]

    def first_seen(self, topic: str) -> dict[str, tuple[datetime, int]]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT s.holder, a.published, a.id FROM statements s JOIN articles a ON a.id = s.article
                WHERE s.topic = ? AND s.is_relevant ORDER BY a.published DESC, a.id DESC
                """,
                (topic,),
            ).fetchall()
        return {row["holder"]: (read_time(row["published"]), row["id"]) for row in rows}

    def vectors(self, articles: Sequence[int]) -> dict[int, Vector]:
        with self._connections.read() as db:
            rows = db.execute(
                "SELECT article, vector FROM embeddings WHERE article IN (SELECT value FROM json_each(?))",
                (json.dumps(list(articles)),),
            ).fetchall()
        found = ((row["article"], unpack(row["vector"])) for row in rows)
        return {article: vector for article, vector in found if vector is not None}
