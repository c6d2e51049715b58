"""The worker: APScheduler drives the three steps over one archive until a signal asks it to stop."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from monitor import tracing
from monitor.app import App
from monitor.clock import SetBackWatch
from monitor.config.documents import yaml_files
from monitor.core.alerts.retry import Pace, RetryPolicy, wait
from monitor.core.shown import without_password
from monitor.errors import ArchiveError, MonitorError
from monitor.logs import flush, logger
from monitor.model import Feed, Rulebook
from monitor.ports import Channel, Queue
from monitor.services import operator
from monitor.services.analyse import AnalyseReport, analyse
from monitor.services.collect import CollectReport, Policy, collect
from monitor.services.deliver import DeliverReport, deliver
from monitor.services.fulltext import PageReader
from monitor.services.keeping import prune
from monitor.services.links import feedback_links
from monitor.services.score import is_answering
from monitor.services.status import MODEL_PACE, WORKER
from monitor.services.websub import subscribe_due

log = logger(__name__)
GRACE_SECONDS = 8
FEEDS_AT_ONCE = 2000
BEAT = timedelta(minutes=1)
RESCUE = timedelta(minutes=5)
SUBSCRIBE = timedelta(minutes=15)
LOOK_TIDY, DAY = timedelta(hours=1), timedelta(days=1)
TIDIED = "tidied"
CLOCK_LOOK_SECONDS = 10.0


def unheard(_step: str, _report: Any) -> None:
    """Nobody watches the progress."""


@dataclass(frozen=True, slots=True)
class PassReport:
    """What one whole pass did."""

    collected: CollectReport
    analysed: AnalyseReport
    delivered: DeliverReport

    @property
    def has_failed(self) -> bool:
        """A feed, an article or a delivery failed."""
        return bool(self.collected.failed or self.analysed.unscored or self.delivered.retried or self.delivered.dead)

    def summary(self) -> dict[str, int]:
        """The numbers people and scripts look at."""
        return {
            "feeds": self.collected.feeds,
            "feeds_failed": self.collected.failed,
            "articles": self.collected.new,
            "scored": self.analysed.scored,
            "unscored": self.analysed.unscored,
            "alerts": self.analysed.alerts,
            "suppressed": self.analysed.suppressed,
            "sent": self.delivered.sent,
            "to_retry": self.delivered.retried,
            "given_up": self.delivered.dead,
        }


@dataclass
class Worker:
    """The three steps on one App, with the rulebook last found good."""

    app: App
    stopping: threading.Event = field(default_factory=threading.Event)
    on_progress: Callable[[str, Any], None] = unheard
    queue: Queue | None = None
    """What tells the other workers of a cluster; without one this worker is alone and looks for itself."""
    is_leader: bool = True
    """Whether the configured feeds are this worker's to store."""
    rulebook: Rulebook = field(init=False)
    channels: Mapping[str, Channel] = field(init=False)
    feeds: Mapping[str, Feed] = field(init=False)
    _stamps: Mapping[Path, tuple[int, int]] = field(init=False)
    _paces: dict[str, Pace] = field(default_factory=dict)
    _refusals: int = 0
    """How often in a row the archive would not store what was fetched."""
    _rests_until: float = 0.0
    _pages: PageReader | None = None
    """Made with the first pass, for only those who collect need a fetcher."""
    _scored: AnalyseReport = field(default_factory=AnalyseReport)
    """All that this worker analysed."""

    def __post_init__(self) -> None:
        self._policy = Policy.of(self.app.settings.worker)
        self._links = feedback_links(self.app.archive, self.app.settings.public_url)
        self.rulebook = self.app.rulebook
        self.channels = self.app.channels
        self.feeds = {feed.id: feed for feed in self.app.feeds}
        self._stamps = self._files()
        if self.is_leader:
            self.app.archive.feeds.configure(self.app.feeds)

    def collect(self, among: Sequence[str] | None = None) -> CollectReport:
        """Fetch what is due (of these feeds) and store what is new; while the archive stores nothing, servers are left alone."""
        app = self.app
        if app.clock.monotonic() < self._rests_until:
            return CollectReport()
        try:
            wanted = app.archive.feeds.due(app.clock.now(), FEEDS_AT_ONCE, among)
            report = CollectReport()
            if wanted:
                self._pages = self._pages or PageReader(app.fetcher, app.parser, app.clock)
                report = collect(wanted, app.fetcher, app.parser, app.archive, app.clock, self._policy, self.queue, self._pages)
        except ArchiveError:
            self._refusals += 1
            self._rests_until = app.clock.monotonic() + wait("archive", self._refusals, RetryPolicy()).total_seconds()
            raise
        self._refusals = 0
        self._tell(operator.feed_notices(report.events, self.feeds, app.clock.now()))
        self.on_progress("collect", report)
        return report

    def analyse(self) -> AnalyseReport:
        """Score, group and judge until nothing waits."""
        self.reload()
        total = AnalyseReport()
        worker = self.app.settings.worker
        while not self.stopping.is_set():
            report = self.analyse_batch()
            total += report
            self.on_progress("analyse", report)
            if report.scored + report.unscored < worker.batch:
                break
        self._scored += total
        self._tell(operator.model_notices(total.unscored, self.app.clock.now()))
        return total

    def analyse_batch(self, first: Sequence[int] = ()) -> AnalyseReport:
        """Score, group and judge one batch, beginning with these articles."""
        app, worker = self.app, self.app.settings.worker
        return analyse(
            app.archive,
            self.rulebook,
            app.scorer,
            app.clock,
            batch=worker.batch,
            storm=worker.storm,
            first=first,
            queue=self.queue,
        )

    def deliver(self, only: Sequence[str] | None = None) -> DeliverReport:
        """Send what is due (to these receivers)."""
        app = self.app
        report = deliver(
            app.archive,
            self.channels,
            self.rulebook,
            app.clock,
            links=self._links,
            policy=RetryPolicy(age=app.settings.worker.give_up_after),
            lease=app.settings.worker.lease,
            stop=self.stopping,
            paces=self._paces,
            only=only,
        )
        if report.waiting or report.dead:
            self._tell(operator.receiver_notices(app.archive, self.channels))
        self.on_progress("deliver", report)
        return report

    def beat(self) -> None:
        """Leave a mark in the archive that the worker is alive; look whether analysis keeps up."""
        scored = self._scored
        self._note({MODEL_PACE: round(scored.model_seconds / scored.scored, 4)} if scored.scored else {})
        self._tell(operator.queue_notices(int(self.app.archive.stats()["waiting"]), self.app.clock.now()))

    def once(self) -> PassReport:
        """One whole pass."""
        return PassReport(self.collect(), self.analyse(), self.deliver())

    def rescue(self) -> None:
        """Let articles whose scoring failed wait again, once the model answers; an outage of it is no fault of theirs."""
        if not is_answering(self.app.scorer):
            return
        count = self.app.archive.scores.requeue()
        if count:
            log.info("failed articles wait again", articles=count)

    def subscribe(self) -> None:
        """Ask hubs for the news of feeds that announce one; needs a public address at which they can call back."""
        if self.app.settings.public_url:
            subscribe_due(self.app.archive, self.app.fetcher, self.app.clock, public_url=self.app.settings.public_url)

    def tidy(self) -> None:
        """Once a day, drop the texts that their topics and tags no longer keep."""
        now = self.app.clock.now()
        last = self.app.archive.states.load(WORKER).get(TIDIED)
        if last is not None and now - datetime.fromisoformat(last) < DAY:
            return
        prune(self.app.archive, self.rulebook, now, tags=self.app.settings.keep)
        self._note({TIDIED: now.isoformat()})

    def reload(self) -> None:
        """Take over changed feeds and rules when all of them are valid; otherwise keep the old ones and say so."""
        stamps = self._files()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            feeds = self.app.read_feeds()
            rulebook = self.app.read_rulebook(feeds)
            channels = self.app.channels_of(rulebook)
        except MonitorError as error:
            log.error("the changed configuration is wrong; the old one stays in force", problems=str(error))
            self._note({"rules_error": str(error)})
            self._tell(operator.rulebook_notices(str(error), self.app.clock.now()))
            return
        if self.is_leader:
            self._store(feeds)
        self.rulebook, self.channels, self.feeds = rulebook, channels, {feed.id: feed for feed in feeds}
        log.info("configuration reloaded", feeds=len(feeds), rules=len(rulebook.rules), topics=len(rulebook.topics))
        self._note({"rules_error": ""})

    def _store(self, feeds: Sequence[Feed]) -> None:
        try:
            self.app.archive.feeds.configure(feeds)
        except ArchiveError:
            # Otherwise nothing would bring the change again until somebody edits a file.
            self._stamps = {}
            raise

    def _tell(self, notices: list[operator.Notice]) -> None:
        operator.tell(self.app.archive, notices, self.app.settings.operator, self.app.clock.now())

    def _note(self, facts: Mapping[str, Any]) -> None:
        state = self.app.archive.states.load(WORKER)
        self.app.archive.states.save(WORKER, {**state, **facts, "at": self.app.clock.now().isoformat()})

    def _files(self) -> dict[Path, tuple[int, int]]:
        stamps = {}
        for file in (self.app.settings.feeds, *yaml_files(self.app.settings.rules)):
            try:
                stat = file.stat()
            except OSError:
                continue
            stamps[file] = (stat.st_mtime_ns, stat.st_size)
        return stamps


def run(
    app: App,
    *,
    on_progress: Callable[[str, Any], None] = unheard,
    beside: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> None:
    """Work until SIGTERM or SIGINT; then finish or release what is under way within ten seconds.

    What `beside` gives runs until the worker is told to stop, such as the web page.

    Raises:
        ArchiveBusy: another worker holds the archive.
    """
    if app.settings.traces:
        tracing.configure()
    with app.archive.hold("worker"):
        with beside():
            worker = Worker(app, on_progress=on_progress)
            scheduler = _scheduler(worker)
            with stopped_by_signals(worker.stopping):
                scheduler.start()
                where = without_password(app.settings.archive_address)
                log.info("worker started", feeds=len(app.feeds), rules=len(worker.rulebook.rules), archive=where)
                watch = SetBackWatch(app.clock)
                while not worker.stopping.wait(CLOCK_LOOK_SECONDS):
                    if watch.was_set_back():
                        _run_now(scheduler, app.clock.now())
            log.info("stopping")
            # Both at once: a page that takes its time must not add to what a slow receiver takes.
            stopping = _stopping(scheduler)
        is_done = stopping()
    tracing.stop()
    log.info("worker stopped", unfinished=not is_done)
    if not is_done:
        # What is under way is repeated at the next start; threads that wait on a slow server must not hold the process.
        flush()
        os._exit(0)


def _scheduler(worker: Worker) -> BackgroundScheduler:
    settings = worker.app.settings.worker
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )
    now = worker.app.clock.now()
    steps = (
        (worker.collect, settings.collect_every),
        (worker.analyse, settings.analyse_every),
        (worker.deliver, settings.deliver_every),
        (worker.beat, BEAT),
        (worker.rescue, RESCUE),
        (worker.subscribe, SUBSCRIBE),
        (worker.tidy, LOOK_TIDY),
    )
    for step, every in steps:
        scheduler.add_job(
            guarded,
            "interval",
            args=[step],
            seconds=every.total_seconds(),
            next_run_time=now,
            id=step.__name__,
            name=step.__name__,
        )
    return scheduler


def _run_now(scheduler: BackgroundScheduler, now: datetime) -> None:
    """Take up every step at once: after the clock was set back, the times planned for them lie far ahead."""
    log.warning("the clock was set back; the steps go on from the present time")
    for job in scheduler.get_jobs():
        job.modify(next_run_time=now)


def guarded(step: Callable[[], object]) -> None:
    """Run a step; what goes wrong is logged and the next run tries again, since every step can be repeated."""
    try:
        step()
    except MonitorError as error:
        log.error("step failed", step=step.__name__, error=str(error))
    except Exception:
        log.exception("step failed unexpectedly", step=step.__name__)


@contextmanager
def stopped_by_signals(stopping: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set the event while inside; the handlers before come back afterwards."""
    numbers = (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, lambda *_: stopping.set()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stopping(scheduler: BackgroundScheduler) -> Callable[[], bool]:
    """Begin to stop; what is given back says whether everything under way has ended within the grace period that begins now."""
    waiting = threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True)
    waiting.start()
    until = time.monotonic() + GRACE_SECONDS

    def is_done() -> bool:
        waiting.join(max(0.0, until - time.monotonic()))
        return not waiting.is_alive()

    return is_done
