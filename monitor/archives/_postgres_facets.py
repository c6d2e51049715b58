"""How many of the articles that a query finds fall to each topic, stance, holder, source, language and day, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.archives._postgres_connection import Db, numbered
from monitor.archives._postgres_source import Source

_DAY = "to_char(published AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
# Names that differ in the size of A to Z only are one holder.
_HOLDERS = (
    "SELECT min(s.holder) AS value, count(DISTINCT s.article) AS number FROM {} WHERE s.is_relevant GROUP BY lower(s.holder)"
)
_STANCES = "SELECT s.stance AS value, count(DISTINCT s.article) AS number FROM {} WHERE s.is_relevant GROUP BY 1"
_TOPICS = "SELECT r.topic AS value, count(*) AS number FROM {} WHERE r.is_relevant GROUP BY 1"
_SAID, _ABOUT = "found f JOIN statements s ON s.article = f.id", "found f JOIN relevances r ON r.article = f.id"
_OF_FOUND = {
    "source": "SELECT source AS value, count(*) AS number FROM found GROUP BY 1",
    "language": "SELECT coalesce(language, '') AS value, count(*) AS number FROM found GROUP BY 1",
    "day": f"SELECT {_DAY} AS value, count(*) AS number FROM found GROUP BY 1",
    "topic": _TOPICS.format(_ABOUT),
    "stance": _STANCES.format(_SAID),
    "holder": _HOLDERS.format(_SAID),
}
_OF_EVERYTHING = {
    "source": "SELECT source AS value, count(*) AS number FROM articles GROUP BY 1",
    "language": "SELECT coalesce(language, '') AS value, count(*) AS number FROM articles GROUP BY 1",
    "day": f"SELECT {_DAY} AS value, count(*) AS number FROM articles GROUP BY 1",
    "topic": _TOPICS.format("relevances r"),
    "stance": _STANCES.format("statements s"),
    "holder": _HOLDERS.format("statements s"),
}


def count_facets(db: Db, found: Source, names: Sequence[str], limit: int) -> dict[str, list[tuple[str, int]]]:
    """For each facet asked for, (value, number of articles), most first; days newest first. The articles are found once."""
    known = [name for name in dict.fromkeys(names) if name in _OF_FOUND]
    counted: dict[str, list[tuple[str, int]]] = {name: [] for name in known}
    if not known:
        return counted
    counts = _OF_EVERYTHING if found.is_everything else _OF_FOUND
    parts = [f"(SELECT '{name}' AS facet, * FROM ({counts[name]}) x ORDER BY {_order(name)} LIMIT ?)" for name in known]
    aside = (
        ""
        if found.is_everything
        else f"WITH found AS MATERIALIZED (SELECT a.id, a.source, a.language, a.published {found.text}) "
    )
    values = (*(() if found.is_everything else found.values), *(limit for _ in known))
    for row in db.execute(numbered(aside + " UNION ALL ".join(parts)), values):
        counted[row["facet"]].append((row["value"], row["number"]))
    return counted


def _order(name: str) -> str:
    return "value DESC" if name == "day" else 'number DESC, lower(value) COLLATE "C"'
