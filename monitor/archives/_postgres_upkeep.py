"""Keeping a PostgreSQL archive sound, safe and small."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from monitor.archives import _postgres_words as words
from monitor.archives._postgres_connection import Connections, Db
from monitor.errors import ArchiveError, cannot_be_written

_SEVERAL = 500
_DUMP = "pg_dump"


class PostgresUpkeep:
    """Backup, vacuum, integrity and retention."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def backup(self, path: str) -> int:
        target, part = Path(path), Path(f"{path}.part")
        if target.exists():
            raise ArchiveError(f"the backup {path} exists already; name another file")
        known = conninfo_to_dict(self._connections.url)
        password = str(known.pop("password", None) or "")
        # A password on a command line could be read by everybody on the machine.
        environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
        command = [_DUMP, "--format=custom", f"--file={part}", f"--dbname={make_conninfo('', **known)}"]
        try:
            # Made here, for a missing folder would be taken for a missing program.
            part.write_bytes(b"")
        except OSError as error:
            raise ArchiveError(f"the backup {cannot_be_written(target, error)}") from error
        try:
            subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603  # a fixed program
            part.replace(target)
            return target.stat().st_size
        except FileNotFoundError as error:
            raise ArchiveError(f"{_DUMP} is not here; install the client programs of PostgreSQL, they write backups") from error
        except subprocess.CalledProcessError as error:
            raise ArchiveError(f"the backup {path} cannot be written: {error.stderr.strip()}") from error
        except OSError as error:
            raise ArchiveError(f"the backup {cannot_be_written(target, error)}") from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def vacuum(self) -> int:
        with self._connections.read() as db:
            before = size(db)
            db.execute("VACUUM (ANALYZE)")
            return max(0, before - size(db))

    def problems(self) -> list[str]:
        with self._connections.read() as db:
            found = [
                f"the index {row['name']} is not valid: drop and make it again (REINDEX INDEX {row['name']})"
                for row in db.execute(
                    """
                    SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                    JOIN pg_class t ON t.oid = i.indrelid
                    WHERE NOT i.indisvalid AND t.relnamespace = current_schema()::regnamespace
                    """
                )
            ]
            row = db.execute(
                "SELECT (SELECT count(*) FROM articles) AS stored, (SELECT count(*) FROM words) AS indexed"
            ).fetchone()
            if row and row["stored"] != row["indexed"]:
                found.append(f"{row['stored']} articles are stored and {row['indexed']} are indexed")
            elif row and words.totals(db)[0] != row["indexed"]:
                found.append(f"{words.totals(db)[0]} articles are counted and {row['indexed']} are indexed")
        return found

    def forget(self, articles: Sequence[int]) -> int:
        return sum(self._forget(articles[at : at + _SEVERAL]) for at in range(0, len(articles), _SEVERAL))

    def _forget(self, articles: Sequence[int]) -> int:
        """Forget a few, in a transaction short enough to let others write in between."""
        with self._connections.write() as db:
            told = [article for article in words.stored(db, articles) if article[2]]
            numbers = [article[0] for article in told]
            words.put(db, [(number, title, "", author, language) for number, title, _, author, language in told])
            db.execute("UPDATE texts SET text = '' WHERE article = ANY(%s)", (numbers,))
            db.execute("DELETE FROM revisions WHERE article = ANY(%s)", (numbers,))
            db.execute("DELETE FROM embeddings WHERE article = ANY(%s)", (numbers,))
        return len(told)


def size(db: Db) -> int:
    """Bytes of the database."""
    row = db.execute("SELECT pg_database_size(current_database()) AS bytes").fetchone()
    return int(row["bytes"]) if row else 0
