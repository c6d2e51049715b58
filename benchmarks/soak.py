"""A long run on a fast clock: hundreds of feeds with faults, receivers that fail, a model that goes away; does anything grow?

    python -m benchmarks.soak --minutes 30

Real worker, fetcher, sandbox, archive and channels on loopback servers; only the clock is moved by hand and the model is a tiny one.
Every second: memory, file descriptors, threads, write-ahead log, articles that wait, deliveries that wait. SQLite's page cache is kept
small, so that it is full early: what grows after that is a leak.
At the end the faults stop, everything owed is delivered, and the receiver's log is compared with the archive.
Writes docs/images/soak.svg and prints one JSON object; exit code 1 when something grew, was lost, was given up or came twice: the
bounds, each with its reason, are in benchmarks/judging.py, and the object's `complaints` say which was passed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.growth_plot import plot
from benchmarks.judging import Sample, complaints, growth
from benchmarks.outside import FastClock, Outside, serving
from monitor import logs
from monitor.app import App, open_app
from monitor.archives import sqlite
from monitor.errors import MonitorError, ScorerError
from monitor.model import DeliveryState
from monitor.worker import Worker
from tests.tinymodels import make_weights

ROOT = Path(__file__).parents[1]
START = datetime(2026, 11, 20, 6, tzinfo=UTC)
TICK = timedelta(minutes=1)
CLOCK_SET_BACK, BACK = 1000, timedelta(hours=6)
HOSTS = 30
CACHE_MEGABYTES = 8
RULES = """
topics: {tax: {name: the tax, aliases: [tax]}}
actors: {Japan: {}, China: {}}
rules:
  toll: {when: toll court, notify: [steady, shaky], cooldown: 30m}
  drill: {when: drill summit, notify: [steady, shaky], group_by: source, cooldown: 2h}
  strikes: {when: strike, kind: frequency, threshold: 40, window: 6h, cooldown: 3h, notify: [steady]}
receivers:
  steady: {kind: webhook, url: "http://127.0.0.1:PORT/steady", rate_per_minute: 6000}
  shaky: {kind: webhook, url: "http://127.0.0.1:PORT/shaky", rate_per_minute: 6000}
"""
SETTINGS = {"allow": ["127.0.0.0/8"], "fetcher": {"kind": "http", "spacing_seconds": 0, "per_host": 4, "total_seconds": 3}}
WATCHED = {
    "memory": "Memory of the process, MB",
    "descriptors": "Open file descriptors",
    "threads": "Threads",
    "log": "Write-ahead log, MB",
    "waiting": "Articles that wait for analysis",
    "pending": "Deliveries that wait",
}


class ComingAndGoing:
    """The sound scorer, but for the hours in which the model is away."""

    def __init__(self, sound: Any, outside: Outside) -> None:
        self._sound, self._outside = sound, outside

    def __getattr__(self, name: str) -> Any:
        if name in {"embed", "stance", "second_look"} and self._outside.is_model_gone():
            raise ScorerError("the model is away")
        return getattr(self._sound, name)


@contextmanager
def service(folder: Path, feeds: int, seed: int) -> Iterator[tuple[App, Outside]]:
    """The service in a folder, and what surrounds it."""
    outside = Outside(FastClock(START), random.Random(seed))
    with serving(outside) as port:
        listed = "".join(
            f"  - {{id: f{number}, name: F{number}, url: 'http://127.0.0.{number % HOSTS + 1}:{port}/{number}', interval: 15m}}\n"
            for number in range(feeds)
        )
        (folder / "feeds.yaml").write_text(f"feeds:\n{listed}")
        (folder / "rules.yaml").write_text(RULES.replace("PORT", str(port)))
        flags = {
            **SETTINGS,
            "feeds": folder / "feeds.yaml",
            "rules": folder / "rules.yaml",
            "outbox": folder / "outbox",
            "scorer": {"kind": "onnx", "threads": 1, "weights": str(make_weights(folder / "weights"))},
        }
        archive = sqlite.build(sqlite.Config(path=str(folder / "monitor.db"), cache_megabytes=CACHE_MEGABYTES))
        with closing(archive), open_app(flags, environment={}, clock=outside.clock, archive=archive) as app:
            app.__dict__["scorer"] = ComingAndGoing(app.scorer, outside)
            yield app, outside


def look(app: App, at: datetime) -> Sample:
    """One sample."""
    stats = app.archive.stats()
    path = Path(str(stats["path"]))
    wal = path.with_name(path.name + "-wal")
    pending = sum(counts.get("pending", 0) for counts in app.archive.outbox.counts().values())
    return Sample(
        hours=(at - START) / timedelta(hours=1),
        memory=int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6,
        descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        threads=threading.active_count(),
        log=wal.stat().st_size / 1e6 if wal.exists() else 0.0,
        archive=path.stat().st_size / 1e6,
        waiting=int(stats["waiting"]),
        pending=pending,
    )


def one_tick(worker: Worker, number: int, trouble: Counter[str]) -> None:
    """A minute of the fast clock; what goes wrong is counted, as the scheduler would log it."""
    steps = [worker.collect, worker.analyse, worker.deliver]
    steps += [worker.beat] if number % 5 == 0 else []
    steps += [worker.rescue] if number % 5 == 1 else []
    for step in steps:
        try:
            step()
        except MonitorError as error:
            trouble[f"{step.__name__}: {str(error)[:60]}"] += 1


def edit_rules(folder: Path, number: int) -> None:
    """Twice a day somebody saves a half-written file and mends it a quarter of an hour later."""
    file = folder / "rules.yaml"
    if number % 720 == 300:
        file.write_text(file.read_text() + "  broken: {kind: emi")
    elif number % 720 == 315:
        file.write_text(file.read_text().partition("  broken")[0])


def soak(minutes: float, feeds: int, seed: int) -> tuple[list[Sample], dict[str, Any]]:
    """Run for so many real minutes; the samples, and what came of it."""
    trouble: Counter[str] = Counter()
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as name, service(Path(name), feeds, seed) as (app, outside):
        worker = Worker(app)
        ends, looked, number = time.monotonic() + minutes * 60, 0.0, 0
        while time.monotonic() < ends:
            one_tick(worker, number, trouble)
            edit_rules(Path(name), number)
            outside.clock.advance(-BACK if number == CLOCK_SET_BACK else TICK)
            number += 1
            if time.monotonic() - looked >= 1:
                samples.append(look(app, START + number * TICK))
                looked = time.monotonic()
                tell(samples[-1])
        settle(app, outside, worker, trouble)
        found = {"real_minutes": minutes, "hours_of_the_clock": round(number / 60, 1), "feeds": feeds}
        left = look(app, outside.clock.now())
        found |= {"waiting": left.waiting, "pending": left.pending}
        return samples, found | outcome(app, outside) | {"trouble": dict(trouble)}


def tell(last: Sample) -> None:
    """Progress, on one line."""
    sys.stderr.write(f"\r{last.hours:7.1f} hours of the clock, {last.waiting:6} wait, {last.memory:6.0f} MB")


def settle(app: App, outside: Outside, worker: Worker, trouble: Counter[str]) -> None:
    """No more faults; go on until nothing is owed."""
    outside.is_faulty = False
    for number in range(200):
        one_tick(worker, number, trouble)
        outside.clock.advance(5 * TICK)
        left = look(app, outside.clock.now())
        if not left.pending and not left.waiting:
            break


def outcome(app: App, outside: Outside) -> dict[str, Any]:
    """What the archive holds beside what the receivers heard."""
    # What the service tells its operator goes to the terminal and the outbox folder, which keep no log of ids.
    heard = [one for name in ("steady", "shaky") for one in app.archive.outbox.list(receiver=name, limit=10**7)]
    owed = {one.id for one in heard}
    stats = app.archive.stats()
    return {
        "requests": sum(outside.asked.values()),
        "faulty_requests": sum(count for kind, count in outside.asked.items() if kind != "well"),
        "articles": stats["articles"],
        "alerts": stats["alerts"],
        "deliveries": len(owed),
        "refused_by_receiver": outside.refused,
        "lost": len(owed - set(outside.accepted)),
        "dead": sum(one.state is DeliveryState.DEAD for one in heard),
        "repeated": sum(outside.accepted.values()) - len(outside.accepted),
        "quarantined": stats["quarantined"],
        "integrity": app.archive.upkeep.problems(),
    }


def drawn(samples: Sequence[Sample], result: dict[str, Any]) -> str:
    """Everything watched over the hours of the fast clock."""
    heading = (
        f"{result['feeds']} feeds, {result['hours_of_the_clock']:g} hours of the clock in {result['real_minutes']:g} minutes, "
        f"{result['requests']:,} requests ({result['faulty_requests']:,} faulty), {result['articles']:,} articles"
    )
    series = {title: [float(getattr(sample, name)) for sample in samples] for name, title in WATCHED.items()}
    return plot(heading, [sample.hours for sample in samples], "hours of the clock", series)


def main() -> int:
    """Run, draw, judge."""
    parser = argparse.ArgumentParser(description="A long run with faults on a fast clock.")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--plot", type=Path, default=ROOT / "docs/images/soak.svg")
    given = parser.parse_args()
    with Path(os.devnull).open("w") as nowhere:
        logs.configure(level="error", stream=nowhere)
        samples, result = soak(given.minutes, given.feeds, given.seed)
    given.plot.write_text(drawn(samples, result), encoding="utf-8")
    grown = {name: growth(samples, name) for name in WATCHED}
    result["growth"] = {name: [round(value, 1) for value in ends] for name, ends in grown.items()}
    result["last"] = {name: round(value, 1) for name, value in asdict(samples[-1]).items()}
    result["peak"] = {name: round(max(float(getattr(sample, name)) for sample in samples), 1) for name in WATCHED}
    result["complaints"] = complaints(samples, result)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 1 if result["complaints"] else 0


if __name__ == "__main__":
    sys.exit(main())
