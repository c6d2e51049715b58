"""Kills a process at a named point, again and again, as kill -9 does it: at once and without clean-up.

Each process is forked from one that has imported everything, so that hundreds of kills take minutes.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from monitor import failpoints, kinds, logs
from monitor.app import open_app
from monitor.archives.sqlite import Config, build
from monitor.clock import SystemClock
from monitor.core.words.languages import detect
from monitor.services.deliver import deliver
from monitor.services.spreading import do_part
from monitor.worker import Worker
from tests.messages import RULEBOOK

ROOT = Path(__file__).parents[1]
KILLS = int(os.environ.get("KILLS", "2"))
"""How often a process is killed at each point; CI keeps it small."""

LOADED_LATE = (
    "monitor.channels.email", "monitor.channels.slack", "monitor.channels.webhook", "monitor.fetchers.http", "monitor.scorers.onnx",
    "onnxruntime", "transformers.models.auto.tokenization_auto", "transformers.tokenization_utils_tokenizers", "datasketch",
)  # fmt: skip
"""What the service imports only when it needs it."""


class Forks:
    """A process from which others are forked, one at a time."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        self._parent = parent

    def run(self, job: str, *words: str, point: str = "") -> int:
        """Do one of the jobs below in a process that ends at this point (`name:3`: the third time); its exit code."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(json.dumps([job, words, point]) + "\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())


@contextmanager
def forks() -> Iterator[Forks]:
    """The process to fork from, while inside."""
    command = [sys.executable, "-m", "tests.killing"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        try:
            yield Forks(parent)
        finally:
            parent.kill()


# -- jobs -------------------------------------------------------------------------------------------------------------


def send(path: str, kind: str, config: str) -> None:
    """One pass over what is due to the receiver `desk`, of this kind."""
    module = kinds.load("channel", kind)
    channel = module.build(module.Config.model_validate_json(config), allow=["127.0.0.1"])
    with closing(build(Config(path=path))) as archive:
        deliver(archive, {"desk": channel}, RULEBOOK, SystemClock(), lease=timedelta(milliseconds=20))


def once(settings: str) -> None:
    """One whole pass of the worker."""
    with open_app({}, environment={}, file=Path(settings)) as app:
        Worker(app).once()


def part(settings: str, order: str, number: str, articles: str) -> None:
    """One part of large work, as a worker of a cluster does it."""
    with open_app({}, environment={}, file=Path(settings)) as app:
        do_part(app.archive, app.scorer, order, int(number), json.loads(articles))


JOBS = {job.__name__: job for job in (send, once, part)}


def _child(job: str, words: list[str], point: str) -> None:
    os.environ["CHAOS_POINT"] = point
    importlib.reload(failpoints)
    try:
        JOBS[job](*words)
    except BaseException:  # noqa: BLE001 - a child that returned would go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _serve() -> None:
    logs.configure(level="error")
    for name in LOADED_LATE:
        importlib.import_module(name)
    detect("The model that tells languages is loaded with the first of them.")
    for line in sys.stdin:
        job, words, point = json.loads(line)
        child = os.fork()
        if child == 0:
            _child(job, words, point)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
