"""What a name stands for: an article, a story or an alert, with everything a reader or a program wants to know of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from monitor.app import App
from monitor.archives import sqlite
from monitor.core.queries.query import parse
from monitor.errors import NotFoundError
from monitor.services.search import everything, page_facts, search, show, shown_facts
from tests.webstage import NOW, TEXT, article, stage

ALERT = "a1b2c3d4e5"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with stage(tmp_path_factory.mktemp("show") / "desk") as made:
        # Nothing has been said of this one yet.
        made.archive.articles.add([article(90, title="A bell was stolen", text="Nobody knows why.")])
        yield made


def facts(app: App, name: str) -> dict[str, Any]:
    return shown_facts(show(app.archive, name))


@pytest.mark.parametrize("name", ["1", "article:1"])
def test_an_article_with_its_topics_and_who_stands_where(app: App, name: str):
    found = facts(app, name)

    assert (found["kind"], found["id"], found["text"], found["model"]) == ("article", 1, TEXT, "model-1")
    assert (found["topics"], found["relevances"], found["story"]) == ({"toll": 0.93}, {"toll": 0.93}, 1)
    said = found["statements"][0]
    assert (said["holder"], said["stance"], TEXT[said["start"] : said["end"]]) == ("Freedonia", "against", said["evidence"])


def test_an_article_that_waits_for_its_analysis(app: App):
    found = facts(app, "7")

    assert (found["title"], found["model"], found["relevances"], found["statements"]) == ("A bell was stolen", None, {}, [])


def test_a_story_with_its_articles(app: App):
    found = facts(app, "story:1")

    assert (found["kind"], found["title"], found["outlets"]) == ("story", "Toll on the harbour bridge", 2)
    assert sorted(one["id"] for one in found["articles"]) == [1, 2, 3, 4, 5, 6]
    assert found["first_published"] < found["last_published"]


@pytest.mark.parametrize("name", [ALERT, f"alert:{ALERT}", ALERT[:5]])
def test_an_alert_with_its_articles_and_where_it_went(app: App, name: str):
    found = facts(app, name)

    assert (found["kind"], found["id"], found["rule"], found["severity"]) == ("alert", ALERT, "toll-opposed", "urgent")
    assert {one["receiver"]: (one["state"], one["error"]) for one in found["deliveries"]} == {
        "desk": ("sent", ""),
        "other": ("dead", "451 try later"),
    }
    assert [one["id"] for one in found["articles"]] == [1, 2]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("999", "there is no article or alert 999 in the archive"),
        ("story:999", "there is no story 999"),
        ("story:first", "there is no story first"),
        ("article:bell", "there is no article bell"),
        ("alert:zzz", "there is no alert zzz"),
        ("topic:toll", "there is no topic toll"),
        ("²", "there is no article or alert ²"),
        ("9" * 400, "there is no article or alert 9999"),
    ],
)
def test_a_name_of_nothing_is_said_with_how_stories_are_named(app: App, name: str, said: str):
    with pytest.raises(NotFoundError, match=said) as caught:
        show(app.archive, name)
    assert "a story is shown as story:" in str(caught.value)


def test_a_page_counts_over_everything_it_finds_where_that_is_asked(app: App):
    plain, counted = (search(app.archive, "toll", NOW, limit=2, facets=names) for names in ((), ("topic", "source")))

    assert (plain.total, len(plain.found), bool(plain.cursor), plain.facets) == (6, 2, True, {})
    assert "facets" not in page_facts(plain)
    assert page_facts(counted)["facets"] == {
        "topic": [{"value": "toll", "articles": 6}],
        "source": [{"value": "gazette.example", "articles": 3}, {"value": "wire.example", "articles": 3}],
    }
    assert "\x02" not in page_facts(plain)["articles"][0]["snippet"]


def test_everything_is_read_over_many_pages_each_article_once():
    archive = sqlite.build(sqlite.Config(path=":memory:"))
    numbers = archive.articles.add([article(number, text="") for number in range(1, 503)])

    told = list(everything(archive, parse("toll"), NOW))

    assert sorted(one.article.id for one, _ in told) == numbers
    assert {total for _, total in told} == {502}
    assert list(everything(archive, parse("nowhere"), NOW)) == []
    archive.close()
