"""Pages of what a query finds in SQLite: newest first, from the newest articles alone where they are enough; or best first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from monitor.archives._compile import Sql
from monitor.archives._pages import Place
from monitor.archives._sqlite_source import Source

_RANK = "bm25(words, 4.0, 1.0) * (0.4 + 0.6 / (1 + max(0, julianday(?) - julianday(a.published)) / 30.0))"
"""Smaller is better: the weight of the words, full for what is new and two fifths of it for what is very old."""
_FEW = 500
"""So few found articles are sorted faster than any stretch of new ones is looked through."""
_WIDER = 8
_MOST_STRAYS = 64

_Row: TypeAlias = tuple[int, str]
"""(id, moment)."""


def newest(db: sqlite3.Connection, found: Source, place: Place, limit: int) -> tuple[list[int], Place | None]:
    """Ids newest first from a place on (a place without a number is the beginning), and the next place."""
    column = f"a.{place.order}"
    after = Sql(f" AND ({column}, a.id) < (?, ?)", (place.moment, place.number)) if place.number else Sql("")
    rows = _among_newest(db, found, place, after, limit + 1)
    if rows is None:
        rows = db.execute(
            f"SELECT a.id, {column} {found.text}{after.text} ORDER BY {column} DESC, a.id DESC LIMIT ?",
            (*found.values, *after.values, limit + 1),
        ).fetchall()
    page = rows[:limit]
    following = replace(place, moment=page[-1][1], number=page[-1][0]) if page and len(rows) > limit else None
    return [row[0] for row in page], following


def best(db: sqlite3.Connection, found: Source, place: Place, limit: int) -> tuple[list[int], Place | None]:
    """Ids best first; the moment of the first page stays, so that ages do not shift between pages."""
    rows = db.execute(
        f"SELECT a.id, {_RANK} AS rank {found.text} ORDER BY rank, a.id DESC LIMIT ? OFFSET ?",
        (place.moment, *found.values, limit + 1, place.number),
    ).fetchall()
    following = replace(place, number=place.number + limit) if len(rows) > limit else None
    return [row[0] for row in rows[:limit]], following


def _among_newest(db: sqlite3.Connection, found: Source, place: Place, after: Sql, wanted: int) -> list[_Row] | None:
    """The page, when a stretch of the newest articles that a place leaves holds it; None where it must be looked for in all.

    Common words are found in nearly every article: sorting all of them to show fifty is what takes the time.
    """
    if found.is_everything or place.total < _FEW:
        return None
    held = int(db.execute("SELECT max(id) FROM articles").fetchone()[0])
    stretch = 2 * wanted * held // place.total + wanted
    while _WIDER * stretch < held:
        column = f"a.{place.order}"
        candidates = db.execute(
            f"SELECT a.id, {column} FROM articles a INDEXED BY articles_{place.order} WHERE TRUE{after.text} "
            f"ORDER BY {column} DESC, a.id DESC LIMIT ?",
            (*after.values, stretch),
        ).fetchall()
        if len(candidates) < stretch:
            return None
        last = Sql(f"{after.text} AND ({column}, a.id) >= (?, ?)", (*after.values, candidates[-1][1], candidates[-1][0]))
        parts = list(_parts(found, place, [row[0] for row in candidates], stretch))
        rows = [
            tuple(row)
            for part in parts
            for row in db.execute(
                f"SELECT a.id, {column} {part.text}{last.text} ORDER BY {column} DESC, a.id DESC LIMIT ?",
                (*part.values, *last.values, wanted),
            )
        ]
        if len(rows) >= wanted or not parts:
            return sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)[:wanted] if parts else None
        stretch *= _WIDER
    return None


def _parts(found: Source, place: Place, candidates: list[int], stretch: int) -> Iterator[Sql]:
    """What finds a query's articles among candidates; nothing when too many of them are scattered over the archive.

    Ids grow with time, so the text index is read from one id on. Articles that carry a much later date than their neighbours
    are asked about one by one.
    """
    if not found.has_words:
        yield Sql(found.walked.format(order=place.order), found.values)
        return
    low = max(candidates) - _WIDER * stretch
    strays = [number for number in candidates if number < low]
    if len(strays) > _MOST_STRAYS:
        return
    yield Sql(f"{found.text} AND words.rowid >= ?", (*found.values, max(low, min(candidates))))
    if strays:
        yield Sql(f"{found.text} AND words.rowid IN (SELECT value FROM json_each(?))", (*found.values, json.dumps(strays)))
