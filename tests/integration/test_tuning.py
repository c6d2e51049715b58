"""Labels teach a topic its threshold and head; scoring again says what changed and alerts nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from monitor.archives.sqlite import Config, build
from monitor.cli import app as command_line
from monitor.clock import FixedClock
from monitor.core.queries.query import parse
from monitor.core.scoring import heads
from monitor.core.scoring.heads import Head
from monitor.errors import ConfigError
from monitor.model import Actor, Article, Feed, Label, Limits, Rulebook, Stance, Topic
from monitor.services import tuning
from monitor.services.analyse import analyse
from monitor.services.rescore import rescore

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOOK = Rulebook({"levy": Topic("levy", "Sugar levy")}, {"Japan": Actor("Japan")}, {}, {})
FIELDS = ("trade", "football")


class FieldScorer:
    """Gives every article that names the levy the same probability; its vectors tell trade from football."""

    revision = "fields-1"
    limits = Limits(gate=0.0, threshold=0.5)

    def __init__(self, probability: float = 0.7, stance: tuple[float, float, float] = (0.05, 0.05, 0.9)) -> None:
        self._probability, self._stance = probability, stance

    def embed(self, texts, *, as_topics=False):
        rows = np.full((len(texts), 8), 0.3, np.float32)
        for row, text in enumerate(texts):
            for place, word in enumerate(FIELDS):
                rows[row, place] += text.count(word)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def second_look(self, pairs):
        return np.zeros(len(pairs), np.float32)

    def relevance(self, features):
        return np.full(len(features), self._probability, np.float32)

    def stance(self, pairs, languages):
        return np.tile(np.array(self._stance, np.float32), (len(pairs), 1))


def article(number: int, field: str, hours: float = 1) -> Article:
    return Article(
        0, "wire", f"https://wire.example/{number}", f"The levy and {field}", f"Japan spoke of the levy {number} in {field}.",
        (f"guid:{number}",), str(number), NOW - timedelta(hours=hours), NOW, language="en", source="wire.example",
    )  # fmt: skip


@pytest.fixture
def archive():
    archive = build(Config(path=":memory:"))
    archive.feeds.configure([Feed("wire", "https://wire.example/rss", "Wire")])
    yield archive
    archive.close()


def fill(archive, scorer, count: int = 24) -> list[int]:
    ids = archive.articles.add([article(number, FIELDS[number % 2]) for number in range(count)])
    analyse(archive, BOOK, scorer, FixedClock(NOW), batch=64, storm=25)
    return ids


def judge(archive, ids: list[int]) -> None:
    for number, one in enumerate(ids):
        archive.labels.add(Label(one, "relevant" if number % 2 == 0 else "not-relevant", "levy", "", NOW))


def relevant(archive, ids: list[int]) -> list[bool]:
    return [archive.scores.get(one).relevances[0].is_relevant for one in ids]


def test_what_labels_teach_is_shown_on_held_out_labels_and_changes_nothing_until_applied(archive):
    ids = fill(archive, FieldScorer())
    judge(archive, ids)
    (found,) = tuning.tune(archive, BOOK, FieldScorer())

    assert (found.labels, found.relevant) == (24, 12)
    figures = {trial.way: trial.figures for trial in found.trials}
    assert (figures["now"].precision, figures["now"].recall) == (0.5, 1.0)
    assert figures["threshold and head"].f1 == 1.0
    assert found.head is not None
    assert found.head.weights
    assert tuning.load_heads(archive, "fields-1") == {}

    assert tuning.apply(archive, [found]) == 1
    rescore(archive, BOOK, FieldScorer(), parse("*"), NOW)
    assert relevant(archive, ids) == [number % 2 == 0 for number in range(24)]


def test_a_new_article_is_scored_with_what_was_learned_until_it_is_forgotten(archive):
    judge(archive, fill(archive, FieldScorer()))
    tuning.apply(archive, tuning.tune(archive, BOOK, FieldScorer()))
    football, again = archive.articles.add([article(100, "football")]), []
    analyse(archive, BOOK, FieldScorer(), FixedClock(NOW), batch=64, storm=25)
    assert relevant(archive, football) == [False]

    assert tuning.forget(archive, "levy")
    assert not tuning.forget(archive, "levy")
    again = archive.articles.add([article(101, "football")])
    analyse(archive, BOOK, FieldScorer(), FixedClock(NOW), batch=64, storm=25)
    assert relevant(archive, again) == [True]


def test_articles_that_wait_for_their_first_score_are_left_to_the_worker(archive):
    fill(archive, FieldScorer(), 4)
    (waiting,) = archive.articles.add([article(100, "trade")])

    found = rescore(archive, BOOK, FieldScorer(), parse("*"), NOW)

    assert (found.articles, found.failed, found.waiting) == (4, 0, 1)
    assert archive.scores.get(waiting) is None


def test_heads_of_another_model_are_left_out_and_a_threshold_in_the_file_counts_most(archive):
    ids = fill(archive, FieldScorer())
    tuning.apply(archive, [tuning.Tuned("levy", 12, 6, head=Head("fields-1", 0.9))])
    assert tuning.load_heads(archive, "fields-2") == {}

    rescore(archive, BOOK, FieldScorer(), parse("*"), NOW)
    assert not any(relevant(archive, ids))
    strict = replace(BOOK, topics={"levy": replace(BOOK.topics["levy"], threshold=0.6)})
    rescore(archive, strict, FieldScorer(), parse("*"), NOW)
    assert all(relevant(archive, ids))


def test_too_few_labels_teach_nothing_and_an_unknown_topic_is_said(archive):
    judge(archive, fill(archive, FieldScorer(), 6))
    (found,) = tuning.tune(archive, BOOK, FieldScorer())
    assert (found.trials, found.head) == ((), None)
    assert "6 articles" in found.reason
    with pytest.raises(ConfigError, match="no topic 'zebra'"):
        tuning.tune(archive, BOOK, FieldScorer(), ["zebra"])


def test_what_is_in_force_is_the_head_that_was_applied(archive):
    judge(archive, fill(archive, FieldScorer()))
    too_strict = tuning.Tuned("levy", 24, 12, head=Head("fields-1", 0.9))
    tuning.apply(archive, [too_strict, replace(too_strict, topic="other", head=Head("fields-1", 0.1))])

    (strict,) = tuning.tune(archive, BOOK, FieldScorer())
    tuning.apply(archive, [strict])
    (again,) = tuning.tune(archive, BOOK, FieldScorer())

    assert (strict.trials[0].way, strict.trials[0].figures.recall) == ("now", 0.0)
    assert (again.trials[0].figures.f1, again.head) == (1.0, None)
    assert "nothing tried is better" in again.reason


def test_a_head_of_another_model_is_not_in_force(archive):
    judge(archive, fill(archive, FieldScorer()))
    tuning.apply(archive, [tuning.Tuned("levy", 24, 12, head=Head("fields-0", 0.9))])

    (found,) = tuning.tune(archive, BOOK, FieldScorer())

    assert found.trials[0].figures.recall == 1.0


def test_where_the_file_sets_a_threshold_a_head_is_measured_and_applied_with_it(archive):
    ids = fill(archive, FieldScorer())
    judge(archive, ids)

    def book(threshold: float) -> Rulebook:
        return replace(BOOK, topics={"levy": replace(BOOK.topics["levy"], threshold=threshold)})

    (out_of_reach,) = tuning.tune(archive, book(0.9999), FieldScorer())
    assert [(trial.way, trial.figures.recall) for trial in out_of_reach.trials] == [("now", 0.0), ("head", 0.0)]
    assert (out_of_reach.head, out_of_reach.threshold_in_file) == (None, 0.9999)

    (found,) = tuning.tune(archive, book(0.6), FieldScorer())
    assert [(trial.way, trial.figures.f1) for trial in found.trials[1:]] == [("head", 1.0)]
    tuning.apply(archive, [found])
    rescore(archive, book(0.6), FieldScorer(), parse("*"), NOW)
    assert relevant(archive, ids) == [number % 2 == 0 for number in range(24)]


class KnowingScorer(FieldScorer):
    """Tells trade from football by itself."""

    def second_look(self, pairs):
        return np.array([2.0 * ("trade" in text) - 1.0 for _, text in pairs], np.float32)

    def relevance(self, features):
        return (0.5 + 0.4 * features[:, 1]).astype(np.float32)


def test_what_is_in_force_stays_where_labels_teach_nothing_better(archive):
    judge(archive, fill(archive, KnowingScorer()))

    (found,) = tuning.tune(archive, BOOK, KnowingScorer())

    assert (found.head, found.reason) == (None, "nothing tried is better than what is in force")
    assert [trial.figures.f1 for trial in found.trials] == [1.0, 1.0, 1.0]
    assert tuning.apply(archive, [found]) == 0
    assert tuning.load_heads(archive, "fields-1") == {}


def test_topics_are_embedded_anew_when_too_many_are_remembered_and_say_the_same(archive, monkeypatch):
    ids = fill(archive, KnowingScorer())
    before = [archive.scores.get(one).relevances for one in ids]
    monkeypatch.setattr("monitor.services.relevance._REMEMBERED", 1)
    two = replace(BOOK, topics={**BOOK.topics, "duty": Topic("duty", "Sugar duty")})

    rescore(archive, two, KnowingScorer(), parse("*"), NOW)

    after = [[one for one in archive.scores.get(number).relevances if one.topic == "levy"] for number in ids]
    assert after == [list(one) for one in before]


def test_an_article_that_waits_for_its_analysis_goes_on_waiting(archive):
    ids = fill(archive, FieldScorer(), 2)
    (fresh,) = archive.articles.add([article(50, "trade")])

    rescore(archive, BOOK, FieldScorer(), parse("*"), NOW)

    assert (archive.scores.get(fresh), archive.scores.waiting(10)) == (None, [fresh])
    assert relevant(archive, ids) == [True, True]


def test_scoring_again_says_what_changed_keeps_the_time_and_alerts_nobody(archive):
    ids = fill(archive, FieldScorer(), 4)
    before = [archive.scores.get(one).at for one in ids]
    other = FieldScorer(stance=(0.9, 0.05, 0.05))

    tried = rescore(archive, BOOK, other, parse("*"), NOW + timedelta(days=1), is_stored=False)
    japan = [turned for turned in tried.turned if turned.holder == "Japan"]
    assert (tried.articles, len(japan)) == (4, 4)
    assert japan[0][1:] == ("levy", "Japan", Stance.FAVOR, Stance.AGAINST)
    assert archive.scores.get(ids[0]).statements[0].stance is Stance.FAVOR

    gone = rescore(archive, BOOK, FieldScorer(0.2), parse("*"), NOW + timedelta(days=1))
    assert (gone.lost["levy"], gone.gained["levy"], gone.failed) == (4, 0, 0)
    assert {turned.after for turned in gone.turned} == {None}
    assert [archive.scores.get(one).at for one in ids] == before
    assert not archive.alerts.recent(NOW - timedelta(days=1))


@given(st.floats(0, 1), st.lists(st.floats(-1, 1, width=32), min_size=8, max_size=8), st.floats(0.1, 5), st.floats(-3, 3))
def test_a_head_gives_probabilities_that_rise_with_the_models_own(given_probability, vector, slope, bias):
    embedding = np.array(vector, np.float32)
    head = Head("r", 0.5, slope, bias, (0.5,) * 8)
    found = head.probability(given_probability, embedding)
    assert 0.0 <= found <= 1.0
    assert head.probability(min(1.0, given_probability + 0.1), embedding) >= found
    assert Head("r", 0.4).probability(given_probability, embedding) == given_probability
    assert heads.read(heads.written({"levy": head}), "r") == {"levy": head}


def test_the_commands_note_a_label_try_it_and_score_again(tmp_path, monkeypatch):
    (tmp_path / "rules.yaml").write_text("topics: {levy: {name: Sugar levy, threshold: 0.6}}\nactors: {Japan: {}}\n")
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    monkeypatch.chdir(tmp_path)
    stored = build(Config(path="monitor.db"))
    stored.feeds.configure([Feed("wire", "https://wire.example/rss", "Wire")])
    (one,) = fill(stored, FieldScorer(), 1)
    stored.close()

    def run(*words: str):
        return CliRunner().invoke(command_line, [*words, "--archive", "monitor.db", "--rules", "rules.yaml"])

    said = run("label", str(one), "--topic", "levy", "--irrelevant", "--stance", "against", "--holder", "Japan", "--by", "ada")
    assert (said.exit_code, said.stdout) == (0, f"noted; article {one} has 2 labels\n")
    assert json.loads(run("label", str(one), "--topic", "levy", "--relevant", "--json").stdout) == {"article": one, "labels": 2}
    assert run("label", str(one), "--topic", "zebra", "--relevant").exit_code == 2
    assert run("label", str(one), "--topic", "levy", "--stance", "against", "--holder", "Zed").exit_code == 2
    assert "needs 6 articles" in run("tune").stdout
    assert json.loads(run("tune", "--json").stdout)["topics"][0]["threshold_in_file"] == 0.6
    assert run("tune", "--forget").stdout == "back to the model alone: nothing was tuned\n"
    assert json.loads(run("tune", "--forget", "--json").stdout) == {"forgotten": []}
    for since in ("3650d", "2020-01-01"):
        again = run("rescore", "--since", since, "--query", "lang:ko OR lang:en", "--dry-run")
        assert (again.exit_code, again.stdout.splitlines()[0]) == (0, "1 article scored again (nothing stored)")
    later = run("rescore", "--since", "2999-01-01", "--dry-run")
    assert (later.exit_code, "lies ahead" in later.stderr) == (2, True)
