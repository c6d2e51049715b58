"""Whole tables of the SQLite archive, read and written."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.archives import _sqlite_index as index
from monitor.archives._sqlite_connection import Connections
from monitor.archives._transfer import BY_NAME, TABLES, Row, plain


class SqliteTransfer:
    """Rows in the order of their keys."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def tables(self) -> list[str]:
        return [table.name for table in TABLES]

    def rows(self, table: str, after: Sequence[object], limit: int) -> list[Row]:
        asked = BY_NAME[table]
        places = ", ".join("?" * asked.key)
        since = f"WHERE ({asked.ordered}) > ({places})" if after else ""
        with self._connections.read() as db:
            found = db.execute(
                f"SELECT {asked.listed} FROM {table} {since} ORDER BY {asked.ordered} LIMIT ?", (*after, limit)
            ).fetchall()
        return [plain(asked, tuple(row)) for row in found]

    def put(self, table: str, rows: Sequence[Row]) -> None:
        asked = BY_NAME[table]
        vectors = [at for at, column in enumerate(asked.columns) if column in asked.vectors]
        with self._connections.write() as db:
            db.executemany(
                f"INSERT OR IGNORE INTO {table} ({asked.listed}) VALUES ({', '.join('?' * len(asked.columns))})",
                [[bytes.fromhex(value) if at in vectors and value else value for at, value in enumerate(row)] for row in rows],
            )
            if table == "texts":
                index.put(db, index.stored(db, [row[0] for row in rows]))

    def key(self, table: str, row: Row) -> list[object]:
        return row[: BY_NAME[table].key]

    def settle(self) -> None:
        """Nothing is left to do: the next number is always one more than the highest."""
