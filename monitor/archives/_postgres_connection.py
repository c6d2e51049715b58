"""Connections to one PostgreSQL database from any thread: a pool, transactions that nest, errors in the service's own words."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from monitor.errors import ArchiveBusy, ArchiveError

Db: TypeAlias = psycopg.Connection[DictRow]

_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


class Connections:
    """A pool for all threads; a thread inside a transaction keeps one connection until the transaction ends."""

    def __init__(self, url: str, *, most: int, patience: float) -> None:
        self.url, self.shown = url, shown(url)
        self._local = threading.local()
        self._pool: ConnectionPool[Db] = ConnectionPool(
            url,
            connection_class=psycopg.Connection[DictRow],
            kwargs={"row_factory": dict_row, "autocommit": True, "application_name": "news-monitor"},
            configure=_configure,
            # A connection that a restart of the server cut is replaced before it is used.
            check=ConnectionPool.check_connection,
            min_size=1,
            max_size=most,
            timeout=patience,
            reconnect_timeout=patience,
            open=False,
        )
        with self._translated():
            psycopg.connect(url, connect_timeout=max(2, int(patience))).close()
            self._pool.open()

    @contextmanager
    def read(self) -> Iterator[Db]:
        """A connection to read from; inside a transaction it sees what the transaction wrote."""
        with self._translated():
            if (current := self._current()) is not None:
                yield current
            else:
                with self._pool.connection() as db:
                    yield db

    @contextmanager
    def write(self) -> Iterator[Db]:
        """A connection inside a transaction: committed at the end of the outermost one, rolled back on any error."""
        with self._translated():
            if (current := self._current()) is not None:
                with current.transaction():
                    yield current
                return
            with self._pool.connection() as db:
                self._local.connection = db
                try:
                    with db.transaction():
                        yield db
                finally:
                    self._local.connection = None

    @property
    def is_in_transaction(self) -> bool:
        """Whether this thread is inside a transaction."""
        return self._current() is not None

    def apart(self) -> Db:
        """A connection outside the pool, for what must live as long as its holder."""
        with self._translated():
            db = psycopg.Connection[DictRow].connect(self.url, row_factory=dict_row, autocommit=True)
            _configure(db)
            # A machine that went without a word is given up within twenty seconds, and its locks with it.
            for name, value in (("idle", 5), ("interval", 5), ("count", 3)):
                db.execute("SELECT set_config(%s, %s, FALSE)", (f"tcp_keepalives_{name}", str(value)))
            return db

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _current(self) -> Db | None:
        return getattr(self._local, "connection", None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (psycopg.Error, PoolTimeout) as error:
            raise _in_words(self.shown, error) from error


def alone(db: Db, name: str) -> None:
    """Wait until no other transaction of this name is under way, and keep others waiting until this one ends."""
    db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"monitor:{name}",))


@lru_cache(maxsize=2048)
def numbered(sql: str) -> Any:
    """A compiled condition's `?` as the placeholders of psycopg."""
    return sql.replace("%", "%%").replace("?", "%s")


def copy(db: Db, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    """Store many rows at once."""
    if rows:
        statement: Any = f"COPY {table} ({columns}) FROM STDIN"
        with db.cursor().copy(statement) as target:
            for row in rows:
                target.write_row(row)


def shown(url: str) -> str:
    """The address without its password."""
    try:
        known = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "that settings name"
    return f"{known.get('dbname', '')} at {known.get('host', 'localhost')}"


def _configure(db: Db) -> None:
    db.execute("SET TIME ZONE 'UTC'")


def _in_words(name: str, error: Exception) -> ArchiveError:
    if isinstance(error, _BUSY):
        return ArchiveBusy(f"the archive {name} is locked by another program; try again when it is done")
    if isinstance(error, psycopg.errors.DiskFull):
        return ArchiveError(f"the disk of the archive {name} is full; make room, the service goes on by itself")
    if isinstance(error, (psycopg.OperationalError, PoolTimeout)):
        return ArchiveError(
            f"the archive {name} cannot be reached ({error}); check that PostgreSQL runs and the address is right"
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return ArchiveError(f"the archive {name} does not let us in ({error}); grant its owner's rights to our user")
    return ArchiveError(f"the archive {name} could not answer: {error}")
