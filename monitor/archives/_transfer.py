"""Whole tables as rows that any archive can read and write, for moving from one to another.

A row is a list of plain values in the order of its table's columns: times are ISO-8601 text, truth is 0 or 1, JSON is compact
text, vectors are hexadecimal text. Tables are read in the order of a key, so that a copy broken off goes on where it ended.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from monitor.archives._values import read_time, time_text

Row: TypeAlias = list[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns (those of the key first), how many of them are the key, and which hold what needs translating."""

    name: str
    columns: tuple[str, ...]
    key: int = 1
    times: frozenset[str] = frozenset()
    truths: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    vectors: frozenset[str] = frozenset()

    @property
    def listed(self) -> str:
        """The columns as SQL names them."""
        return ", ".join(f'"{column}"' for column in self.columns)

    @property
    def ordered(self) -> str:
        """The columns of the key as SQL names them."""
        return ", ".join(f'"{column}"' for column in self.columns[: self.key])


def _table(name: str, columns: str, key: int = 1, **kinds: str) -> Table:
    return Table(name, tuple(columns.split()), key, **{kind: frozenset(named.split()) for kind, named in kinds.items()})


TABLES = (
    _table("languages", "tag"),
    _table(
        "feeds",
        "id url name tags language interval full_text is_enabled owner identity is_configured next_due state",
        times="next_due",
        truths="full_text is_enabled is_configured",
        documents="tags state",
    ),
    _table("fetches", "id feed at status reason error is_unchanged bytes new seconds", times="at", truths="is_unchanged"),
    _table("stories", "id title first_published last_published outlets", times="first_published last_published"),
    _table(
        "articles",
        "id feed source language published seen story is_backfill is_waiting revision content_hash tags author url title",
        times="published seen",
        truths="is_backfill is_waiting",
        documents="tags",
    ),
    _table("texts", "article text"),
    _table("article_keys", "feed key article rank", 2),
    _table("article_tags", "tag article", 2),
    _table("revisions", "article revision title text content_hash replaced", 2, times="replaced"),
    _table("failures", "article attempts error is_quarantined", truths="is_quarantined"),
    _table("scores", "article language model error at", times="at"),
    _table("embeddings", "article vector", vectors="vector"),
    _table("relevances", "article topic probability is_relevant", 2, truths="is_relevant"),
    _table(
        "statements",
        "id article topic holder stance confidence favor against neutral voice is_found relevance is_relevant evidence start end "
        "part model",
        truths="is_found is_relevant",
    ),
    _table("rule_states", "rule state", documents="state"),
    _table(
        "alerts",
        "id rule group story title why created severity thread statements details",
        times="created",
        documents="statements details",
    ),
    _table("alert_articles", "alert article place", 2),
    _table(
        "deliveries",
        "number id alert receiver state attempts due leased_until settled last_error remote_id remaining refused",
        times="due leased_until settled",
        documents="remaining refused",
    ),
    _table("suppressions", "id rule group reason at article note", times="at"),
    _table("silences", "id query until comment created", times="until created"),
    _table("labels", "id article label topic holder at author", times="at"),
)
"""In an order in which every row comes after those it names."""
BY_NAME = {table.name: table for table in TABLES}
NUMBERED = ("fetches", "stories", "articles", "statements", "deliveries", "suppressions", "silences", "labels")
"""Tables that number their rows; the next number must come after the highest one copied."""


def plain(table: Table, values: Sequence[Any]) -> Row:
    """A row as any archive gives it, as plain values."""
    return [_plain(table, column, value) for column, value in zip(table.columns, values, strict=True)]


def _plain(table: Table, column: str, value: Any) -> Any:
    if value is None:
        return None
    if column in table.times:
        return time_text(read_time(value))
    if column in table.truths:
        return int(value)
    if column in table.documents:
        stored = json.loads(value) if isinstance(value, str) else value
        return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    if column in table.vectors:
        return bytes(value).hex()
    if isinstance(value, datetime):
        raise TypeError(f"{table.name}.{column} is a time that nobody named as one")
    return value
