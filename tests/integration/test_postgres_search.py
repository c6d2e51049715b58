"""PostgreSQL and SQLite answer every query alike: the same articles in the same order, the same counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.archives import postgres, sqlite
from monitor.archives._postgres_schema import MIGRATIONS
from monitor.core.queries.query import parse
from monitor.model import Article
from tests.archives import opened
from tests.postgres import empty_database
from tests.queries import NOW, documents, queries, store

FACETS = ["topic", "stance", "holder", "source", "language", "day"]


def told(archive, text: str, numbers: list[int]) -> dict[str, object]:
    """Everything an archive says to a query, with ids as places among what was stored: only their order is compared."""
    query = parse(text)
    place = {number: at for at, number in enumerate(numbers)}
    pages = {sort: archive.search.search(query, now=NOW, sort=sort) for sort in ("published", "seen", "relevance")}
    some = numbers[::2]
    return {
        **{sort: [place[one.id] for one in page] for sort, (page, _, _) in pages.items()},
        "total": pages["published"][1],
        "hits": [(place[hit.article], hit.outlets, hit.statements) for hit in _without_ids(archive.search.hits(query, now=NOW))],
        "within": [place[hit.article] for hit in archive.search.hits(query, now=NOW, within=some)],
        "facets": archive.search.facets(query, now=NOW, names=FACETS),
        "explained": [answer for _, answer in archive.search.explain(query, numbers[0], now=NOW)],
    }


def _without_ids(hits):
    return [replace(hit, statements=tuple(replace(said, article=None) for said in hit.statements)) for hit in hits]


@settings(max_examples=10)
@given(st.lists(documents(), min_size=1, max_size=6), st.lists(queries, min_size=25, max_size=30))
def test_queries_are_answered_alike(given_documents, texts):
    with opened("postgres", None) as ours:
        theirs = sqlite.build(sqlite.Config(path=":memory:"))
        numbers = [[one.article.id for one in store(archive, given_documents)] for archive in (ours, theirs)]
        for text in texts:
            assert told(ours, text, numbers[0]) == told(theirs, text, numbers[1]), text
        theirs.close()


def test_vectors_of_the_first_release_take_half_the_space_and_say_the_same():
    vectors = np.random.default_rng(1).standard_normal((1200, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with empty_database() as url:
        archive = postgres.build(postgres.Config(url=url, connections=2))
        numbers = archive.articles.add(documents_of(len(vectors)))
        with archive._connections.write() as db:
            for number, vector in zip(numbers, vectors, strict=True):
                db.execute("INSERT INTO embeddings (article, vector) VALUES (%s, %s)", (number, vector.astype("<f2").tobytes()))
            db.execute("DELETE FROM monitor_migrations WHERE name <> 'm001_first'")
        archive.close()
        again = postgres.build(postgres.Config(url=url, connections=2))
        stored = again.trends.vectors(numbers)
        assert again.stats()["schema"] == [*MIGRATIONS][-1]
        again.close()
    assert np.abs(np.array([stored[number] for number in numbers]) - vectors).max() < 0.002


def documents_of(count: int) -> list[Article]:
    return [
        Article(0, "f", "", f"Title {number}", "missile", (f"k{number}",), "h", NOW, NOW, source="a.example")
        for number in range(count)
    ]
