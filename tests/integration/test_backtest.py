"""A backtest says what the live run sent, or would have: silences, storms, rules by the hour, beginnings in the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.archives import sqlite
from monitor.clock import FixedClock
from monitor.config.rulebook import load_rulebook
from monitor.model import Alert, Article, Feed, Limits, Reason, Rulebook, Vector
from monitor.ports import Archive
from monitor.services.analyse import AnalyseReport, analyse
from monitor.services.backtest import Backtest, backtest

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STORM = 5
RULES = """
topics: {levy: {name: Sugar levy}}
rules:
  levy: {when: levy}
  off: {when: levy, enabled: false}
  many: {when: levy, kind: frequency, threshold: 3, window: 6h}
  quiet: {when: levy, kind: silence, window: 2h}
"""
SUBJECTS = ("harbour", "glacier", "railway", "orchard", "museum", "reactor", "stadium", "library", "theatre", "airport")


class Mute:
    """A model that finds nothing: rules on words need none."""

    revision = "mute-1"
    limits = Limits(gate=2.0, threshold=0.5)

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> Vector:
        rows = [np.random.default_rng(crc32(text.encode())).standard_normal(384) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], np.float32)

    def second_look(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        return np.zeros(len(pairs), np.float32)

    def relevance(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros(len(features), np.float32)

    def stance(self, pairs: Sequence[tuple[str, str]], languages: Sequence[str]) -> NDArray[np.float32]:
        return np.zeros((len(pairs), 3), np.float32)


class Live:
    """The live run, hour by hour."""

    def __init__(self, archive: Archive, book: Rulebook) -> None:
        self.archive, self.book, self.clock = archive, book, FixedClock(NOW)

    def hour(self, *articles: Article) -> AnalyseReport:
        """What comes in at this hour is analysed; then it is an hour later."""
        self.archive.articles.add(articles)
        done = analyse(self.archive, self.book, Mute(), self.clock, batch=64, storm=STORM)
        self.clock.advance(HOUR)
        return done

    def article(self, number: int, word: str = "levy") -> Article:
        at, subject = self.clock.now(), SUBJECTS[number % len(SUBJECTS)]
        return Article(
            0, "wire", f"https://wire.example/{number}", f"{word} and the {subject} of {number}", f"The {subject}: {word} {number}.",
            (f"guid:{number}",), str(number), at - timedelta(minutes=10), at, source="wire.example", language="en",
        )  # fmt: skip

    def sent(self, rule: str, since: datetime = NOW) -> set[str]:
        return {one.id for one in self.archive.alerts.recent(since, rule=rule) if one.created >= since}

    def replayed(self, rule: str, since: datetime = NOW) -> Backtest:
        last = self.clock.now() - HOUR
        return backtest(self.archive, self.book, self.book.rules[rule], since=since - timedelta(minutes=1), now=last, storm=STORM)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    (tmp_path / "rules.yaml").write_text(RULES)
    archive = sqlite.build(sqlite.Config(path=":memory:"))
    archive.feeds.configure([Feed("wire", "https://wire.example/rss", "Wire")])
    yield Live(archive, load_rulebook(tmp_path))
    archive.close()


def ids(alerts: Sequence[Alert]) -> set[str]:
    return {alert.id for alert in alerts}


def test_a_rule_that_is_off_alerts_nobody_and_is_replayed_as_if_it_were_on(live: Live):
    live.hour(live.article(1))

    assert (len(live.sent("levy")), live.sent("off")) == (1, set())
    assert len(live.replayed("off").alerts) == 1


def test_a_storm_is_one_alert_in_both_however_many_batches_it_comes_in(live: Live):
    for start in (0, 20):
        live.archive.articles.add([live.article(start + number) for number in range(10)])
        analyse(live.archive, live.book, Mute(), live.clock, batch=64, storm=STORM)
        live.clock.advance(timedelta(minutes=20))
    live.hour()

    found = live.replayed("levy")

    assert ids(found.alerts) == live.sent("levy")
    assert [alert.group for alert in found.alerts] == ["storm"]
    assert found.reasons == {"storm": 20}


def test_a_rule_that_watches_for_silence_is_replayed_by_the_hour(live: Live):
    for number, comes in enumerate([True, False, False, False, True, False, False, False]):
        live.hour(*([live.article(number)] if comes else []))
    live.clock.advance(-HOUR)

    found = backtest(live.archive, live.book, live.book.rules["quiet"], since=NOW, now=live.clock.now(), storm=STORM)

    assert [alert.created for alert in found.alerts] == [
        one.created for one in reversed(live.archive.alerts.recent(NOW, rule="quiet"))
    ]
    assert len(found.alerts) == 2
    assert found.busiest == (NOW.date(), 2)


def test_a_replay_that_begins_in_the_middle_knows_what_came_before(live: Live):
    for number in range(6):
        live.hour(live.article(number), live.article(number + 100, "tariff"))

    later = NOW + 4 * HOUR

    assert ids(live.replayed("many").alerts) == live.sent("many") != set()
    assert ids(live.replayed("many", later).alerts) == live.sent("many", later) != set()
    assert ids(live.replayed("levy", later).alerts) == live.sent("levy", later)


def test_silences_of_then_hold_and_those_that_cannot_be_read_hold_nothing(live: Live):
    live.archive.silences.add("harbour", NOW + 3 * HOUR, "enough of it", NOW)
    live.archive.silences.add("nofield:anything", NOW + 30 * HOUR, "from another version", NOW)
    live.hour(live.article(0), live.article(1))
    live.hour()
    live.clock.advance(2 * HOUR)
    live.hour(live.article(10))

    found = live.replayed("levy")

    assert ids(found.alerts) == live.sent("levy")
    assert [one.reason for one in found.suppressed] == [Reason.SILENCE]
    nothing = replace(live.book.rules["levy"], when="nowhere")
    assert backtest(live.archive, live.book, nothing, since=NOW, now=live.clock.now(), storm=STORM).busiest is None


def test_news_of_a_story_that_is_told_on_is_one_alert_with_the_storys_title(live: Live):
    first, second = live.article(3), live.article(3)
    again = replace(second, keys=("guid:again",), content_hash="again", url="https://other.example/3", source="other.example")
    live.hour(first)
    live.hour(again)

    found = live.replayed("levy")

    assert ids(found.alerts) == live.sent("levy")
    assert {alert.title for alert in found.alerts} == {first.title}


def test_articles_that_others_have_done_are_not_done_again(live: Live):
    live.hour(live.article(1))
    (done,) = live.archive.alerts.recent(NOW, rule="levy")

    assert analyse(live.archive, live.book, Mute(), live.clock, batch=8, storm=STORM, first=done.articles) == AnalyseReport()
