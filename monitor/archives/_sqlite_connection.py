"""Connections to one SQLite file from any thread: pragmas, transactions, and errors in the service's own words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from monitor.core.queries.query import compiled
from monitor.errors import ArchiveBusy, ArchiveError

MEMORY = ":memory:"
_OUTERMOST = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_NESTED = ("SAVEPOINT inner", "RELEASE inner", ("ROLLBACK TO inner", "RELEASE inner"))


class Connections:
    """One connection for each thread on a file; on `:memory:` one for all, used by one thread at a time."""

    def __init__(self, path: str, *, synchronous: str, busy_seconds: float, cache_megabytes: int) -> None:
        self.path = path
        self._synchronous, self._busy_seconds, self._cache_megabytes = synchronous, busy_seconds, cache_megabytes
        self._local = threading.local()
        self._lock = threading.RLock()
        self._opened: list[sqlite3.Connection] = []
        self._shared = self._open() if path == MEMORY else None

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from; inside a transaction it sees what the transaction wrote."""
        with self._turn(), _translated(self.path):
            yield self._connection()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction: committed at the end of the outermost one, rolled back on any error."""
        with self._turn(), _translated(self.path):
            connection = self._connection()
            # A transaction that first reads and then writes cannot wait for the lock; one that writes from the start can.
            begin, commit, roll_back = _NESTED if connection.in_transaction else _OUTERMOST
            connection.execute(begin)
            try:
                yield connection
                connection.execute(commit)
            except BaseException:
                # A full disk or a lost lock may have ended the transaction already.
                if connection.in_transaction:
                    for statement in roll_back:
                        connection.execute(statement)
                raise

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
            self._local = threading.local()

    def _turn(self) -> Any:
        return self._lock if self._shared is not None else nullcontext()

    def _connection(self) -> sqlite3.Connection:
        if self._shared is not None:
            return self._shared
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._open()
        return connection

    def _open(self) -> sqlite3.Connection:
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
        with self._lock:
            self._opened.append(connection)
        return connection


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
    if name.startswith("SQLITE_IOERR"):
        return ArchiveError(
            f"the disk of the archive {path} cannot be read or written ({error}); see whether it is full or failing"
        )
    if name.startswith("SQLITE_READONLY"):
        return ArchiveError(f"the archive {path} cannot be written; check its permissions and its directory's")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return ArchiveError(f"the archive {path} is damaged ({error}); restore it from a backup")
    if name.startswith("SQLITE_CANTOPEN"):
        parent = Path(path).resolve().parent
        return ArchiveError(f"the archive {path} cannot be opened; check that {parent} exists and can be written")
    return ArchiveError(f"the archive {path} could not answer: {error}")
