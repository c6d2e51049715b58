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
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg

from monitor.demo.mailbox import Mailbox, mail_server
from tests.postgres import Server
from tests.tinymodels import make_weights

HOSTS = 25
WINDOW = 30
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
WORDS = "harbour toll ferry dock pilot storm cargo levy strike council bridge tide crane customs quay vessel".split()
RULES = """
topics: {{tolls: {{name: Harbour toll}}}}
rules:
  harbours: {{when: harbour OR toll, notify: [desk], group_by: source, cooldown: 0s}}
receivers:
  desk: {{kind: email, host: "{host}", port: {port}, security: none, sender: monitor@example.org, to: [desk@example.org], rate_per_minute: 600000}}
"""


@dataclass
class Press:
    """What the feeds have published so far: feed -> number of articles, one more every few seconds."""

    feeds: int
    every: float
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    served: dict[int, int] = field(default_factory=dict)
    """Feed -> the articles that somebody has been given."""

    def published(self, feed: int) -> int:
        """Articles of a feed until now."""
        span = (self.ended or time.monotonic()) - self.started
        return 1 + int(span / self.every + (feed % 10) / 10)

    def document(self, feed: int) -> bytes:
        """The feed as it stands: its newest articles."""
        count = self.published(feed)
        self.served[feed] = max(count, self.served.get(feed, 0))
        entries = "".join(_entry(feed, number) for number in range(max(0, count - WINDOW), count))
        head = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire {feed}</title><id>urn:wire-{feed}</id>'
        return f"{head}{entries}</feed>".encode()

    def addresses(self) -> set[str]:
        """The address of every article that was served."""
        return {address(feed, number) for feed, count in self.served.items() for number in range(count)}


def address(feed: int, number: int) -> str:
    """Where an article is said to lie."""
    return f"https://wire-{feed}.example/{number}"


def _entry(feed: int, number: int) -> str:
    words = random.Random(feed * 100_003 + number).choices(WORDS, k=12)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    title = f"{words[0].title()} {words[1]} w{feed}n{number}"
    return (
        f'<entry><id>urn:{feed}:{number}</id><title>{title}</title><link href="{address(feed, number)}"/><updated>{at}</updated>'
        f"<summary>{' '.join(words)} number {number} of wire {feed}.</summary></entry>"
    )


@contextmanager
def newsstand(press: Press) -> Iterator[list[str]]:
    """Servers on several loopback addresses; the address of each feed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = press.document(int(self.path.strip("/")))
            self.send_response(200)
            self.send_header("Content-Type", "application/atom+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_given: Any) -> None:
            """A client that was killed is no error here."""

    servers = [Quiet((f"127.0.0.{10 + n}", 0), Handler) for n in range(HOSTS)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield [f"http://127.0.0.{10 + n % HOSTS}:{servers[n % HOSTS].server_port}/{n}" for n in range(press.feeds)]
    finally:
        for server in servers:
            server.shutdown()


@dataclass
class Supervisor:
    """Keeps the processes running, and kills them."""

    root: Path
    commands: list[tuple[str, ...]]
    running: dict[tuple[str, ...], subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    ended: Counter[int] = field(default_factory=Counter)
    cuts: list[float] = field(default_factory=list)
    """When a sender, or the database, was ended."""

    def tend(self) -> None:
        """Start what does not run."""
        for command in self.commands:
            process = self.running.get(command)
            if process is not None and process.poll() is None:
                continue
            if process is not None:
                self.ended[process.returncode] += 1
            with (self.root / "log").open("ab") as told:
                words = [sys.executable, "-m", "monitor", *[word for word in command if not word.startswith("#")]]
                self.running[command] = subprocess.Popen(words, cwd=self.root, stdout=told, stderr=told)  # our own program

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL one of them."""
        command, process = chance.choice(list(self.running.items()))
        if process.poll() is None:
            process.kill()
            process.wait()
            self.killed[command[0]] += 1
            if any("deliver" in word for word in command):
                self.cuts.append(time.monotonic())

    def dismiss(self, name: str) -> None:
        """End the processes of one command for good, as a supervisor would."""
        self.commands = [command for command in self.commands if command[0] != name]
        for command in [command for command in self.running if command[0] == name]:
            _ended([self.running.pop(command)])

    def stop(self) -> None:
        """End all of them as a machine that is shut down would."""
        _ended([*self.running.values()])


def _ended(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        if process.poll() is None:
            process.kill()
            process.wait()


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


def main() -> None:
    """Run, count, print one JSON object; exit code 1 when something was lost or doubled."""
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
    chance = random.Random(given.seed)
    server = Server(synchronous_commit="on")
    database = server.url("postgres")
    commands = [
        ("schedule", "#1"),
        ("schedule", "#2"),
        ("worker", "#1", "--queue", "collect,maintain", "--concurrency", "3"),
        ("worker", "#2", "--queue", "collect,deliver", "--concurrency", "3"),
        ("worker", "#3", "--queue", "analyse", "--concurrency", "1"),
        ("worker", "#4", "--queue", "analyse,deliver", "--concurrency", "2"),
    ]
    with removed(server), tempfile.TemporaryDirectory() as folder, mail_server() as mailbox:
        root = Path(folder)
        press = Press(given.feeds, given.publish_every)
        with newsstand(press) as feeds:
            configure(root, database, feeds, mailbox, given.interval, given.heartbeat)
            supervisor = Supervisor(root, commands)
            post = Post(mailbox)
            try:
                first = until(lambda: ask(database, "SELECT count(*) FROM articles") >= given.feeds // 2, 240, supervisor.tend)
                restarted = False
                load = [os.getloadavg()[0]]
                until_end = time.monotonic() + given.seconds
                while time.monotonic() < until_end:
                    time.sleep(given.kill_every * chance.uniform(0.5, 1.5))
                    supervisor.kill_one(chance)
                    if not restarted and time.monotonic() > until_end - given.seconds / 2:
                        supervisor.cuts.append(time.monotonic())
                        server.stop(at_once=True)
                        time.sleep(2)
                        server.start()
                        restarted = True
                    supervisor.tend()
                    load.append(os.getloadavg()[0])
                press.ended = time.monotonic()
                report = {
                    "at": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
                    "load": [round(min(load), 1), round(max(load), 1)],
                    "feeds": given.feeds,
                    "seconds": given.seconds,
                    "database_restarts": int(restarted),
                    "warm_up": round(first, 1),
                    **settle(database, press, post, supervisor, given.patience, 3 * given.heartbeat),
                }
            finally:
                supervisor.stop()
                (Path(tempfile.gettempdir()) / "cluster_soak.log").write_bytes((root / "log").read_bytes())
            print(json.dumps(report, indent=1))
    sys.exit(0 if all(report[name] == 0 for name in MUST_BE_ZERO) else 1)


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
