"""How many of the articles that a query finds fall to each topic, stance, holder, source, language and day."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from monitor.archives._sqlite_source import Source

_DAY = "substr(a.published, 1, 10)"
_OF_ARTICLES = {"source": "a.source", "language": "coalesce(a.language, '')", "day": _DAY}
_OF_FOUND = {
    "source": "SELECT source, count(*) FROM found GROUP BY 1",
    "language": "SELECT language, count(*) FROM found GROUP BY 1",
    "day": "SELECT day, count(*) FROM found GROUP BY 1",
    "topic": "SELECT r.topic, count(*) FROM found f JOIN relevances r ON r.article = f.id WHERE r.is_relevant = 1 GROUP BY 1",
    "stance": """SELECT s.stance, count(DISTINCT s.article) FROM found f JOIN statements s ON s.article = f.id
      WHERE s.is_relevant = 1 GROUP BY 1""",
    "holder": """SELECT s.holder, count(DISTINCT s.article) FROM found f JOIN statements s ON s.article = f.id
      WHERE s.is_relevant = 1 GROUP BY 1""",
}
_OF_EVERYTHING = {
    "source": "SELECT source, count(*) FROM articles GROUP BY 1",
    "language": "SELECT coalesce(language, ''), count(*) FROM articles GROUP BY language",
    # From the newest day back, no further than is shown: T stands between day and hour, and U comes after it.
    "day": """
      WITH RECURSIVE days (day) AS (
        SELECT substr(max(published), 1, 10) FROM articles UNION ALL
        SELECT (SELECT substr(max(published), 1, 10) FROM articles WHERE published < day) FROM days WHERE day IS NOT NULL
      )
      SELECT day, (SELECT count(*) FROM articles WHERE published >= day AND published < day || 'U')
      FROM (SELECT day FROM days WHERE day IS NOT NULL LIMIT {limit})
    """,
    "topic": "SELECT topic, count(*) FROM relevances WHERE is_relevant = 1 GROUP BY 1",
    "stance": "SELECT stance, count(DISTINCT article) FROM statements WHERE is_relevant = 1 GROUP BY 1",
    "holder": "SELECT holder, count(DISTINCT article) FROM statements WHERE is_relevant = 1 GROUP BY 1",
}


def count_facets(db: sqlite3.Connection, found: Source, names: Sequence[str], limit: int) -> dict[str, list[tuple[str, int]]]:
    """For each facet asked for, (value, number of articles), most first; days newest first. The articles are found once."""
    known = [name for name in dict.fromkeys(names) if name in _OF_FOUND]
    counted: dict[str, list[tuple[str, int]]] = {name: [] for name in known}
    if not known:
        return counted
    counts = _OF_EVERYTHING if found.is_everything else _OF_FOUND
    parts = [
        f"SELECT * FROM (SELECT '{name}', * FROM ({counts[name].format(limit=int(limit))}) ORDER BY {_order(name)} LIMIT ?)"
        for name in known
    ]
    # Everything is counted from indexes alone; anything else is put aside once and counted from there.
    aside = "" if found.is_everything else f"WITH found AS MATERIALIZED (SELECT a.id, {_columns(known)} {found.text}) "
    values = (*(() if found.is_everything else found.values), *(limit for _ in known))
    for name, value, number in db.execute(aside + " UNION ALL ".join(parts), values):
        counted[name].append((value, number))
    return counted


def _columns(names: Sequence[str]) -> str:
    return ", ".join(f"{column if name in names else 'NULL'} AS {name}" for name, column in _OF_ARTICLES.items())


def _order(name: str) -> str:
    return "2 DESC" if name == "day" else "3 DESC, 2"
