"""ANALYSE on a real archive: rules see what just arrived, verdicts are stored, backtests predict the live run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.archives.sqlite import Config, SqliteArchive, build
from monitor.clock import FixedClock
from monitor.config.rulebook import load_rulebook
from monitor.core.queries.query import parse
from monitor.errors import ScorerError
from monitor.model import Article, Feed, Reason, Rulebook
from monitor.scorers.onnx import Config as ScorerConfig
from monitor.scorers.onnx import build as build_scorer
from monitor.services.analyse import ATTEMPTS, analyse
from monitor.services.backtest import backtest
from monitor.services.rules import diff, explain, overview
from monitor.services.silences import add_silence
from monitor.services.stories import show_story
from tests.tinymodels import make_weights

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = """
topics: {levy: {name: Sugar levy}}
actors: {Japan: {}, China: {}}
rules:
  levy: {when: levy, cooldown: 1h}
  two-outlets: {when: levy, min_outlets: 2}
  many: {when: levy, kind: frequency, threshold: 1, window: 1d, cooldown: 30m}
  quiet: {when: zebra, kind: silence, window: 2h}
"""
SUBJECTS = ("harbour", "glacier", "railway", "orchard", "museum", "reactor", "stadium", "library")


@pytest.fixture
def archive() -> Iterator[SqliteArchive]:
    archive = build(Config(path=":memory:"))
    archive.feeds.configure([Feed("wire", "https://wire.example/rss", "Wire"), Feed("post", "https://post.example/rss", "Post")])
    yield archive
    archive.close()


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    (tmp_path / "rules.yaml").write_text(RULES)
    return load_rulebook(tmp_path)


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory):
    return build_scorer(ScorerConfig(weights=make_weights(tmp_path_factory.mktemp("weights")), threads=1))


class Broken:
    """A scorer whose model is missing."""

    def __init__(self, sound) -> None:
        self.limits = sound.limits

    @property
    def revision(self) -> str:
        raise ScorerError("model.onnx is missing")

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> np.ndarray:
        raise ScorerError("model.onnx is missing")

    second_look = relevance = stance = embed


def article(number: int, word: str = "levy", *, feed: str = "wire", at: datetime = NOW, hours: float = 1) -> Article:
    subject = SUBJECTS[number % len(SUBJECTS)]
    return Article(
        id=0, feed=feed, url=f"https://{feed}.example/{number}", title=f"{word} and the {subject} {number}",
        text=f"Report {number} on the {subject}: the {word} came up in {subject} talks.", keys=(f"guid:{number}",),
        content_hash=str(number), published=at - timedelta(hours=hours), seen=at, source=f"{feed}.example", language="en",
    )  # fmt: skip


def run(archive, book, scorer, clock, *articles: Article):
    archive.articles.add(articles)
    return analyse(archive, book, scorer, clock, batch=64, storm=25)


def test_a_match_alerts_once_and_the_reason_why_not_is_stored(archive, book, scorer):
    clock = FixedClock(NOW)
    assert run(archive, book, scorer, clock, article(1)).alerts == 2
    assert run(archive, book, scorer, clock).alerts == 0

    reasons = {one.reason for one in archive.alerts.suppressions()}
    assert reasons == {Reason.FEW_OUTLETS}
    assert {one.receiver for one in archive.outbox.list()} == {"terminal", "outbox"}


def test_an_outlet_alerts_again_with_its_next_story_and_not_with_the_same(archive, tmp_path, scorer):
    (tmp_path / "rules.yaml").write_text("topics: {levy: {name: Sugar levy}}\nrules:\n  paper: {when: levy, group_by: source}\n")
    book, clock = load_rulebook(tmp_path), FixedClock(NOW)
    other = replace(article(3), title="Editorial: the levy harms orchards")
    assert run(archive, book, scorer, clock, article(1)).alerts == 1
    assert run(archive, book, scorer, clock, article(2)).alerts == 0
    assert run(archive, book, scorer, clock, other).alerts == 1
    assert {one.group for one in archive.alerts.recent(NOW - timedelta(days=1))} == {"source:wire.example"}
    assert {one.reason for one in archive.alerts.suppressions(rule="paper")} == {Reason.ALREADY_ALERTED}


def test_old_articles_are_stored_and_scored_and_alert_nobody(archive, book, scorer):
    report = run(archive, book, scorer, FixedClock(NOW), article(1, hours=72))

    assert (report.scored, report.alerts) == (1, 0)
    assert Reason.TOO_OLD in {one.reason for one in archive.alerts.suppressions(rule="levy")}


def test_a_silence_holds_until_it_ends(archive, book, scorer):
    clock = FixedClock(NOW)
    silence = add_silence(archive, book, "levy", "2h", "budget week", NOW)
    run(archive, book, scorer, clock, article(1))
    assert not archive.alerts.recent(NOW)
    assert archive.alerts.suppressions(rule="levy")[0].reason is Reason.SILENCE

    clock.advance(timedelta(hours=3))
    assert not archive.silences.list(clock.now())
    run(archive, book, scorer, clock, article(2, at=clock.now()))
    assert len(archive.alerts.recent(NOW, rule="levy")) == 1
    assert not archive.silences.end(silence.id, clock.now())


def test_a_silence_outlives_what_it_names(archive, book, scorer):
    """A topic that leaves the rules, or a language that has changed, must not stop the alerts about everything else."""
    clock = FixedClock(NOW)
    topic = next(iter(book.topics))
    add_silence(archive, book, f"topic:{topic} -levy", "2h", "", NOW)
    archive.silences.add("nofield:anything", NOW + timedelta(hours=2), "from another version", NOW)

    report = run(archive, replace(book, topics={}), scorer, clock, article(1))

    assert report.alerts >= 1


def test_without_a_model_rules_on_words_still_alert_and_scoring_follows(archive, book, scorer):
    clock = FixedClock(NOW)
    report = run(archive, book, Broken(scorer), clock, article(1))
    assert (report.scored, report.unscored, report.alerts) == (0, 1, 2)

    assert archive.scores.requeue() == 1
    clock.advance(timedelta(minutes=5))
    again = run(archive, book, scorer, clock)

    assert (again.scored, again.alerts) == (1, 0)


def test_a_poison_article_is_set_aside_in_the_end(archive, book, scorer):
    clock = FixedClock(NOW)
    run(archive, book, Broken(scorer), clock, article(1))
    for _ in range(20):
        archive.scores.requeue()
        run(archive, book, Broken(scorer), clock)

    assert archive.scores.requeue() == 0


class Stumbling:
    """A scorer whose code fails on one word, as on no other."""

    def __init__(self, sound) -> None:
        self._sound = sound

    def __getattr__(self, name: str):
        return getattr(self._sound, name)

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> np.ndarray:
        if any("poison" in text for text in texts):
            raise IndexError("list index out of range")
        return self._sound.embed(texts, as_topics=as_topics)


def test_an_article_that_no_code_survives_is_set_aside_and_keeps_no_other_waiting(archive, book, scorer):
    clock, stumbling = FixedClock(NOW), Stumbling(scorer)
    report = run(archive, book, stumbling, clock, replace(article(1), title="poison"), article(2), article(3))
    assert (report.scored, report.unscored) == (2, 1)
    assert archive.scores.get(1).error == "the article cannot be read (IndexError: list index out of range)"
    for _ in range(ATTEMPTS - 1):
        assert archive.scores.requeue() == 1
        assert run(archive, book, stumbling, clock, article(4)).unscored == 1
    assert archive.stats()["quarantined"] == 1
    assert archive.scores.requeue() == 0
    assert archive.scores.get(4).error == ""


UNREADABLE = {"published": datetime(1, 1, 1, tzinfo=UTC), "text": "The levy came up on Wednesday."}
"""The Wednesday before the first day there is."""


def test_an_article_without_a_fingerprint_is_scored_and_told_alone(archive, book, scorer):
    clock = FixedClock(NOW)
    assert run(archive, book, scorer, clock, replace(article(1), **UNREADABLE), article(2)).scored == 2
    assert run(archive, book, scorer, clock, replace(article(3), **UNREADABLE)).scored == 1
    stories = [one.story for one in archive.articles.get([1, 2, 3])]
    assert None not in stories
    assert len(set(stories)) == 3


def test_an_article_revised_to_one_without_a_fingerprint_keeps_no_other_waiting(archive, book, scorer):
    clock, first = FixedClock(NOW), replace(article(1), published=UNREADABLE["published"])
    run(archive, book, scorer, clock, first)
    archive.articles.revise(1, first.title, UNREADABLE["text"], "edited", NOW)
    same = replace(first, keys=("guid:9",), published=datetime(1, 1, 2, tzinfo=UTC))
    assert run(archive, book, scorer, clock, same).scored == 2
    assert all(story.outlets == 1 for story in archive.stories.get([1, 2]))
    assert show_story(1, archive)[0].articles == (1,)


def test_a_page_of_figures_is_analysed_like_any_other(archive, book, scorer):
    figures = replace(article(1), text="9" * 320 + " levy")
    assert run(archive, book, scorer, FixedClock(NOW), figures, article(2)).scored == 2


def test_silence_rules_fire_without_anything_new(archive, book, scorer):
    clock = FixedClock(NOW)
    for _ in range(4):
        run(archive, book, scorer, clock)
        clock.advance(timedelta(hours=1))

    assert [alert.rule for alert in archive.alerts.recent(NOW)] == ["quiet"]


def test_a_backtest_predicts_exactly_what_the_live_run_sent(archive, book, scorer):
    clock = FixedClock(NOW)
    for step in range(6):
        batch = [article(step * 3 + n, feed=("wire", "post")[n % 2], at=clock.now()) for n in range(3)]
        run(archive, book, scorer, clock, *batch)
        clock.advance(timedelta(minutes=20))

    for name in ("levy", "many"):
        done = backtest(archive, book, book.rules[name], since=NOW - timedelta(days=1), now=clock.now(), storm=25)
        sent = {alert.id for alert in archive.alerts.recent(NOW - timedelta(days=1), rule=name)}
        assert {alert.id for alert in done.alerts} == sent
        assert sent


def test_diff_says_what_a_change_gains_and_loses(archive, book, scorer):
    run(archive, book, scorer, FixedClock(NOW), article(1), article(2, "tariff"))
    changed = replace(book, rules={**book.rules, "levy": replace(book.rules["levy"], when="tariff")})

    found = diff(archive, book, changed, since=NOW - timedelta(days=1), now=NOW, storm=25, only="levy")

    assert len(found) == 1
    assert len(found[0].gained) + len(found[0].lost) + found[0].kept >= 1


def test_explain_and_overview_say_what_happened(archive, book, scorer):
    clock = FixedClock(NOW)
    run(archive, book, scorer, clock, article(1))
    number = archive.alerts.recent(NOW)[0].articles[0]

    sent = explain(archive, book, book.rules["levy"], number, NOW)
    gated = explain(archive, book, book.rules["two-outlets"], number, NOW)

    assert sent.clauses == (("levy", True),)
    assert sent.verdict.startswith("already alerted")
    assert gated.verdict == "few outlets: 1 of 2"
    assert [one.reason for one in gated.recorded] == [Reason.FEW_OUTLETS]
    assert {row["id"]: row["alerts"] for row in overview(archive, book, NOW)}["levy"] == 1


@pytest.mark.parametrize("news", [{"is_backfill": True}, {"published": NOW + timedelta(hours=1)}], ids=["dated", "later"])
@pytest.mark.parametrize("kind", ["levy", "many"])
def test_undated_backlog_alerts_nobody_and_dated_or_later_news_does(archive, book, scorer, kind: str, news: dict):
    only = replace(book, rules={kind: book.rules[kind]})
    undated = [replace(article(number), published=NOW, is_backfill=True) for number in range(5)]
    report = run(archive, only, scorer, FixedClock(NOW), *undated)
    assert (report.scored, report.alerts) == (5, 0)
    notes = {one.note for one in archive.alerts.suppressions(rule=kind) if one.reason is Reason.TOO_OLD}
    assert notes == {"undated, and came with the first look at its feed or the first after an outage"}

    later = NOW + timedelta(hours=1)
    assert run(archive, only, scorer, FixedClock(later), replace(article(6, at=later), **news)).alerts == 1


def test_70_a_regular_expression_that_explodes_costs_little_and_no_other_rule_its_alert(archive, scorer, tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(
        "rules:\n  slow: {when: 'text:/(a+)+$/'}\n  quick: {when: 'text:/(a+)+!$/'}\n  levy: {when: levy}\n"
    )
    archive.articles.add([replace(article(1), text="a" * 50_000 + "!")])
    began = time.process_time()

    found = archive.search.search(parse("text:/(a+)+$/"), now=NOW)[1]
    analyse(archive, load_rulebook(tmp_path), scorer, FixedClock(NOW), batch=64, storm=25)

    assert time.process_time() - began < 5
    assert found == 0
    assert {alert.rule for alert in archive.alerts.recent(NOW - timedelta(hours=1))} == {"quick", "levy"}
