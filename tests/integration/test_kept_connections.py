"""Connections are kept between requests where they can be, and never believed to be open when they are not."""

from __future__ import annotations

import asyncio
import http.server
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import h2.config
import h2.connection
import h2.events
import httpcore
import pytest

from monitor.clock import FixedClock
from monitor.fetchers import http as fetching
from monitor.guard._pool import MOST_KEPT, Pool
from monitor.guard._streams import Stream, connected
from monitor.model import Feed, FeedState, Fetched
from tests.collecting import NOW

Answer: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
TLS = Path(__file__).parents[1] / "data" / "tls"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.ports.append(self.client_address[1])  # type: ignore[attr-defined]
        is_known = self.headers.get("If-None-Match") == '"one"'
        self.send_response(304 if is_known else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", "0" if is_known else "100000")
        self.end_headers()
        if not is_known:
            self.wfile.write(b"x" * 100_000)
        # What the server does not say, the client finds out.
        self.close_connection = self.path.startswith("/closing")

    def log_message(self, *_: object) -> None:
        """Keep test output quiet."""


@pytest.fixture
def server() -> Iterator[http.server.HTTPServer]:
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made.ports = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def asked(server: http.server.HTTPServer, path: str, etags: list[str | None]) -> list[Fetched]:
    """One fetcher's answers to requests one after the other."""
    fetcher = fetching.build(fetching.Config(allow=("127.0.0.1",), spacing_seconds=0), FixedClock(NOW))
    url = f"http://127.0.0.1:{server.server_port}{path}"
    try:
        return [next(iter(fetcher.fetch([(Feed("f", url, "F"), FeedState("f", etag=etag))]))) for etag in etags]
    finally:
        fetcher.close()


def test_one_connection_serves_many_polls_unchanged_ones_too(server: http.server.HTTPServer) -> None:
    answers = asked(server, "/", [None, '"one"', '"one"', None])
    assert [answer.status for answer in answers] == [200, 304, 304, 200]
    assert len(set(server.ports)) == 1  # type: ignore[attr-defined]


def test_a_connection_that_the_server_closed_is_not_used_again(server: http.server.HTTPServer) -> None:
    answers = asked(server, "/closing", [None] * 3)
    assert [len(answer.body or b"") for answer in answers] == [100_000] * 3
    assert len(set(server.ports)) == 3  # type: ignore[attr-defined]


class _Backend(httpcore.AsyncNetworkBackend):
    """Connects to what is asked for, unguarded, and counts."""

    def __init__(self) -> None:
        self.streams: list[Stream] = []

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None, **_: object) -> Stream:  # type: ignore[override]  # noqa: ASYNC109
        self.streams.append(await connected(host, port, timeout))
        return self.streams[-1]


async def _http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every request of a connection with its path."""
    talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding=None))
    talk.initiate_connection()
    writer.write(talk.data_to_send())
    while data := await reader.read(65536):
        for event in talk.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                path = dict(event.headers or [])[b":path"]
                talk.send_headers(event.stream_id or 0, [(":status", "200")])
                talk.send_data(event.stream_id or 0, path, end_stream=True)
        writer.write(talk.data_to_send())


@asynccontextmanager
async def serving(answer: Answer, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The host and port of a server; left when all its connections have ended."""
    open_ones: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ones.add(task)
        with suppress(ConnectionError):
            await answer(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(one, "127.0.0.1", 0, ssl=context, backlog=500)
    yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    if open_ones:
        await asyncio.wait(open_ones, timeout=10)


def test_http_2_is_spoken_where_the_server_does_on_one_connection() -> None:
    async def run() -> tuple[list[bytes], set[object], int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
        context.set_alpn_protocols(["h2"])
        backend = _Backend()
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        async with serving(_http2, context) as place, Pool(backend, trusting) as pool:
            answers = [await pool.request("GET", f"https://{place}/0")]
            answers += await asyncio.gather(*(pool.request("GET", f"https://{place}/{number}") for number in range(1, 4)))
        return (
            [answer.content for answer in answers],
            {answer.extensions["http_version"] for answer in answers},
            len(backend.streams),
        )

    bodies, versions, opened = asyncio.run(run())
    assert bodies == [b"/0", b"/1", b"/2", b"/3"]
    assert versions == {b"HTTP/2"}
    assert opened <= 3


async def _http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every request of a connection."""
    while await reader.readline():
        while (await reader.readline()).strip():
            pass
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


@pytest.mark.parametrize("is_reset", [False, True])
def test_a_connection_that_ends_while_it_is_asked_again_is_replaced_for_what_may_be_repeated(*, is_reset: bool) -> None:
    asked_for: list[bytes] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request of a connection, and ends when it has heard the next."""
        for is_first in (True, False):
            asked_for.append((await reader.readuntil(b"\r\n\r\n"))[:4].strip())
            if is_first:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        if is_reset:
            writer.transport.abort()

    async def run() -> tuple[bytes, int]:
        backend = _Backend()
        async with serving(once) as place, Pool(backend, ssl.create_default_context()) as pool:
            for _ in range(2):
                answer = await pool.request("GET", f"http://{place}/")
            with pytest.raises((httpcore.RemoteProtocolError, httpcore.ReadError)):
                await pool.request("POST", f"http://{place}/")
        return answer.content, len(backend.streams)

    assert asyncio.run(run()) == (b"ok", 2)
    assert asked_for == [b"GET", b"GET", b"GET", b"POST"]


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_request_cut_off_at_any_moment_leaves_no_connection_behind(*, is_kept: bool) -> None:
    async def run() -> list[int]:
        backend, left = _Backend(), []
        async with serving(_http1) as place:
            for steps in range(40):
                pool = Pool(backend, ssl.create_default_context())
                if is_kept:
                    await pool.request("GET", f"http://{place}/")
                asking = asyncio.create_task(pool.request("GET", f"http://{place}/"))
                for _ in range(steps):
                    await asyncio.sleep(0)
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
                await pool.aclose()
                await asyncio.sleep(0)
                if not all(stream._ear.transport.is_closing() for stream in backend.streams):
                    left.append(steps)
        return left

    assert asyncio.run(run()) == []


def test_no_more_connections_wait_than_may() -> None:
    async def run() -> int:
        pool = Pool(_Backend(), ssl.create_default_context())
        async with serving(_http1) as place, pool:
            await asyncio.gather(*(pool.request("GET", f"http://{place}/") for _ in range(MOST_KEPT + 30)))
            await pool._sweep()
            return sum(map(len, pool._kept.values()))

    assert asyncio.run(run()) == MOST_KEPT
