"""Keeping a SQLite archive sound, safe and small."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from monitor.archives import _sqlite_index as index
from monitor.archives._sqlite_connection import Connections
from monitor.errors import ArchiveError, cannot_be_written

_SEVERAL = 500
_MOST_PROBLEMS = 20
_UNWRITTEN = ("SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC")


class SqliteUpkeep:
    """Backup, vacuum, integrity and retention."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def backup(self, path: str) -> int:
        target, part = Path(path), Path(f"{path}.part")
        if target.exists():
            raise ArchiveError(f"the backup {path} exists already; name another file")
        try:
            # SQLite fills an empty file, and does not say why it cannot make one.
            part.write_bytes(b"")
            with self._connections.read() as db:
                _copy(db, part, path)
            part.replace(target)
            return target.stat().st_size
        except OSError as error:
            raise ArchiveError(f"the backup {cannot_be_written(target, error)}") from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def vacuum(self) -> int:
        with self._connections.write() as db:
            before = _bytes(db)
            db.execute("INSERT INTO words (words) VALUES ('optimize')")
        with self._connections.read() as db:
            db.execute("PRAGMA analysis_limit = 1000")
            db.execute("ANALYZE")
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return max(0, before - _bytes(db))

    def problems(self) -> list[str]:
        with self._connections.read() as db:
            found = [str(row[0]) for row in db.execute(f"PRAGMA quick_check({_MOST_PROBLEMS})") if row[0] != "ok"]
            for row in db.execute("PRAGMA foreign_key_check").fetchmany(_MOST_PROBLEMS):
                found.append(f"{row[0]} {row[1]} names a missing row of {row[2]}")  # noqa: PERF401  # three checks, one list
            articles, indexed = db.execute(
                "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM words_docsize)"
            ).fetchone()
            if articles != indexed:
                found.append(f"{articles} articles are stored and {indexed} are indexed")
            found += _index_problems(db)
        return found

    def forget(self, articles: Sequence[int]) -> int:
        return sum(self._forget(articles[at : at + _SEVERAL]) for at in range(0, len(articles), _SEVERAL))

    def _forget(self, articles: Sequence[int]) -> int:
        """Forget a few, in a transaction short enough to let others write in between."""
        with self._connections.write() as db:
            told = [article for article in index.stored(db, articles) if article[2]]
            index.take(db, told)
            index.put(db, [(number, title, "", author, language) for number, title, _, author, language in told])
            numbers = [(article[0],) for article in told]
            db.executemany("UPDATE texts SET text = '' WHERE article = ?", numbers)
            db.executemany("DELETE FROM revisions WHERE article = ?", numbers)
            db.executemany("DELETE FROM embeddings WHERE article = ?", numbers)
        return len(told)


def _copy(db: sqlite3.Connection, part: Path, path: str) -> None:
    try:
        db.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.Error as error:
        # The archive itself is only read, so what cannot be written is the copy.
        if (error.sqlite_errorname or "").startswith(_UNWRITTEN):
            message = f"the backup {path} cannot be written: {error}; see whether the disk of {part.parent} is full or failing"
            raise ArchiveError(message) from error
        raise


def _bytes(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA page_count").fetchone()[0] * db.execute("PRAGMA page_size").fetchone()[0])


def _index_problems(db: sqlite3.Connection) -> list[str]:
    try:
        db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        return [f"the full-text index is damaged: {error}"]
    return []
