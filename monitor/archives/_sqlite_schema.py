"""Brings a SQLite file up to date: what it has, what it lacks, a backup before anything is changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from monitor.archives import _sqlite_index as index
from monitor.archives._sqlite_connection import MEMORY, Connections
from monitor.core.words import text
from monitor.errors import ArchiveTooNew

MIGRATIONS = ["m001_first", "m002_bytes_of_vectors"]
"""The names of all migrations in order, so that a file that is up to date is known without loading them."""


def prepare(connections: Connections) -> None:
    """Bring a file up to date: a backup beside it first, then the missing migrations, then the index when the analysis changed.

    Raises:
        ArchiveTooNew: a newer release wrote the file.
    """
    with connections.read() as db:
        applied = _applied(db)
        if unknown := [name for name in applied if name not in MIGRATIONS]:
            raise ArchiveTooNew(
                f"the archive {connections.path} was written by a newer release (it has {unknown[-1]}, this release ends with "
                f"{MIGRATIONS[-1]}); install that release or restore a backup"
            )
        is_current = applied == MIGRATIONS
        if is_current and _analysis(db) == text.REVISION:
            return
        if applied and not is_current:
            _back_up(db, connections.path, applied[-1])
    with connections.write() as db:
        if not is_current:
            _migrate(db)
        _reindex(db)


def _applied(db: sqlite3.Connection) -> list[str]:
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone():
        return []
    rows = db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'monitor' ORDER BY id")
    return [row[0] for row in rows]


def _migrate(db: sqlite3.Connection) -> None:
    # Slow to load, and needed only when a file is made or brought up to date.
    from sqlite_utils import Database  # noqa: PLC0415

    from monitor.archives._sqlite_migrations import migrations  # noqa: PLC0415

    migrations.apply(Database(db))


def _back_up(db: sqlite3.Connection, path: str, last: str) -> None:
    if path == MEMORY:
        return
    with closing(sqlite3.connect(f"{path}.before-{last}.bak")) as copy:
        db.backup(copy)


def _analysis(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT value FROM meta WHERE name = 'analysis'").fetchone()
    return int(row[0]) if row else 0


def _reindex(db: sqlite3.Connection) -> None:
    """Build the full-text index anew when the present analysis of texts differs from the one it was built with."""
    if _analysis(db) == text.REVISION:
        return
    index.rebuild(db)
    db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('analysis', ?)", (str(text.REVISION),))
