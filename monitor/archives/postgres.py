"""The archive in a PostgreSQL database: for several machines, and for more than one file should hold."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.errors import ArchiveBusy, ArchiveError, ConfigError, Problem, how_to_install

try:
    import psycopg
    import psycopg_pool  # noqa: F401  # both come with the extra, and both are needed
except ImportError as error:
    _hint = how_to_install("cluster")
    raise ConfigError(
        [Problem(f"an archive in PostgreSQL needs {error.name}, which is not installed", "settings", hint=_hint)]
    ) from error

from monitor.archives._postgres_alerts import (
    PostgresAlerts,
    PostgresLabels,
    PostgresOutbox,
    PostgresRuleStates,
    PostgresSilences,
)
from monitor.archives._postgres_articles import PostgresArticles, PostgresFeeds
from monitor.archives._postgres_connection import Connections, Db, alone
from monitor.archives._postgres_schema import latest, prepare
from monitor.archives._postgres_scores import PostgresScores, PostgresStories, PostgresTrends
from monitor.archives._postgres_search import PostgresSearch
from monitor.archives._postgres_transfer import PostgresTransfer
from monitor.archives._postgres_upkeep import PostgresUpkeep, size
from monitor.archives._postgres_words import totals

EXAMPLE = """\
kind: postgres
url: postgresql://monitor@db.example.org/monitor
"""

_COUNTED = ("feeds", "stories", "statements", "alerts", "deliveries", "revisions", "labels")
_MANY = 1_000_000
"""Rows above which a table's number of rows is the server's own estimate: counting them would take seconds."""


class Config(BaseModel):
    """Where the database is and how many connections to it a process may have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["postgres"] = "postgres"
    url: str = Field(min_length=1, description="The address; a password may stand in PGPASSWORD or a password file instead.")
    connections: int = Field(default=10, ge=2, le=500, description="Most connections of one process.")
    patience_seconds: float = Field(default=30, gt=0, le=600, description="How long to wait for the server or for a connection.")


class PostgresArchive:
    """Everything stored, in one PostgreSQL database."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._connections = Connections(config.url, most=config.connections, patience=config.patience_seconds)
        prepare(self._connections)
        self.feeds = PostgresFeeds(self._connections)
        self.articles = PostgresArticles(self._connections)
        self.scores = PostgresScores(self._connections)
        self.stories = PostgresStories(self._connections)
        self.trends = PostgresTrends(self._connections)
        self.search = PostgresSearch(self._connections)
        self.alerts = PostgresAlerts(self._connections)
        self.silences = PostgresSilences(self._connections)
        self.outbox = PostgresOutbox(self._connections)
        self.states = PostgresRuleStates(self._connections)
        self.labels = PostgresLabels(self._connections)
        self.upkeep = PostgresUpkeep(self._connections)
        self.transfer = PostgresTransfer(self._connections)

    @contextmanager
    def transaction(self, alone_as: str = "") -> Iterator[None]:
        with self._connections.write() as db:
            if alone_as:
                alone(db, alone_as)
            yield

    def joined(self) -> AbstractContextManager[Db]:
        """The connection of the transaction this thread is in, or one with a transaction of its own, for others to write in."""
        return self._connections.write()

    @contextmanager
    def hold(self, name: str) -> Iterator[Callable[[], bool]]:
        db = self._connections.apart()
        try:
            self._lock(db, name)
            # The server gives the lock back when the connection ends, also when the process is killed.
            yield lambda: _is_open(db)
        finally:
            _let_go(db)

    def _lock(self, db: Db, name: str) -> None:
        who = f"{name}: process {os.getpid()} on {socket.gethostname()}"
        db.execute("SELECT set_config('application_name', %s, FALSE)", (who[:63],))
        row = db.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS held", (f"monitor:hold:{name}",)).fetchone()
        if row is None or not row["held"]:
            told = db.execute(
                "SELECT application_name AS who FROM pg_stat_activity WHERE application_name LIKE %s AND pid <> pg_backend_pid()",
                (f"{name}: process %",),
            ).fetchone()
            holder = told["who"].removeprefix(f"{name}: ") if told else "unknown"
            raise ArchiveBusy(f"another {name} ({holder}) already works on this archive; stop it first")

    @contextmanager
    def claim(self, name: str, numbers: Sequence[int], limit: int) -> Iterator[list[int]]:
        if not numbers:
            yield []
            return
        db = self._connections.apart()
        try:
            # Locks of a connection, not of a transaction: none is open while a batch is scored, and a killed worker lets go.
            rows = db.execute(
                """
                SELECT number FROM unnest(%s::bigint[]) AS number
                WHERE pg_try_advisory_lock(hashtextextended(%s || ':' || number, 0)) LIMIT %s
                """,
                (list(numbers), f"monitor:claim:{name}", limit),
            ).fetchall()
            yield [row["number"] for row in rows]
        finally:
            _let_go(db)

    def stats(self) -> Mapping[str, Any]:
        with self._connections.read() as db:
            counts = {table: _count(db, table) for table in _COUNTED}
            counts["articles"] = totals(db)[0]
            facts = db.execute(
                """
                SELECT (SELECT count(*) FROM articles WHERE is_waiting) AS waiting,
                  (SELECT count(*) FROM failures WHERE is_quarantined) AS quarantined,
                  to_json((SELECT min(published) FROM articles)) #>> '{}' AS oldest,
                  to_json((SELECT max(published) FROM articles)) #>> '{}' AS newest,
                  to_json((SELECT max(at) FROM fetches)) #>> '{}' AS last_fetch,
                  ARRAY(SELECT tag FROM languages ORDER BY tag) AS languages, current_setting('server_version') AS postgres
                """
            ).fetchone()
            bytes_stored, schema = size(db), latest(db)
        return {**counts, **(facts or {}), "schema": schema, "bytes": bytes_stored, "path": self._connections.shown}

    def close(self) -> None:
        self._connections.close()


def _let_go(db: Db) -> None:
    """Give a connection's locks back and end it: closed alone, it would hold them until the server notices."""
    with suppress(psycopg.Error):
        db.execute("SELECT pg_advisory_unlock_all()")
    db.close()


def build(config: Config) -> PostgresArchive:
    """Open the archive, bringing the database up to date.

    Raises:
        ArchiveTooNew: a newer release wrote the database.
        ArchiveError: it cannot be reached or written.
    """
    return PostgresArchive(config)


def _count(db: Db, table: str) -> int:
    row = db.execute("SELECT reltuples::bigint AS about FROM pg_class WHERE oid = to_regclass(%s)", (table,)).fetchone()
    if row and row["about"] > _MANY:
        return int(row["about"])
    row = db.execute(f"SELECT count(*) AS n FROM {table}").fetchone()
    return int(row["n"]) if row else 0


def _is_open(db: Db) -> bool:
    try:
        db.execute("SELECT 1")
    except (psycopg.Error, ArchiveError):
        return False
    return True
