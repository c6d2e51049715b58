"""Which story a telling joins, and why."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.stories.fingerprints import Telling, fold_address, take_fingerprint
from monitor.core.stories.grouping import b_cubed, group
from monitor.core.stories.joining import (
    SPAN,
    WINDOW,
    Neighbour,
    Reason,
    compare,
    days_apart,
    evidence,
    find_conflict,
    place,
)
from monitor.core.stories.window import NEIGHBOURS, Window
from tests.texts import addresses, texts

NOW = datetime(2024, 10, 31, 1, tzinfo=UTC)
LAUNCH = Telling(
    "North Korea fires long-range missile off east coast",
    "North Korea fired a long-range missile on Thursday that flew for 86 minutes before falling west of Japan's Okushiri island.",
    "en",
    "a.example",
    "https://a.example/launch",
    published=NOW,
)


def neighbour(telling: Telling, cosine: float | None = 0.9, story: int = 1, article: int = 10, began: datetime | None = None):
    return Neighbour(article, story, take_fingerprint(telling), cosine, began)


def test_nothing_near_is_a_new_story():
    placement = place(take_fingerprint(LAUNCH), [])
    assert (placement.story, placement.reason) == (None, Reason.NOTHING_LIKE_IT)


@pytest.mark.parametrize(
    ("other", "cosine", "reason"),
    [
        (replace(LAUNCH, title="Update", text="Nothing alike.", url="https://www.a.example/launch/"), 0.5, Reason.SAME_ADDRESS),
        (replace(LAUNCH, url="", title="Missile launched"), 0.5, Reason.NEAR_DUPLICATE),
        (replace(LAUNCH, url="", title=LAUNCH.title + " - The Daily", text="Short."), 0.85, Reason.SAME_TITLE),
        (replace(LAUNCH, url="", title="Pyongyang tests missile", text="The missile flew 86 minutes."), 0.9, Reason.SAME_EVENT),
    ],
)
def test_the_reason_for_joining_is_named(other: Telling, cosine: float, reason: Reason):
    placement = place(take_fingerprint(LAUNCH), [neighbour(other, cosine)])
    assert (placement.story, placement.reason, placement.near) == (1, reason, 10)
    assert placement.score > 0.5


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        ("First Freedom Edge drill begins", "Third Freedom Edge drill begins", "freedom: number 1 here, 3 there"),
        ("Annual drill of 2024 begins", "Annual drill of 2025 begins", "the year 2024 here, 2025 there"),
        ("Summit in Tirana on Tuesday", "Summit in Samarkand on Thursday", "another place on another day"),
        (
            "Recall of 46,096 cars and 120 vans on Tuesday",
            "Sale of 336,000 cars, down 13 percent, on Thursday",
            "other figures on another day",
        ),
        ("Summit in Tirana on Tuesday", "Summit in Tirana on Wednesday", ""),
    ],
)
def test_what_sets_two_events_apart_is_said(one: str, other: str, conflict: str):
    first, second = (take_fingerprint(Telling(title, "", "en", published=NOW)) for title in (one, other))
    assert find_conflict(first, second) == conflict
    assert bool(find_conflict(second, first)) == bool(conflict)


@pytest.mark.parametrize(
    "title",
    [
        "Editorial: Keep the drills", "Opinion | The pact", "[사설] 정례화가 능사는 아니다", "评论：半岛需要的是降温", "【社説】条約の行方", "Letter from Dandong: the bridge",
        "Комментарий: договор", "رأي: المعاهدة",
    ],
)  # fmt: skip
def test_an_opinion_is_no_telling_of_the_event_it_speaks_about(title: str):
    report = replace(LAUNCH, url="", title="Pyongyang tests missile", text="The missile flew 86 minutes.")
    said = replace(
        LAUNCH,
        url="",
        title=title,
        text="The missile flew for 86 minutes, and nobody should be surprised by it, as we have often said.",
    )
    placement = place(take_fingerprint(said), [neighbour(report, 0.95)])
    assert (placement.story, placement.reason, placement.conflict) == (None, Reason.OTHER_EVENT, "an opinion speaks for itself")
    copied = replace(said, title=title.strip("【】[]"), source="b.example")
    assert place(take_fingerprint(copied), [neighbour(said, 0.99)]).reason is Reason.NEAR_DUPLICATE


@pytest.mark.parametrize(
    "title", ["Opinion polls close in Tirana", "Analysis of soil shows lead", "사설 구급차: 단속 시작", "Viewers: a million"]
)
def test_words_that_only_look_like_it_mark_no_opinion(title: str):
    assert not take_fingerprint(Telling(title, "")).is_opinion


def test_a_conflict_keeps_near_identical_words_apart():
    year = replace(
        LAUNCH, url="", text="The annual exercise of 2024 began on Monday with twenty ships from five states, as planned."
    )
    other = replace(year, text=year.text.replace("2024", "2025"))
    placement = place(take_fingerprint(year), [neighbour(other, 0.97)])
    assert (placement.story, placement.reason) == (None, Reason.OTHER_EVENT)
    assert placement.conflict == "the year 2024 here, 2025 there"


def test_tellings_too_far_apart_never_join():
    other = replace(LAUNCH, published=NOW + WINDOW + timedelta(hours=1))
    assert compare(take_fingerprint(LAUNCH), take_fingerprint(other), 1.0).score < 0


def test_a_story_closes_after_its_span():
    late = replace(LAUNCH, published=NOW + SPAN + timedelta(hours=1))
    near = [neighbour(replace(late, published=NOW + SPAN - timedelta(hours=1)), began=NOW)]
    assert place(take_fingerprint(late), near).story is None


def test_a_story_whose_other_tellings_disagree_is_not_joined():
    close = replace(LAUNCH, url="", title="Missile test", text="A missile flew far over the sea.")
    far = replace(LAUNCH, url="", title="Flood in Spain", text="Rain fell on Valencia; 200 people died on Tuesday.")
    alone = place(take_fingerprint(LAUNCH), [neighbour(close, 0.89)])
    among = place(take_fingerprint(LAUNCH), [neighbour(close, 0.89), *(neighbour(far, 0.7, article=n) for n in range(20, 24))])
    assert alone.story == 1
    assert among.story is None


def test_the_better_of_two_stories_is_joined_and_ties_go_to_the_older():
    same = replace(LAUNCH, url="", title="Pyongyang tests missile", text="The missile flew 86 minutes.")
    assert (
        place(take_fingerprint(LAUNCH), [neighbour(same, 0.88, story=1), neighbour(same, 0.92, story=2, article=11)]).story == 2
    )
    assert place(take_fingerprint(LAUNCH), [neighbour(same, 0.9, story=5, article=12), neighbour(same, 0.9, story=3)]).story == 3


# -- the written near misses, with the vectors of the bundled encoder -------------------------------------------------

DATA = Path(__file__).parents[1] / "data"
ROWS = [json.loads(line) for line in (DATA / "stories_own.jsonl").read_text("utf-8").splitlines()]
VECTORS = np.load(DATA / "stories_own.npy").astype(np.float32)
TELLINGS = [
    Telling(row["title"], row["text"], row["language"], row["source"], published=datetime.fromisoformat(row["published"]))
    for row in ROWS
]
TRUTH = [row["story"] for row in ROWS]


FOUND = group(TELLINGS, list(VECTORS))


def test_near_misses_stay_apart_and_tellings_in_five_languages_meet():
    precision, recall, f1 = b_cubed(TRUTH, FOUND)
    assert precision >= 0.95
    assert recall >= 0.95
    assert f1 >= 0.965


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("summit-tirana", "summit-samarkand"),
        ("edge-first", "edge-third"),
        ("launch-oct", "launch-nov"),
        ("samsung-profit", "samsung-strike"),
        ("quake-noto", "quake-hualien"),
        ("rate-fed", "rate-boe"),
        ("ruling-tennessee", "ruling-school"),
        ("pact", "hanoi"),
        ("film-2024", "film-2025"),
    ],
)
def test_two_like_events_are_two_stories(one: str, other: str):
    here, there = ({story for story, truth in zip(FOUND, TRUTH, strict=True) if truth == name} for name in (one, other))
    assert not here & there


SOME = range(0, len(ROWS), 4)
USUAL = group([TELLINGS[at] for at in SOME], [VECTORS[at] for at in SOME])


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(len(SOME))))
def test_grouping_does_not_depend_on_the_order_given(order: list[int]):
    found = group([TELLINGS[SOME[at]] for at in order], [VECTORS[SOME[at]] for at in order])
    assert [[one == other for one in found] for other in found] == [[USUAL[i] == USUAL[j] for i in order] for j in order]


def test_without_vectors_copies_and_titles_still_meet():
    copy = replace(LAUNCH, source="b.example", url="https://b.example/1")
    other = replace(LAUNCH, title="Rates rise again in Europe", text="The bank raised its rate.", url="")
    assert group([LAUNCH, copy, other], [None, None, None]) == [0, 0, 2]


def test_vectors_of_two_models_are_never_compared():
    window = Window()
    window.add(1, 1, "Harbour toll rises", None, None)
    assert window.near("Rain", None, np.ones(8, np.float32)) == []
    window.add(2, 2, "Rain falls", None, np.ones(8, np.float32) / np.sqrt(8).astype(np.float32))
    window.add(3, 3, "Sun shines", None, np.ones(4, np.float32) / 2)
    found = window.near("Sun is out", None, np.ones(4, np.float32) / 2)
    assert [(article, story) for article, story, _ in found] == [(3, 3)]


def test_of_many_that_are_as_near_the_first_are_compared():
    window, alike = Window(), np.ones(8, np.float32) / np.sqrt(8).astype(np.float32)
    for number in range(1, NEIGHBOURS + 6):
        window.add(number, number, f"Title {number}", None, alike)

    assert [article for article, _, _ in window.near("Another", None, alike)] == list(range(1, NEIGHBOURS + 1))


def test_what_only_looks_alike_is_no_story_without_vectors():
    other = replace(LAUNCH, title="Rates rise again in Europe", text="The bank raised its rate.", url="")
    alike = compare(take_fingerprint(LAUNCH), take_fingerprint(other), None)
    assert (alike.reason, alike.score < 0) == (Reason.SAME_EVENT, True)


def test_weekdays_tell_the_undated_apart():
    one, other = (
        take_fingerprint(Telling(f"Summit in {place} on {day}", "", "en"))
        for place, day in (("Tirana", "Tuesday"), ("Samarkand", "Thursday"))
    )
    assert days_apart(one, other) == 2
    assert find_conflict(one, other) == "another place on another day"
    assert "hours apart" not in evidence(one, other, 0.9)


def test_b_cubed():
    assert b_cubed([], []) == (1.0, 1.0, 1.0)
    assert b_cubed("aabb", [1, 1, 2, 2]) == (1.0, 1.0, 1.0)
    assert b_cubed("aabb", [1, 1, 1, 1]) == (0.5, 1.0, pytest.approx(2 / 3))
    assert b_cubed("aabb", [1, 2, 3, 4]) == (1.0, 0.5, pytest.approx(2 / 3))
    with pytest.raises(ValueError, match="argument"):
        b_cubed("aa", [1])


@settings(deadline=None)
@given(texts(), texts(), texts(), addresses(), st.none() | st.just(NOW))
def test_any_article_has_a_fingerprint(title: str, text: str, author: str, url: str, published: datetime | None):
    found = take_fingerprint(Telling(title, text, "en", url=url, author=author, published=published))
    assert compare(found, found, 1.0).score >= compare(found, found, None).score


@pytest.mark.parametrize(
    ("urls", "address"),
    [
        (["https://www.a.example/x/", "http://m.a.example/x?from=rss#top", "https://a.example/x/amp"], "a.example/x"),
        (["https://a.example/read?utm_source=a&id=5", "//A.example/read/?id=5&fbclid=1"], "a.example/read?id=5"),
        (["https://a.example/", "https://a.example", "http://[", ""], ""),
    ],
)
def test_all_ways_to_a_page_are_one_address(urls: list[str], address: str):
    assert {fold_address(url) for url in urls} == {address}
