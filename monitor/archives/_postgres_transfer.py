"""Whole tables of the PostgreSQL archive, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.archives import _postgres_words as words
from monitor.archives._postgres_connection import Connections, copy
from monitor.archives._transfer import BY_NAME, NUMBERED, TABLES, Row, Table, plain


class PostgresTransfer:
    """Rows in the order of their keys."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def tables(self) -> list[str]:
        return [table.name for table in TABLES]

    def rows(self, table: str, after: Sequence[object], limit: int) -> list[Row]:
        asked = BY_NAME[table]
        places = ", ".join(["%s"] * asked.key)
        since = f"WHERE ({asked.ordered}) > ({places})" if after else ""
        statement: Any = f"SELECT {asked.listed} FROM {table} {since} ORDER BY {asked.ordered} LIMIT %s"
        with self._connections.read() as db:
            found = db.execute(statement, (*after, limit)).fetchall()
        return [plain(asked, [row[column] for column in asked.columns]) for row in found]

    def put(self, table: str, rows: Sequence[Row]) -> None:
        asked = BY_NAME[table]
        made: Any = f"CREATE TEMP TABLE arriving (LIKE {table}) ON COMMIT DROP"
        # Some columns are numbered by the table itself and not copied.
        loose: Any = _loosened(asked)
        taken: Any = f"INSERT INTO {table} ({asked.listed}) SELECT {asked.listed} FROM arriving ON CONFLICT DO NOTHING"
        with self._connections.write() as db:
            db.execute(made)
            db.execute(loose)
            copy(db, "arriving", asked.listed, [_values(asked, row) for row in rows])
            db.execute(taken)
            if table == "texts":
                words.put(db, words.stored(db, [row[0] for row in rows]))

    def key(self, table: str, row: Row) -> list[object]:
        return row[: BY_NAME[table].key]

    def settle(self) -> None:
        """Let numbering go on after the highest number copied."""
        with self._connections.write() as db:
            for table in NUMBERED:
                column = BY_NAME[table].columns[0]
                asked: Any = (
                    f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), "
                    f"(SELECT coalesce(max({column}), 0) + 1 FROM {table}), FALSE)"
                )
                db.execute(asked)


def _loosened(table: Table) -> str:
    return "ALTER TABLE arriving ALTER COLUMN number DROP NOT NULL" if table.name == "alerts" else "SELECT 1"


def _values(table: Table, row: Row) -> list[object]:
    return [
        bool(value)
        if column in table.truths and value is not None
        else bytes.fromhex(value)
        if column in table.vectors and value is not None
        else value
        for column, value in zip(table.columns, row, strict=True)
    ]
