"""A cluster on one PostgreSQL while its processes are killed: what is lost, what is doubled, whether everything drains.

Feeds on loopback publish numbered articles; schedulers and workers are killed (SIGKILL) at random and started again, as a supervisor
would; once the database itself is cut off and started again. Afterwards the archive and the mailbox are counted.

    python -m benchmarks.cluster_soak --feeds 500 --seconds 180
"""

from __future__ import annotations

import argparse
import json
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
MUST_BE_ZERO = ("lost", "doubled", "not_alerted", "alerts_twice", "letters_missing")
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

    def published(self, feed: int) -> int:
        """Articles of a feed until now."""
        span = (self.ended or time.monotonic()) - self.started
        return 1 + int(span / self.every + (feed % 10) / 10)

    def document(self, feed: int) -> bytes:
        """The feed as it stands: its newest articles."""
        count = self.published(feed)
        entries = "".join(_entry(feed, number) for number in range(max(0, count - WINDOW), count))
        head = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire {feed}</title><id>urn:wire-{feed}</id>'
        return f"{head}{entries}</feed>".encode()


def _entry(feed: int, number: int) -> str:
    words = random.Random(feed * 100_003 + number).choices(WORDS, k=12)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    title = f"{words[0].title()} {words[1]} w{feed}n{number}"
    link = f"https://wire-{feed}.example/{number}"
    return (
        f'<entry><id>urn:{feed}:{number}</id><title>{title}</title><link href="{link}"/><updated>{at}</updated>'
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

    def stop(self) -> None:
        """End all of them as a machine that is shut down would."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            if process.poll() is None:
                process.kill()


def ask(url: str, question: str) -> Any:
    """One value of the database."""
    with psycopg.connect(url) as db:
        row = db.execute(question).fetchone()
    return row[0] if row else None


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
    with tempfile.TemporaryDirectory() as folder, mail_server() as mailbox:
        root = Path(folder)
        press = Press(given.feeds, given.publish_every)
        with newsstand(press) as feeds:
            configure(root, database, feeds, mailbox, given.interval, given.heartbeat)
            supervisor = Supervisor(root, commands)
            try:
                first = until(lambda: ask(database, "SELECT count(*) FROM articles") >= given.feeds // 2, 240, supervisor.tend)
                restarted = False
                until_end = time.monotonic() + given.seconds
                while time.monotonic() < until_end:
                    time.sleep(given.kill_every * chance.uniform(0.5, 1.5))
                    supervisor.kill_one(chance)
                    if not restarted and time.monotonic() > until_end - given.seconds / 2:
                        server.stop(at_once=True)
                        time.sleep(2)
                        server.start()
                        restarted = True
                    supervisor.tend()
                press.ended = time.monotonic()
                report = settle(database, press, mailbox, supervisor)
            finally:
                supervisor.stop()
            report |= {
                "feeds": given.feeds,
                "seconds": given.seconds,
                "database_restarts": int(restarted),
                "warm_up": round(first, 1),
            }
            print(json.dumps(report, indent=1))
            (Path(tempfile.gettempdir()) / "cluster_soak.log").write_bytes((root / "log").read_bytes())
    server.remove()
    sys.exit(0 if all(report[name] == 0 for name in MUST_BE_ZERO) else 1)


def settle(database: str, press: Press, mailbox: Mailbox, supervisor: Supervisor) -> dict[str, Any]:
    """Wait until all is stored, analysed and sent; then count."""
    wanted = sum(press.published(feed) for feed in range(press.feeds))
    drained = until(
        lambda: (
            ask(database, "SELECT count(*) FROM articles WHERE NOT is_waiting") >= wanted
            and not ask(database, "SELECT count(*) FROM deliveries WHERE state <> 'sent'")
        ),
        300,
        supervisor.tend,
    )
    stored = ask(database, "SELECT count(*) FROM articles")
    distinct = ask(database, "SELECT count(DISTINCT url) FROM articles")
    # The rule speaks once of each outlet.
    found = "title ~* '(harbour|toll)' OR id IN (SELECT article FROM texts WHERE text ~* '(harbour|toll)')"
    outlets = ask(database, f"SELECT count(DISTINCT source) FROM articles WHERE {found}")  # noqa: S608  # fixed texts
    letters = [str(letter["Message-ID"]) for letter in mailbox.messages]
    alerts = ask(database, "SELECT count(*) FROM alerts WHERE rule = 'harbours'")
    return {
        "published": wanted,
        "stored": stored,
        "lost": wanted - distinct,
        "doubled": stored - distinct,
        "not_alerted": outlets - ask(database, "SELECT count(DISTINCT \"group\") FROM alerts WHERE rule = 'harbours'"),
        "alerts": alerts,
        "alerts_twice": alerts - outlets,
        "letters": len(letters),
        "letters_missing": alerts - len(set(letters)),
        "letters_twice": len(letters) - len(set(letters)),
        "killed": dict(supervisor.killed),
        "exit_codes": {str(code): number for code, number in supervisor.ended.items()},
        "seconds_to_drain": round(drained, 1),
        "jobs_left": ask(database, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND task_name <> 'analyse'"),
        "jobs_failed": ask(database, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"),
    }


if __name__ == "__main__":
    main()
