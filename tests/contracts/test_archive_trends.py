"""Every archive kind answers what was told of a topic over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitor.model import Article, Evidence, Relevance, Scores, Stance, Statement, Voice
from tests.archives import KINDS, opened

NOW = datetime(2024, 11, 15, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(params=KINDS)
def archive(request, tmp_path):
    with opened(request.param, tmp_path) as built:
        yield built


def store(
    archive, number: int, hours: float, *, topic: str = "edge", is_relevant: bool = True, holders: tuple[str, ...] = ("China",)
) -> int:
    key, when = f"k{number}", NOW + hours * HOUR
    made = Article(
        0, "f", f"https://f.example/{number}", f"Title {number}", "The drill began.", (key,), key, when, NOW, source="f.example"
    )
    (stored,) = archive.articles.add([made])
    said = tuple(
        Statement(topic, holder, Stance.AGAINST, 0.05, 0.9, 0.05, Voice.QUOTED, Evidence("drill", 4, 9)) for holder in holders
    )
    vector = np.eye(384, dtype=np.float32)[number]
    archive.scores.save([Scores(stored, "en", "m", vector, (Relevance(topic, 0.9, is_relevant),), said)])
    return stored


def test_what_was_told_in_the_span_oldest_first_with_all_that_was_said(archive):
    late, early = store(archive, 1, -1, holders=("China", "Japan")), store(archive, 2, -5)
    store(archive, 3, -50)
    store(archive, 4, -2, topic="other")
    store(archive, 5, -2, is_relevant=False)
    archive.stories.join(late, None)
    told = archive.trends.told("edge", NOW - 10 * HOUR, NOW)
    assert [hit.article for hit in told] == [early, late]
    assert [[statement.holder for statement in hit.statements] for hit in told] == [["China"], ["China", "Japan"]]
    assert told[0].statements[0].evidence == Evidence("drill", 4, 9)
    assert told[0].story != told[1].story
    assert (told[1].published, told[1].source, told[1].outlets) == (NOW - HOUR, "f.example", 1)
    assert archive.trends.told("unknown", NOW - 10 * HOUR, NOW) == []


def test_the_first_appearance_of_each_holder_is_ever_not_only_in_the_span(archive):
    store(archive, 1, -1)
    first = store(archive, 2, -500)
    store(archive, 3, -900, is_relevant=False)
    japan = store(archive, 4, -3, holders=("Japan",))
    assert archive.trends.first_seen("edge") == {"China": (NOW - 500 * HOUR, first), "Japan": (NOW - 3 * HOUR, japan)}
    store(archive, 5, -500)
    spelled = store(archive, 6, -2, holders=("CHINA",))
    assert archive.trends.first_seen("edge")["China"] == (NOW - 500 * HOUR, first)
    assert archive.trends.first_seen("edge")["CHINA"] == (NOW - 2 * HOUR, spelled)
    assert archive.trends.first_seen("unknown") == {}


def test_what_comes_between_two_questions_is_told(archive):
    assert archive.trends.told("edge", NOW - 10 * HOUR, NOW) == []
    late = store(archive, 1, -1)
    assert [hit.article for hit in archive.trends.told("edge", NOW - 10 * HOUR, NOW)] == [late]
    early = store(archive, 2, -9)
    assert [hit.article for hit in archive.trends.told("edge", NOW - 10 * HOUR, NOW)] == [early, late]


def test_articles_are_counted_by_the_day_of_their_publication(archive):
    for number, hours in enumerate((0, -1, -12, -13, -40), start=1):
        store(archive, number, hours)
    store(archive, 6, -1, topic="other")
    store(archive, 7, -1, is_relevant=False)
    day = NOW.date()
    assert archive.trends.per_day("edge", NOW - 24 * HOUR, NOW) == {day: 3, day - timedelta(days=1): 1}
    assert archive.trends.per_day("unknown", NOW - 24 * HOUR, NOW) == {}


def test_the_largest_stories_of_a_span_come_first(archive):
    early, *later = (store(archive, number, -number) for number in range(1, 7))
    large = archive.stories.join(later[0], None)
    for article in later[1:3]:
        archive.stories.join(article, large)
    small, widest = archive.stories.join(early, None), archive.stories.join(later[3], None)
    archive.stories.join(store(archive, 8, -90), None)
    archive.stories.describe(widest, "Everywhere", 4)
    found = archive.stories.largest(NOW - 24 * HOUR, NOW, 9)
    assert [story.id for story in found] == [widest, large, small]
    assert len(found[1].articles) == 3
    assert [story.id for story in archive.stories.largest(NOW - 24 * HOUR, NOW, 1)] == [widest]


def test_vectors_come_back_as_they_were_stored(archive):
    one, other = store(archive, 1, -1), store(archive, 2, -2)
    found = archive.trends.vectors([one, other, 999])
    assert set(found) == {one, other}
    assert float(found[one] @ found[other]) == pytest.approx(0)
    assert float(found[one] @ found[one]) == pytest.approx(1, abs=1e-2)
