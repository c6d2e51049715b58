"""From publication to alert: a feed on loopback that grows, the worker's steps, and an SMTP server and a Slack webhook that note the time.

    python -m benchmarks.latency SECONDS PER_SECOND

The polling interval is left out: the worker polls as soon as it is done, and time counts from the poll that brings an article.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.runs import ask, percentile, spread

RULES = """
topics:
  drill: {name: military drills, description: Joint military drills and exercises in East Asia., aliases: [joint drill]}
actors: {Japan: {aliases: [Tokyo]}, China: {aliases: [Beijing]}}
receivers:
  desk: {kind: email, host: 127.0.0.1, port: %d, security: none, sender: a@example.org, to: [b@example.org], rate_per_minute: 6000}
  room: {kind: slack, webhook: {value: "%s"}, rate_per_minute: 6000}
rules:
  every: {when: number*, cooldown: 0s, notify: [desk, room]}
"""
SETTINGS = """
feeds: {place}/feeds.yaml
rules: {place}/rules.yaml
archive: {place}/monitor.db
outbox: {place}/outbox
allow: [127.0.0.1]
fetcher: {{kind: http, spacing_seconds: 0, per_host: 20}}
worker: {{storm: 100000}}
"""
ITEM = (
    "<item><title>number{0} {1}</title><link>https://outlet.example/n/{0}</link><guid>{0}</guid>"
    "<description>Tokyo said that {2}. Beijing condemned {1}.</description></item>"
)
_NUMBER = re.compile(r"number(\d+)")


class _Timed(list[Any]):
    """A list that notes when each message came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def append(self, message: Any) -> None:
        self.times.append(time.monotonic())
        super().append(message)


def one_run(seconds: int, per_second: int) -> dict[str, Any]:
    """Seconds from the poll to each receiver, for every article and receiver."""
    from monitor import logs
    from monitor.app import open_app
    from monitor.demo.mailbox import mail_server
    from monitor.demo.servers import feed_site, slack_webhook
    from monitor.worker import Worker

    logs.configure(level="error")
    with tempfile.TemporaryDirectory() as folder, mail_server() as mailbox, slack_webhook() as hook, feed_site({}) as site:
        place = Path(folder)
        mailbox.messages, hook.messages = _Timed(), _Timed()
        (place / "rules.yaml").write_text(RULES % (mailbox.port, hook.address))
        (place / "feeds.yaml").write_text(f"feeds:\n  - {{id: outlet, name: Outlet, url: '{site.address}/feed', interval: 1m}}\n")
        (place / "monitor.yaml").write_text(SETTINGS.format(place=place))
        fetched: dict[int, float] = {}
        with open_app(environment={}, file=place / "monitor.yaml") as app:
            from monitor.services.score import is_answering

            is_answering(app.scorer)
            feed = app.feeds[0]
            worker = Worker(app)
            _poll(app, worker, site, feed, 0, fetched)
            started = time.monotonic()
            while (passed := time.monotonic() - started) < seconds:
                _poll(app, worker, site, feed, 1 + int(passed * per_second), fetched)
        return {"seconds": _waits(mailbox.messages, hook.messages, fetched), "articles": len(fetched)}


def _poll(app: Any, worker: Any, site: Any, feed: Any, until: int, fetched: dict[int, float]) -> None:
    """One poll of what is published by now and everything that follows from it; the first poll finds an old, empty feed."""
    from monitor.model import FeedState
    from monitor.services.collect import collect

    items = "".join(ITEM.format(number, *_made_up(number)) for number in range(until, max(0, until - 200), -1))
    body = f"<?xml version='1.0'?><rss version='2.0'><channel><title>Outlet</title>{items}</channel></rss>".encode()
    site.documents = {"/feed": ("application/rss+xml", body)}
    began = time.monotonic()
    for number in range(1, until + 1):
        fetched.setdefault(number, began)
    state = next((state for one, state in app.archive.feeds.list() if one.id == feed.id), FeedState(feed.id))
    collect([(feed, state)], app.fetcher, app.parser, app.archive, app.clock)
    worker.analyse()
    worker.deliver()


def _made_up(number: int) -> tuple[str, str]:
    """Invented words, so that no two articles are one story."""
    dice = random.Random(number)
    words = ["".join(dice.choices("bcdfglmnprst", k=1)[0] + dice.choices("aeiou", k=1)[0] for _ in range(3)) for _ in range(30)]
    return " ".join(words[:6]), " ".join(words[6:])


def _waits(mail: Any, slack: Any, fetched: dict[int, float]) -> list[float]:
    waits = []
    for messages, text in ((mail, lambda one: str(one["subject"])), (slack, json.dumps)):
        for message, at in zip(messages, messages.times, strict=True):
            found = _NUMBER.search(text(message))
            if found and int(found[1]) in fetched:
                waits.append(at - fetched[int(found[1])])
    return waits


def measure(*, seconds: int, per_second: int, runs: int) -> dict[str, Any]:
    """Median and 95th percentile in seconds, over both receivers."""
    taken = [ask("latency", seconds, per_second) for _ in range(runs)]
    if not all(run["seconds"] for run in taken):
        raise RuntimeError("no alert arrived")
    return {
        "size": {"articles_per_second": per_second, "seconds": seconds, "alerts": sum(len(run["seconds"]) for run in taken)},
        "p50_s": spread([percentile(run["seconds"], 0.5) for run in taken]),
        "p95_s": spread([percentile(run["seconds"], 0.95) for run in taken]),
    }


if __name__ == "__main__":
    print(json.dumps(one_run(int(sys.argv[1]), int(sys.argv[2]))))
