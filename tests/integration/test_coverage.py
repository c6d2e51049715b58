"""A topic over time: each article by the side it shows, holders by week, and the stories behind them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app import App
from monitor.model import Relevance, Scores, Stance, Statement
from monitor.services.coverage import HOLDERS, coverage, leading
from monitor.services.today import topic_line
from tests.webstage import NOW, article, stage, statement

SENTENCE = "Sylvania welcomed it as fair."


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk", is_filled=False) as made:
        made.archive.feeds.configure(made.feeds)
        yield made


def tell(app: App, day: int, *said: tuple[str, Stance], is_told: bool = True) -> int:
    """An article of so many days ago, in a story of its own unless it waits for one."""
    (number,) = app.archive.articles.add(
        [article(len(app.archive.articles.get(range(1, 99))) + 1, published=NOW - timedelta(days=day))]
    )
    statements = tuple(statement(number, holder, stance, SENTENCE) for holder, stance in said)
    app.archive.scores.save([Scores(number, "en", "m", None, (Relevance("toll", 0.9, is_relevant=True),), statements, at=NOW)])
    if is_told:
        app.archive.stories.join(number, None)
    return number


@pytest.mark.parametrize(
    ("stances", "shown"),
    [
        ([], "none"),
        ([Stance.NEUTRAL], "neutral"),
        ([Stance.NEUTRAL, Stance.AGAINST], "against"),
        ([Stance.FAVOR, Stance.NEUTRAL, Stance.NEUTRAL], "favor"),
    ],
)
def test_an_article_shows_the_side_that_anybody_takes(stances: list[Stance], shown: str):
    assert leading([statement(1, f"Holder {at}", stance, SENTENCE) for at, stance in enumerate(stances)]) == shown


def test_the_surer_of_two_sides_is_shown():
    sure = statement(1, "Freedonia", Stance.AGAINST, SENTENCE)
    unsure = Statement("toll", "Sylvania", Stance.FAVOR, 0.6, 0.2, 0.2, sure.voice, None)

    assert leading([unsure, sure]) == leading([sure, unsure]) == "against"


def test_every_day_and_week_of_the_span_is_there_with_what_was_told(app: App):
    tell(app, 1, ("Freedonia", Stance.AGAINST), ("Sylvania", Stance.NEUTRAL))
    tell(app, 1, ("Sylvania", Stance.NEUTRAL))
    tell(app, 1)
    tell(app, 10, ("Freedonia", Stance.FAVOR))

    found = coverage(app.archive, app.rulebook.topics["toll"], NOW, timedelta(days=14))

    day = (NOW - timedelta(days=1)).date()
    assert (found.articles, len(found.days)) == (4, 15)
    assert found.days[day] == {"against": 1, "favor": 0, "neutral": 1, "none": 1}
    assert sum(sum(one.values()) for one in found.days.values()) == 4
    assert list(found.matrix) == ["Freedonia", "Sylvania"]
    assert [dict(cell) for cell in found.matrix["Freedonia"].values()] == [{}, {"favor": 1}, {"against": 1}]


def test_the_holders_heard_most_are_told_and_no_more(app: App):
    for holder in range(HOLDERS + 3):
        tell(app, 1, (f"Holder {holder:02}", Stance.FAVOR))
    tell(app, 2, (f"Holder {HOLDERS + 2:02}", Stance.FAVOR))

    found = coverage(app.archive, app.rulebook.topics["toll"], NOW, timedelta(days=14))

    assert list(found.matrix) == [f"Holder {HOLDERS + 2:02}", *(f"Holder {number:02}" for number in range(HOLDERS - 1))]


def test_an_article_that_has_no_story_yet_counts_and_lists_none(app: App):
    told = tell(app, 0, ("Freedonia", Stance.AGAINST))
    tell(app, 0, ("Freedonia", Stance.AGAINST), is_told=False)

    line = topic_line(app.archive, app.rulebook.topics["toll"], NOW, timedelta(days=1))

    assert (line.articles, [story.articles for story in line.stories]) == (2, [1])
    assert app.archive.stories.get([line.stories[0].id])[0].articles == (told,)
