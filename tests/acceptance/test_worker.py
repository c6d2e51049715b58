"""The worker as a process: whole passes, kill -9 between any two steps, a second worker, SIGTERM."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.app import open_app
from monitor.archives.sqlite import Config, SqliteArchive, build
from monitor.demo.mailbox import Mailbox, mail_server
from monitor.demo.servers import SlackWebhook, feed_site, slack_webhook
from monitor.failpoints import EXIT_CODE
from monitor.services import deliver
from monitor.services.metrics import exposition
from monitor.services.status import service_status
from monitor.worker import Worker
from tests.postoffice import web_desk
from tests.tinymodels import make_weights

ITEMS = 4
FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>A wire</title><id>urn:wire</id>{entries}</feed>"""
ENTRY = """<entry><id>urn:item-{n}</id><title>{title}</title><link href="https://wire.example/{n}"/>
<updated>{at}</updated><summary>{text}</summary></entry>"""
RULES = """
topics: {{drills: {{name: Harbour drill}}}}
actors: {{Japan:}}
rules:
  ships: {{when: Busan, notify: [desk, room]}}
  crews: {{when: Niigata, notify: [desk, room]}}
receivers:
  desk: {{kind: email, host: "{host}", port: {port}, security: none, sender: monitor@example.org, to: [desk@example.org], rate_per_minute: 6000}}
  room: {{kind: slack, webhook: {{value: "{webhook}"}}, rate_per_minute: 6000}}
"""
STORIES = (
    ("Harbour drill begins at dawn", "Ships left Busan for a drill that lasts three days."),
    ("Parliament passes the sugar levy", "Members voted late on Monday after a long debate."),
    ("Fishing crews protest the drill", "Crews in Niigata asked for a halt of the drill near their nets."),
    ("Glacier survey finds less ice", "The survey in Iceland measured the loss for the ninth year."),
)


@dataclass
class Stage:
    """A configuration whose servers are all on loopback."""

    root: Path
    mailbox: Mailbox
    webhook: SlackWebhook

    def monitor(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "monitor", *words],
            cwd=self.root, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def finish(self) -> None:
        """Pass after pass until nothing is owed, as a worker would."""
        for _ in range(30):
            done = self.monitor("once", "--json")
            assert done.returncode in (0, 1), done.stderr
            if not self.pending():
                return
            time.sleep(0.2)
        pytest.fail("deliveries still pending")

    def pending(self) -> list[object]:
        with closing(self.archive()) as archive:
            return [one for one in archive.outbox.list(limit=1000) if one.state == "pending"]

    def counts(self) -> tuple[int, int]:
        with closing(self.archive()) as archive:
            stats = archive.stats()
            return stats["articles"], stats["alerts"]

    def archive(self) -> SqliteArchive:
        return build(Config(path=str(self.root / "db/monitor.db")))

    def let_room_be(self, url: str, *, lease: str) -> None:
        """Have the second receiver be a webhook at this address, and claims hold so long."""
        rules, settings = self.root / "rules/rules.yaml", self.root / "monitor.yaml"
        kept = [line for line in rules.read_text().splitlines() if not line.startswith("  room:")]
        rules.write_text("\n".join([*kept, f"  room: {{kind: webhook, url: '{url}', rate_per_minute: 6000}}", ""]))
        said = json.loads(settings.read_text())
        settings.write_text(json.dumps({**said, "worker": {**said["worker"], "lease": lease}}))

    def mails(self) -> list[str]:
        return [str(letter["Message-ID"]) for letter in self.mailbox.messages]

    def posts(self) -> list[str]:
        """The alerts that Slack took, by their ids."""
        return [re.findall(r"alert ([0-9a-f]{20})", json.dumps(message))[-1] for message in self.webhook.messages]

    def alerts(self) -> set[str]:
        with closing(self.archive()) as archive:
            return {alert.id for alert in archive.alerts.recent(datetime.now(UTC) - timedelta(days=1))}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def stage(tmp_path: Path, weights: Path) -> Iterator[Stage]:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    entries = "".join(ENTRY.format(n=n, title=title, text=text, at=at) for n, (title, text) in enumerate(STORIES))
    documents = {"/wire": ("application/atom+xml", FEED.format(entries=entries).encode())}
    with feed_site(documents) as site, mail_server() as mailbox, slack_webhook() as webhook:
        (tmp_path / "rules").mkdir()
        (tmp_path / "rules/rules.yaml").write_text(RULES.format(host=mailbox.host, port=mailbox.port, webhook=webhook.address))
        (tmp_path / "feeds.yaml").write_text(f"feeds:\n  - {{url: '{site.address}/wire', name: Wire}}\n")
        settings = {
            "allow": ["127.0.0.1"],
            "scorer": {"kind": "onnx", "weights": str(weights), "threads": 1},
            "worker": {"deliver_every": "1s", "analyse_every": "1s", "collect_every": "1s", "lease": "1s"},
            "web": {"port": 0},
        }
        places = {"feeds": "feeds.yaml", "rules": "rules", "archive": "db/monitor.db", "outbox": "db/outbox"}
        whole = {**settings, **{name: str(tmp_path / place) for name, place in places.items()}}
        (tmp_path / "monitor.yaml").write_text(json.dumps(whole))
        yield Stage(tmp_path, mailbox, webhook)


def test_one_pass_delivers_and_a_second_one_adds_nothing(stage: Stage):
    first = stage.monitor("once", "--json")
    assert first.returncode == 0, first.stderr
    report = json.loads(first.stdout)
    assert (report["articles"], report["scored"], report["alerts"], report["sent"]) == (ITEMS, ITEMS, 2, 4)

    second = json.loads(stage.monitor("once", "--json").stdout)

    assert (second["articles"], second["alerts"], second["sent"]) == (0, 0, 0)
    assert len(stage.mails()) == 2


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_a_pass_with_closed_streams_does_its_work(stage: Stage, closed: str):
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "monitor", "once", "--json"]
    done = subprocess.run(command, cwd=stage.root, capture_output=True, text=True, timeout=120, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stage.counts() == (ITEMS, 2)
    assert (len(stage.mails()), len(stage.webhook.messages)) == (2, 2)


@pytest.mark.parametrize(
    ("point", "may_repeat"),
    [
        ("post-fetch", False),
        ("post-parse", False),
        ("mid-insert", False),
        ("post-insert", False),
        ("post-score", False),
        ("mid-plan", False),
        ("post-plan", False),
        ("pre-send", False),
        ("post-send", True),
        ("pre-mark", True),
    ],
)
def test_killed_at_any_point_nothing_is_lost_and_nothing_doubled(stage: Stage, point: str, may_repeat: bool):
    killed = stage.monitor("once", CHAOS_POINT=point)
    assert killed.returncode == EXIT_CODE, killed.stderr

    stage.finish()

    assert stage.counts() == (ITEMS, 2)
    mails, posts = stage.mails(), stage.posts()
    assert len(set(mails)) == 2
    assert set(posts) == stage.alerts()
    # Each receiver may have had one message under way.
    assert [0 <= len(got) - 2 <= int(may_repeat) for got in (mails, posts)] == [True, True], (mails, posts)


def test_a_second_worker_refuses_and_sigterm_ends_the_first_well(stage: Stage):
    command = [sys.executable, "-m", "monitor", "run"]
    first = subprocess.Popen(command, cwd=stage.root, stderr=subprocess.PIPE, text=True)
    try:
        assert first.stderr is not None
        for line in first.stderr:
            if "worker started" in line:
                break
        second = stage.monitor("run")
        assert second.returncode == 1
        assert "another worker" in second.stderr
        begun = time.monotonic()
        first.send_signal(signal.SIGTERM)
        _, rest = first.communicate(timeout=20)
        assert first.returncode == 0, rest
        assert time.monotonic() - begun < 10
    finally:
        if first.poll() is None:
            first.kill()


HURRIED = "from monitor.services import deliver; deliver.GRACE_SECONDS = 1; from monitor.cli import main; main()"
"""`monitor` with less patience for what is under way, so that nobody waits seven seconds for this test."""


@pytest.mark.parametrize("is_answered", [True, False])
def test_sigterm_while_a_receiver_holds_its_answer(stage: Stage, is_answered: bool):
    under_way, may_answer = threading.Event(), threading.Event()

    def accept(*_: object) -> tuple[int, dict[str, str], bytes]:
        under_way.set()
        may_answer.wait(60)
        return 200, {}, b"ok"

    with web_desk(accept=accept) as desk:
        stage.let_room_be(desk.url(), lease="5m")
        command = [sys.executable, "-c", HURRIED, "run"]
        worker = subprocess.Popen(command, cwd=stage.root, stderr=subprocess.PIPE, text=True)
        try:
            assert worker.stderr is not None
            assert under_way.wait(60)
            begun = time.monotonic()
            worker.send_signal(signal.SIGTERM)
            if is_answered:
                next(line for line in worker.stderr if "stopping" in line)
                may_answer.set()
            _, rest = worker.communicate(timeout=20)
            assert time.monotonic() - begun < 10
            assert worker.returncode == 0, rest
        finally:
            worker.kill()
        with closing(stage.archive()) as archive, archive.hold("worker"):
            owed = archive.outbox.claim(datetime.now(UTC), timedelta(minutes=1), 10, ["room"])
        took = [post.headers["x-monitor-delivery"] for post in desk.accepted]
        may_answer.set()

    assert len({one.id for one in owed} | set(took)) == 2
    assert (len(took), len(owed)) == ((1, 1) if is_answered else (0, 2))
    assert deliver.GRACE_SECONDS <= 7


def test_a_wrong_rule_ends_with_two_and_its_line(stage: Stage):
    (stage.root / "rules/more.yaml").write_text("rules:\n  broken: {when: 'topic:dril'}\n")

    done = stage.monitor("once")

    assert done.returncode == 2
    assert "more.yaml:2" in done.stderr
    assert "did you mean drills?" in done.stderr


def test_what_the_models_take_is_told_to_people_and_to_prometheus(stage: Stage):
    with open_app({}, environment={}, file=stage.root / "monitor.yaml") as app:
        worker = Worker(app)
        worker.beat()
        assert "model_seconds_an_article" not in service_status(app.archive, app.clock.now())

        assert worker.once().analysed.scored
        worker.beat()

        pace = service_status(app.archive, app.clock.now())["model_seconds_an_article"]
        assert pace > 0
        told = exposition(app.archive, None, app.clock.now()).decode()
    assert f"monitor_model_seconds_per_article {pace}" in told


def test_edits_are_taken_over_whole_and_a_broken_one_keeps_the_old_rules(stage: Stage):
    rules = stage.root / "rules/rules.yaml"
    good = rules.read_text()
    with open_app({}, environment={}, file=stage.root / "monitor.yaml") as app:
        worker = Worker(app)
        rules.write_text(good + "  more: {kind: emial}\n")
        worker.reload()
        assert set(worker.rulebook.receivers) == {"desk", "room"}
        assert "did you mean email?" in service_status(app.archive, app.clock.now())["rules_error"]

        rules.write_text(good + "  more: {kind: console}\n")
        worker.reload()
        assert set(worker.rulebook.receivers) == {"desk", "room", "more"}
        assert service_status(app.archive, app.clock.now())["rules_error"] == ""
