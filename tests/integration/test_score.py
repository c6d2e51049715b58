"""Scoring whole articles with a small deterministic scorer, and with tiny real graphs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from monitor.core.scoring.relevance import READ_ON
from monitor.errors import ScorerError
from monitor.model import Actor, Article, Limits, Rulebook, Stance, Topic, Voice
from monitor.scorers import onnx
from monitor.services.score import score_articles, score_text
from tests.tinymodels import make_weights

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
TAX = Topic("tax", "Digital tax", "Tax on platforms.", ("tech levy", "디지털세"))
BELL = Topic("bell", "Unju bell", "Return of a bell.", threshold=0.99)
RULEBOOK = Rulebook(
    {"tax": TAX, "bell": BELL}, {"Japan": Actor("Japan", ("Tokyo", "일본")), "China": Actor("China", ("Beijing",))}, {}, {}
)


class WordScorer:
    """Judges by words: shared ones make relevance, "supports" and "opposes" near the holder's name make stance."""

    revision = "words-1"
    limits = Limits(gate=0.1, threshold=0.5)

    def __init__(self):
        self.calls = {"embed": 0, "second_look": 0, "stance": 0}

    def embed(self, texts, *, as_topics=False):
        self.calls["embed"] += 1
        rows = np.zeros((len(texts), 256), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                rows[row, sum(map(ord, word.strip(".,"))) % 256] += 1
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(norms == 0, 1, norms)

    def second_look(self, pairs):
        self.calls["second_look"] += 1
        if any("broken" in text for _, text in pairs):
            raise ScorerError("the graph failed")
        return np.array([5.0 if "tax" in text.lower() or "디지털세" in text else -5.0 for _, text in pairs], np.float32)

    def relevance(self, features):
        return 1 / (1 + np.exp(-features[:, 1]))

    def stance(self, pairs, languages):
        self.calls["stance"] += 1
        assert len(pairs) == len(languages)
        rows = [
            (0.05, 0.05, 0.9) if "supports" in text else (0.9, 0.05, 0.05) if "opposes" in text else (0.1, 0.8, 0.1)
            for text, _ in pairs
        ]
        return np.array(rows, np.float32).reshape(-1, 3)


def article(number, title, text, language=None):
    return Article(number, "feed", f"https://example.org/{number}", title, text, (), "", WHEN, WHEN, language=language)


def test_scores_relevance_stance_and_evidence():
    text = "The digital tax starts in May. Tokyo supports the tax. Rain fell."
    (scores,) = score_articles([article(7, "News of the day", text)], RULEBOOK, WordScorer())
    assert (scores.article, scores.language, scores.model, scores.error) == (7, "en", "words-1", "")
    assert {one.topic for one in scores.relevances if one.is_relevant} == {"tax"}
    (japan,) = (one for one in scores.statements if one.holder == "Japan")
    assert (japan.topic, japan.stance, japan.voice) == ("tax", Stance.FAVOR, Voice.OUTLET)
    assert text[japan.evidence.start : japan.evidence.end] == japan.evidence.text == "Tokyo supports the tax."


def test_evidence_may_stand_in_the_title():
    (scores,) = score_articles([article(1, "Beijing opposes digital tax", "It rained.")], RULEBOOK, WordScorer())
    (china,) = (one for one in scores.statements if one.holder == "China")
    assert (china.stance, china.evidence.part, china.evidence.text) == (Stance.AGAINST, "title", "Beijing opposes digital tax")


def test_a_sentence_on_a_topic_that_the_article_only_names_says_nothing_of_another():
    text = "The digital tax starts in May, ministers said in Seoul. Beijing opposes the Unju bell. Tokyo opposes the tax."
    book = replace(RULEBOOK, topics={"tax": TAX, "bell": replace(BELL, threshold=1.0)})
    (scores,) = score_articles([article(7, "News of the day", text)], book, WordScorer())
    assert {one.topic for one in scores.relevances if one.is_relevant} == {"tax"}
    sides = {one.holder: one.stance for one in scores.statements}
    assert (sides["China"], sides["Japan"]) == (Stance.NEUTRAL, Stance.AGAINST)


class ReadingOn(WordScorer):
    """Reads long articles on where the desk's topics are near or named, and notes what it looks at again."""

    limits = Limits(gate=0.1, threshold=0.5, read_on=0.3, gate_of_passages=0.5)

    def __init__(self):
        super().__init__()
        self.seen = []

    def second_look(self, pairs):
        self.seen += pairs
        return super().second_look(pairs)

    def relevance(self, features):
        return np.where(features[:, READ_ON] > 0, features[:, 0], 0.0)


LATER = " ".join(["The ferry was late on every day of the week."] * 30) + " Platforms fear a digital tax. Tax on platforms grows."


def test_a_long_article_is_about_a_topic_that_it_comes_to_later():
    scorer = ReadingOn()
    (scores,) = score_articles([article(7, "News of the day", LATER)], RULEBOOK, scorer)
    assert {one.topic: one.is_relevant for one in scores.relevances}["tax"]
    (seen,) = (text for topic, text in scorer.seen if topic.startswith("Digital tax"))
    assert seen.startswith("News of the day. ")
    assert "Platforms fear a digital tax." in seen
    assert np.array_equal(scores.embedding, scorer.embed([f"News of the day. {LATER[:1_000]}"])[0])


@pytest.mark.parametrize("text", ["It rained. " * 30, LATER[-56:]])
def test_what_is_near_no_topic_or_short_is_read_once(text):
    scorer = ReadingOn()
    scorer.limits = replace(scorer.limits, read_on=2.0) if "rained" in text else scorer.limits
    (scores,) = score_articles([article(7, "News of the day", text)], RULEBOOK, scorer)
    assert not any(one.is_relevant for one in scores.relevances)
    assert not any(one.probability for one in scores.relevances)


class Divided(WordScorer):
    """Hears both sides of one holder, and takes every article to be about everything."""

    def second_look(self, pairs):
        return np.full(len(pairs), 5.0, np.float32)


def test_the_sentence_nearer_to_a_topic_decides_what_a_holder_thinks_of_it():
    text = (
        "Tokyo supports the plan for platforms and the levy on platforms. It rained. Tokyo opposes the return of that old relic."
    )
    book = replace(RULEBOOK, topics={"tax": Topic("tax", "Levy on platforms"), "bell": Topic("bell", "Return of the relic")})
    (scores,) = score_articles([article(7, "News of the day", text)], book, Divided())
    sides = {one.topic: (one.stance, one.evidence.text) for one in scores.statements if one.holder == "Japan"}
    assert sides["tax"][0] is Stance.FAVOR
    assert "levy" in sides["tax"][1]
    assert sides["bell"][0] is Stance.AGAINST
    assert "relic" in sides["bell"][1]


class Doubting(WordScorer):
    """Knows no better of the bell and of the tax than given logits."""

    def __init__(self, of_the_bell, of_the_tax=5.0):
        super().__init__()
        self.of_the_bell, self.of_the_tax = of_the_bell, of_the_tax

    def second_look(self, pairs):
        return np.array([self.of_the_bell if "bell" in topic.lower() else self.of_the_tax for topic, _ in pairs], np.float32)


@pytest.mark.parametrize(("of_the_bell", "side"), [(-3.0, Stance.NEUTRAL), (-5.0, Stance.AGAINST)])
def test_nor_does_one_on_a_topic_that_the_article_may_be_about(of_the_bell, side):
    text = "The digital tax starts in May, ministers said in Seoul. Beijing opposes the old bell."
    (scores,) = score_articles([article(7, "News of the day", text)], RULEBOOK, Doubting(of_the_bell))
    assert {one.topic for one in scores.relevances if one.is_relevant} == {"tax"}
    assert {one.holder: one.stance for one in scores.statements}["China"] is side


@pytest.mark.parametrize(("of_the_tax", "side"), [(1.4, Stance.NEUTRAL), (1.9, Stance.AGAINST)])
def test_a_sentence_that_names_no_topic_speaks_of_the_one_the_article_is_rather_about(of_the_tax, side):
    text = "The old bell of Unju and the digital tax were in the news. It rained. Beijing opposes it."
    (scores,) = score_articles([article(7, "News of the day", text)], RULEBOOK, Doubting(5.0, of_the_tax))
    assert {one.topic for one in scores.relevances if one.is_relevant} == {"tax", "bell"}
    assert {one.holder: one.stance for one in scores.statements if one.topic == "tax"}["China"] is side


def test_all_articles_share_one_question_to_each_model():
    scorer = WordScorer()
    score_articles([article(number, "Digital tax", "Japan supports the tax.") for number in range(20)], RULEBOOK, scorer)
    assert scorer.calls["second_look"] == scorer.calls["stance"] == 1
    assert scorer.calls["embed"] <= 2


def test_a_batch_says_what_each_article_alone_would_say():
    articles = [
        article(1, "Digital tax", "Japan supports the tax. China opposes the tax."),
        article(2, "Weather", "It rained."),
        article(3, "디지털세", "일본은 디지털세를 도입한다."),
    ]
    together = score_articles(articles, RULEBOOK, WordScorer())
    for one, scores in zip(articles, together, strict=True):
        (alone,) = score_articles([one], RULEBOOK, WordScorer())
        assert (alone.relevances, alone.statements) == (scores.relevances, scores.statements)


POISON = {
    "empty": ("", ""),
    "emoji": ("😀", "🎉" * 400),
    "huge": ("Digital tax", "Japan supports the tax. " * 40_000),
    "one sentence": ("Digital tax", "Japan supports the tax and " * 2_000),
    "mixed": ("Digital tax 디지털세", "Япония 日本 일본 Japan اليابان supports the tax"),
    "surrogates": ("Digital \ud800 tax", "Japan \udfff supports the tax."),
    "controls": ("\x00", "Digital tax\x00\x1b. Japan supports it."),
    "marks": ("Digital tax", "“" * 20_000),
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return onnx.build(onnx.Config(weights=make_weights(tmp_path_factory.mktemp("weights")), threads=1))


@pytest.mark.parametrize("engine", ["words", "tiny"])
def test_poison_texts_never_stop_a_batch(engine, request):
    scorer = WordScorer() if engine == "words" else request.getfixturevalue("tiny")
    articles = [article(number, title, text) for number, (title, text) in enumerate(POISON.values())]
    for one, scores in zip(articles, score_articles(articles, RULEBOOK, scorer), strict=True):
        assert scores.article == one.id
        assert not scores.error
        for statement in scores.statements:
            part = getattr(one, statement.evidence.part)
            shown = part[statement.evidence.start : statement.evidence.end]
            assert re.sub("[\ud800-\udfff\x00]", "\ufffd", shown) == statement.evidence.text


def test_a_text_without_words_is_about_nothing():
    (scores,) = score_articles([article(1, "😀", "…")], RULEBOOK, WordScorer())
    assert (scores.relevances, scores.statements, scores.embedding) == ((), (), None)


def test_one_failing_article_leaves_the_others_scored():
    articles = [
        article(1, "Digital tax", "Japan supports it."),
        article(2, "Digital tax broken", "x"),
        article(3, "Digital tax", ""),
    ]
    first, second, third = score_articles(articles, RULEBOOK, WordScorer())
    assert second.error == "the graph failed"
    assert second.relevances == ()
    assert not first.error
    assert not third.error
    assert first.relevances


def test_a_missing_model_gives_unscored_articles(tmp_path):
    scorer = onnx.build(onnx.Config(weights=tmp_path))
    (scores,) = score_articles([article(1, "Digital tax", "Japan supports it.")], RULEBOOK, scorer)
    assert "no model weights" in scores.error
    assert (scores.language, scores.model, scores.embedding) == ("en", "", None)


def test_a_topics_own_threshold_counts():
    rulebook = Rulebook({"tax": Topic("tax", "Digital tax", threshold=0.999)}, {}, {}, {})
    (scores,) = score_articles([article(1, "Digital tax", "text")], rulebook, WordScorer())
    assert [one.is_relevant for one in scores.relevances] == [False]


def test_nothing_to_score_and_nothing_to_watch():
    assert score_articles([], RULEBOOK, WordScorer()) == []
    (scores,) = score_articles([article(1, "Digital tax", "text")], Rulebook({}, {}, {}, {}), WordScorer())
    assert scores.embedding is not None
    assert scores.relevances == ()


def test_any_text_can_be_asked_about_every_topic_it_is_about():
    text = "The digital tax is near. Tokyo supports the tax."
    scores = score_text(text, RULEBOOK, WordScorer())
    assert [one.topic for one in scores.relevances if one.is_relevant] == ["tax"]
    assert {(one.topic, one.stance) for one in scores.statements if one.holder == "Japan"} == {("tax", Stance.FAVOR)}
    with pytest.raises(KeyError):
        score_text(text, RULEBOOK, WordScorer(), topic="rice")


def test_any_text_can_be_asked_about_one_topic():
    text = "Weather.\r\nTokyo supports the bell."
    scores = score_text(text, RULEBOOK, WordScorer(), topic="bell")
    (japan,) = (one for one in scores.statements if one.holder == "Japan")
    assert text[japan.evidence.start : japan.evidence.end] == "Tokyo supports the bell."
    assert {one.topic for one in scores.statements} == {"bell"}
