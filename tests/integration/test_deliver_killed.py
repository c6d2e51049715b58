"""kill -9 around the moment of sending, again and again: the far side's log shows nothing lost, repeats only where promised."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.demo.servers import slack_webhook
from monitor.failpoints import EXIT_CODE
from tests.deliveries import bench
from tests.killing import KILLS, Forks, forks
from tests.postoffice import post_office, web_desk

A_ROUND = 3
Heard = Callable[[], list[tuple[str, str]]]
"""What the far side accepted: the words of each message, and the id by which a second copy is known."""


@contextmanager
def email() -> Iterator[tuple[dict[str, object], Heard]]:
    with post_office() as office:
        config = {"to": ["desk@example.org"], "host": "127.0.0.1", "port": office.port, "security": "none"}
        yield config, lambda: [(str(letter["Subject"]), str(letter["Message-ID"])) for _, letter in office.letters]


@contextmanager
def slack() -> Iterator[tuple[dict[str, object], Heard]]:
    with slack_webhook() as hook:
        # Slack takes no id with a message: a copy is known by its words.
        yield {"webhook": {"value": hook.address}}, lambda: [(text := json.dumps(one), text) for one in hook.messages]


@contextmanager
def webhook() -> Iterator[tuple[dict[str, object], Heard]]:
    with web_desk() as desk:
        yield {"url": desk.url()}, lambda: [(one.body.decode(), one.headers["x-monitor-delivery"]) for one in desk.accepted]


@pytest.fixture(scope="module")
def processes() -> Iterator[Forks]:
    with forks() as made:
        yield made


@pytest.mark.parametrize("receiver", [email, slack, webhook])
@pytest.mark.parametrize(("point", "may_repeat"), [("pre-send", False), ("post-send", True), ("pre-mark", True)])
def test_killed_around_sending_nothing_is_lost(
    tmp_path: Path, processes: Forks, point: str, may_repeat: bool, receiver: Callable
):
    path, planned = tmp_path / "a.db", 0
    with receiver() as (config, heard):
        job = ("send", str(path), receiver.__name__, json.dumps(config))
        for number in range(KILLS):
            with bench(path) as made:
                made.clock.at = SystemClock().now()
                planned += len(made.plan("desk", count=A_ROUND, start=planned))
            assert processes.run(*job, point=f"{point}:{number % A_ROUND + 1}") == EXIT_CODE
        assert processes.run(*job) == 0
        accepted = heard()

    alerts = Counter(int(re.findall(r"Alert (\d+)", words)[0]) for words, _ in accepted)
    assert set(alerts) == set(range(planned))
    assert sum(alerts.values()) - planned == (KILLS if may_repeat else 0)
    assert len({known_by for _, known_by in accepted}) == planned
