"""Large work in parts: what the workers of a cluster find and score is what one process alone does, whoever dies meanwhile."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.archives import postgres
from monitor.core.queries.query import Vocabulary, parse
from monitor.errors import MonitorError
from monitor.model import Actor, Article, Limits, Rule, Rulebook, Topic
from monitor.ports import Archive
from monitor.queues import procrastinate
from monitor.scorers import onnx
from monitor.services import rescore as here
from monitor.services import spreading
from monitor.services.backtest import backtest
from monitor.services.score import score_articles
from tests.archives import opened
from tests.postgres import empty_database
from tests.tinymodels import make_weights

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
COUNT = 3 * here.BATCH + 5
ACTORS = {"Japan": Actor("Japan", ("Tokyo",)), "China": Actor("China")}
BEFORE = Rulebook({"tax": Topic("tax", "tax")}, ACTORS, {}, {})
AFTER = Rulebook({"tax": Topic("tax", "tax", threshold=0.999), "bell": Topic("bell", "bell")}, ACTORS, {}, {})


def told(number: int) -> Article:
    who, side, what = ("Japan", "China")[number % 2], ("supports", "opposes")[number % 3 == 0], ("tax", "bell")[number % 5 == 0]
    seen = NOW - timedelta(hours=number * 3.5)
    text = f"{who} {side} the {what} . The author said so {number} times ."
    keys, source = (f"key-{number}",), f"outlet{number % 7}.example"
    return Article(
        0, "wire", f"https://{source}/{number}", f"The {what} and {who}", text, keys, f"{number}",
        seen - timedelta(minutes=number % 50), seen, source=source, language="en",
    )  # fmt: skip


@pytest.fixture(scope="module")
def scorer(tmp_path_factory):
    return onnx.build(onnx.Config(weights=str(make_weights(tmp_path_factory.mktemp("weights"))), threads=1))


@pytest.fixture
def archive(scorer):
    with empty_database() as url:
        built = postgres.build(postgres.Config(url=url, connections=6))
        for at in range(0, COUNT, here.BATCH):
            ids = built.articles.add([told(number) for number in range(at, min(COUNT, at + here.BATCH))])
            analysed = NOW - timedelta(hours=at * 3.5)
            built.scores.save([replace(one, at=analysed) for one in score_articles(built.articles.get(ids), BEFORE, scorer)])
            for number in ids:
                built.stories.join(number, None)
        yield built
        built.close()


@contextmanager
def analyser(archive, scorer, *, dies_after: int = 0) -> Iterator[procrastinate.ProcrastinateQueue]:
    """A queue and one worker on it, whose first jobs fail after their results were stored, as if it had died before telling so."""
    queue = procrastinate.build(
        procrastinate.Config(url=archive.config.url, heartbeat_seconds=1, poll_seconds=0.1), archive.joined
    )
    stopping, done = threading.Event(), []

    def part(**words) -> None:
        spreading.do_part(archive, scorer, **words)
        done.append(words["number"])
        if len(done) <= dies_after:
            raise RuntimeError("died")

    working = threading.Thread(target=queue.work, args=({"analyse": print, procrastinate.PART: part}, 1, stopping))
    working.start()
    try:
        yield queue
    finally:
        stopping.set()
        working.join()
        assert queue.depths()["analyse"] <= dies_after
        assert archive.states.names(spreading.NAME) == []
        queue.close()


def test_scoring_again_says_and_stores_the_same_spread_as_alone(archive, scorer):
    query = parse("seen:300h")
    alone = here.rescore(archive, AFTER, scorer, query, NOW, is_stored=False)
    assert alone.articles > 2 * here.BATCH
    assert alone.gained
    assert alone.lost
    assert alone.turned
    noted = []
    with analyser(archive, scorer, dies_after=1) as queue:
        dry = spreading.rescore(archive, queue, AFTER, query, NOW, is_stored=False)
        spread = spreading.rescore(archive, queue, AFTER, query, NOW, note=lambda *given: noted.append(given))
    assert dry == alone
    assert spread == alone
    assert noted[-1] == (alone.articles, alone.articles)
    again = here.rescore(archive, AFTER, scorer, query, NOW, is_stored=False)
    assert (again.articles, again.gained, again.lost, again.turned) == (alone.articles, {}, {}, [])


QUERIES = (
    "*",
    "/(supports|bell) the/",
    "tax OR bell",
    "topic:tax holder:Tokyo stance:against",
    "japan -bell source:outlet1.example",
)


def test_a_backtest_says_the_same_spread_as_alone(archive, scorer):
    rules = {
        str(n): Rule(str(n), query, kind="match", group_by="source", cooldown=timedelta(hours=5), options=None)
        for n, query in enumerate(QUERIES)
    }
    book = replace(BEFORE, rules=rules)
    archive.silences.add("source:outlet2.example", NOW + timedelta(days=1), "", NOW - timedelta(days=9))
    since, alerts = NOW - timedelta(days=10), 0
    names = Vocabulary.of(book)
    with analyser(archive, scorer) as queue:

        def find(query, first, last):
            found = spreading.find(archive, queue, names, query, first, last)
            assert sorted(found, key=lambda hit: (hit.seen, hit.article)) == archive.search.hits(query, now=last, since=first)
            return found

        for rule in rules.values():
            alone = backtest(archive, book, rule, since=since, now=NOW, storm=1000)
            assert backtest(archive, book, rule, since=since, now=NOW, storm=1000, find=find) == alone
            alerts += len(alone.alerts)
    assert alerts


def test_a_part_done_twice_changes_nothing(archive, scorer):
    work = {"kind": "rescore", "topics": [{"id": "bell", "name": "bell"}], "actors": [{"name": "Japan"}], "is_stored": True}
    archive.states.save("spread:x", work)
    spreading.do_part(archive, scorer, "spread:x", 0, [1, 2, 3])
    first = archive.states.load("spread:x:0000000")
    spreading.do_part(archive, scorer, "spread:x", 0, [1, 2, 3])
    assert archive.states.load("spread:x:0000000") == first
    assert first["turned"]
    archive.states.forget(archive.states.names("spread:x"))
    spreading.do_part(archive, scorer, "spread:x", 1, [4])
    assert archive.states.names("spread:x") == []


class Nobody:
    """A queue whose workers failed at everything."""

    def workers(self) -> int:
        return 1

    def share(self, order, parts) -> None:
        pass

    def left(self, order) -> int:
        return 0

    def withdraw(self, order) -> None:
        pass


def test_parts_that_fail_again_and_again_are_told_and_nothing_is_left(tmp_path):
    with opened("sqlite-memory", tmp_path) as archive:
        with pytest.raises(MonitorError, match="3 of 64 parts could not be done"):
            spreading.find(archive, Nobody(), Vocabulary(), parse("*"), NOW - timedelta(days=90), NOW)
        assert archive.states.names("") == []
        archive.states.save("spread:20260401T000000-aa", {"kind": "find"})
        archive.states.save("spread:20260501T000000-aa", {"kind": "find"})
        assert spreading.forget_old(archive, NOW) == 1
        assert archive.states.names("") == ["spread:20260501T000000-aa"]


class Words:
    """A model that takes what names a topic for relevant; `meanwhile` is done while it reads."""

    limits = Limits(gate=2.0, threshold=0.5)

    def __init__(self, revision: str = "words-1", meanwhile: Callable[[], None] = lambda: None) -> None:
        self.revision, self.meanwhile = revision, meanwhile

    def embed(self, texts, *, as_topics=False):
        self.meanwhile()
        return np.full((len(texts), 4), 0.5, np.float32)

    def second_look(self, pairs):
        return np.zeros(len(pairs), np.float32)

    def relevance(self, features):
        return np.full(len(features), 0.9, np.float32)

    def stance(self, pairs, languages):
        return np.tile(np.array([0.1, 0.8, 0.1], np.float32), (len(pairs), 1))


class Workers(Nobody):
    """A queue whose workers take turns at the parts, each with its own model, and do them at once, or once somebody is told."""

    def __init__(self, archive, *scorers: Words, waits: bool = False) -> None:
        self.archive, self.scorers, self.waits, self.todo = archive, itertools.cycle(scorers), waits, []

    def share(self, order, parts) -> None:
        self.todo += [(order, number, part) for number, part in parts.items()]
        if not self.waits:
            self.work()

    def left(self, order) -> int:
        return len(self.todo)

    def work(self, _told: str = "") -> None:
        while self.todo:
            spreading.do_part(self.archive, next(self.scorers), *self.todo.pop(0))


@pytest.fixture
def small(tmp_path) -> Iterator[Archive]:
    with opened("sqlite-memory", tmp_path) as archive:
        archive.articles.add([told(number) for number in range(here.BATCH + 3)])
        ids = archive.scores.waiting(100)
        archive.scores.save([replace(one, at=NOW) for one in score_articles(archive.articles.get(ids), BEFORE, Words())])
        yield archive


def test_workers_with_different_models_are_told_to_start_anew(small):
    with pytest.raises(MonitorError, match=r"the workers run different models \(words-1, words-2\); start them all anew"):
        spreading.rescore(small, Workers(small, Words(), Words("words-2")), AFTER, parse("*"), NOW)
    assert small.states.names(spreading.NAME) == []


def test_whoever_waits_is_told_when_no_worker_does_anything(small, monkeypatch):
    monkeypatch.setattr(spreading, "_QUIET_SECONDS", 0.0)
    queue, said = Workers(small, Words(), waits=True), []
    alone = here.rescore(small, AFTER, Words(), parse("*"), NOW, is_stored=False)

    def tell(words: str) -> None:
        said.append(words)
        queue.work()

    found = spreading.rescore(small, queue, AFTER, parse("*"), NOW, tell=tell)

    assert said[0] == "no part was done for 0 seconds; is a worker with --queue analyse running?"
    assert found == alone
    assert found.gained


def test_a_worker_taken_for_dead_that_goes_on_changes_nothing_any_more(small):
    work = {"kind": "rescore", "topics": [{"id": "bell", "name": "bell"}], "actors": [], "is_stored": True}
    small.states.save("spread:x", work)
    part = [one.article for one in small.search.hits(parse("bell"), now=NOW)][:2]

    def replaced() -> None:
        slow.meanwhile = lambda: None
        spreading.do_part(small, Words("words-2"), "spread:x", 0, part)

    slow = Words("words-1", replaced)
    spreading.do_part(small, slow, "spread:x", 0, part)

    assert small.states.load("spread:x:0000000")["gained"] == {"bell": 2}
    assert {small.scores.get(one).model for one in part} == {"words-2"}


def test_work_that_somebody_may_still_fetch_is_kept(small):
    small.states.save("spread:20260430T000000-aa", {"kind": "find"})

    assert spreading.forget_old(small, NOW) == 0
    assert small.states.names(spreading.NAME) == ["spread:20260430T000000-aa"]


@given(st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_stretches_cover_all_of_time_once(span):
    found = spreading.stretches(NOW - span, NOW)
    assert (found[0][0], found[-1][1]) == (None, None)
    assert all(before == after for (_, before), (after, _) in itertools.pairwise(found))
    ends = [before for _, before in found[:-1]]
    assert ends == sorted(set(ends))
    assert len(found) <= spreading.MOST_STRETCHES
