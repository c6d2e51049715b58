"""How long the pages take over a large archive: made on the server, asked again and again, and their size.

python -m benchmarks.archive_corpus build 100000 /tmp/bench.db
python -m benchmarks.pages /tmp/bench.db
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from fastapi.testclient import TestClient

from benchmarks.archive_corpus import HOLDERS, TOPICS
from monitor import logs
from monitor.app import App, open_app
from monitor.clock import FixedClock
from monitor.core.queries.query import parse
from monitor.web import build_web, settle

EVERY_TOPIC = "/topics/…"
PATHS = (
    "/", "/?days=7", "/?days=30", "/search", "/search?q=missile+drill", "/search?q=topic:topic-0+stance:against",
    "/search/facets?q=missile+drill", "/search/facets?q=topic:topic-0", "/search/facets", "/search/words",
    "/topics", EVERY_TOPIC, "/topics/topic-0", "/topics/topic-0?days=365", "/topics/topic-5/briefing",
    "/stories", "/articles/{last}", "/alerts", "/rules", "/feeds", "/settings",
)  # fmt: skip


@contextmanager
def desk(archive: str) -> Iterator[App]:
    """The service on an archive made by `archive_corpus`, with its topics and a rule for each, at the time of its last article."""
    with closing(sqlite3.connect(archive)) as db:
        (last,) = db.execute("SELECT max(seen) FROM articles").fetchone()
    topics = "\n".join(f"  topic-{n}: {{name: Topic {n}, description: Everything about topic {n}.}}" for n in range(TOPICS))
    rules = "\n".join(f"  rule-{n}: {{title: Against {n}, when: 'topic:topic-{n} stance:against'}}" for n in range(TOPICS))
    actors = "\n".join(f"  {name}: {{}}" for name in HOLDERS if name != "outlet")
    with TemporaryDirectory() as made:
        root = Path(made)
        (root / "rules").mkdir()
        (root / "rules/desk.yaml").write_text(f"topics:\n{topics}\nactors:\n{actors}\nrules:\n{rules}\n", encoding="utf-8")
        (root / "feeds.yaml").write_text("feeds: []\n", encoding="utf-8")
        flags = {"archive": archive, "feeds": str(root / "feeds.yaml"), "rules": str(root / "rules")}
        clock = FixedClock(datetime.fromisoformat(last) + timedelta(minutes=1))
        with open_app(flags, environment={}, clock=clock) as app:
            yield app


def measure(archive: str, repeat: int, only: str = "") -> dict[str, dict[str, float]]:
    """For each page: milliseconds of processor time (the first, median, 95th percentile), of the clock, and kilobytes of HTML.

    `/topics/…` asks for each of the topics in turn, `/topics/topic-0` for the largest alone.
    """
    with desk(archive) as app, TestClient(build_web(app), base_url="http://localhost") as web:
        web.get("/healthz")
        settle()
        (newest,), _, _ = app.archive.search.search(parse("*"), now=app.clock.now(), limit=1)
        found = {}
        for path in PATHS:
            if only and path != only:
                continue
            asked = [path.replace("{last}", str(newest.id))] * repeat
            found[path] = _timed(web, [f"/topics/topic-{n}" for n in range(TOPICS)] if path == EVERY_TOPIC else asked)
    return found


def _timed(web: TestClient, paths: list[str]) -> dict[str, float]:
    worked, taken, sizes = [], [], []
    for path in paths:
        began, busy = time.perf_counter(), time.process_time()
        answer = web.get(path)
        worked.append(1000 * (time.process_time() - busy))
        taken.append(1000 * (time.perf_counter() - began))
        sizes.append(len(answer.raise_for_status().content) / 1000)
    # The first answer fills caches; a service gives it once.
    return {
        "first_cpu_ms": round(worked[0], 1),
        "cpu_ms": round(median(worked[1:]), 1),
        "p95_cpu_ms": round(quantiles(worked[1:], n=20)[-1], 1),
        "p95_ms": round(quantiles(taken[1:], n=20)[-1], 1),
        "kilobytes": round(max(sizes), 1),
    }


def main() -> None:
    """Measure; prints JSON."""
    logs.configure(level="error")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    json.dump(measure(given.archive, given.repeat, given.only), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
