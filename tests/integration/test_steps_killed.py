"""kill -9 in each step before sending, again and again: every receiver hears of every article once."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from monitor.app import open_app
from monitor.archives.sqlite import Config, build
from monitor.core.queries.query import parse
from monitor.demo.mailbox import Mailbox, mail_server
from monitor.demo.servers import SlackWebhook, feed_site, slack_webhook
from monitor.failpoints import EXIT_CODE
from monitor.services import spreading
from tests.killing import KILLS, Forks, forks
from tests.postoffice import Desk, web_desk
from tests.tinymodels import make_weights

FEEDS = 2 * KILLS + 2
"""Killed at the first, second or third time that a point is reached, a process may store two on the average."""
FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>A wire</title><id>urn:wire-{n}</id><entry><id>urn:item-{n}</id>
<title>Harbour {n} reports</title><link href="https://wire-{n}.example/"/><updated>{at}</updated>
<summary>The harbour opposes the tax.</summary></entry></feed>"""
RULES = """
topics: {{tides: {{name: harbour reports, threshold: 0.0}}}}
rules:
  harbours: {{when: harbour, notify: [desk, room, hook], group_by: source, cooldown: 0s}}
receivers:
  desk: {{kind: email, host: "{host}", port: {port}, security: none, sender: monitor@example.org, to: [desk@example.org], rate_per_minute: 60000}}
  room: {{kind: slack, webhook: {{value: "{slack}"}}, rate_per_minute: 60000}}
  hook: {{kind: webhook, url: "{webhook}", rate_per_minute: 60000}}
"""


@dataclass
class Stage:
    """A configuration on loopback, and all that hear of it."""

    root: Path
    mailbox: Mailbox
    slack: SlackWebhook
    desk: Desk
    processes: Forks

    @property
    def settings(self) -> str:
        return str(self.root / "monitor.yaml")

    def finish(self) -> None:
        """Whole passes until nothing waits; a feed whose server was kept waiting by the machine is asked again."""
        for _ in range(5):
            assert self.processes.run("once", self.settings) == 0
            if self.stored() == (FEEDS, FEEDS, 3 * FEEDS):
                return

    def stored(self) -> tuple[int, int, int]:
        """Articles, alerts, and deliveries that were sent."""
        archive = build(Config(path=str(self.root / "monitor.db")))
        try:
            sent = sum(counts.get("sent", 0) for counts in archive.outbox.counts().values())
            return archive.stats()["articles"], archive.stats()["alerts"], sent
        finally:
            archive.close()

    def heard(self) -> dict[str, Counter[int]]:
        """How often each receiver heard of each feed's article."""
        accepted = {
            "email": [letter.get_body(("plain",)).get_content() for letter in self.mailbox.messages],
            "slack": [json.dumps(one) for one in self.slack.messages],
            "webhook": [one.body.decode() for one in self.desk.accepted],
        }
        return {name: Counter(int(re.findall(r"Harbour (\d+)", words)[0]) for words in each) for name, each in accepted.items()}


@pytest.fixture(scope="module")
def processes() -> Iterator[Forks]:
    with forks() as made:
        yield made


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def stage(tmp_path: Path, weights: Path, processes: Forks) -> Iterator[Stage]:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    documents = {f"/{n}": ("application/atom+xml", FEED.format(n=n, at=at).encode()) for n in range(FEEDS)}
    with feed_site(documents) as site, mail_server() as mailbox, slack_webhook() as slack, web_desk() as desk:
        feeds = "".join(f"  - {{url: '{site.address}/{n}', name: Wire {n}, id: wire-{n}}}\n" for n in range(FEEDS))
        (tmp_path / "feeds.yaml").write_text(f"feeds:\n{feeds}")
        (tmp_path / "rules.yaml").write_text(
            RULES.format(host=mailbox.host, port=mailbox.port, slack=slack.address, webhook=desk.url())
        )
        settings = {
            "feeds": str(tmp_path / "feeds.yaml"),
            "rules": str(tmp_path / "rules.yaml"),
            "archive": str(tmp_path / "monitor.db"),
            "outbox": str(tmp_path / "outbox"),
            "allow": ["127.0.0.1"],
            "fetcher": {"kind": "http", "spacing_seconds": 0},
            "scorer": {"kind": "onnx", "weights": str(weights), "threads": 1},
            "worker": {"batch": 1, "lease": "1s", "storm": 1000},
        }
        (tmp_path / "monitor.yaml").write_text(json.dumps(settings))
        yield Stage(tmp_path, mailbox, slack, desk, processes)


ONCE_EACH = {name: Counter(range(FEEDS)) for name in ("email", "slack", "webhook")}


@pytest.mark.parametrize(
    "point", ["post-fetch", "post-parse", "mid-insert", "post-insert", "post-score", "mid-plan", "post-plan"]
)
def test_killed_before_sending_nothing_is_lost_and_nothing_comes_twice(stage: Stage, point: str):
    for number in range(KILLS):
        assert stage.processes.run("once", stage.settings, point=f"{point}:{number % 3 + 1}") == EXIT_CODE

    stage.finish()

    assert stage.stored() == (FEEDS, FEEDS, 3 * FEEDS)
    assert stage.heard() == ONCE_EACH


@dataclass
class Doomed:
    """A queue that gives each part of large work to a worker that dies when it is stored, and then to another."""

    stage: Stage
    killed: int = 0

    def workers(self) -> int:
        return 1

    def share(self, order: str, parts: Mapping[int, Any]) -> None:
        for number, articles in parts.items():
            job = ("part", self.stage.settings, order, str(number), json.dumps(articles))
            assert self.stage.processes.run(*job, point="post-part") == EXIT_CODE
            assert self.stage.processes.run(*job) == 0
            self.killed += 1

    def left(self, order: str) -> int:
        return 0

    def withdraw(self, order: str) -> None:
        """Every part was done at once."""


def test_killed_after_a_part_of_large_work_it_is_done_once_and_tells_nobody_again(stage: Stage):
    stage.finish()
    queue = Doomed(stage)
    with open_app({}, environment={}, file=Path(stage.settings)) as app:
        low = app.rulebook
        topic = low.topics["tides"]
        high = replace(low, topics={"tides": replace(topic, threshold=1.0)})
        while queue.killed < KILLS:
            # Done a second time, a part would find that nothing changed.
            now = app.clock.now()
            lost = spreading.rescore(app.archive, queue, high, parse("harbour"), now)
            gained = spreading.rescore(app.archive, queue, low, parse("harbour"), now)
            assert lost.articles == gained.articles == FEEDS
            assert lost.lost == gained.gained == Counter(tides=FEEDS)
            assert not lost.gained
            assert not gained.lost
        assert app.archive.states.names(spreading.NAME) == []

    stage.finish()

    assert stage.heard() == ONCE_EACH
