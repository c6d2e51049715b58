"""A cluster on one PostgreSQL while its processes are killed: what is lost, what is doubled, whether everything drains.

Feeds on loopback publish numbered articles; schedulers and workers are killed (SIGKILL) at random and started again, as a supervisor
would; once the database itself is cut off and started again. Afterwards the articles that the feeds served are compared with the
archive one by one, the alerts with the mailbox, and the schedulers are stopped so that the queues can be seen to drain.

    python -m benchmarks.cluster_soak --feeds 500 --seconds 180

A letter may come twice in one window only: its sender (or the database) died after the receiver took it and before that was stored.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.press import Press, newsstand
from benchmarks.supervisor import Supervisor
from monitor.demo.mailbox import Mailbox, mail_server
from tests.postgres import Server
from tests.tinymodels import make_weights

MUST_BE_ZERO = (
    "lost",
    "doubled",
    "never_published",
    "not_alerted",
    "alerts_twice",
    "letters_missing",
    "letters_twice_outside_the_window",
    "jobs_stranded",
    "jobs_left",
)
WINDOW_SECONDS = 5.0
"""So long before its second letter's first one may the sender's end lie: a busy machine stores late."""
RULES = """
topics: {{tolls: {{name: Harbour toll}}}}
rules:
  harbours: {{when: harbour OR toll, notify: [desk], group_by: source, cooldown: 0s}}
receivers:
  desk: {{kind: email, host: "{host}", port: {port}, security: none, sender: monitor@example.org, to: [desk@example.org], rate_per_minute: 600000}}
"""


class Post:
    """When each letter came."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.at: list[float] = []
        threading.Thread(target=self._watch, daemon=True).start()

    def names(self) -> list[str]:
        """The Message-ID of every letter, in order."""
        return [str(letter["Message-ID"]) for letter in self.mailbox.messages]

    def outside(self, cuts: list[float]) -> int:
        """Letters that came again although nobody was ended about when they came first."""
        first: dict[str, float] = {}
        found = 0
        for name, at in zip(self.names(), self.at, strict=False):
            came = first.setdefault(name, at)
            found += came != at and not any(came - 1 <= cut <= came + WINDOW_SECONDS for cut in cuts)
        return found

    def _watch(self) -> None:
        while True:
            while len(self.at) < len(self.mailbox.messages):
                self.at.append(time.monotonic())
            time.sleep(0.02)


def rows(url: str, question: str) -> list[Any]:
    """The rows of an answer."""
    with psycopg.connect(url) as db:
        return db.execute(question).fetchall()


def ask(url: str, question: str) -> Any:
    """One value of the database."""
    found = rows(url, question)
    return found[0][0] if found else None


def until(check: Callable[[], bool], seconds: float, tend: Callable[[], None]) -> float:
    """Seconds until something holds; all of them when it never does."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        tend()
        with suppress(psycopg.Error):
            if check():
                break
        time.sleep(1)
    return time.monotonic() - started


@contextmanager
def removed(server: Server) -> Iterator[None]:
    """The server while inside, and nothing of it afterwards."""
    try:
        yield
    finally:
        server.remove()


def configure(root: Path, url: str, feeds: list[str], mailbox: Mailbox, interval: int, heartbeat: float) -> None:
    """Write feeds, rules and settings."""
    weights = make_weights(root / "weights")
    (root / "rules").mkdir()
    (root / "rules/rules.yaml").write_text(RULES.format(host=mailbox.host, port=mailbox.port))
    lines = [
        f"  - {{url: '{address}', name: Wire {n}, id: wire-{n}, interval: {interval}s}}\n" for n, address in enumerate(feeds)
    ]
    (root / "feeds.yaml").write_text("feeds:\n" + "".join(lines))
    settings = {
        "archive": url,
        "allow": ["127.0.0.0/8"],
        "fetcher": {"kind": "http", "spacing_seconds": 0, "per_host": 4},
        "scorer": {"kind": "onnx", "weights": str(weights), "threads": 1},
        "queue": {"kind": "procrastinate", "heartbeat_seconds": heartbeat, "poll_seconds": 1, "host_batch": 10},
        "worker": {"collect_every": "2s", "analyse_every": "2s", "deliver_every": "2s", "lease": "10s", "storm": 1_000_000},
    }
    (root / "monitor.yaml").write_text(json.dumps(settings))


COMMANDS: list[tuple[str, ...]] = [
    ("schedule", "#1"),
    ("schedule", "#2"),
    ("worker", "#1", "--queue", "collect,maintain", "--concurrency", "3"),
    ("worker", "#2", "--queue", "collect,deliver", "--concurrency", "3"),
    ("worker", "#3", "--queue", "analyse", "--concurrency", "1"),
    ("worker", "#4", "--queue", "analyse,deliver", "--concurrency", "2"),
]


def main() -> None:
    """Run, count, print one JSON object; exit code 1 when something was lost or doubled, or nothing was served at all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--kill-every", type=float, default=4.0)
    parser.add_argument("--publish-every", type=float, default=60.0, help="seconds between two articles of one feed")
    parser.add_argument("--interval", type=int, default=60, help="seconds between two looks at one feed")
    parser.add_argument("--heartbeat", type=float, default=2.0, help="seconds; more on a machine that is busy with other things")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=300.0, help="seconds to wait at the end until all is done")
    given = parser.parse_args()
    server = Server(synchronous_commit="on")
    with removed(server), tempfile.TemporaryDirectory() as folder, mail_server() as mailbox:
        report = run(given, Path(folder), server, mailbox)
    print(json.dumps(report, indent=1))
    sys.exit(0 if report["served"] and all(report[name] == 0 for name in MUST_BE_ZERO) else 1)


def run(given: argparse.Namespace, root: Path, server: Server, mailbox: Mailbox) -> dict[str, Any]:
    """The cluster in a folder until its queues are empty; what came of it."""
    database = server.url("postgres")
    press = Press(given.feeds, given.publish_every)
    with newsstand(press) as feeds:
        configure(root, database, feeds, mailbox, given.interval, given.heartbeat)
        supervisor, post = Supervisor(root, list(COMMANDS)), Post(mailbox)
        try:
            first = until(lambda: ask(database, "SELECT count(*) FROM articles") >= given.feeds // 2, 240, supervisor.tend)
            load = disturb(given, server, supervisor)
            press.ended = time.monotonic()
            return {
                "at": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
                "load": [round(min(load), 1), round(max(load), 1)],
                "feeds": given.feeds,
                "seconds": given.seconds,
                "warm_up": round(first, 1),
                **settle(database, press, post, supervisor, given.patience, 3 * given.heartbeat),
            }
        finally:
            supervisor.stop()
            (Path(tempfile.gettempdir()) / "cluster_soak.log").write_bytes((root / "log").read_bytes())


def disturb(given: argparse.Namespace, server: Server, supervisor: Supervisor) -> list[float]:
    """Kill processes, and halfway the database once; the machine's load meanwhile."""
    chance = random.Random(given.seed)
    load, ends, is_restarted = [os.getloadavg()[0]], time.monotonic() + given.seconds, False
    while time.monotonic() < ends:
        time.sleep(given.kill_every * chance.uniform(0.5, 1.5))
        supervisor.kill_one(chance)
        if not is_restarted and time.monotonic() > ends - given.seconds / 2:
            supervisor.cuts.append(time.monotonic())
            server.stop(at_once=True)
            time.sleep(2)
            server.start()
            is_restarted = True
        supervisor.tend()
        load.append(os.getloadavg()[0])
    return load


FOUND = "title ~* '(harbour|toll)' OR id IN (SELECT article FROM texts WHERE text ~* '(harbour|toll)')"
# A job of a worker that is gone, or that one still has long after every other of its kind was done.
STRANDED = """
SELECT j.id, j.task_name, j.lock, j.attempts, w.id IS NOT NULL AS lives, extract(epoch FROM now() - max(e.at))::int AS seconds
FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id JOIN procrastinate_events e ON e.job_id = j.id
WHERE j.status = 'doing' GROUP BY j.id, w.id HAVING now() - max(e.at) > interval '{} seconds'
"""
# What an outlet's alerts say for the first time, said again.
TWICE = """
SELECT count(*) - count(DISTINCT (a."group", c.claim)) FROM alerts a, json_array_elements_text(a.details -> 'memory' -> 'new') c (claim)
WHERE a.rule = 'harbours'
"""
LEFT = "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY 1, 2"


def settle(database: str, press: Press, post: Post, supervisor: Supervisor, patience: float, missed: float) -> dict[str, Any]:
    """Wait until all is stored, analysed and sent, then until the queues are empty; then count."""
    wanted = sum(press.published(feed) for feed in range(press.feeds))
    settled = until(
        lambda: (
            ask(database, "SELECT count(*) FROM articles WHERE NOT is_waiting") >= wanted
            and not ask(database, "SELECT count(*) FROM deliveries WHERE state <> 'sent'")
        ),
        patience,
        supervisor.tend,
    )
    stranded = STRANDED.format(round(2 * missed + 10))
    given_on = until(lambda: not rows(database, stranded), patience / 2, supervisor.tend)
    left_behind = rows(database, stranded)
    # A scheduler goes on telling of what is due; without one, what was told must come to its end.
    supervisor.dismiss("schedule")
    drained = until(lambda: not rows(database, LEFT), patience / 2, supervisor.tend)
    left = rows(database, LEFT)
    stored = [url for (url,) in rows(database, "SELECT url FROM articles")]
    served = press.addresses()
    outlets = ask(database, f"SELECT count(DISTINCT source) FROM articles WHERE {FOUND}")  # noqa: S608  # fixed texts
    groups = ask(database, "SELECT count(DISTINCT \"group\") FROM alerts WHERE rule = 'harbours'")
    alerts = ask(database, "SELECT count(*) FROM alerts WHERE rule = 'harbours'")
    letters = post.names()
    return {
        "served": len(served),
        "stored": len(stored),
        "lost": len(served - set(stored)),
        "doubled": len(stored) - len(set(stored)),
        "never_published": len(set(stored) - served),
        "not_alerted": outlets - groups,
        "alerts": alerts,
        "alerts_twice": ask(database, TWICE),
        "letters": len(letters),
        "letters_missing": alerts - len(set(letters)),
        "letters_twice": len(letters) - len(set(letters)),
        "letters_twice_outside_the_window": post.outside(supervisor.cuts),
        "killed": dict(supervisor.killed),
        "exit_codes": {str(code): number for code, number in supervisor.ended.items()},
        "seconds_to_settle": round(settled, 1),
        "seconds_to_give_on": round(given_on, 1),
        "seconds_to_drain": round(drained, 1),
        "jobs_stranded": len(left_behind),
        "jobs_stranded_are": [str(row) for row in left_behind],
        "jobs_left": sum(count for *_, count in left),
        "jobs_left_are": [str(row) for row in left],
        "jobs_failed": ask(database, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"),
    }


if __name__ == "__main__":
    main()
