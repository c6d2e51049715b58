"""A long run on a fast clock: hundreds of feeds with faults, receivers that fail, a model that goes away; does anything grow?

    python benchmarks/soak.py --minutes 30

Real worker, fetcher, sandbox, archive and channels on loopback servers; only the clock is moved by hand and the model is a tiny one.
Every second: memory, file descriptors, threads, write-ahead log, articles that wait, deliveries that wait.
At the end the faults stop, everything owed is delivered, and the receiver's log is compared with the archive.
Writes docs/images/soak.svg and prints one JSON object; exit code 1 when something grew, was lost or came twice.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from monitor import logs  # noqa: E402 - the checkout comes first
from monitor.app import App, open_app  # noqa: E402
from monitor.clock import FixedClock  # noqa: E402
from monitor.errors import MonitorError, ScorerError  # noqa: E402
from monitor.worker import Worker  # noqa: E402
from tests.tinymodels import make_weights  # noqa: E402

START = datetime(2026, 11, 20, 6, tzinfo=UTC)
TICK = timedelta(minutes=1)
HOSTS, KEPT = 30, 6
WORDS = (
    "harbour toll budget river bridge court strike drill summit orchard glacier museum railway reactor stadium library".split()
)
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


class FastClock(FixedClock):
    """A clock moved by hand whose time of day may be set back, while real time only goes on."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed

    def advance(self, by: timedelta) -> None:
        super().advance(by)
        self.passed += max(0.0, by.total_seconds())


@dataclass
class Outside:
    """Everything beyond the service: feeds that misbehave and receivers that come and go."""

    clock: FixedClock
    chance: random.Random
    is_faulty: bool = True
    asked: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self) -> str:
        """What goes wrong with this request; mostly nothing."""
        if not self.is_faulty:
            return ""
        with self.lock:
            drawn = self.chance.random()
        for share, name in (
            (0.03, "503"),
            (0.04, "truncated"),
            (0.05, "page"),
            (0.055, "dropped"),
            (0.057, "slow"),
            (0.06, "bomb"),
        ):
            if drawn < share:
                return name
        return ""

    def is_shaky_down(self) -> bool:
        """The second receiver is away for one hour in four."""
        return self.is_faulty and self.clock.now().hour % 4 == 3

    def is_model_gone(self) -> bool:
        """The model is away for two hours a day."""
        return self.is_faulty and self.clock.now().hour in {13, 14}

    def feed(self, name: str) -> bytes:
        """The feed as it stands at this moment of the fast clock: an item each half hour, the newest few."""
        now = self.clock.now()
        half_hours = int(now.timestamp() // 1800)
        offset = int(name) % 30
        items = "".join(self._item(name, number, offset) for number in range(half_hours - KEPT, half_hours))
        return f'<rss version="2.0"><channel><title>F{name}</title><link>http://x.example/</link>{items}</channel></rss>'.encode()

    def _item(self, name: str, number: int, offset: int) -> str:
        words = random.Random(f"{name}:{number}")
        chosen = " ".join(words.choice(WORDS) for _ in range(60))
        title = " ".join(words.sample(WORDS, 4))
        at = format_datetime(datetime.fromtimestamp(number * 1800 + offset * 60, UTC))
        link = f"http://f{name}.example/{number}"
        return f"<item><title>{title} {number % 997}</title><link>{link}</link><guid>{link}</guid><pubDate>{at}</pubDate><description>{chosen}. Japan opposes the tax.</description></item>"


def spoiled(fault: str, body: bytes) -> tuple[int, bytes]:
    """The status and body with which a feed answers under this fault."""
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "' + b"y" * 3000 + b'">]><rss>&x;&x;</rss>'
    answers = {
        "503": (503, b"busy"),
        "truncated": (200, body[:500]),
        "page": (200, b"<html><body>Our cookies</body></html>"),
        "bomb": (200, bomb),
    }
    return answers.get(fault, (200, body))


def handler(outside: Outside) -> type[BaseHTTPRequestHandler]:
    """A request handler over what is outside."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            fault = outside.fault()
            outside.asked[fault or "well"] += 1
            body = outside.feed(self.path.rsplit("/", 1)[-1])
            if fault == "slow":
                time.sleep(0.3)
            if fault == "dropped":
                self.connection.shutdown(socket.SHUT_RDWR)
            else:
                status, sent = spoiled(fault, body)
                self._answer(status, sent, length=len(body) if fault == "truncated" else None)
            self.close_connection = fault in {"dropped", "truncated"}

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/shaky" and outside.is_shaky_down():
                with outside.lock:
                    outside.refused += 1
                self._answer(503, b"away")
                return
            with outside.lock:
                outside.accepted[self.headers["X-Monitor-Delivery"]] += 1
            self._answer(200, b"ok")

        def _answer(self, status: int, body: bytes, length: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.send_header("Content-Type", "application/rss+xml")
            self.end_headers()
            self.wfile.write(body)

    return Handler


class Server(ThreadingHTTPServer):
    """Answers many at once; a client that hangs up is expected here."""

    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A torn connection is one of the faults."""


class ComingAndGoing:
    """The sound scorer, but for the hours in which the model is away."""

    def __init__(self, sound: Any, outside: Outside) -> None:
        self._sound, self._outside = sound, outside

    def __getattr__(self, name: str) -> Any:
        if name in {"embed", "stance", "second_look"} and self._outside.is_model_gone():
            raise ScorerError("the model is away")
        return getattr(self._sound, name)


@dataclass(frozen=True)
class Sample:
    """What was seen at one moment; `hours` are those of the fast clock, sizes in megabytes."""

    hours: float
    memory: float
    descriptors: int
    threads: int
    log: float
    archive: float
    waiting: int
    pending: int


@contextmanager
def service(folder: Path, feeds: int, seed: int) -> Iterator[tuple[App, Outside]]:
    """The service in a folder, and what surrounds it."""
    clock = FastClock(START)
    outside = Outside(clock, random.Random(seed))
    server = Server(("0.0.0.0", 0), handler(outside))  # noqa: S104 - every address of the loopback network is answered
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
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
        "archive": str(folder / "monitor.db"),
        "outbox": folder / "outbox",
        "scorer": {"kind": "onnx", "threads": 1, "weights": str(make_weights(folder / "weights"))},
    }
    with open_app(flags, environment={}, clock=clock) as app:
        app.__dict__["scorer"] = ComingAndGoing(app.scorer, outside)
        try:
            yield app, outside
        finally:
            server.shutdown()
            server.server_close()


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
            outside.clock.advance(-timedelta(hours=6) if number == 1000 else TICK)
            number += 1
            if time.monotonic() - looked >= 1:
                samples.append(look(app, START + number * TICK))
                looked = time.monotonic()
                sys.stderr.write(
                    f"\r{samples[-1].hours:7.1f} hours of the clock, {samples[-1].waiting:6} wait, {samples[-1].memory:6.0f} MB"
                )
        outside.is_faulty = False
        for last in range(200):
            one_tick(worker, last, trouble)
            outside.clock.advance(5 * TICK)
            if not look(app, outside.clock.now()).pending:
                break
        # What the service tells its operator goes to the terminal and the outbox folder, which keep no log of ids.
        heard = [one for name in ("steady", "shaky") for one in app.archive.outbox.list(receiver=name, limit=10**7)]
        owed = {one.id for one in heard if one.state in {"sent", "pending"}}
        stats = app.archive.stats()
        result = {
            "real_minutes": minutes,
            "hours_of_the_clock": round(number / 60, 1),
            "feeds": feeds,
            "requests": sum(outside.asked.values()),
            "faulty_requests": sum(count for kind, count in outside.asked.items() if kind != "well"),
            "articles": stats["articles"],
            "alerts": stats["alerts"],
            "deliveries": len(owed),
            "refused_by_receiver": outside.refused,
            "lost": len(owed - set(outside.accepted)),
            "repeated": sum(outside.accepted.values()) - len(outside.accepted),
            "quarantined": stats["quarantined"],
            "integrity": app.archive.upkeep.problems(),
            "trouble": dict(trouble),
        }
    return samples, result


def growth(samples: Sequence[Sample], name: str) -> tuple[float, float]:
    """The median of the second quarter of the run and that of the last quarter."""
    values = [float(getattr(sample, name)) for sample in samples]
    quarter = len(values) // 4
    return median(values[quarter : 2 * quarter]), median(values[3 * quarter :])


PANELS = (
    ("memory", "Memory of the process, MB"),
    ("descriptors", "Open file descriptors"),
    ("threads", "Threads"),
    ("log", "Write-ahead log, MB"),
    ("waiting", "Articles that wait for analysis"),
    ("pending", "Deliveries that wait"),
)


def plot(samples: Sequence[Sample], result: dict[str, Any]) -> str:
    """Small charts below each other, over the hours of the fast clock, as SVG that needs no script."""
    width, height, left, top = 760, 92, 64, 46
    end = max(sample.hours for sample in samples)
    words = (
        f"{result['feeds']} feeds, {result['hours_of_the_clock']:g} hours of the clock in {result['real_minutes']:g} minutes, "
        f"{result['requests']:,} requests ({result['faulty_requests']:,} faulty), {result['articles']:,} articles"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + left + 24} {top + len(PANELS) * (height + 34)}" role="img" font-family="sans-serif" font-size="12">',
        f"<title>What grows in a long run: {words}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{left}" y="22" font-size="14" fill="#111111">{words}</text>',
    ]
    for row, (name, title) in enumerate(PANELS):
        values = [float(getattr(sample, name)) for sample in samples]
        highest = max([*values, 1.0])
        base = top + row * (height + 34) + height
        points = " ".join(
            f"{left + sample.hours / end * width:.1f},{base - value / highest * (height - 18):.1f}"
            for sample, value in zip(samples, values, strict=True)
        )
        parts += [
            f'<text x="{left}" y="{base - height + 10}" fill="#111111">{title}</text>',
            f'<line x1="{left}" y1="{base}" x2="{left + width}" y2="{base}" stroke="#999999"/>',
            f'<text x="{left - 6}" y="{base}" text-anchor="end" fill="#555555">0</text>',
            f'<text x="{left - 6}" y="{base - height + 30}" text-anchor="end" fill="#555555">{highest:,.0f}</text>',
            f'<polyline points="{points}" fill="none" stroke="#1f5fa8" stroke-width="1.3"/>',
        ]
    parts.append(
        f'<text x="{left + width}" y="{top + len(PANELS) * (height + 34) - 16}" text-anchor="end" fill="#555555">{end:.0f} hours of the clock</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


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
    given.plot.write_text(plot(samples, result), encoding="utf-8")
    result["growth"] = {name: [round(value, 1) for value in growth(samples, name)] for name, _ in PANELS}
    result["last"] = {name: round(value, 1) for name, value in asdict(samples[-1]).items()}
    result["peak"] = {name: round(max(float(getattr(sample, name)) for sample in samples), 1) for name, _ in PANELS}
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    before, after = growth(samples, "memory")
    is_flat = after < before * 1.15 + 10 and result["growth"]["descriptors"][1] <= result["growth"]["descriptors"][0] + 20
    return 0 if is_flat and not result["lost"] and not result["repeated"] and not result["integrity"] else 1


if __name__ == "__main__":
    sys.exit(main())
