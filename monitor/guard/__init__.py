"""HTTP clients that open only addresses they may: the address that was checked is the address connected to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeAlias

import httpcore
import httpx

from monitor.core.addresses import Opening, check_address, check_url, read_openings
from monitor.errors import FetchError, in_words
from monitor.guard._pool import Pool
from monitor.guard._streams import Stream, connected

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Host name and port to IP literals; raises OSError when the name does not exist."""


def guarded_client(
    allow: Sequence[str] = (),
    timeout_seconds: float = 30.0,
    *,
    headers: dict[str, str] | None = None,
    resolve: Resolver | None = None,
) -> httpx.Client:
    """A client that refuses private addresses, other schemes, proxies from the environment, redirects and cookies.

    Args:
        allow: what the guard lets through beside the public internet: `host`, `host:port` or a network (10.0.0.0/8).
        timeout_seconds: for each of connecting, reading, writing and waiting for a connection.
        headers: sent with each request.
        resolve: name resolution; the system's by default.

    Raises:
        ValueError: an entry of `allow` cannot be read.
        FetchError: from a request, with reason `blocked` or `dns`; everything else is an httpx.HTTPError.
    """
    backend = _Backend(read_openings(allow), resolve or system_addresses)
    return httpx.Client(
        transport=_Transport(backend),
        timeout=timeout_seconds,
        headers=headers,
        trust_env=False,
        follow_redirects=False,
        cookies=_no_cookies(),
    )


def guarded_transport(allow: Sequence[str] = (), *, resolve: Resolver | None = None) -> httpx.AsyncBaseTransport:
    """What `guarded_client` sends with, for asyncio, HTTP/2 where the server speaks it; it knows no cookies and no redirects.

    It counts no connections: whoever sends decides how many requests are under way.
    """
    return _AsyncTransport(_AsyncBackend(read_openings(allow), resolve or system_addresses))


def system_addresses(host: str, port: int) -> list[str]:
    """What the system's resolver says of a host, without repeats, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def allowed_addresses(host: str, port: int, openings: Sequence[Opening], resolve: Resolver) -> list[str]:
    """The addresses of a host when every one of them may be opened.

    Raises:
        FetchError: `dns` when the name has no address, `blocked` when any address is closed.
    """
    try:
        addresses = list(resolve(host, port))
    except (OSError, UnicodeError) as error:
        raise FetchError(f"the name {host} could not be resolved: {in_words(error)}", "dns") from error
    if not addresses:
        raise FetchError(f"the name {host} has no address", "dns")
    for address in addresses:
        refusal = check_address(address, host, port, openings)
        if refusal:
            raise FetchError(f"{refusal.why}{f'; {refusal.remedy}' if refusal.remedy else ''}", "blocked")
    return addresses


def _checked(request: httpx.Request) -> None:
    refusal = check_url(str(request.url))
    if refusal:
        raise FetchError(refusal.why, "blocked")


@cache
def _tls() -> ssl.SSLContext:
    # Certificates and host names are always checked: there is no switch to turn that off.
    return httpx.create_ssl_context(trust_env=False)


def _no_cookies() -> CookieJar:
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))


class _Backend(httpcore.NetworkBackend):
    """Resolves, checks, then connects to what was checked."""

    def __init__(self, openings: Sequence[Opening], resolve: Resolver) -> None:
        self._openings, self._resolve = openings, resolve
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = allowed_addresses(host, port, self._openings, self._resolve)
        for address in addresses[:-1]:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options or ())
            except httpcore.ConnectError:
                continue
        return self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options or ())

    def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise FetchError(f"{path} is a local socket", "blocked")


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    """As `_Backend`, without stopping the event loop while a name is resolved."""

    def __init__(self, openings: Sequence[Opening], resolve: Resolver) -> None:
        self._openings, self._resolve = openings, resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        *_: Any,
        **__: Any,
    ) -> Stream:
        addresses = await asyncio.to_thread(allowed_addresses, host, port, self._openings, self._resolve)
        for address in addresses[:-1]:
            try:
                return await connected(address, port, timeout)
            except httpcore.ConnectError:
                continue
        return await connected(addresses[-1], port, timeout)

    async def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> Stream:
        raise FetchError(f"{path} is a local socket", "blocked")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Transport(httpx.HTTPTransport):
    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        # httpx offers no way to name a network backend, so the pool it made is replaced by one that has ours.
        self._pool = httpcore.ConnectionPool(
            network_backend=backend, ssl_context=_tls(), max_connections=100, max_keepalive_connections=50, keepalive_expiry=30.0
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _checked(request)
        return super().handle_request(request)


class _AsyncTransport(httpx.AsyncHTTPTransport):
    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = Pool(backend, _tls())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        _checked(request)
        return await super().handle_async_request(request)
