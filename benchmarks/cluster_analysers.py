"""How much faster a queue of articles is analysed by two and four analysers than by one, when scoring costs a fixed time.

    python -m benchmarks.cluster_analysers --articles 1500 --milliseconds 20

Scoring waits instead of computing: what is left is what analysers cannot share, on any number of cores (storing a batch and judging it
by the rules, one batch at a time in the whole cluster), and what the machine itself can bear. Real workers on a real queue.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.archive_corpus import batches
from benchmarks.cluster_soak import removed
from benchmarks.runs import spread
from monitor.app import App, open_app
from monitor.clock import SystemClock
from monitor.cluster import work
from monitor.model import Article, Limits, Vector
from tests.postgres import Server

WIDTH, TOLD = 384, 20
"""Articles in one job, as a busy feed brings them."""
PATIENCE = 600.0
RULES = """
topics: {drills: {name: Drills}}
rules:
  words: {when: missile OR drill OR summit, group_by: source, cooldown: 1h, notify: [desk]}
  more: {when: nuclear export, group_by: story, notify: [desk]}
receivers: {desk: {kind: file}}
"""


class FixedScorer:
    """Says of every article, after a fixed time, that it is about nothing."""

    revision = "fixed"
    limits = Limits(1.0, 0.5)

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> Vector:
        """Unit vectors of the texts' own, so far apart that every article is a story of its own."""
        if not as_topics:
            time.sleep(self._seconds * len(texts))
        rows = [np.random.default_rng(_seed(text)).standard_normal(WIDTH) for text in texts]
        vectors = np.array(rows, np.float32).reshape(len(texts), WIDTH)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def second_look(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Nothing is worth one."""
        return np.zeros(len(pairs), np.float32)

    def relevance(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """About nothing."""
        return np.zeros(len(features), np.float32)

    def stance(self, pairs: Sequence[tuple[str, str]], languages: Sequence[str]) -> NDArray[np.float32]:  # noqa: ARG002
        """Of nobody."""
        return np.zeros((len(pairs), 3), np.float32)


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def measure(articles: int, milliseconds: float, analysers: Sequence[int] = (1, 2, 4), runs: int = 1) -> dict[str, Any]:
    """Articles a second by number of analysers, and what a batch costs beside its scoring when one analyser is alone."""
    found: dict[str, Any] = {"size": {"articles": articles, "milliseconds_an_article": milliseconds}}
    rates = {number: [one_run(articles, milliseconds, number) for _ in range(runs)] for number in analysers}
    found["articles_per_second"] = {str(number): spread(values) for number, values in rates.items()}
    found["limit_per_second_and_analyser"] = 1000 / milliseconds
    found["load"] = round(os.getloadavg()[0], 1)
    return found


def one_run(articles: int, milliseconds: float, analysers: int) -> float:
    """Articles a second from the moment all analysers are ready until nothing waits."""
    server = Server(synchronous_commit="on")
    with removed(server), tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "rules.yaml").write_text(RULES)
        (root / "feeds.yaml").write_text("feeds: []\n")
        settings = {
            "archive": server.url("postgres"),
            "feeds": str(root / "feeds.yaml"),
            "rules": str(root / "rules.yaml"),
            "outbox": str(root / "outbox"),
            "queue": {"poll_seconds": 0.5},
            "worker": {"storm": 1_000_000},
        }
        (root / "monitor.yaml").write_text(json.dumps(settings))
        with open_app(environment={}, file=root / "monitor.yaml") as app:
            _told(app, articles)
            words = [sys.executable, "-m", "benchmarks.cluster_analysers", "--work", str(root)]
            words += ["--milliseconds", str(milliseconds)]
            running = [subprocess.Popen([*words, "--number", str(number)]) for number in range(analysers)]
            try:
                _until(lambda: len(list(root.glob("ready-*"))) == analysers)
                began = time.monotonic()
                (root / "go").touch()
                _until(lambda: not app.archive.scores.waiting(1))
                taken = time.monotonic() - began
            finally:
                for process in running:
                    process.terminate()
                for process in running:
                    process.wait(60)
    return articles / taken


def _told(app: App, articles: int) -> None:
    """Articles of today, each twenty with their job in one transaction, as collectors bring them."""
    now = app.clock.now()
    for batch in batches(articles):
        for at in range(0, len(batch), TOLD):
            some = [_moved(one, now - timedelta(minutes=5)) for one in batch[at : at + TOLD]]
            with app.archive.transaction():
                app.queue.analyse(app.archive.articles.add(some))


def _moved(article: Article, at: datetime) -> Article:
    return replace(article, published=at, seen=at)


def _until(check: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not check():
        if time.monotonic() > end:
            raise TimeoutError("nothing more happens")
        time.sleep(0.05)


def analyser(root: Path, number: int, milliseconds: float) -> None:
    """One worker of the queue, that begins when all are ready."""
    with open_app(environment={}, file=root / "monitor.yaml", clock=SystemClock()) as app:
        app.__dict__["scorer"] = FixedScorer(milliseconds / 1000)
        app.queue  # noqa: B018 - opened before the clock runs
        (root / f"ready-{number}").touch()
        _until((root / "go").exists)
        work(app, ["analyse"], 1, threading.Event())
        os._exit(0)


def main() -> None:
    """Measure and print one JSON object; or be one of the analysers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1500)
    parser.add_argument("--milliseconds", type=float, default=20.0)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--number", type=int, default=0)
    given = parser.parse_args()
    if given.work:
        analyser(given.work, given.number, given.milliseconds)
    print(json.dumps(measure(given.articles, given.milliseconds, runs=given.runs)))


if __name__ == "__main__":
    main()
