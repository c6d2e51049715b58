"""Clocks that jump: set forward, set back, asleep for hours. Nothing stands still for a day, and nothing comes as a storm."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.app import open_app
from monitor.archives.sqlite import Config, build
from monitor.clock import SetBackWatch
from monitor.model import Feed, FeedState, Fetched
from monitor.worker import Worker, _run_now, _scheduler
from tests.rig import FaultServer, fault_server, feed_of, item, rss
from tests.tinymodels import make_weights

NOW = datetime(2024, 11, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class WallClock:
    """A clock whose time of day can be set, as an administrator or a time server would, while real time goes on."""

    def __init__(self) -> None:
        self.at, self.passed = NOW, 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.passed

    def live(self, span: timedelta) -> None:
        self.at += span
        self.passed += span.total_seconds()


def test_45_only_a_clock_set_back_is_noticed_and_once():
    clock = WallClock()
    watch = SetBackWatch(clock)

    def seen(*, lived: timedelta = timedelta(seconds=10), set_by: timedelta = timedelta(0)) -> bool:
        clock.live(lived)
        clock.at += set_by
        return watch.was_set_back()

    assert [seen(), seen(set_by=DAY), seen(set_by=-DAY), seen(), seen(set_by=timedelta(seconds=-1))] == [
        False, False, True, False, False,
    ]  # fmt: skip


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as made:
        yield made


@contextmanager
def worker_at(tmp_path: Path, clock: WallClock, server: FaultServer, **settings: object) -> Iterator[tuple[Worker, list[str]]]:
    (tmp_path / "rules.yaml").write_text("rules:\n  news: {when: number}\n")
    url = server.serve("/feed", feed_of(3))
    (tmp_path / "feeds.yaml").write_text(f"feeds:\n  - {{id: feed, url: '{url}', name: Feed, interval: 15m}}\n")
    flags = {
        "feeds": tmp_path / "feeds.yaml", "rules": tmp_path / "rules.yaml", "archive": str(tmp_path / "monitor.db"),
        "outbox": tmp_path / "outbox", "allow": [server.address], **settings,
    }  # fmt: skip
    with open_app(flags, environment={}, clock=clock) as app:
        done: list[str] = []
        yield Worker(app, on_progress=lambda step, _: done.append(step)), done


def test_45_steps_planned_before_the_clock_was_set_back_run_now(tmp_path: Path, server: FaultServer):
    clock = WallClock()
    with worker_at(tmp_path, clock, server) as (worker, _):
        ran = threading.Event()
        worker.on_progress = lambda step, _: ran.set() if step == "collect" else None
        scheduler = _scheduler(worker)
        for job in scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC) + DAY)
        scheduler.start()
        try:
            assert not ran.is_set()
            _run_now(scheduler, datetime.now(UTC))
            assert ran.wait(30)
        finally:
            scheduler.shutdown()


def test_45_a_day_forward_and_back_asks_each_feed_once_and_alerts_nobody_twice(tmp_path: Path, server: FaultServer):
    clock = WallClock()
    asked, alerts, edits = [], [], []
    tiny = {"kind": "onnx", "weights": str(make_weights(tmp_path / "weights")), "threads": 1}
    with worker_at(tmp_path, clock, server, scorer=tiny) as (worker, _):

        def one_pass(after: timedelta) -> None:
            clock.live(after)
            collected = worker.collect()
            asked.append(collected.feeds)
            edits.append(collected.changed)
            alerts.append(worker.analyse().alerts)

        def publish(text: str) -> None:
            fresh = item(9, pubDate="Fri, 15 Nov 2024 12:05:00 GMT", description=text)
            server.serve("/feed", rss(fresh + "".join(item(number) for number in range(3))))

        one_pass(timedelta(0))
        publish("What happened is not known yet.")
        one_pass(timedelta(minutes=20))
        for set_by, text in ((DAY, "A day later more is known."), (-DAY, "A day earlier it was another story.")):
            publish(text)
            clock.at += set_by
            for _ in range(3):
                one_pass(timedelta(seconds=30))
        one_pass(timedelta(hours=7))  # a day without news has made its interval longer

    assert asked == [1, 1, 1, 0, 0, 1, 0, 0, 1]
    assert edits == [0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert alerts == [0, 1, 0, 0, 0, 0, 0, 0, 0]  # what a first answer brings is backlog


def test_45_a_feed_that_fails_after_the_clock_was_set_back_is_not_hammered():
    archive = build(Config(path=":memory:"))
    archive.feeds.configure([Feed("feed", "https://feed.example/", "Feed")])
    read = FeedState("feed", last_success=NOW + DAY, next_due=NOW + DAY, configured="https://feed.example/")
    archive.feeds.record(read, Fetched("feed", "", 200, is_unchanged=True), NOW + DAY, 0)
    assert [feed.id for feed, _ in archive.feeds.due(NOW, 10)] == ["feed"]

    failed = FeedState("feed", last_success=NOW + DAY, next_due=NOW + timedelta(hours=1), failures=1)
    archive.feeds.record(failed, Fetched("feed", "", 503, error="busy"), NOW, 0)

    assert archive.feeds.due(NOW + timedelta(minutes=1), 10) == []
    archive.close()


@pytest.mark.parametrize("hours", [6, 48])
def test_46_after_sleep_each_step_runs_once_to_catch_up(tmp_path: Path, server: FaultServer, hours: int):
    """Asleep, real time stands still for the process; on waking the time of day has jumped on."""
    clock = WallClock()
    with worker_at(tmp_path, clock, server) as (worker, done):
        scheduler = _scheduler(worker)
        scheduler.start(paused=True)
        for job in scheduler.get_jobs():
            assert (job.coalesce, job.max_instances, job.misfire_grace_time) == (True, 1, None)
            asleep_since = datetime.now(UTC) - timedelta(hours=hours)
            job.modify(next_run_time=asleep_since if job.id == "deliver" else None)
        ran = threading.Event()
        worker.on_progress = lambda step, _: (done.append(step), ran.set())
        scheduler.resume()
        assert ran.wait(30)
        scheduler.shutdown()

    assert done == ["deliver"]
