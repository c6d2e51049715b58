"""Articles as lines: comma-separated values and one JSON object a line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from monitor.services.search import Found

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
    "snippet",
)


def write_csv(found: Iterable[Found], out: TextIO) -> None:
    """A heading and one row for each article; several topics or statements share a cell, one a line."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(row(one) for one in found)


def write_ndjson(found: Iterable[Found], out: TextIO) -> None:
    """One JSON object a line."""
    from monitor.services.search import facts

    out.writelines(json.dumps(facts(one), ensure_ascii=False) + "\n" for one in found)


def row(found: Found) -> list[Any]:
    """The cells of one article, in the order of COLUMNS."""
    from monitor.services.search import facts

    values = facts(found)
    values["topics"] = "\n".join(f"{topic} {relevance}" for topic, relevance in values["topics"].items())
    values["statements"] = "\n".join(_statement(statement) for statement in values["statements"])
    return [_inert(values[column]) for column in COLUMNS]


def _statement(statement: dict[str, Any]) -> str:
    said = f"{statement['holder']} {statement['stance']} {statement['confidence']} ({statement['topic']}, {statement['voice']})"
    return f"{said}: {statement['evidence']}" if statement["evidence"] else said


def _inert(value: Any) -> Any:
    # A spreadsheet takes a cell that begins like this for a formula, and the news is written by strangers.
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
