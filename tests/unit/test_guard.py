"""The guard: every way to name a closed address ends before a connection is made."""

from __future__ import annotations

import asyncio
import http.server
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from monitor.errors import FetchError
from monitor.guard import allowed_addresses, guarded_client, guarded_transport


class _Canary(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Set-Cookie", "a=b")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Keep test output quiet."""


@pytest.fixture
def canary() -> Iterator[http.server.HTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Canary)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


SPELLINGS = ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "①②⑦.0.0.1", "[::ffff:127.0.0.1]", "localhost", "localhost."]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_loopback_is_opened(canary: http.server.HTTPServer, host: str) -> None:
    with guarded_client() as client, pytest.raises((FetchError, httpx.InvalidURL)):
        client.get(f"http://{host}:{canary.server_port}/")
    assert canary.seen == []  # type: ignore[attr-defined]


def test_the_owner_may_open_one_port(canary: http.server.HTTPServer) -> None:
    with guarded_client([f"127.0.0.1:{canary.server_port}"]) as client:
        assert client.get(f"http://127.0.0.1:{canary.server_port}/mine").text == "ok"
        assert not client.cookies
        with pytest.raises(FetchError) as caught:
            client.get("http://127.0.0.1:1/")
    assert caught.value.reason == "blocked"


def test_an_allowed_name_is_allowed_where_it_leads(canary: http.server.HTTPServer) -> None:
    with guarded_client(["nas.lan"], resolve=lambda *_: ["127.0.0.1"]) as client:
        assert client.get(f"http://nas.lan:{canary.server_port}/").status_code == 200


def test_the_checked_address_is_the_one_connected_to(canary: http.server.HTTPServer) -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    with guarded_client([f"127.0.0.1:{canary.server_port}"], resolve=lambda *_: next(answers)) as client:
        assert client.get(f"http://rebind.example:{canary.server_port}/", headers={"Connection": "close"}).status_code == 200
        with pytest.raises(FetchError):
            client.get(f"http://rebind.example:{canary.server_port}/")


def test_one_closed_address_among_open_ones_closes_the_host() -> None:
    with pytest.raises(FetchError) as caught:
        allowed_addresses("mixed.example", 80, (), lambda *_: ["8.8.8.8", "10.0.0.1"])
    assert caught.value.reason == "blocked"


@pytest.mark.parametrize("addresses", [[], None])
def test_a_name_without_address_is_a_dns_error(addresses: list[str] | None) -> None:
    def resolve(*_: object) -> list[str]:
        if addresses is None:
            raise socket.gaierror(-2, "Name or service not known")
        return addresses

    with pytest.raises(FetchError) as caught:
        allowed_addresses("nowhere.example", 80, (), resolve)
    assert caught.value.reason == "dns"
    assert "Errno" not in str(caught.value)


def test_async_clients_are_guarded_alike(canary: http.server.HTTPServer) -> None:
    async def ask(allow: list[str]) -> int:
        async with httpx.AsyncClient(transport=guarded_transport(allow)) as client:
            return (await client.get(f"http://127.0.0.1:{canary.server_port}/")).status_code

    with pytest.raises(FetchError):
        asyncio.run(ask([]))
    assert asyncio.run(ask(["127.0.0.0/8"])) == 200
    assert len(canary.seen) == 1  # type: ignore[attr-defined]


def test_environment_proxies_are_ignored(canary: http.server.HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with guarded_client(["127.0.0.1"]) as client:
        assert client.get(f"http://127.0.0.1:{canary.server_port}/").status_code == 200


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/", "gopher://example.org/"])
def test_other_schemes_are_refused(url: str) -> None:
    with guarded_client() as client, pytest.raises((FetchError, httpx.UnsupportedProtocol)):
        client.get(url)
