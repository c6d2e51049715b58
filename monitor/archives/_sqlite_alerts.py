"""Alerts, deliveries, silences and what rules remember, in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.archives._rows import (
    alert_row,
    delivery_row,
    progress_row,
    read_alert,
    read_delivery,
    read_silence,
    read_suppression,
    suppression_row,
)
from monitor.archives._sqlite_connection import Connections
from monitor.archives._values import clean, dump, optional_time_text, time_text
from monitor.model import Alert, Delivery, Silence, Suppression

_ALERT = """
SELECT a.*,
  (SELECT json_group_array(article) FROM (SELECT article FROM alert_articles WHERE alert = a.id ORDER BY place)) AS articles
FROM alerts a
"""


class SqliteAlerts:
    """Alerts, and what was suppressed and why."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def plan(self, alerts: Sequence[tuple[Alert, Sequence[Delivery]]], suppressed: Sequence[Suppression]) -> int:
        with self._connections.write() as db:
            new = sum(_plan(db, alert, deliveries) for alert, deliveries in alerts)
            db.executemany(
                'INSERT OR IGNORE INTO suppressions (rule, "group", reason, at, article, note) VALUES (?, ?, ?, ?, ?, ?)',
                map(suppression_row, suppressed),
            )
        return new

    def last(self, rule: str, groups: Sequence[str]) -> dict[str, Alert]:
        wanted = json.dumps([clean(group) for group in groups])
        with self._connections.read() as db:
            rows = db.execute(
                f"""{_ALERT} JOIN json_each(?) j WHERE a.rowid = (
                  SELECT rowid FROM alerts WHERE rule = ? AND "group" = j.value ORDER BY created DESC, rowid DESC LIMIT 1)""",
                (wanted, rule),
            ).fetchall()
        return {row["group"]: read_alert(row) for row in rows}

    def recent(self, since: datetime, *, rule: str | None = None, article: int | None = None, limit: int = 1000) -> list[Alert]:
        with self._connections.read() as db:
            rows = db.execute(
                f"""
                {_ALERT} WHERE a.created >= ?1 AND (?2 IS NULL OR a.rule = ?2)
                  AND (?3 IS NULL OR a.id IN (SELECT alert FROM alert_articles WHERE article = ?3))
                ORDER BY a.created DESC, a.rowid DESC LIMIT ?4
                """,
                (time_text(since), rule, article, limit),
            ).fetchall()
        return [read_alert(row) for row in rows]

    def counts(self, since: datetime) -> tuple[int, Mapping[str, int]]:
        moment = (time_text(since),)
        with self._connections.read() as db:
            created = db.execute("SELECT count(*) FROM alerts WHERE created >= ?", moment).fetchone()
            rows = db.execute(
                "SELECT reason, count(*) AS number FROM suppressions WHERE at >= ? GROUP BY reason ORDER BY number DESC, reason",
                moment,
            ).fetchall()
        return int(created[0]), {row["reason"]: row["number"] for row in rows}

    def get(self, alert: str) -> Alert | None:
        if not alert:
            return None
        with self._connections.read() as db:
            rows = db.execute(f"{_ALERT} WHERE a.id >= ? AND a.id < ? LIMIT 2", (alert, alert + "\U0010ffff")).fetchall()
        exact = [row for row in rows if row["id"] == alert] or rows
        return read_alert(exact[0]) if len(exact) == 1 else None

    def suppressions(
        self,
        *,
        rule: str | None = None,
        since: datetime | None = None,
        article: int | None = None,
        groups: Sequence[str] = (),
        limit: int = 1000,
    ) -> list[Suppression]:
        named = json.dumps([clean(group) for group in groups])
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT * FROM suppressions WHERE (?1 IS NULL OR rule = ?1) AND (?2 IS NULL OR at >= ?2)
                  AND (?3 IS NULL AND ?4 = '[]' OR article = ?3 OR "group" IN (SELECT value FROM json_each(?4)))
                ORDER BY at DESC, rowid DESC LIMIT ?5
                """,
                (rule, optional_time_text(since), article, named, limit),
            ).fetchall()
        return [read_suppression(row) for row in rows]


class SqliteSilences:
    """Silences, in force or over."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def list(self, since: datetime) -> list[Silence]:
        with self._connections.read() as db:
            rows = db.execute("SELECT * FROM silences WHERE until > ? ORDER BY until, id", (time_text(since),)).fetchall()
        return [read_silence(row) for row in rows]

    def add(self, query: str, until: datetime, comment: str, now: datetime) -> Silence:
        with self._connections.write() as db:
            cursor = db.execute(
                "INSERT INTO silences (query, until, comment, created) VALUES (?, ?, ?, ?)",
                (clean(query), time_text(until), clean(comment), time_text(now)),
            )
        return Silence(int(cursor.lastrowid or 0), query, until, comment, now)

    def end(self, silence: int, at: datetime) -> bool:
        with self._connections.write() as db:
            cursor = db.execute("UPDATE silences SET until = ?1 WHERE id = ?2 AND until > ?1", (time_text(at), silence))
        return bool(cursor.rowcount)


def _plan(db: sqlite3.Connection, alert: Alert, deliveries: Sequence[Delivery]) -> int:
    cursor = db.execute(
        """
        INSERT OR IGNORE INTO alerts (id, rule, "group", story, title, why, created, severity, thread, statements, details)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        alert_row(alert),
    )
    if not cursor.rowcount:
        return 0
    db.executemany(
        "INSERT OR IGNORE INTO alert_articles (alert, article, place) VALUES (?, ?, ?)",
        ((alert.id, article, place) for place, article in enumerate(alert.articles)),
    )
    db.executemany(
        """
        INSERT OR IGNORE INTO deliveries (id, alert, receiver, state, attempts, due, last_error, remote_id, remaining, refused)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (delivery_row(delivery, alert.id) for delivery in deliveries),
    )
    return 1


class SqliteOutbox:
    """Deliveries on their way."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def claim(self, now: datetime, lease: timedelta, limit: int, receivers: Sequence[str] | None = None) -> list[Delivery]:
        names = None if receivers is None else json.dumps(list(receivers))
        with self._connections.write() as db:
            rows = db.execute(
                """
                SELECT * FROM deliveries WHERE state = 'pending' AND (due IS NULL OR due <= :now)
                  AND (leased_until IS NULL OR leased_until <= :now)
                  AND (:names IS NULL OR receiver IN (SELECT value FROM json_each(:names)))
                ORDER BY number LIMIT :limit
                """,
                {"now": time_text(now), "names": names, "limit": limit},
            ).fetchall()
            db.executemany(
                "UPDATE deliveries SET leased_until = ? WHERE number = ?",
                ((time_text(now + lease), row["number"]) for row in rows),
            )
        return [read_delivery(row) for row in rows]

    def settle(self, delivery: Delivery, at: datetime) -> None:
        with self._connections.write() as db:
            db.execute(
                """
                UPDATE deliveries SET state = ?, attempts = ?, due = ?, last_error = ?, remote_id = ?, remaining = ?, refused = ?,
                  settled = ?, leased_until = NULL WHERE id = ?
                """,
                (*progress_row(delivery), time_text(at), delivery.id),
            )

    def thread(self, receiver: str, thread: str) -> str:
        with self._connections.read() as db:
            row = db.execute(
                """
                SELECT d.remote_id FROM alerts a JOIN deliveries d ON d.alert = a.id
                WHERE a.thread = ? AND d.receiver = ? AND d.remote_id <> '' ORDER BY d.number LIMIT 1
                """,
                (thread, receiver),
            ).fetchone()
        return str(row[0]) if row else ""

    def held(self, now: datetime) -> list[Delivery]:
        with self._connections.read() as db:
            rows = db.execute(
                "SELECT * FROM deliveries WHERE state = 'held' AND due <= ? ORDER BY number", (time_text(now),)
            ).fetchall()
        return [read_delivery(row) for row in rows]

    def of(self, alerts: Sequence[str]) -> list[Delivery]:
        with self._connections.read() as db:
            rows = db.execute(
                "SELECT * FROM deliveries WHERE alert IN (SELECT value FROM json_each(?)) ORDER BY number DESC",
                (json.dumps([clean(alert) for alert in alerts]),),
            ).fetchall()
        return [read_delivery(row) for row in rows]

    def list(self, *, state: str | None = None, receiver: str | None = None, limit: int = 100) -> list[Delivery]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT * FROM deliveries WHERE (:state IS NULL OR state = :state) AND (:receiver IS NULL OR receiver = :receiver)
                ORDER BY number DESC LIMIT :limit
                """,
                {"state": state, "receiver": receiver, "limit": limit},
            ).fetchall()
        return [read_delivery(row) for row in rows]

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        with self._connections.read() as db:
            rows = db.execute("SELECT receiver, state, count(*) FROM deliveries GROUP BY receiver, state").fetchall()
        found: dict[str, dict[str, int]] = {}
        for receiver, state, number in rows:
            found.setdefault(receiver, {})[state] = number
        return found


class SqliteRuleStates:
    """What rules remember between evaluations."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def load(self, rule: str) -> dict[str, Any]:
        with self._connections.read() as db:
            row = db.execute("SELECT state FROM rule_states WHERE rule = ?", (rule,)).fetchone()
        state: dict[str, Any] = json.loads(row[0]) if row else {}
        return state

    def save(self, rule: str, state: Mapping[str, Any]) -> None:
        with self._connections.write() as db:
            db.execute("INSERT OR REPLACE INTO rule_states (rule, state) VALUES (?, ?)", (rule, clean(dump(state))))

    def names(self, beginning: str) -> list[str]:
        with self._connections.read() as db:
            # The last code point there is ends every text with this beginning.
            between = (beginning, f"{beginning}\U0010ffff")
            return [
                row[0] for row in db.execute("SELECT rule FROM rule_states WHERE rule BETWEEN ? AND ? ORDER BY rule", between)
            ]

    def forget(self, names: Sequence[str]) -> None:
        with self._connections.write() as db:
            db.executemany("DELETE FROM rule_states WHERE rule = ?", [(name,) for name in names])
