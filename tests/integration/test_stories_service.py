"""Stories in a real archive: joined as articles arrive, counted, corrected by hand, and stable ever after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from monitor.archives import sqlite
from monitor.errors import InputError, MonitorError, NotFoundError
from monitor.model import Article, Feed, Scores, Vector
from monitor.ports import Archive
from monitor.services.stories import assign_stories, list_stories, merge_stories, show_story, split_story

NOW = datetime(2024, 10, 31, 1, tzinfo=UTC)
TEXT = (
    "North Korea fired a long-range missile on Thursday that flew for 86 minutes before falling west of Japan's Okushiri island."
)
FLOOD = "Rain flooded Valencia on Tuesday and more than 200 people died, the regional government of the Spanish coast said."


def vector(seed: int, near: Vector | None = None, weight: float = 0.0) -> Vector:
    noise = np.random.default_rng(seed).standard_normal(384).astype(np.float32)
    mixed = noise / np.linalg.norm(noise) if near is None else weight * near + (1 - weight) * noise / np.linalg.norm(noise)
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


MISSILE, RAIN = vector(1), vector(2)


@pytest.fixture(params=["memory", "file"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    path = ":memory:" if request.param == "memory" else str(tmp_path / "a.db")
    made = sqlite.build(sqlite.Config(path=path))
    made.feeds.configure([Feed(name, f"https://{name}/feed", name, owner=owner) for name, owner in OWNERS.items()])
    yield made
    made.close()


OWNERS = {"a.example": "", "b.example": "", "c.example": "Group", "d.example": "Group"}


def article(feed: str, title: str, text: str, hours: float = 0) -> Article:
    when = NOW + timedelta(hours=hours)
    return Article(
        0,
        feed,
        f"https://{feed}/{abs(hash(title + text))}",
        title,
        text,
        (f"{feed}{title}",),
        title + text,
        when,
        when,
        source=feed,
    )


def arrive(archive: Archive, article: Article, embedding: Vector | None) -> int:
    (number,) = archive.articles.add([article])
    stored = archive.articles.get([number])
    archive.scores.save([Scores(number, "en", "m", embedding)])
    with archive.transaction():
        return assign_stories(stored, {number: embedding}, archive)[number]


def test_tellings_of_one_event_meet_and_others_stay_apart(archive: Archive):
    first = arrive(archive, article("a.example", "North Korea fires missile", TEXT), MISSILE)
    flood = arrive(archive, article("a.example", "Valencia under water", FLOOD, 1), RAIN)
    second = arrive(
        archive, article("b.example", "Pyongyang's longest flight", "The missile flew 86 minutes.", 2), vector(3, MISSILE, 0.9)
    )
    copied = arrive(archive, article("c.example", "Missile", TEXT, 3), vector(4, MISSILE, 0.95))
    assert first == second == copied != flood
    story = archive.stories.get([first])[0]
    assert len(story.articles) == 3
    assert story.outlets == 2


def test_the_order_in_which_feeds_answer_changes_no_story():
    second = vector(21, MISSILE, 0.6)
    told = {
        "North Korea fires missile": (TEXT, 0, MISSILE),
        "Missile flies 86 minutes": ("It fell near Okushiri.", 1, second),
        "Okushiri hears a bang": ("Fishermen saw a light.", 2, vector(22, second, 0.6)),
        "Fishermen ask for help": ("Nets were lost off Okushiri.", 3, vector(23, MISSILE, 0.55)),
    }
    found = set()
    for order in permutations(told):
        archive = sqlite.build(sqlite.Config(path=":memory:"))
        archive.feeds.configure([Feed("a.example", "https://a.example/feed", "a.example")])
        numbers = archive.articles.add([article("a.example", title, *told[title][:2]) for title in order])
        with archive.transaction():
            vectors = {number: told[title][2] for number, title in zip(numbers, order, strict=True)}
            stories = assign_stories(archive.articles.get(numbers), vectors, archive)
        by_title = {title: stories[number] for number, title in zip(numbers, order, strict=True)}
        found.add(tuple(by_title[title] for title in told))
        archive.close()
    assert len(found) == 1


def test_papers_of_one_owner_are_one_voice(archive: Archive):
    story = arrive(archive, article("c.example", "North Korea fires missile", TEXT), MISSILE)
    arrive(
        archive,
        article("d.example", "Missile flies 86 minutes", "It fell near Okushiri in Japan, 86 minutes later.", 1),
        vector(5, MISSILE, 0.9),
    )
    assert archive.stories.get([story])[0].outlets == 1


def test_a_second_analysis_changes_nothing(archive: Archive):
    story = arrive(archive, article("a.example", "North Korea fires missile", TEXT), MISSILE)
    stored = archive.articles.get(archive.stories.get([story])[0].articles)
    assert assign_stories(stored, {stored[0].id: RAIN}, archive) == {stored[0].id: story}


def test_a_hand_made_split_outlives_later_joins_and_analyses(archive: Archive):
    story = arrive(archive, article("a.example", "North Korea fires missile", TEXT), MISSILE)
    arrive(archive, article("b.example", "North Korea fires missile", TEXT, 1), MISSILE)
    moved = archive.stories.get([story])[0].articles[1]
    new = split_story(story, [moved], archive)
    third = arrive(archive, article("c.example", "North Korea fires missile", TEXT, 2), MISSILE)
    stored = archive.articles.get([moved])
    assign_stories(stored, {moved: MISSILE}, archive)
    assert archive.stories.get([new])[0].articles[0] == moved
    assert moved not in archive.stories.get([story])[0].articles
    assert third in {story, new}


def test_several_articles_are_split_off_together(archive: Archive):
    story = arrive(archive, article("a.example", "North Korea fires missile", TEXT), MISSILE)
    for number, outlet in enumerate(("b.example", "c.example"), 1):
        arrive(archive, article(outlet, "North Korea fires missile", TEXT, number), MISSILE)
    first, *moved = archive.stories.get([story])[0].articles

    new = split_story(story, [*moved, moved[0]], archive)

    told = {one.id: one.articles for one in archive.stories.get([story, new])}
    assert told == {story: (first,), new: tuple(moved)}


def test_a_hand_made_merge(archive: Archive):
    story = arrive(archive, article("a.example", "North Korea fires missile", TEXT), MISSILE)
    flood = arrive(archive, article("b.example", "Valencia under water", FLOOD, 1), RAIN)
    merged = merge_stories(story, [flood, story], archive)
    assert len(merged.articles) == 2
    assert merged.outlets == 2
    assert archive.stories.get([flood]) == []
    assert arrive(archive, article("c.example", "Valencia mourns", FLOOD, 2), RAIN) == story


@pytest.mark.parametrize(
    ("articles", "error", "message"),
    [
        ([99], NotFoundError, "does not hold article 99"),
        ([], InputError, "name the articles"),
        ([1], InputError, "nothing would stay"),
    ],
)
def test_a_split_that_cannot_be_is_refused(archive: Archive, articles: list[int], error: type[MonitorError], message: str):
    story = arrive(archive, article("a.example", "North Korea fires missile", TEXT), MISSILE)
    with pytest.raises(error, match=message):
        split_story(story, articles, archive)


def test_a_story_that_does_not_exist_is_named(archive: Archive):
    with pytest.raises(NotFoundError, match="no story 7"):
        show_story(7, archive)


def test_a_story_is_shown_with_reasons(archive: Archive):
    story = arrive(archive, article("a.example", "North Korea fires missile", TEXT), MISSILE)
    arrive(archive, article("b.example", "Missile", TEXT, 1), MISSILE)
    _, told = show_story(story, archive)
    assert [placement.reason.value if placement else None for _, placement in told] == [None, "near duplicate"]
    assert [found.id for found in list_stories(archive, NOW, NOW + timedelta(days=1))] == [story]


def test_an_article_without_a_vector_is_a_story_of_its_own_unless_its_title_is_known(archive: Archive):
    story = arrive(archive, article("a.example", "North Korea fires missile", TEXT), MISSILE)
    assert arrive(archive, article("b.example", "Something else entirely", FLOOD, 1), None) != story
    assert arrive(archive, article("b.example", "North Korea fires missile", "Short.", 1), None) == story


def test_a_backfill_of_years_reads_only_the_days_near_its_articles(archive: Archive):
    stories = {
        arrive(archive, replace(article("a.example", f"Yearly drill {year}", TEXT), published=NOW.replace(year=year)), MISSILE)
        for year in (2019, 2020, 2021)
    }
    assert len(stories) == 3
