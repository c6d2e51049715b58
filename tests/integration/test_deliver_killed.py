"""kill -9 around the moment of sending, again and again: the far side's log shows nothing lost, repeats only where promised."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.failpoints import EXIT_CODE
from tests.deliveries import bench
from tests.postoffice import web_desk

KILLS = int(os.environ.get("KILLS", "2"))
"""How often the process is killed at each point; CI keeps it small."""
A_ROUND = 3
SENDER = """
import sys
from datetime import timedelta
from monitor.archives.sqlite import Config, build
from monitor.channels import webhook
from monitor.clock import SystemClock
from monitor.services.deliver import deliver
from tests.messages import RULEBOOK

archive = build(Config(path=sys.argv[1]))
channel = webhook.build(webhook.Config(url=sys.argv[2]), allow=["127.0.0.1"])
deliver(archive, {"desk": channel}, RULEBOOK, SystemClock(), lease=timedelta(milliseconds=20))
archive.close()
"""


@pytest.mark.parametrize(("point", "may_repeat"), [("pre-send", False), ("post-send", True), ("pre-mark", True)])
def test_killed_around_sending_nothing_is_lost(tmp_path: Path, point: str, may_repeat: bool):
    path = tmp_path / "a.db"
    planned: list[str] = []

    with web_desk() as desk:

        def send(**environment: str) -> int:
            command = [sys.executable, "-c", SENDER, str(path), desk.url()]
            return subprocess.run(
                command, env={**os.environ, **environment}, cwd=Path(__file__).parents[2], check=False
            ).returncode

        for number in range(KILLS):
            with bench(path) as made:
                made.clock.at = SystemClock().now()
                planned += made.plan("desk", count=A_ROUND, start=len(planned))
            assert send(CHAOS_POINT=f"{point}:{number % A_ROUND + 1}") == EXIT_CODE
        assert send() == 0

        times = Counter(post.headers["x-monitor-delivery"] for post in desk.accepted)

    repeats = sum(times.values()) - len(times)
    assert set(times) == {f"{alert}desk" for alert in planned}
    assert repeats == (KILLS if may_repeat else 0)
