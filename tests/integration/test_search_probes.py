"""Whatever people and attackers type is found or refused in words; nothing reaches the text index as its own language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.archives import sqlite
from monitor.core.queries.query import parse
from monitor.errors import QueryError
from monitor.model import Article
from tests.hostile import naughty

NOW = datetime(2024, 11, 15, tzinfo=UTC)
TITLE = 'Multi-agent O\'Brien 3.5% U.S. "quoted" C++ 🚀 AND OR NOT NEAR live-fire col:umn a*b (c) ^caret {brace}'

FOUND = [
    "multi-agent",
    "O'Brien",
    "O’Brien",
    "3.5",
    "U.S.",
    '"quoted"',
    "C++",
    "🚀",
    '"and"',
    "near",
    "NEAR",
    "live-fire",
    "^caret",
    "{brace}",
    "multi - agent",
    "agent;",
    "multi, agent.",
    "'quoted'",
    "(c)",
    "[c]",
    "caret",
    "title:O'Brien",
    '"multi agent o brien"',
    "--caret",
    "/caret/",
    "agent",
]
REFUSED = ['"', '("', "col:umn", "AND", "OR", "NOT", "a AND", "NEAR(", "a*b", ")", "title:", "-", "*a", "NEAR(a b, 2))"]
INJECTED = [
    "'; DROP TABLE articles; --",
    '" OR 1=1 --',
    "words MATCH 'x'",
    "\x00",
    "a\x00b",
    "rank: 1",
    "{title} : x",
    "a + b",
    "^ a",
]


@pytest.fixture(scope="module")
def archive():
    built = sqlite.build(sqlite.Config(path=":memory:"))
    built.articles.add(
        [
            Article(
                id=0, feed="f", url="", title=TITLE, text="", keys=("k",), content_hash="", published=NOW, seen=NOW, language="en"
            )
        ]
    )
    yield built
    built.close()


def ask(archive, text: str) -> int | None:
    """How many articles a text finds; None when it is refused."""
    try:
        query = parse(text)
    except QueryError:
        return None
    page, total, _ = archive.search.search(query, now=NOW)
    archive.search.search(query, now=NOW, sort="relevance")
    archive.search.hits(query, now=NOW, within=[1])
    archive.search.facets(query, now=NOW, names=["source"])
    archive.search.explain(query, 1, now=NOW)
    archive.search.snippets(query, page)
    return total


@pytest.mark.parametrize("text", FOUND)
def test_found(archive, text):
    assert ask(archive, text) == 1


@pytest.mark.parametrize("text", REFUSED)
def test_refused(archive, text):
    assert ask(archive, text) is None


@pytest.mark.parametrize("text", INJECTED)
def test_harmless(archive, text):
    ask(archive, text)
    assert archive.stats()["articles"] == 1


def test_naughty_strings(archive):
    for text in naughty():
        ask(archive, text)
        ask(archive, f'"{text}"')
        ask(archive, f"title:{text}*")
    assert ask(archive, "caret") == 1
