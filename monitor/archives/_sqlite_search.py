"""The query language, run by SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.archives import _sqlite_index as index
from monitor.archives._compile import HAS_TEXT, Compiler
from monitor.archives._rows import by_article, read_article, read_hit
from monitor.archives._sqlite_articles import ARTICLE
from monitor.archives._sqlite_connection import Connections
from monitor.archives._sqlite_facets import count_facets
from monitor.archives._sqlite_pages import page
from monitor.archives._sqlite_source import among, compiler, first_since, newer, source
from monitor.core.queries.clauses import Node, Words
from monitor.core.queries.query import Query, asserted, clauses, leaves
from monitor.core.queries.snippets import snippet
from monitor.model import Article, Hit, Statement

_MOST_IN_A_BATCH = 5000


class SqliteSearch:
    """The query language over articles."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def search(
        self, query: Query, *, now: datetime, limit: int = 50, sort: str = "published", cursor: str = ""
    ) -> tuple[list[Article], int, str]:
        with self._connections.read() as db:
            found = source(compiler(db, now).conditions(query.root))
            order = "relevance" if sort == "relevance" and found.has_words else "seen" if sort == "seen" else "published"
            ids, total, following = page(db, found, order=order, now=now, limit=limit, cursor=cursor)
            rows = db.execute(f"{ARTICLE} WHERE a.id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)).fetchall()
        articles = {row["id"]: read_article(row) for row in rows}
        return [articles[number] for number in ids], total, following

    def hits(
        self, query: Query, *, now: datetime, within: Sequence[int] | None = None, since: datetime | None = None
    ) -> list[Hit]:
        limits = [*([] if within is None else [among(within)]), *([] if since is None else [newer(since)])]
        is_batch = within is not None and len(within) <= _MOST_IN_A_BATCH
        table = index.BATCH if is_batch else index.EVERYTHING
        with self._connections.read() as db:
            if is_batch and _has_words(query):
                index.batch(db, within or ())
            compiled = compiler(db, now, table)
            conditions = compiled.conditions(query.root)
            first = first_since(db, since) if since and conditions.match and not is_batch else 0
            found = source(conditions, limits, table, first)
            rows = db.execute(
                f"""
                SELECT a.id, coalesce(a.story, 0) AS story, a.published, a.seen, a.source,
                  coalesce((SELECT outlets FROM stories WHERE id = a.story), 1) AS outlets, a.is_backfill,
                  (SELECT at FROM scores WHERE article = a.id) AS analysed
                {found.text} ORDER BY a.seen, a.id
                """,
                found.values,
            ).fetchall()
            said = _said(db, compiled, query.root, [row[0] for row in rows])
        return [read_hit(row, said.get(row[0], ())) for row in rows]

    def with_text(self, query: Query, *, now: datetime) -> list[int]:
        with self._connections.read() as db:
            found = source(compiler(db, now).conditions(query.root), [HAS_TEXT])
            return [row[0] for row in db.execute(f"SELECT a.id {found.text} ORDER BY a.id", found.values)]

    def snippets(self, query: Query, articles: Sequence[Article]) -> list[str]:
        words = [leaf for leaf in leaves(query.root) if isinstance(leaf, Words)]
        return [snippet(article.text, words, article.language) for article in articles]

    def facets(self, query: Query, *, now: datetime, names: Sequence[str], limit: int = 20) -> dict[str, list[tuple[str, int]]]:
        with self._connections.read() as db:
            return count_facets(db, source(compiler(db, now).conditions(query.root)), names, limit)

    def explain(self, query: Query, article: int, *, now: datetime) -> list[tuple[str, bool]]:
        with self._connections.read() as db:
            index.batch(db, [article])
            compiled = compiler(db, now, index.BATCH)
            return [(text, _answers(db, compiled, node, article)) for text, node in clauses(query)]


def _has_words(query: Query) -> bool:
    return any(isinstance(leaf, Words) for leaf in leaves(query.root))


def _answers(db: sqlite3.Connection, compiled: Compiler, node: Node, article: int) -> bool:
    condition = compiled.condition(node)
    found = db.execute(f"SELECT 1 FROM articles a WHERE a.id = ? AND ({condition.text})", (article, *condition.values))
    return found.fetchone() is not None


# -- hits ------------------------------------------------------------------------------------------------------------


def _said(db: sqlite3.Connection, compiled: Compiler, root: Node, articles: list[int]) -> dict[int, list[Statement]]:
    """By article, the statements that any statement clause of the query speaks of, negated clauses left out."""
    wanted = [compiled.of_statement(node) for node in asserted(root) if node.is_stance]
    if not wanted or not articles:
        return {}
    conditions = " OR ".join(f"({condition.text})" for condition in wanted)
    values = [value for condition in wanted for value in condition.values]
    rows = db.execute(
        f"""
        SELECT s.* FROM statements s INDEXED BY statements_of_article
        WHERE s.article IN (SELECT value FROM json_each(?)) AND ({conditions})
        ORDER BY s.article, s.id
        """,
        (json.dumps(articles), *values),
    )
    return by_article(rows.fetchall())
