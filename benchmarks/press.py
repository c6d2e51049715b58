"""Feeds on loopback that publish numbered articles as time goes on, and know which of them somebody was given."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOSTS = 25
WINDOW = 30
WORDS = "harbour toll ferry dock pilot storm cargo levy strike council bridge tide crane customs quay vessel".split()


@dataclass
class Press:
    """What the feeds have published so far: feed -> number of articles, one more every few seconds."""

    feeds: int
    every: float
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    served: dict[int, int] = field(default_factory=dict)
    """Feed -> the articles that somebody has been given."""

    def published(self, feed: int) -> int:
        """Articles of a feed until now."""
        span = (self.ended or time.monotonic()) - self.started
        return 1 + int(span / self.every + (feed % 10) / 10)

    def document(self, feed: int) -> bytes:
        """The feed as it stands: its newest articles."""
        count = self.published(feed)
        self.served[feed] = max(count, self.served.get(feed, 0))
        entries = "".join(_entry(feed, number) for number in range(max(0, count - WINDOW), count))
        head = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire {feed}</title><id>urn:wire-{feed}</id>'
        return f"{head}{entries}</feed>".encode()

    def addresses(self) -> set[str]:
        """The address of every article that was served."""
        return {address(feed, number) for feed, count in self.served.items() for number in range(count)}


def address(feed: int, number: int) -> str:
    """Where an article is said to lie."""
    return f"https://wire-{feed}.example/{number}"


def _entry(feed: int, number: int) -> str:
    words = random.Random(feed * 100_003 + number).choices(WORDS, k=12)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    title = f"{words[0].title()} {words[1]} w{feed}n{number}"
    return (
        f'<entry><id>urn:{feed}:{number}</id><title>{title}</title><link href="{address(feed, number)}"/><updated>{at}</updated>'
        f"<summary>{' '.join(words)} number {number} of wire {feed}.</summary></entry>"
    )


@contextmanager
def newsstand(press: Press) -> Iterator[list[str]]:
    """Servers on several loopback addresses; the address of each feed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = press.document(int(self.path.strip("/")))
            self.send_response(200)
            self.send_header("Content-Type", "application/atom+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_given: Any) -> None:
            """A client that was killed is no error here."""

    servers = [Quiet((f"127.0.0.{10 + n}", 0), Handler) for n in range(HOSTS)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield [f"http://127.0.0.{10 + n % HOSTS}:{servers[n % HOSTS].server_port}/{n}" for n in range(press.feeds)]
    finally:
        for server in servers:
            server.shutdown()
