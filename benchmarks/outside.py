"""What surrounds a service in a long run: feeds that misbehave, receivers that come and go, a clock moved by hand."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from typing import Any

from monitor.clock import FixedClock

KEPT = 6
COMMON = (
    "harbour toll budget river bridge court strike drill summit orchard glacier museum railway reactor stadium library".split()
)
RARE = ["".join(parts) for parts in product("bdfglmnprst", "aeiou", "bdfglmnprst", ("an", "er", "ing", "o"))]
WIRE_SHARE = 0.2


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
        """A story of the feed's own, or, one time in five, the one that every feed takes from the wire."""
        is_wire = random.Random(f"{name}:{number}").random() < WIRE_SHARE
        words = random.Random(f"{'wire' if is_wire else name}:{number}:words")
        common = words.sample(COMMON, 4)
        chosen = " ".join(words.sample([*common, *words.sample(RARE, 56)], 60))
        title = " ".join([*common, *words.sample(RARE, 3)])
        at = format_datetime(datetime.fromtimestamp(number * 1800 + offset * 60, UTC))
        link = f"http://f{name}.example/{number}"
        return f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid><pubDate>{at}</pubDate><description>{chosen}. Japan opposes the tax.</description></item>"


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


@contextmanager
def serving(outside: Outside) -> Iterator[int]:
    """The port on which every loopback address answers."""
    server = Server(("0.0.0.0", 0), handler(outside))  # noqa: S104 - every address of the loopback network is answered
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
