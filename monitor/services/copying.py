"""Moves a whole archive into another, table by table; what was broken off goes on where it ended, and all of it is compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from monitor.errors import ArchiveError
from monitor.ports import Archive, Transfer

AT_ONCE = 500
_NOTE = "archive copy"
"""The name under which the target remembers how far the copy has come."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One table: rows copied by this run, rows in all, and the checksum both archives agree on."""

    table: str
    new: int
    rows: int
    checksum: str


Progress = Callable[[str, int], None]


def copy_archive(source: Archive, target: Archive, on_progress: Progress, *, at_once: int = AT_ONCE) -> list[Copied]:
    """Copy everything and compare it; the source should be at rest, so that both sides say the same.

    Raises:
        ArchiveError: the target holds something else, or does not hold what was copied.
    """
    done = _begin(source, target)
    new = {}
    for table in source.transfer.tables():
        if table != "rule_states":
            new[table] = _copy(table, source.transfer, target, done, on_progress, at_once)
    target.transfer.settle()
    new["rule_states"] = _copy("rule_states", source.transfer, target, done, on_progress, at_once)
    return [_compare(table, source.transfer, target.transfer, new[table]) for table in source.transfer.tables()]


def _begin(source: Archive, target: Archive) -> dict[str, list[object]]:
    """How far an earlier run came: table -> the key of the last row."""
    done: dict[str, list[object]] = target.states.load(_NOTE)
    if not done and target.stats()["articles"]:
        raise ArchiveError("the target holds articles that no copy brought; copy into an archive that is new")
    if source.transfer.tables() != target.transfer.tables():
        raise ArchiveError("the two archives are not of one release; open both with this one first")
    return done


def _copy(
    table: str, source: Transfer, target: Archive, done: dict[str, list[object]], on_progress: Progress, at_once: int
) -> int:
    new = 0
    after = done.get(table, [])
    while rows := source.rows(table, after, at_once):
        after = done[table] = source.key(table, rows[-1])
        with target.transaction():
            target.transfer.put(table, rows)
            target.states.save(_NOTE, done)
        new += len(rows)
        on_progress(table, new)
    return new


def _compare(table: str, source: Transfer, target: Transfer, new: int) -> Copied:
    rows, checksum = _sum(table, source)
    if (rows, checksum) != _sum(table, target):
        raise ArchiveError(f"the table {table} differs after copying; was the source still written to? Copy into a new archive")
    return Copied(table, new, rows, checksum)


def _sum(table: str, transfer: Transfer) -> tuple[int, str]:
    told, number = hashlib.sha256(), 0
    after: list[object] = []
    while rows := transfer.rows(table, after, AT_ONCE):
        after = transfer.key(table, rows[-1])
        for row in rows:
            # The copy's own note is no part of what is copied.
            if table != "rule_states" or row[0] != _NOTE:
                told.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
                number += 1
    return number, told.hexdigest()
