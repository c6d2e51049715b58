"""A feed server on loopback that costs little: made-up feeds held in memory, answered by one asyncio protocol.

    python -m benchmarks.site FEEDS ENTRIES     prints its port, serves until its input ends

`/set/first`, `/set/same`, `/set/bare` and `/set/next` change what all feeds answer: the documents with an ETag, the same (304 to
who has them), the same without any validator, and documents in which every fiftieth entry is new.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from benchmarks.runs import ROOT

NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = (
    "the ministry said on that missile drill summit sanctions export chip alliance warning talks would after between officials "
    "region government minister president economy security joint exercise statement reported analysts trade border climate"
).split()


def document(feed: int, entries: int, version: int) -> bytes:
    """RSS or Atom (every third feed) whose entries have titles and summaries of the usual length; a version adds new entries."""
    new = max(1, entries // 50) * version
    make = _atom if feed % 3 == 0 else _rss
    return make(feed, [_entry(feed, number) for number in range(entries + new - 1, new - 1, -1)])


def _entry(feed: int, number: int) -> tuple[str, str, str, datetime]:
    dice = random.Random(feed * 100_003 + number)
    title = " ".join(dice.choices(WORDS, k=9)).capitalize()
    text = " ".join(dice.choices(WORDS, k=dice.randint(25, 70))).capitalize()
    link = f"https://www.outlet{feed}.example/news/2026/{feed}-{number}-{'-'.join(title.lower().split()[:5])}"
    return link, title, f"<p>{text}.</p> <p><b>Read</b> more &amp; more</p>", NEWEST + timedelta(minutes=7 * number - 400)


def _rss(feed: int, entries: list[tuple[str, str, str, datetime]]) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>{link}</link><guid isPermaLink='true'>{link}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate><category>news</category><dc:creator>Reporter {feed}</dc:creator>"
        f"<description><![CDATA[{text}]]></description></item>"
        for link, title, text, at in entries
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
        f"<title>Outlet {feed}</title><link>https://www.outlet{feed}.example/</link><description>News</description>"
        f"<language>en</language>{items}</channel></rss>"
    ).encode()


def _atom(feed: int, entries: list[tuple[str, str, str, datetime]]) -> bytes:
    items = "".join(
        f"<entry><id>{link}</id><title>{title}</title><link rel='alternate' type='text/html' href='{link}'/>"
        f"<published>{at.isoformat()}</published><updated>{at.isoformat()}</updated><author><name>Reporter {feed}</name></author>"
        f"<summary type='html'>{text.replace('&', '&amp;').replace('<', '&lt;')}</summary></entry>"
        for link, title, text, at in entries
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en'>"
        f"<id>https://www.outlet{feed}.example/</id><title>Outlet {feed}</title><updated>2026-01-01T00:00:00Z</updated>"
        f"{items}</feed>"
    ).encode()


class Site:
    """The documents in force."""

    def __init__(self, feeds: int, entries: int) -> None:
        self._versions = [[document(feed, entries, version) for feed in range(feeds)] for version in (0, 1)]
        self._mode = "first"

    def answer(self, path: str, head: bytes) -> bytes:
        if path.startswith("/set/"):
            self._mode = path.removeprefix("/set/")
            return _response(b"200 OK", b"")
        feed = int(path.rpartition("/")[2])
        version = 1 if self._mode == "next" else 0
        body = self._versions[version][feed]
        if self._mode == "bare":
            return _response(b"200 OK", body)
        etag = b'"%d-%d"' % (version, feed)
        is_known = b"if-none-match: " + etag in head.lower()
        return _response(b"304 Not Modified", b"", etag) if is_known else _response(b"200 OK", body, etag)


def _response(status: bytes, body: bytes, etag: bytes = b"") -> bytes:
    tag = b"ETag: %b\r\n" % etag if etag else b""
    return b"HTTP/1.1 %b\r\nContent-Type: application/xml\r\n%bContent-Length: %d\r\n\r\n%b" % (status, tag, len(body), body)


class _Connection(asyncio.Protocol):
    def __init__(self, site: Site) -> None:
        self._site = site
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while b"\r\n\r\n" in self._held:
            head, _, self._held = self._held.partition(b"\r\n\r\n")
            self._transport.write(self._site.answer(head.split(b" ", 2)[1].decode(), head))  # type: ignore[attr-defined]


async def _serve(site: Site) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(site), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


@contextmanager
def serving(feeds: int, entries: int) -> Iterator[str]:
    """The address of a server in a process of its own while inside; its feeds are at /feed/0, /feed/1, ..."""
    words = [sys.executable, "-m", "benchmarks.site", str(feeds), str(entries)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()


if __name__ == "__main__":
    asyncio.run(_serve(Site(int(sys.argv[1]), int(sys.argv[2]))))
