"""Pages of what a query finds in SQLite: newest first, from the newest articles alone where they are enough; or best first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import TypeAlias

from monitor.archives._compile import Sql
from monitor.archives._pages import Place
from monitor.archives._sqlite_source import Source
from monitor.archives._values import time_text

_RANK = "bm25(words, 4.0, 1.0) * (0.4 + 0.6 / (1 + max(0, julianday(?) - julianday(a.published)) / 30.0))"
"""Smaller is better: the weight of the words, full for what is new and two fifths of it for what is very old."""
_FEW = 500
"""So few found articles are read at once and sorted faster than they are counted first."""
_WIDER = 8
_MOST_STRAYS = 64

_Row: TypeAlias = tuple[int, str]
"""(id, moment)."""


def page(
    db: sqlite3.Connection, found: Source, *, order: str, now: datetime, limit: int, cursor: str
) -> tuple[list[int], int, str]:
    """Ids of a page, how many articles are found in all, and the cursor of the next page, "" when there is none.

    Raises:
        QueryError: the cursor belongs to another search.
    """
    if not cursor and order != "relevance" and (every := _few(db, found, order)) is not None:
        place = Place(order, time_text(now), 0, len(every))
        ids, following = _cut(every[: limit + 1], place, limit)
    else:
        # The number of articles found is counted once and then travels with the cursor.
        place = Place.read(cursor, order) if cursor else Place(order, time_text(now), 0, _count(db, found))
        ids, following = (_best if order == "relevance" else _newest)(db, found, place, limit)
    return ids, place.total, following.text if following else ""


def _count(db: sqlite3.Connection, found: Source) -> int:
    return int(db.execute(f"SELECT count(*) {found.bare}", found.values).fetchone()[0])


def _few(db: sqlite3.Connection, found: Source, order: str) -> list[_Row] | None:
    """Everything found, newest first, where it is little: found, counted and sorted at once. None where it is much."""
    rows = db.execute(f"SELECT a.id, a.{order} {found.text} LIMIT ?", (*found.values, _FEW + 1)).fetchall()
    return _sorted(rows) if len(rows) <= _FEW else None


def _newest(db: sqlite3.Connection, found: Source, place: Place, limit: int) -> tuple[list[int], Place | None]:
    """Ids newest first from a place on (a place without a number is the beginning), and the next place."""
    column = f"a.{place.order}"
    after = Sql(f" AND ({column}, a.id) < (?, ?)", (place.moment, place.number)) if place.number else Sql("")
    rows = _among_newest(db, found, place, after, limit + 1)
    if rows is None:
        rows = db.execute(
            f"SELECT a.id, {column} {found.text}{after.text} ORDER BY {column} DESC, a.id DESC LIMIT ?",
            (*found.values, *after.values, limit + 1),
        ).fetchall()
    return _cut(rows, place, limit)


def _cut(rows: Sequence[_Row], place: Place, limit: int) -> tuple[list[int], Place | None]:
    """The ids of a page out of one row more than it holds, and the place after it when there is that row."""
    shown = rows[:limit]
    following = replace(place, moment=shown[-1][1], number=shown[-1][0]) if shown and len(rows) > limit else None
    return [row[0] for row in shown], following


def _sorted(rows: Iterable[_Row]) -> list[_Row]:
    return sorted(((row[0], row[1]) for row in rows), key=itemgetter(1, 0), reverse=True)


def _best(db: sqlite3.Connection, found: Source, place: Place, limit: int) -> tuple[list[int], Place | None]:
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
    if found.is_everything or place.total <= _FEW:
        return None
    held = int(db.execute("SELECT max(id) FROM articles").fetchone()[0])
    stretch = 2 * wanted * held // place.total + wanted
    # A stretch longer than what is found would take longer than sorting what is found.
    while stretch < place.total and _WIDER * stretch < held:
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
            row
            for part in parts
            for row in db.execute(
                f"SELECT a.id, {column} {part.text}{last.text} ORDER BY {column} DESC, a.id DESC LIMIT ?",
                (*part.values, *last.values, wanted),
            )
        ]
        if len(rows) >= wanted or not parts:
            return _sorted(rows)[:wanted] if parts else None
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
