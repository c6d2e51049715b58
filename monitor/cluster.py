"""Past one machine: one scheduler among many tells workers anywhere what there is to do, through a queue."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from monitor import tracing
from monitor.app import App
from monitor.core.feeds.backpressure import share
from monitor.errors import ArchiveBusy, ArchiveError
from monitor.model import DeliveryState, Feed, FeedState
from monitor.services import spreading
from monitor.services.holding import gather_held
from monitor.services.metrics import MODELS
from monitor.services.operator import LONG_QUEUE
from monitor.worker import BEAT, GRACE_SECONDS, Worker, guarded, stopped_by_signals

log = structlog.get_logger(__name__)

SCHEDULE = "schedule"
STANDBY_SECONDS = 5.0
"""How often a standby tries to lead, and a leader looks whether it still does."""
MAINTAIN_EVERY = timedelta(seconds=10)
HEARTBEATS_MISSED = 3
FEEDS_TOLD = 20_000
"""Most feeds looked at in one pass: a hundred thousand feeds, each read every fifteen minutes, are 3,300 in thirty seconds."""
BEHIND = LONG_QUEUE
"""Articles that wait for analysis above which less is collected."""

Observer = Callable[[str, float, bool], None]


def unobserved(_step: str, _seconds: float, _has_failed: bool) -> None:  # noqa: FBT001 - an observer is called so
    """Nobody counts."""


def schedule(app: App, stopping: threading.Event) -> None:
    """Lead when nobody else does, stand by otherwise, until SIGTERM or SIGINT."""
    if app.settings.traces:
        tracing.configure()
    app.queue  # noqa: B018 - a wrong configuration is told now, not when this process comes to lead
    is_told = False
    with stopped_by_signals(stopping):
        while not stopping.is_set():
            try:
                with app.archive.hold(SCHEDULE) as is_held:
                    is_told = False
                    Leader(app, stopping).lead(is_held)
            except ArchiveBusy as error:
                if not is_told:
                    log.info("standing by", reason=str(error))
                is_told = True
            except ArchiveError as error:
                log.warning("the archive cannot be reached; trying again", error=str(error))
            stopping.wait(STANDBY_SECONDS)
    tracing.stop()


def work(app: App, queues: Sequence[str], concurrency: int, stopping: threading.Event, observe: Observer = unobserved) -> None:
    """Do the jobs of these queues, so many at once, until SIGTERM or SIGINT."""
    if app.settings.traces:
        tracing.configure()
    member = Member(Worker(app, stopping=stopping, queue=app.queue, is_leader=False), observe)
    # Parts of large work wait in the queue of those who have models.
    steps = {name: step for name, step in member.steps.items() if name in queues or (name == "part" and "analyse" in queues)}
    with stopped_by_signals(stopping):
        log.info("worker started", queues=list(queues), concurrency=concurrency)
        app.queue.work(steps, concurrency, stopping)
    tracing.stop()


class Member:
    """One worker of many: what each kind of job does."""

    def __init__(self, worker: Worker, observe: Observer = unobserved) -> None:
        self._worker, self._observe = worker, observe

    @property
    def steps(self) -> Mapping[str, Callable[..., object]]:
        """Kind of job -> what does one."""
        return {
            "collect": self._observed("collect", self._collect),
            "analyse": self._observed("analyse", self._analyse),
            "deliver": self._observed("deliver", self._deliver),
            "maintain": self._observed("maintain", self._maintain),
            "part": self._observed("part", self._part),
        }

    def _observed(self, name: str, step: Callable[..., object]) -> Callable[..., object]:
        def run(**words: object) -> object:
            started = time.monotonic()
            has_failed = True
            try:
                self._worker.reload()
                done = step(**words)
                has_failed = False
                return done
            finally:
                self._observe(name, time.monotonic() - started, has_failed)

        return run

    def _collect(self, feeds: Sequence[str]) -> object:
        return self._worker.collect(feeds)

    def _analyse(self, articles: Sequence[int]) -> object:
        report = self._worker.analyse_batch(articles)
        if report.scored + report.unscored:
            self._observe(MODELS, report.model_seconds, report.unscored > 0)
        return report

    def _deliver(self, receiver: str) -> object:
        return self._worker.deliver([receiver])

    def _maintain(self) -> None:
        self._worker.rescue()
        self._worker.tidy()
        self._worker.subscribe()
        spreading.forget_old(self._worker.app.archive, self._worker.app.clock.now())

    def _part(self, order: str, number: int, part: Sequence[Any]) -> None:
        spreading.do_part(self._worker.app.archive, self._worker.app.scorer, order, number, part)


class Leader:
    """The scheduler that leads: it looks what is due and tells the queue."""

    def __init__(self, app: App, stopping: threading.Event) -> None:
        self._app, self._stopping, self._queue = app, stopping, app.queue
        self._worker = Worker(app, stopping=stopping, queue=app.queue)

    def lead(self, is_held: Callable[[], bool]) -> None:
        """Tell until stopped, or until somebody else may lead."""
        scheduler = self._scheduler()
        scheduler.start()
        log.info("leading", feeds=len(self._worker.feeds), rules=len(self._worker.rulebook.rules))
        try:
            while not self._stopping.wait(STANDBY_SECONDS):
                if not is_held():
                    log.warning("the archive's connection is lost; somebody else may lead now")
                    return
        finally:
            ending = threading.Thread(target=scheduler.shutdown, daemon=True)
            ending.start()
            ending.join(GRACE_SECONDS)

    def collect(self) -> int:
        """Tell of feeds that are due, fewer while analysis is behind; new jobs."""
        self._worker.reload()
        archive, now = self._app.archive, self._app.clock.now()
        due = archive.feeds.due(now, FEEDS_TOLD)
        part = share(len(archive.scores.waiting(2 * BEHIND)), BEHIND)
        if part < 1:
            log.warning("analysis is behind; less is collected", part=round(part, 2))
        return self._queue.collect(by_host(due[: math.ceil(part * len(due))]))

    def analyse(self) -> None:
        """Have the rules run that watch for silence, and what waits without a job of its own looked at."""
        self._queue.analyse([])

    def deliver(self) -> None:
        """Tell of receivers with something pending; gather what quiet hours held."""
        archive = self._app.archive
        gather_held(archive, self._app.clock.now())
        counts = archive.outbox.counts()
        self._queue.deliver(sorted(name for name, states in counts.items() if states.get(DeliveryState.PENDING)))

    def maintain(self) -> None:
        """Give the jobs of dead workers to others."""
        self._queue.maintain(HEARTBEATS_MISSED * self._app.heartbeat)

    def _scheduler(self) -> BackgroundScheduler:
        settings = self._app.settings.worker
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(4)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        for step, every in (
            (self.collect, settings.collect_every),
            (self.analyse, settings.analyse_every),
            (self.deliver, settings.deliver_every),
            (self.maintain, min(MAINTAIN_EVERY, HEARTBEATS_MISSED * self._app.heartbeat)),
            (self._worker.beat, BEAT),
        ):
            scheduler.add_job(
                guarded,
                "interval",
                args=[step],
                seconds=every.total_seconds(),
                next_run_time=self._app.clock.now(),
                id=step.__name__,
            )
        return scheduler


def by_host(due: Sequence[tuple[Feed, FeedState]]) -> dict[str, list[str]]:
    """The ids of feeds by the host they are asked at, so that a host is with one collector at a time."""
    hosts: dict[str, list[str]] = {}
    for feed, state in due:
        host = ""
        with suppress(ValueError):
            host = urlsplit(state.url or feed.url).hostname or ""
        hosts.setdefault(host, []).append(feed.id)
    return hosts
