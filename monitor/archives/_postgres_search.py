"""The query language, run by PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.archives._compile import HAS_TEXT, Compiler, Sql
from monitor.archives._pages import Place
from monitor.archives._postgres_articles import ARTICLE
from monitor.archives._postgres_connection import Connections, Db, numbered
from monitor.archives._postgres_facets import count_facets
from monitor.archives._postgres_source import Source, among, compiler, newer, rank, source
from monitor.archives._rows import by_article, read_article, read_hit
from monitor.archives._values import read_time, time_text
from monitor.core.queries.clauses import Node, Words
from monitor.core.queries.query import Query, asserted, clauses, leaves
from monitor.core.queries.snippets import snippet
from monitor.model import Article, Hit, Statement

_HIT = """
a.id, coalesce(a.story, 0) AS story, a.published, a.seen, a.source,
coalesce((SELECT outlets FROM stories WHERE id = a.story), 1) AS outlets, a.is_backfill,
(SELECT at FROM scores WHERE article = a.id) AS analysed
"""

_FEW = 10_000
"""Articles found that are sorted rather than met on a walk through all of them."""


class PostgresSearch:
    """The query language over articles."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def search(
        self, query: Query, *, now: datetime, limit: int = 50, sort: str = "published", cursor: str = ""
    ) -> tuple[list[Article], int, str]:
        with self._connections.read() as db:
            found = source(compiler(db, query.root, now), query.root)
            order = "relevance" if sort == "relevance" and found.has_words else "seen" if sort == "seen" else "published"
            # The number of articles found is counted once and then travels with the cursor.
            place = Place.read(cursor, order) if cursor else Place(order, time_text(now), 0, _count(db, found))
            ids, following = (_best if order == "relevance" else _newest)(db, found, place, limit)
            rows = db.execute(f"{ARTICLE} WHERE a.id = ANY(%s)", (ids,)).fetchall()
        articles = {row["id"]: read_article(row) for row in rows}
        return [articles[number] for number in ids if number in articles], place.total, following.text if following else ""

    def hits(
        self, query: Query, *, now: datetime, within: Sequence[int] | None = None, since: datetime | None = None
    ) -> list[Hit]:
        limits = [*([] if within is None else [among(within)]), *([] if since is None else [newer(since)])]
        with self._connections.read() as db:
            compiled = compiler(db, query.root, now, limits)
            found = source(compiled, query.root, limits)
            rows = db.execute(found.select(_HIT, "ORDER BY a.seen, a.id"), found.values).fetchall()
            said = _said(db, compiled, query.root, [row["id"] for row in rows])
        return [read_hit(row, said.get(row["id"], ())) for row in rows]

    def with_text(self, query: Query, *, now: datetime) -> list[int]:
        with self._connections.read() as db:
            compiled = compiler(db, query.root, now, [HAS_TEXT])
            found = source(compiled, query.root, [HAS_TEXT])
            return [row["id"] for row in db.execute(found.select("a.id", "ORDER BY a.id"), found.values)]

    def snippets(self, query: Query, articles: Sequence[Article]) -> list[str]:
        words = [leaf for leaf in leaves(query.root) if isinstance(leaf, Words)]
        return [snippet(article.text, words, article.language) for article in articles]

    def facets(self, query: Query, *, now: datetime, names: Sequence[str], limit: int = 20) -> dict[str, list[tuple[str, int]]]:
        with self._connections.read() as db:
            return count_facets(db, source(compiler(db, query.root, now), query.root), names, limit)

    def explain(self, query: Query, article: int, *, now: datetime) -> list[tuple[str, bool]]:
        with self._connections.read() as db:
            # A compiler for each clause: a pattern is looked for only among what the rest of its query finds.
            return [
                (text, _answers(db, compiler(db, node, now, [among([article])]), node, article)) for text, node in clauses(query)
            ]


def _count(db: Db, found: Source) -> int:
    row = db.execute(found.select("count(*) AS n"), found.values).fetchone()
    return int(row["n"]) if row else 0


def _answers(db: Db, compiled: Compiler, node: Node, article: int) -> bool:
    condition = compiled.condition(node)
    asked = numbered(f"SELECT 1 FROM articles a WHERE a.id = ? AND ({condition.text})")
    return db.execute(asked, (article, *condition.values)).fetchone() is not None


def _said(db: Db, compiled: Compiler, root: Node, articles: list[int]) -> dict[int, list[Statement]]:
    """By article, the statements that any statement clause of the query speaks of, negated clauses left out."""
    wanted = [compiled.of_statement(node) for node in asserted(root) if node.is_stance]
    if not wanted or not articles:
        return {}
    conditions = " OR ".join(f"({condition.text})" for condition in wanted)
    values = [value for condition in wanted for value in condition.values]
    asked = f"SELECT s.* FROM statements s WHERE s.article = ANY(?) AND ({conditions}) ORDER BY s.article, s.id"
    return by_article(db.execute(numbered(asked), (articles, *values)).fetchall())


def _newest(db: Db, found: Source, place: Place, limit: int) -> tuple[list[int], Place | None]:
    """Ids newest first from a place on (a place without a number is the beginning), and the next place."""
    # What is found seldom must be found by its words and then sorted: walking through all articles by date takes seconds.
    column = f"(a.{place.order} + interval '0')" if found.has_words and place.total <= _FEW else f"a.{place.order}"
    after = Sql(f"AND ({column}, a.id) < (?, ?)", (place.moment, place.number)) if place.number else Sql("")
    rows = db.execute(
        found.select(f"a.id, {column} AS moment", f"{after.text} ORDER BY {column} DESC, a.id DESC LIMIT ?"),
        (*found.values, *after.values, limit + 1),
    ).fetchall()
    page = rows[:limit]
    is_more = bool(page) and len(rows) > limit
    following = replace(place, moment=time_text(read_time(page[-1]["moment"])), number=page[-1]["id"]) if is_more else None
    return [row["id"] for row in page], following


def _best(db: Db, found: Source, place: Place, limit: int) -> tuple[list[int], Place | None]:
    """Ids best first; the moment of the first page stays, so that ages do not shift between pages."""
    by = rank(db, found, place.moment)
    rows = db.execute(
        found.select(f"a.id, {by.text} AS rank", "ORDER BY rank, a.id DESC LIMIT ? OFFSET ?"),
        (*by.values, *found.values, limit + 1, place.number),
    ).fetchall()
    following = replace(place, number=place.number + limit) if len(rows) > limit else None
    return [row["id"] for row in rows[:limit]], following
