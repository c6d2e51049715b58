"""Texts and features of relevance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.scoring.relevance import (
    FEATURES,
    LEAD,
    LONG,
    MOST_PASSAGES,
    NAMED,
    PASSAGE,
    READ,
    READ_ON,
    STEP,
    across_scripts,
    article_text,
    cosines,
    features,
    index_aliases,
    passages_of,
    topic_text,
    worth_a_look,
    worth_reading_on,
)
from monitor.model import Topic
from tests.costs import times_dearer

TAX = Topic("tax", "Digital tax", "Tax on platforms.", ("tech levy", "디지털세", "デジタル税", "EU"), ("A levy passed.",))
BELL = Topic("bell", "Unju bell", "", ("운주종", "雲住の鐘"))


def test_texts_that_the_models_read():
    assert topic_text(TAX) == "Digital tax. Tax on platforms. Also: tech levy, 디지털세, デジタル税, EU Examples: A levy passed."
    assert topic_text(BELL) == "Unju bell. Also: 운주종, 雲住の鐘"
    assert article_text("Title", "x" * 2_000) == "Title. " + "x" * READ
    assert article_text("", "text") == "text"


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("The Tech Levy passes", "", [1, 0, 0]),
        ("No title", "A new DIGITAL TAX.", [0, 1, 1]),
        ("", "x " * LEAD + "tech levy", [0, 0, 1]),
        ("디지털세가 온다", "", [1, 0, 0]),
        ("", "新しいデジタル税は", [0, 1, 1]),
        ("Digital taxation", "tech levying", [0, 0, 0]),
        ("The EU", "two letters mean too little", [0, 0, 0]),
    ],
)
def test_names_are_found_as_words(title, text, expected):
    flags = index_aliases([BELL, TAX]).flags([(title, text)])
    assert flags.shape == (1, 2, 3)
    assert flags[0, 1].tolist() == expected
    assert not flags[0, 0].any()


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_has_flags(title, text):
    flags = index_aliases([TAX, BELL]).flags([(title, text)])
    assert set(np.unique(flags)) <= {0.0, 1.0}
    assert (flags[..., 1] <= flags[..., 2]).all()


def test_a_thousand_topics_cost_little():
    topics = [Topic(str(number), f"Topic {number}", "", (f"levy {number}", f"세금{number}종")) for number in range(1_000)]
    many, few = index_aliases(topics), index_aliases(topics[:50])
    articles = [("Title", "The levy 7 and topic 8 and 세금9종. " * 100)] * 20
    assert many.flags(articles).sum() == few.flags(articles).sum() == 20 * 3 * 2
    assert times_dearer(lambda: many.flags(articles), lambda: few.flags(articles)) < 5


def test_near_or_named_pairs_are_looked_at_again():
    articles = np.array([[1, 0], [0, 1]], np.float32)
    cosine = cosines(articles, np.array([[1, 0], [0.6, 0.8]], np.float32))
    flags = np.zeros((2, 2, 3), np.float32)
    flags[1, 0, 2] = 1
    pairs = worth_a_look(cosine, flags, np.array([0.7, 0.7], np.float32))
    assert pairs.tolist() == [[0, 0], [1, 0], [1, 1]]
    assert worth_a_look(cosine, flags, np.array([0.5, 0.9], np.float32)).tolist() == [[0, 0], [0, 1], [1, 0]]
    across = np.array([[False, False], [True, False]])
    rows = features(cosine, flags, across, np.array([False, True]), pairs, np.array([3.0, 2.0, 1.0], np.float32))
    assert rows.shape == (3, len(FEATURES))
    assert rows.tolist()[1] == [0.0, 2.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    assert rows[:, NAMED].tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert rows[:, READ_ON].tolist() == [0.0, 1.0, 1.0]


def test_a_long_text_is_read_in_passages_that_leave_out_nothing_behind_its_beginning():
    sentences = [f"Sentence number {number} says something {'rather ' * 12}at length." for number in range(12)]
    for count in range(LONG, len(sentences) + 1):
        cut = passages_of(" ".join(sentences[:count]))
        assert all(any(sentence in passage for passage in cut) for sentence in sentences[STEP:count])
        assert not any(sentence in passage for passage in cut for sentence in sentences[:STEP])
        assert all(sum(sentence in passage for sentence in sentences) <= PASSAGE for passage in cut)
    assert passages_of(" ".join(sentences[: LONG - 1])) == passages_of("It rains. " * LONG) == []
    assert not passages_of("비가 온다. " * 20)
    assert passages_of("비가 몹시 많이 온다고 한다. " * 20)
    assert len(passages_of("A man spoke. " * 5_000)) == MOST_PASSAGES
    assert max(map(len, passages_of("a" * 3_000 + ". It rains. " * 9))) == READ


def test_what_names_a_topic_or_is_near_to_one_is_read_on():
    cosine = np.array([[0.2, 0.71], [0.3, 0.69], [0.1, 0.2]], np.float32)
    flags = np.zeros((3, 2, 3), np.float32)
    flags[2, 0, 2] = 1
    assert worth_reading_on(cosine, flags, 0.7).tolist() == [0, 2]
    assert worth_reading_on(cosine[:, :0], flags[:, :0], 0.7).tolist() == []


def test_scripts_of_east_asia_are_told_from_others():
    articles = [("Freedom Edge 훈련", "한미일이 제주 남방에서 훈련을 했다."), ("A levy", "It passed. 디지털세"), ("", "")]
    assert across_scripts(articles, ["Levy. Also: 디지털세", "디지털세. 플랫폼에 매기는 세금"]).tolist() == [
        [True, False],
        [False, False],
        [False, False],
    ]
