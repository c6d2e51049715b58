"""A cluster of processes on one PostgreSQL: schedulers, workers, and what is left when some of them are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from monitor.demo.mailbox import Mailbox, mail_server
from monitor.demo.servers import feed_site
from monitor.failpoints import EXIT_CODE
from tests.postgres import empty_database
from tests.tinymodels import make_weights

FEEDS, ITEMS = 20, 3
FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire {feed}</title><id>urn:wire-{feed}</id>{entries}</feed>"""
ENTRY = """<entry><id>urn:item-{feed}-{n}</id><title>{title}</title><link href="https://wire-{feed}.example/{n}"/>
<updated>{at}</updated><summary>{text}</summary></entry>"""
RULES = """
topics: {{drills: {{name: Harbour drill}}}}
rules:
  harbours: {{when: harbour*, notify: [desk], group_by: source, cooldown: 0s}}
receivers:
  desk: {{kind: email, host: "{host}", port: {port}, security: none, sender: monitor@example.org, to: [desk@example.org], rate_per_minute: 60000}}
"""


@dataclass
class Cluster:
    """A configuration on loopback, and the processes that were started on it."""

    root: Path
    url: str
    mailbox: Mailbox
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str, to: str = "log", **environment: str) -> subprocess.Popen[str]:
        with (self.root / "log").open("a") as log, (self.root / to).open("a") as told:
            process = subprocess.Popen(
                [sys.executable, "-m", "monitor", *words],
                cwd=self.root, env={**os.environ, **environment}, stdout=told, stderr=log, text=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def told(self, *words: str) -> dict[str, object]:
        """What a command prints as JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "monitor", *words, "--json"], cwd=self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr + self.log()
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def log(self) -> str:
        return (self.root / "log").read_text()

    def ask(self, question: str) -> int:
        with psycopg.connect(self.url) as db:
            row = db.execute(question).fetchone()
        return int(row[0]) if row else 0

    def until(self, question: str, wanted: int, seconds: float = 240) -> None:
        end = time.monotonic() + seconds
        while (have := self.ask(question)) != wanted:
            if time.monotonic() > end:
                pytest.fail(f"{question} is {have}, not {wanted}\n{self.log()}")
            time.sleep(0.1)

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(20)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    documents = {
        f"/{feed}": (
            "application/atom+xml",
            FEED.format(
                feed=feed,
                entries="".join(
                    ENTRY.format(feed=feed, n=n, title=f"Harbour{feed}x{n} reports", text=f"Tide{feed}x{n} came in.", at=at)
                    for n in range(ITEMS)
                ),
            ).encode(),
        )
        for feed in range(FEEDS)
    }
    weights = make_weights(tmp_path / "weights")
    with feed_site(documents) as site, mail_server() as mailbox, empty_database() as url:
        (tmp_path / "rules").mkdir()
        (tmp_path / "rules/rules.yaml").write_text(RULES.format(host=mailbox.host, port=mailbox.port))
        feeds = [f"  - {{url: '{site.address}/{feed}', name: Wire {feed}, id: wire-{feed}}}\n" for feed in range(FEEDS)]
        (tmp_path / "feeds.yaml").write_text("feeds:\n" + "".join(feeds))
        settings = {
            "archive": url,
            "allow": ["127.0.0.1"],
            "fetcher": {"kind": "http", "spacing_seconds": 0},
            "scorer": {"kind": "onnx", "weights": str(weights), "threads": 1},
            "queue": {"kind": "procrastinate", "heartbeat_seconds": 2, "poll_seconds": 0.5, "host_batch": 4},
            "worker": {
                "collect_every": "1s",
                "analyse_every": "1s",
                "deliver_every": "1s",
                "lease": "2s",
                "storm": 1000,
                "batch": 16,
            },
        }
        (tmp_path / "monitor.yaml").write_text(json.dumps(settings))
        made = Cluster(tmp_path, url, mailbox)
        try:
            yield made
        finally:
            made.stop()


LEADS = """
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND a.application_name LIKE 'schedule: process {} %'
"""


def test_killed_processes_lose_nothing_and_double_nothing(cluster: Cluster):
    leader = cluster.start("schedule")
    doomed = [
        cluster.start("worker", "--queue", "collect", CHAOS_POINT="mid-insert:5"),
        cluster.start("worker", "--queue", "analyse,deliver", "--concurrency", "1", CHAOS_POINT="mid-plan:2"),
    ]
    cluster.until(LEADS.format(leader.pid), 1)
    standby = cluster.start("schedule")
    assert [process.wait(240) for process in doomed] == [EXIT_CODE, EXIT_CODE], cluster.log()
    assert cluster.ask(LEADS.format(standby.pid)) == 0
    leader.kill()
    cluster.start("worker", "--concurrency", "3")

    cluster.until(LEADS.format(standby.pid), 1)
    cluster.until("SELECT count(*) FROM articles WHERE NOT is_waiting", FEEDS * ITEMS)
    cluster.until("SELECT count(*) FROM deliveries WHERE state <> 'sent'", 0)
    assert cluster.ask("SELECT count(*) FROM articles") == FEEDS * ITEMS
    assert cluster.ask("SELECT count(*) FROM alerts") == cluster.ask("SELECT count(DISTINCT source) FROM articles") == FEEDS
    letters = [str(letter["Message-ID"]) for letter in cluster.mailbox.messages]
    assert len(letters) == len(set(letters)) == FEEDS
    cluster.until("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND lock IS NOT NULL", 0)


def test_large_work_is_shared_by_the_workers_and_outlives_them(cluster: Cluster):
    # Whether workers are heard of decides here who does the work: a busy machine must not make them late.
    settings = cluster.root / "monitor.yaml"
    settings.write_text(settings.read_text().replace('"heartbeat_seconds": 2', '"heartbeat_seconds": 6'))
    leader = cluster.start("schedule")
    first = cluster.start("worker")
    cluster.until(LEADS.format(leader.pid), 1)
    cluster.until("SELECT count(*) FROM articles WHERE NOT is_waiting", FEEDS * ITEMS)
    cluster.until("SELECT count(*) FROM deliveries WHERE state <> 'sent'", 0)
    first.terminate()
    first.wait(60)
    rules = cluster.root / "rules/rules.yaml"
    rules.write_text(rules.read_text().replace("topics: {", "topics: {tides: {name: tide reports, threshold: 0.0}, "))
    alone = cluster.told("rescore", "--since", "30d", "--dry-run", "--alone")
    assert alone["articles"] == FEEDS * ITEMS
    assert alone["newly_relevant"]
    tested = cluster.told("rules", "backtest", "harbours", "--since", "30d", "--alone")
    assert tested["alerts"]

    # Its first part is stored; that it is done, nobody hears.
    doomed = cluster.start("worker", "--queue", "analyse,maintain", "--concurrency", "1", CHAOS_POINT="post-part")
    cluster.until("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '5 seconds'", 1)
    asked = cluster.start("rescore", "--since", "30d", "--json", to="rescored")
    assert doomed.wait(240) == EXIT_CODE, cluster.log()
    cluster.start("worker", "--queue", "analyse,maintain", "--concurrency", "1")
    assert asked.wait(240) == 0, cluster.log()
    assert json.loads((cluster.root / "rescored").read_text()) == alone
    shared = cluster.told("rules", "backtest", "harbours", "--since", "30d")
    assert {**shared, "since": ""} == {**tested, "since": ""}
    again = cluster.told("rescore", "--since", "30d", "--dry-run")
    assert (again["articles"], again["newly_relevant"], again["no_longer_relevant"]) == (FEEDS * ITEMS, {}, {})
    assert cluster.ask("SELECT count(*) FROM rule_states WHERE rule LIKE 'spread:%'") == 0
    cluster.until("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'part'", 0)
