"""Connections kept for each host: httpcore's own pool looks at every connection it holds several times for each request."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator
from typing import TypeAlias

import httpcore

_Origin: TypeAlias = tuple[bytes, bytes, int]
MOST_KEPT = 50
KEPT_SECONDS = 30.0
_SWEEP_SECONDS = 1.0
_ENDED = httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError
_REPEATABLE = b"GET", b"HEAD"


class Pool(httpcore.AsyncConnectionPool):
    """Takes the place of httpcore's pool below httpx. It opens as many connections as are asked for: the fetcher counts them."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, context: ssl.SSLContext) -> None:
        super().__init__(ssl_context=context, http2=True, network_backend=backend, keepalive_expiry=KEPT_SECONDS)
        self._kept: dict[_Origin, list[httpcore.AsyncConnectionInterface]] = {}
        self._swept = 0.0

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        origin = request.url.origin
        key = (origin.scheme, origin.host, origin.port)
        while True:
            kept = await self._taken(key)
            connection = kept or self.create_connection(origin)
            try:
                response = await connection.handle_async_request(request)
                break
            except httpcore.ConnectionNotAvailable:
                # It closed, or has no room for one more stream; the next one is another.
                continue
            except BaseException as error:
                # Cut off before httpcore minds the connection, or between two streams of it: nobody else knows of it.
                if not kept or kept.is_idle():
                    await connection.aclose()
                # A server may end a connection that waits at the very moment in which it is asked again (RFC 9112, 9.3.1).
                if not (kept and isinstance(error, _ENDED) and request.method in _REPEATABLE):
                    raise
        if connection.is_available():
            # HTTP/2: others of this host may come along.
            await self._keep(key, connection)
        return httpcore.Response(
            response.status,
            headers=response.headers,
            content=_Body(response, self, key, connection),
            extensions=response.extensions,
        )

    async def done(self, key: _Origin, connection: httpcore.AsyncConnectionInterface) -> None:
        """An answer has been read or left: keep the connection when it can take another request."""
        if connection.is_available() and connection not in self._kept.get(key, ()):
            await self._keep(key, connection)

    async def aclose(self) -> None:
        kept, self._kept = self._kept, {}
        for connections in kept.values():
            for connection in connections:
                await connection.aclose()

    async def _taken(self, key: _Origin) -> httpcore.AsyncConnectionInterface | None:
        kept = self._kept.get(key)
        while kept:
            connection = kept.pop()
            if not connection.has_expired() and connection.is_available():
                return connection
            if connection.is_idle():
                await connection.aclose()
        self._kept.pop(key, None)
        return None

    async def _keep(self, key: _Origin, connection: httpcore.AsyncConnectionInterface) -> None:
        self._kept.setdefault(key, []).append(connection)
        if time.monotonic() - self._swept > _SWEEP_SECONDS:
            await self._sweep()

    async def _sweep(self) -> None:
        """Close what has waited too long, and of the rest what is more than may wait, that of the hosts longest unasked first."""
        self._swept = time.monotonic()
        surplus = sum(map(len, self._kept.values())) - MOST_KEPT
        for key, kept in list(self._kept.items()):
            for connection in list(kept):
                if connection.is_idle() and (surplus > 0 or connection.has_expired()):
                    surplus -= 1
                    kept.remove(connection)
                    await connection.aclose()
            if not kept:
                self._kept.pop(key, None)


class _Body:
    """The bytes of an answer; when it is closed, its connection goes back to the pool."""

    def __init__(
        self, response: httpcore.Response, pool: Pool, key: _Origin, connection: httpcore.AsyncConnectionInterface
    ) -> None:
        self._stream = response.stream
        self._place = (pool, key, connection)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:  # type: ignore[union-attr]
            yield part

    async def aclose(self) -> None:
        pool, key, connection = self._place
        try:
            await self._stream.aclose()  # type: ignore[union-attr]
        except BaseException:
            # Cut off before it was free again. One of HTTP/2 has others' answers under way, and stays in the pool.
            if not connection.is_available():
                await connection.aclose()
            raise
        await pool.done(key, connection)
