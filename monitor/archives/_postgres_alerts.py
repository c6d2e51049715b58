"""Alerts, deliveries, silences, labels and what rules remember, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.archives._postgres_connection import Connections, Db, alone
from monitor.archives._rows import (
    alert_row,
    delivery_row,
    progress_row,
    read_alert,
    read_delivery,
    read_label,
    read_silence,
    read_suppression,
    suppression_row,
)
from monitor.archives._values import clean, dump, time_text
from monitor.model import Alert, Delivery, Label, Silence, Suppression

_ALERT = "SELECT a.*, ARRAY(SELECT article FROM alert_articles WHERE alert = a.id ORDER BY place) AS articles FROM alerts a"


class PostgresAlerts:
    """Alerts, and what was suppressed and why."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def plan(self, alerts: Sequence[tuple[Alert, Sequence[Delivery]]], suppressed: Sequence[Suppression]) -> int:
        with self._connections.write() as db:
            new = sum(_plan(db, alert, deliveries) for alert, deliveries in alerts)
            db.cursor().executemany(
                """
                INSERT INTO suppressions (rule, "group", reason, at, article, note) VALUES (%s, %s, %s, %s, %s, %s)
                ON CONFLICT DO NOTHING
                """,
                [suppression_row(one) for one in suppressed],
            )
        return new

    def last(self, rule: str, groups: Sequence[str]) -> dict[str, Alert]:
        with self._connections.read() as db:
            rows = db.execute(
                f"""
                SELECT DISTINCT ON ("group") * FROM ({_ALERT} WHERE a.rule = %s AND a."group" = ANY(%s)) x
                ORDER BY "group", created DESC, number DESC
                """,
                (rule, [clean(group) for group in groups]),
            ).fetchall()
        return {row["group"]: read_alert(row) for row in rows}

    def recent(self, since: datetime, *, rule: str | None = None, article: int | None = None, limit: int = 1000) -> list[Alert]:
        with self._connections.read() as db:
            rows = db.execute(
                f"""
                {_ALERT} WHERE a.created >= %(since)s AND (%(rule)s::text IS NULL OR a.rule = %(rule)s)
                  AND (%(article)s::bigint IS NULL OR a.id IN (SELECT alert FROM alert_articles WHERE article = %(article)s))
                ORDER BY a.created DESC, a.number DESC LIMIT %(limit)s
                """,
                {"since": since, "rule": rule, "article": article, "limit": limit},
            ).fetchall()
        return [read_alert(row) for row in rows]

    def counts(self, since: datetime) -> tuple[int, Mapping[str, int]]:
        with self._connections.read() as db:
            created = db.execute("SELECT count(*) AS number FROM alerts WHERE created >= %s", (since,)).fetchone()
            rows = db.execute(
                "SELECT reason, count(*) AS number FROM suppressions WHERE at >= %s GROUP BY reason ORDER BY number DESC, reason",
                (since,),
            ).fetchall()
        return int(created["number"]) if created else 0, {row["reason"]: row["number"] for row in rows}

    def get(self, alert: str) -> Alert | None:
        if not alert:
            return None
        with self._connections.read() as db:
            rows = db.execute(
                f"{_ALERT} WHERE a.id >= %s AND a.id < %s ORDER BY a.id LIMIT 2",
                (alert, alert + "\U0010ffff"),
            ).fetchall()
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
        named = [clean(group) for group in groups]
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT * FROM suppressions WHERE (%(rule)s::text IS NULL OR rule = %(rule)s)
                  AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
                  AND (%(article)s::bigint IS NULL AND %(groups)s::text[] = '{}' OR article = %(article)s
                    OR "group" = ANY(%(groups)s::text[]))
                ORDER BY at DESC, id DESC LIMIT %(limit)s
                """,
                {"rule": rule, "since": since, "article": article, "groups": named, "limit": limit},
            ).fetchall()
        return [read_suppression(row) for row in rows]


def _plan(db: Db, alert: Alert, deliveries: Sequence[Delivery]) -> int:
    new = db.execute(
        """
        INSERT INTO alerts (id, rule, "group", story, title, why, created, severity, thread, statements, details)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
        """,
        alert_row(alert),
    ).rowcount
    if not new:
        return 0
    db.cursor().executemany(
        "INSERT INTO alert_articles (alert, article, place) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [(alert.id, article, place) for place, article in enumerate(alert.articles)],
    )
    db.cursor().executemany(
        """
        INSERT INTO deliveries (id, alert, receiver, state, attempts, due, last_error, remote_id, remaining, refused)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
        """,
        [delivery_row(delivery, alert.id) for delivery in deliveries],
    )
    return 1


class PostgresSilences:
    """Silences, in force or over."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def list(self, since: datetime) -> list[Silence]:
        with self._connections.read() as db:
            rows = db.execute("SELECT * FROM silences WHERE until > %s ORDER BY until, id", (since,)).fetchall()
        return [read_silence(row) for row in rows]

    def add(self, query: str, until: datetime, comment: str, now: datetime) -> Silence:
        with self._connections.write() as db:
            row = db.execute(
                "INSERT INTO silences (query, until, comment, created) VALUES (%s, %s, %s, %s) RETURNING id",
                (clean(query), until, clean(comment), now),
            ).fetchone()
        return Silence(int(row["id"]) if row else 0, query, until, comment, now)

    def end(self, silence: int, at: datetime) -> bool:
        with self._connections.write() as db:
            return bool(db.execute("UPDATE silences SET until = %s WHERE id = %s AND until > %s", (at, silence, at)).rowcount)


class PostgresOutbox:
    """Deliveries on their way."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def claim(self, now: datetime, lease: timedelta, limit: int, receivers: Sequence[str] | None = None) -> list[Delivery]:
        with self._connections.write() as db:
            rows = db.execute(
                """
                SELECT * FROM deliveries WHERE state = 'pending' AND (due IS NULL OR due <= %(now)s)
                  AND (leased_until IS NULL OR leased_until <= %(now)s)
                  AND (%(names)s::text[] IS NULL OR receiver = ANY(%(names)s))
                ORDER BY number LIMIT %(limit)s FOR UPDATE SKIP LOCKED
                """,
                {"now": now, "names": None if receivers is None else list(receivers), "limit": limit},
            ).fetchall()
            db.execute(
                "UPDATE deliveries SET leased_until = %s WHERE number = ANY(%s)", (now + lease, [row["number"] for row in rows])
            )
        return [read_delivery(row) for row in rows]

    def settle(self, delivery: Delivery, at: datetime) -> None:
        with self._connections.write() as db:
            db.execute(
                """
                UPDATE deliveries SET state = %s, attempts = %s, due = %s, last_error = %s, remote_id = %s, remaining = %s,
                  refused = %s, settled = %s, leased_until = NULL WHERE id = %s
                """,
                (*progress_row(delivery), time_text(at), delivery.id),
            )

    def thread(self, receiver: str, thread: str) -> str:
        with self._connections.read() as db:
            row = db.execute(
                """
                SELECT d.remote_id FROM alerts a JOIN deliveries d ON d.alert = a.id
                WHERE a.thread = %s AND d.receiver = %s AND d.remote_id <> '' ORDER BY d.number LIMIT 1
                """,
                (thread, receiver),
            ).fetchone()
        return str(row["remote_id"]) if row else ""

    def held(self, now: datetime) -> list[Delivery]:
        with self._connections.read() as db:
            rows = db.execute("SELECT * FROM deliveries WHERE state = 'held' AND due <= %s ORDER BY number", (now,)).fetchall()
        return [read_delivery(row) for row in rows]

    def of(self, alerts: Sequence[str]) -> list[Delivery]:
        with self._connections.read() as db:
            rows = db.execute(
                "SELECT * FROM deliveries WHERE alert = ANY(%s) ORDER BY number DESC", ([clean(alert) for alert in alerts],)
            ).fetchall()
        return [read_delivery(row) for row in rows]

    def list(self, *, state: str | None = None, receiver: str | None = None, limit: int = 100) -> list[Delivery]:
        with self._connections.read() as db:
            rows = db.execute(
                """
                SELECT * FROM deliveries WHERE (%(state)s::text IS NULL OR state = %(state)s)
                  AND (%(receiver)s::text IS NULL OR receiver = %(receiver)s) ORDER BY number DESC LIMIT %(limit)s
                """,
                {"state": state, "receiver": receiver, "limit": limit},
            ).fetchall()
        return [read_delivery(row) for row in rows]

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        with self._connections.read() as db:
            rows = db.execute("SELECT receiver, state, count(*) AS number FROM deliveries GROUP BY receiver, state").fetchall()
        found: dict[str, dict[str, int]] = {}
        for row in rows:
            found.setdefault(row["receiver"], {})[row["state"]] = row["number"]
        return found


class PostgresRuleStates:
    """What rules remember between evaluations."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def load(self, rule: str) -> dict[str, Any]:
        with self._connections.read() as db:
            if self._connections.is_in_transaction:
                # What is read in a transaction is written back in it: nobody else changes it in between.
                alone(db, f"state:{rule}")
            row = db.execute("SELECT state FROM rule_states WHERE rule = %s", (rule,)).fetchone()
        state: dict[str, Any] = row["state"] if row else {}
        return state

    def save(self, rule: str, state: Mapping[str, Any]) -> None:
        with self._connections.write() as db:
            db.execute(
                "INSERT INTO rule_states (rule, state) VALUES (%s, %s) ON CONFLICT (rule) DO UPDATE SET state = excluded.state",
                (rule, clean(dump(state))),
            )

    def names(self, beginning: str) -> list[str]:
        with self._connections.read() as db:
            # The last code point there is ends every text with this beginning.
            rows = db.execute(
                "SELECT rule FROM rule_states WHERE rule BETWEEN %s AND %s ORDER BY rule", (beginning, f"{beginning}\U0010ffff")
            ).fetchall()
        return [row["rule"] for row in rows]

    def forget(self, names: Sequence[str]) -> None:
        with self._connections.write() as db:
            db.execute("DELETE FROM rule_states WHERE rule = ANY(%s)", (list(names),))


class PostgresLabels:
    """Labels, one of a kind for each article, topic and holder."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, label: Label) -> None:
        values = (label.article, clean(label.label), clean(label.topic), clean(label.holder), time_text(label.at))
        with self._connections.write() as db:
            db.execute(
                """
                INSERT INTO labels (article, label, topic, holder, at, author) VALUES (%s, %s, %s, %s, %s, %s)
                ON CONFLICT (article, label, topic, holder) DO UPDATE SET at = excluded.at, author = excluded.author
                """,
                (*values, clean(label.author)),
            )

    def remove(self, article: int, label: str, topic: str, holder: str) -> bool:
        with self._connections.write() as db:
            gone = db.execute(
                "DELETE FROM labels WHERE article = %s AND label = %s AND topic = %s AND holder = %s",
                (article, label, topic, holder),
            )
            return bool(gone.rowcount)

    def of(self, article: int) -> list[Label]:
        with self._connections.read() as db:
            rows = db.execute("SELECT * FROM labels WHERE article = %s ORDER BY at, id", (article,)).fetchall()
        return [read_label(row) for row in rows]

    def list(self, limit: int = 1000) -> list[Label]:
        with self._connections.read() as db:
            rows = db.execute("SELECT * FROM labels ORDER BY at DESC, id DESC LIMIT %s", (limit,)).fetchall()
        return [read_label(row) for row in rows]
