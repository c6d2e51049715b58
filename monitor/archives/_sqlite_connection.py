"""Connections to one SQLite file from any thread: pragmas, transactions, and errors in the service's own words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from monitor.core.query import compiled
from monitor.errors import ArchiveBusy, ArchiveError

MEMORY = ":memory:"


class Connections:
    """One connection for each thread on a file; on `:memory:` one for all, used by one thread at a time."""

    def __init__(self, path: str, *, synchronous: str, busy_seconds: float, cache_megabytes: int) -> None:
        self.path = path
        self._synchronous, self._busy_seconds, self._cache_megabytes = synchronous, busy_seconds, cache_megabytes
        self._local = threading.local()
        self._lock = threading.RLock()
        self._opened: list[Database] = []
        self._shared = self._open() if path == MEMORY else None

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from; inside a transaction it sees what the transaction wrote."""
        with self._turn(), _translated(self.path):
            yield self._database().conn

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction: committed at the end of the outermost one, rolled back on any error."""
        with self._turn(), _translated(self.path):
            database = self._database()
            if database.conn.in_transaction:
                with database.atomic():
                    yield database.conn
                return
            # A transaction that first reads and then writes cannot wait for the lock; one that writes from the start can.
            database.conn.execute("BEGIN IMMEDIATE")
            try:
                yield database.conn
                database.conn.execute("COMMIT")
            except BaseException:
                database.rollback()
                raise

    def database(self) -> Database:
        """This thread's connection as sqlite-utils sees it."""
        with _translated(self.path):
            return self._database()

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for database in self._opened:
                database.close()
            self._opened.clear()
            self._local = threading.local()

    def _turn(self) -> Any:
        return self._lock if self._shared is not None else nullcontext()

    def _database(self) -> Database:
        if self._shared is not None:
            return self._shared
        database: Database | None = getattr(self._local, "database", None)
        if database is None:
            database = self._local.database = self._open()
        return database

    def _open(self) -> Database:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        connection.row_factory = sqlite3.Row
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {self._synchronous}",
            "foreign_keys = ON",
            f"cache_size = {-1024 * self._cache_megabytes}",
            "temp_store = MEMORY",
            f"busy_timeout = {int(self._busy_seconds * 1000)}",
            "recursive_triggers = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("regexp", 2, _regexp, deterministic=True)
        database = Database(connection)
        with self._lock:
            self._opened.append(database)
        return database


def _regexp(regex: str, text: str | None) -> bool:
    return text is not None and compiled(regex).search(text) is not None


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _in_words(path, error) from error


def _in_words(path: str, error: sqlite3.Error) -> ArchiveError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ArchiveBusy(f"the archive {path} is locked by another program; try again when it is done")
    if name.startswith("SQLITE_FULL"):
        return ArchiveError(f"the disk of the archive {path} is full; make room, the service goes on by itself")
    if name.startswith("SQLITE_READONLY"):
        return ArchiveError(f"the archive {path} cannot be written; check its permissions and its directory's")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return ArchiveError(f"the archive {path} is damaged ({error}); restore it from a backup")
    if name.startswith("SQLITE_CANTOPEN"):
        parent = Path(path).resolve().parent
        return ArchiveError(f"the archive {path} cannot be opened; check that {parent} exists and can be written")
    return ArchiveError(f"the archive {path} could not answer: {error}")
