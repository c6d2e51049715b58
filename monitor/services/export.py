"""Articles on their way out: comma-separated values, one JSON object a line, Parquet, or a SQLite file of their own."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from monitor.core.queries.query import Query
from monitor.errors import ConfigError, MonitorError, Problem, cannot_be_written, how_to_install
from monitor.ports import Archive
from monitor.services.search import Found, everything, facts

COLUMNS = (
    "id",
    "published",
    "seen",
    "source",
    "feed",
    "language",
    "author",
    "title",
    "url",
    "story",
    "topics",
    "statements",
    "text",
)
FORMATS = ("csv", "ndjson", "parquet", "sqlite")
_SEVERAL = 1000

Progress = Callable[[int, int], None]
"""(articles written, articles in all)."""


def export(
    archive: Archive, query: Query, now: datetime, form: str, path: Path, note: Progress = lambda _done, _all: None
) -> int:
    """Write every article that a query finds to a new file, newest seen first; how many.

    Raises:
        ConfigError: the form is unknown, the file exists, or Parquet is asked for and not installed.
        MonitorError: the file cannot be written.
    """
    if form not in FORMATS:
        raise ConfigError([Problem(f"--format: {form} is none of {', '.join(FORMATS)}")])
    found = _noted(everything(archive, query, now), note)
    part = path.with_name(path.name + ".part")
    try:
        if path.exists():
            raise ConfigError([Problem(f"{path} exists already", hint="name another file")])
        # SQLite would not say why a file cannot be made; all forms take an empty one.
        part.write_bytes(b"")
        count = _write(found, form, part)
        part.replace(path)
    except OSError as error:
        raise MonitorError(cannot_be_written(path, error)) from error
    except sqlite3.Error as error:
        raise MonitorError(f"{path} cannot be written: {error}; see whether its disk is full") from error
    finally:
        with suppress(OSError):
            part.unlink()
    return count


def write_csv(found: Iterable[Found], out: TextIO) -> int:
    """A heading and one row for each article; several topics or statements share a cell, one a line. How many."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for one in found:
        values = _flat(one)
        writer.writerow([_inert(values[column]) for column in COLUMNS])
        count += 1
    return count


def write_ndjson(found: Iterable[Found], out: TextIO) -> int:
    """One JSON object a line; how many."""
    count = 0
    for one in found:
        out.write(json.dumps({**facts(one), "text": one.article.text}, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write(found: Iterable[Found], form: str, path: Path) -> int:
    if form == "parquet":
        return _write_parquet(found, path)
    if form == "sqlite":
        return _write_sqlite(found, path)
    with path.open("w", encoding="utf-8", newline="") as out:
        return write_csv(found, out) if form == "csv" else write_ndjson(found, out)


def _write_parquet(found: Iterable[Found], path: Path) -> int:
    try:
        pa, pq = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigError([Problem("Parquet needs pyarrow", hint=how_to_install("parquet"))]) from error
    text = {column: pa.string() for column in COLUMNS if column not in {"id", "story"}}
    schema = pa.schema([(column, text.get(column, pa.int64())) for column in COLUMNS])
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        for batch in _batches(found):
            rows = [{**_flat(one), "statements": json.dumps(facts(one)["statements"], ensure_ascii=False)} for one in batch]
            writer.write_table(pa.Table.from_pylist([{column: row[column] for column in COLUMNS} for row in rows], schema=schema))
            count += len(batch)
    return count


def _write_sqlite(found: Iterable[Found], path: Path) -> int:
    from sqlite_utils import Database  # noqa: PLC0415  # slow to load

    count = 0
    with closing(sqlite3.connect(path)) as connection:
        database = Database(connection)
        for batch in _batches(found):
            rows = [{key: value for key, value in _flat(one).items() if key in COLUMNS and key != "statements"} for one in batch]
            said = [{"article": one.article.id, **statement} for one in batch for statement in facts(one)["statements"]]
            with database.atomic():
                database.table("articles").insert_all(rows, pk="id", alter=True)
                if said:
                    database.table("statements").insert_all(said, foreign_keys=[("article", "articles", "id")])
            count += len(batch)
    return count


def _flat(found: Found) -> dict[str, Any]:
    values = facts(found)
    values["topics"] = "\n".join(f"{topic} {relevance}" for topic, relevance in values["topics"].items())
    values["statements"] = "\n".join(_said(statement) for statement in values["statements"])
    return {**values, "text": found.article.text}


def _said(statement: Mapping[str, Any]) -> str:
    said = f"{statement['holder']} {statement['stance']} {statement['confidence']} ({statement['topic']}, {statement['voice']})"
    return f"{said}: {statement['evidence']}" if statement["evidence"] else said


def _inert(value: Any) -> Any:
    # A spreadsheet takes a cell that begins like this for a formula, and the news is written by strangers.
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    remaining = iter(found)
    while batch := list(islice(remaining, _SEVERAL)):
        yield batch


def _noted(found: Iterable[tuple[Found, int]], note: Progress) -> Iterator[Found]:
    for done, (one, total) in enumerate(found, 1):
        yield one
        note(done, total)
