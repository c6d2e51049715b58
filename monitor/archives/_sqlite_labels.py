"""What people said of articles, in SQLite."""

from __future__ import annotations

from monitor.archives._rows import read_label
from monitor.archives._sqlite_connection import Connections
from monitor.archives._values import clean, time_text
from monitor.model import Label


class SqliteLabels:
    """Labels, one of a kind for each article, topic and holder."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, label: Label) -> None:
        values = (label.article, clean(label.label), clean(label.topic), clean(label.holder), time_text(label.at))
        with self._connections.write() as db:
            db.execute(
                """
                INSERT INTO labels (article, label, topic, holder, at, author) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (article, label, topic, holder) DO UPDATE SET at = excluded.at, author = excluded.author
                """,
                (*values, clean(label.author)),
            )

    def remove(self, article: int, label: str, topic: str, holder: str) -> bool:
        with self._connections.write() as db:
            cursor = db.execute(
                "DELETE FROM labels WHERE article = ? AND label = ? AND topic = ? AND holder = ?", (article, label, topic, holder)
            )
        return bool(cursor.rowcount)

    def of(self, article: int) -> list[Label]:
        with self._connections.read() as db:
            rows = db.execute("SELECT * FROM labels WHERE article = ? ORDER BY at, id", (article,)).fetchall()
        return [read_label(row) for row in rows]

    def list(self, limit: int = 1000) -> list[Label]:
        with self._connections.read() as db:
            rows = db.execute("SELECT * FROM labels ORDER BY at DESC, id DESC LIMIT ?", (limit,)).fetchall()
        return [read_label(row) for row in rows]
