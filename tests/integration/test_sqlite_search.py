"""The SQL of every query is held against the reference reading of the language."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.archives import sqlite
from monitor.core.queries.clauses import And, Not, Or
from monitor.core.queries.query import parse
from tests.queries import NOW, documents, queries, store
from tests.query_reference import answers


@settings(deadline=None, max_examples=60)
@given(st.lists(documents(), min_size=1, max_size=6), st.lists(queries, min_size=1, max_size=12))
def test_sql_agrees_with_the_reference(given_documents, texts):
    archive = sqlite.build(sqlite.Config(path=":memory:"))
    stored = store(archive, given_documents)
    languages = sorted({(one.article.language or "").split("-")[0] for one in stored})
    for text in texts:
        query = parse(text)
        expected = {one.article.id for one in stored if answers(query.root, one, languages, NOW)}
        page, total, _ = archive.search.search(query, now=NOW)
        assert {one.id for one in page} == expected, text
        assert total == len(expected)
        assert {one.id for one in archive.search.search(query, now=NOW, sort="relevance")[0]} == expected, text
        within = [one.article.id for one in stored if one.article.id % 2]
        assert {hit.article for hit in archive.search.hits(query, now=NOW, within=within)} == expected & set(within), text
        assert {hit.article for hit in archive.search.hits(query, now=NOW)} == expected, text
        assert sum(number for _, number in archive.search.facets(query, now=NOW, names=["source"])["source"]) == len(expected)
        if not isinstance(query.root, (And, Or, Not)):
            explained = archive.search.explain(query, stored[0].article.id, now=NOW)
            assert explained[-1][1] == (stored[0].article.id in expected), text
    archive.close()
