"""The scorer measured on what people labelled: every figure follows from the rows, whatever the model says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.model import Actor, Limits, Rulebook, Topic, Vector
from monitor.services.evaluate import evaluate_articles, evaluate_relevance, evaluate_stance, evaluate_stories
from monitor.services.labelled import ArticleRow, RelevanceRow, StanceRow, StoryRow

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TOPICS = (Topic("tax", "tax", "The tax.", threshold=0.95), Topic("bell", "bell", "The bell."))
BOOK = Rulebook(
    {topic.id: Topic(topic.id, topic.name, topic.description) for topic in TOPICS},
    {name: Actor(name) for name in ("Japan", "China", "Russia")}, {}, {},
)  # fmt: skip


class Reader:
    """Takes every topic that is named for relevant, and the verb of a passage for its stance."""

    revision = "reader-1"
    limits = Limits(gate=2.0, threshold=0.5)

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> Vector:
        rows = np.array([[1.0, text.count("tax"), text.count("bell"), 0.1] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def second_look(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        return np.zeros(len(pairs), np.float32)

    def relevance(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full(len(features), 0.9, np.float32)

    def stance(self, pairs: Sequence[tuple[str, str]], languages: Sequence[str]) -> NDArray[np.float32]:
        verbs = ("opposes", "notes", "supports")
        rows = [[0.9 if verb in passage else 0.05 for verb in verbs] for passage, _ in pairs]
        return np.array(rows or np.zeros((0, 3)), np.float32)


def untold(_: int) -> None:
    """Nobody watches."""


def test_stances_are_counted_by_class():
    said = ("opposes", "against"), ("supports", "favor"), ("notes", "neutral"), ("supports", "against")
    rows = [StanceRow(f"Japan {verb} the tax.", holder, "tax", label) for verb, label in said for holder in ("Japan", "-")]
    done: list[int] = []

    found = evaluate_stance(rows, Reader(), done.append)

    assert (found["n"], found["accuracy"], sum(done)) == (8, 0.75, 8)
    assert (found["precision"], found["recall"]) == (
        {"favor": 0.5, "against": 1.0, "neutral": 1.0},
        {"favor": 1.0, "against": 0.5, "neutral": 1.0},
    )
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)


def test_relevance_is_judged_by_each_topics_own_threshold_and_asked_for_no_other_topic():
    rows = [
        RelevanceRow("tax", True, "The tax", "It rose."),
        RelevanceRow("bell", True, "The bell", "It rang."),
        RelevanceRow("bell", False, "The bell of the tax office", "It rang."),
        RelevanceRow("bell", False, "Nothing", "It rained."),
    ]

    found = evaluate_relevance(rows, TOPICS, Reader(), untold)

    # 0.9 is enough for the bell, whose threshold is the model's, and too little for the tax.
    assert (found["precision"], found["recall"], found["accuracy"]) == (0.5, 0.5, 0.5)


def row(title: str, text: str, about: tuple[str, ...] = (), not_about: tuple[str, ...] = (), **labels: str) -> ArticleRow:
    holders = {("tax", holder): (label, (text,) if text else (title,)) for holder, label in labels.items()}
    return ArticleRow("", "en", title, text, about, not_about, holders)


def test_articles_are_judged_by_topics_holders_and_the_sentences_that_show_it():
    rows = [
        row("", "Japan opposes the tax.", ("tax",), Japan="against"),
        row("", "China supports the tax.", ("tax",), China="against"),
        row("Russia opposes the tax", "", ("tax",), Russia="against"),
        row("", "China notes the tax.", ("tax",), China="neutral"),
        row("", "A bell rang.", ("tax",), ("bell",)),
    ]

    found = evaluate_articles(rows, BOOK, Reader(), untold)

    assert (found["n"], found["relevance"]["precision"], found["relevance"]["recall"]) == (5, 0.8, 0.8)
    assert found["holders"]["recall"] == pytest.approx(2 / 3)
    assert found["holders"]["accuracy"] == 0.75
    assert found["evidence"] == {"hit_rate": 1.0}


def test_evidence_elsewhere_in_the_article_is_no_hit():
    text = "Japan opposes the tax. The bell rang all day."
    sentence = "The bell rang all day."
    missed = ArticleRow("", "en", "", text, ("tax",), (), {("tax", "Japan"): ("against", (sentence, "It was never written."))})
    unlabelled = row("", text, ("tax",))

    assert evaluate_articles([missed], BOOK, Reader(), untold)["evidence"] == {"hit_rate": 0.0}
    nothing = evaluate_articles([unlabelled], BOOK, Reader(), untold)
    assert (nothing["evidence"], nothing["holders"]["accuracy"]) == ({"hit_rate": 0.0}, 0.0)


def test_stories_are_grouped_as_they_would_be_live():
    told = ("a", "The tax rises", "en"), ("a", "The tax rises", ""), ("b", "A bell is stolen", "en")
    rows = [
        StoryRow(str(number), story, title, f"{title} in the capital.", NOON, language, f"{number}.example")
        for number, (story, title, language) in enumerate(told)
    ]

    found = evaluate_stories(rows, Reader(), untold)

    assert (found["n"], found["precision"], found["recall"], found["f1"]) == (3, 1.0, 1.0, 1.0)
