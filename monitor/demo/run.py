"""Runs the demo: the real worker's steps on bundled news, until every alert has reached a server on this machine."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

from monitor.app import App, open_app
from monitor.clock import SystemClock
from monitor.demo.configuration import Place, clear, write_feeds, write_rules, write_settings
from monitor.demo.mailbox import Mailbox, mail_server
from monitor.demo.news import Outlet, bundled_news
from monitor.demo.replay import POLLS, ReplayClock, published
from monitor.demo.report import DemoReport, Letter, summarize
from monitor.demo.servers import HOST, FeedSite, SlackWebhook, feed_site, slack_webhook
from monitor.model import DeliveryState
from monitor.ports import Clock
from monitor.worker import Worker

PATIENCE_SECONDS = 60.0
SLACK_REFUSALS = (1,)
"""Slack asks once for a second of patience, as it does on a busy day."""

Progress = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class Start:
    """What a demo is about to do."""

    feeds: int
    articles: int
    polls: int


@dataclass(frozen=True, slots=True)
class Stage:
    """The loopback servers while they run."""

    place: Place
    outlets: tuple[Outlet, ...]
    site: FeedSite
    mailbox: Mailbox
    webhook: SlackWebhook


def run_demo(directory: Path, *, clock: Clock | None = None, progress: Progress = lambda _step, _report: None) -> DemoReport:
    """Let the worker live through a day of bundled news in `directory`, whose earlier demo is replaced.

    `progress` is told ("start", Start) and then the report of each step.

    Raises:
        ConfigError: the directory holds something that is not a demo's.
        ChannelError: the mail server's package is missing.
    """
    now = clock or SystemClock()
    place = Place(directory)
    replayed = ReplayClock(now)
    with staged(place, now) as stage, opened(place, replayed) as app:
        progress("start", Start(len(stage.outlets), sum(len(outlet.items) for outlet in stage.outlets), len(POLLS)))
        seconds = _work(app, replayed, stage, progress)
        letters = _keep_letters(place, stage.mailbox)
        _keep_slack(place, stage.webhook)
        return summarize(app, place, letters=letters, slack=len(stage.webhook.messages), seconds=seconds)


@contextmanager
def staged(place: Place, clock: Clock) -> Iterator[Stage]:
    """A fresh directory with its configuration, and the servers it names, while inside."""
    outlets = bundled_news(clock.now())
    with ExitStack() as running:
        mailbox = running.enter_context(mail_server())
        webhook = running.enter_context(slack_webhook(list(SLACK_REFUSALS)))
        site = running.enter_context(feed_site({}))
        clear(place)
        write_feeds(place, outlets, site.address)
        write_rules(place, mail_host=mailbox.host, mail_port=mailbox.port, webhook=webhook.address)
        write_settings(place, [HOST])
        yield Stage(place, outlets, site, mailbox, webhook)
        write_feeds(place, outlets, site.address, enabled=False)


@contextmanager
def opened(place: Place, clock: Clock | None = None) -> Iterator[App]:
    """The service on a demo's configuration; the environment may choose the model, but not other places."""
    with open_app(environment=_harmless(os.environ), file=place.settings, clock=clock) as app:
        yield app


def _harmless(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("MONITOR_SCORER")}


def _work(app: App, clock: ReplayClock, stage: Stage, progress: Progress) -> dict[str, float]:
    """Seconds spent in each step."""
    spent = dict.fromkeys(("collect", "analyse", "deliver"), 0.0)
    with app.archive.hold("worker"):
        worker = Worker(app, on_progress=progress)
        for behind in POLLS:
            clock.move(behind)
            stage.site.documents = published(stage.outlets, clock.now())
            spent["collect"] += _timed(worker.collect, clock)
            spent["analyse"] += _timed(worker.analyse, clock)
            spent["deliver"] += _timed(lambda: _deliver_all(worker, clock), clock)
    return spent


def _timed(step: Callable[[], object], clock: Clock) -> float:
    begun = clock.monotonic()
    step()
    return clock.monotonic() - begun


def _deliver_all(worker: Worker, clock: Clock) -> None:
    """Deliver again and again until nothing waits: a receiver may have asked for patience."""
    last = clock.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while True:
        worker.deliver()
        waiting = sum(states.get(DeliveryState.PENDING, 0) for states in worker.app.archive.outbox.counts().values())
        if not waiting or clock.monotonic() > last:
            return
        pause.wait(0.2)


def _keep_letters(place: Place, mailbox: Mailbox) -> tuple[Letter, ...]:
    """The emails as they arrived, each as .eml and, to be opened in a browser, as .html."""
    return tuple(_keep_letter(place, number, message) for number, message in enumerate(mailbox.messages, 1))


def _keep_letter(place: Place, number: int, message: EmailMessage) -> Letter:
    rule = str(message["List-Id"] or "alert").strip("<>").split(".")[0]
    base = place.mail / f"{number:02}-{rule}"
    page = base.with_suffix(".html")
    base.with_suffix(".eml").write_bytes(message.as_bytes())
    page.write_text(_part(message, "html"), encoding="utf-8")
    return Letter(rule, str(message["From"]), str(message["To"]), str(message["Subject"]), _part(message, "plain"), page)


def _part(message: EmailMessage, kind: Literal["html", "plain"]) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def _keep_slack(place: Place, webhook: SlackWebhook) -> None:
    for number, payload in enumerate(webhook.messages, 1):
        (place.slack / f"{number:02}.json").write_text(json.dumps(payload, ensure_ascii=False, indent=1), encoding="utf-8")
