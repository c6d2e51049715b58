"""The archive in one SQLite file: the default, and enough for years of one newsroom."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.archives._sqlite_alerts import SqliteAlerts, SqliteOutbox, SqliteRuleStates, SqliteSilences
from monitor.archives._sqlite_articles import SqliteArticles, SqliteFeeds
from monitor.archives._sqlite_connection import MEMORY, Connections
from monitor.archives._sqlite_labels import SqliteLabels
from monitor.archives._sqlite_schema import prepare
from monitor.archives._sqlite_scores import SqliteScores, SqliteStories
from monitor.archives._sqlite_search import SqliteSearch
from monitor.archives._sqlite_transfer import SqliteTransfer
from monitor.archives._sqlite_trends import SqliteTrends
from monitor.archives._sqlite_upkeep import SqliteUpkeep
from monitor.errors import ArchiveBusy, ArchiveError

EXAMPLE = """\
kind: sqlite
path: db/monitor.db
"""

_COUNTED = ("feeds", "articles", "stories", "statements", "alerts", "deliveries", "revisions", "labels")


class Config(BaseModel):
    """Where the file is and how careful it is with the disk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sqlite"] = "sqlite"
    path: str = Field(default="db/monitor.db", min_length=1, description="The file; :memory: keeps everything in memory.")
    synchronous: Literal["normal", "full"] = Field(
        default="normal", description="full also survives a power cut without losing the last second, at a cost for every commit."
    )
    busy_seconds: float = Field(default=60, gt=0, le=600, description="How long a write waits for another program's write.")
    cache_megabytes: int = Field(default=64, ge=2, le=4096, description="Memory for pages, for each thread that reads.")


class SqliteArchive:
    """Everything stored, in one SQLite file."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._connections = Connections(
            config.path, synchronous=config.synchronous, busy_seconds=config.busy_seconds, cache_megabytes=config.cache_megabytes
        )
        prepare(self._connections)
        self.feeds = SqliteFeeds(self._connections)
        self.articles = SqliteArticles(self._connections)
        self.scores = SqliteScores(self._connections)
        self.stories = SqliteStories(self._connections)
        self.trends = SqliteTrends(self._connections)
        self.search = SqliteSearch(self._connections)
        self.alerts = SqliteAlerts(self._connections)
        self.silences = SqliteSilences(self._connections)
        self.outbox = SqliteOutbox(self._connections)
        self.states = SqliteRuleStates(self._connections)
        self.labels = SqliteLabels(self._connections)
        self.upkeep = SqliteUpkeep(self._connections)
        self.transfer = SqliteTransfer(self._connections)
        self._held: set[str] = set()

    @contextmanager
    def transaction(self, alone_as: str = "") -> Iterator[None]:  # noqa: ARG002 - whoever writes a file is alone
        with self._connections.write():
            yield

    @contextmanager
    def hold(self, name: str) -> Iterator[Callable[[], bool]]:
        if self.config.path == MEMORY:
            with self._hold_here(name):
                yield _always
            return
        path = f"{self.config.path}.{name}.lock"
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise ArchiveError(f"the lock {path} cannot be written: {error.strerror}") from error
        try:
            _lock(lock, path, name)
            yield _always
        finally:
            # The kernel gives the lock back when the file is closed, also when the process is killed.
            os.close(lock)

    @contextmanager
    def claim(self, name: str, numbers: Sequence[int], limit: int) -> Iterator[list[int]]:  # noqa: ARG002 - one worker holds a file
        yield list(numbers[:limit])

    @contextmanager
    def _hold_here(self, name: str) -> Iterator[None]:
        if name in self._held:
            raise ArchiveBusy(f"another {name} of this process already works on this archive")
        self._held.add(name)
        try:
            yield
        finally:
            self._held.discard(name)

    def stats(self) -> Mapping[str, Any]:
        with self._connections.read() as db:
            counts = {table: int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in _COUNTED}
            found = db.execute(
                """
                SELECT (SELECT count(*) FROM articles WHERE is_waiting) AS waiting,
                  (SELECT count(*) FROM failures WHERE is_quarantined) AS quarantined,
                  (SELECT min(published) FROM articles) AS oldest, (SELECT max(published) FROM articles) AS newest,
                  (SELECT max(at) FROM fetches) AS last_fetch,
                  (SELECT group_concat(tag, ' ') FROM languages) AS languages,
                  (SELECT name FROM _sqlite_migrations ORDER BY id DESC LIMIT 1) AS schema
                """
            ).fetchone()
            pages = db.execute("PRAGMA page_count").fetchone()[0] * db.execute("PRAGMA page_size").fetchone()[0]
        on_disk = 0 if self.config.path == MEMORY else _size(self.config.path)
        facts = {key: found[key] for key in found.keys()}  # noqa: SIM118  # a row is no mapping
        return {
            **counts,
            **facts,
            "languages": (facts["languages"] or "").split(),
            "bytes": on_disk or pages,
            "path": self.config.path,
            "sqlite": sqlite3.sqlite_version,
        }

    def close(self) -> None:
        self._connections.close()


def build(config: Config) -> SqliteArchive:
    """Open the archive, bringing an older file up to date after a backup of it.

    Raises:
        ArchiveTooNew: a newer release wrote the file.
        ArchiveError: it cannot be opened or written.
    """
    if config.path != MEMORY:
        try:
            Path(config.path).resolve().parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"the directory of the archive {config.path} cannot be made: {error.strerror}") from error
    return SqliteArchive(config)


def _always() -> bool:
    return True


def _lock(lock: int, path: str, name: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(lock, 200, 0).decode(errors="replace").strip() or "unknown"
        raise ArchiveBusy(f"another {name} ({holder}) already works on this archive; stop it first, or see {path}") from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)


def _size(path: str) -> int:
    total = 0
    for name in (path, f"{path}-wal"):
        with contextlib.suppress(OSError):
            total += Path(name).stat().st_size
    return total
