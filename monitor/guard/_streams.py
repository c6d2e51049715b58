"""Connections of asyncio as httpcore wants them: its own way through anyio costs more than the request itself."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

_MOST_WAITING = 256 * 1024


async def connected(address: str, port: int, timeout: float | None) -> Stream:  # noqa: ASYNC109 (httpcore's words)
    """A stream to an IP literal.

    Raises:
        httpcore.ConnectError: nobody answers there.
        httpcore.ConnectTimeout: not in time.
    """
    with _in_words(httpcore.ConnectTimeout, httpcore.ConnectError):
        async with asyncio.timeout(timeout):
            _, ear = await asyncio.get_running_loop().create_connection(_Ear, address, port)
    return Stream(ear)


class Stream(httpcore.AsyncNetworkStream):
    """One connection: bytes out, bytes in, and whether the other side has ended."""

    def __init__(self, ear: _Ear) -> None:
        self._ear = ear

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        ear = self._ear
        if not ear.heard and not ear.is_over:
            with _in_words(httpcore.ReadTimeout, httpcore.ReadError):
                async with asyncio.timeout(timeout):
                    await ear.something()
        if not ear.heard and ear.error is not None:
            raise httpcore.ReadError(str(ear.error)) from ear.error
        return ear.take(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if not buffer:
            return
        ear = self._ear
        if ear.is_over or ear.transport.is_closing():
            raise httpcore.WriteError("the other side has ended the connection")
        ear.transport.write(buffer)
        if ear.is_full:
            with _in_words(httpcore.WriteTimeout, httpcore.WriteError):
                async with asyncio.timeout(timeout):
                    await ear.room()

    async def aclose(self) -> None:
        # Nothing that could still be said is worth waiting for.
        self._ear.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Stream:
        ear = self._ear
        try:
            with _in_words(httpcore.ConnectTimeout, httpcore.ConnectError):
                async with asyncio.timeout(timeout):
                    loop = asyncio.get_running_loop()
                    transport = await loop.start_tls(ear.transport, ear, ssl_context, server_hostname=server_hostname)
        except BaseException:
            ear.transport.abort()
            raise
        if transport is None:
            raise httpcore.ConnectError("the other side has ended the connection")
        ear.transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return bool(self._ear.heard) or self._ear.is_over
        return self._ear.transport.get_extra_info(_NAMES.get(info, info))


_NAMES = {"client_addr": "sockname", "server_addr": "peername"}


class _Ear(asyncio.Protocol):
    """Keeps what arrives until it is read, and stops listening while that is much."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.heard = bytearray()
        self.is_over = False
        self.is_full = False
        self.error: Exception | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self._is_deaf = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (a TCP connection is one)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if len(self.heard) > _MOST_WAITING and not self._is_deaf:
            self._is_deaf = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.is_over = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_over, self.is_full, self.error = True, False, error
        self._wake()

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        self._wake()

    def take(self, most: int) -> bytes:
        """Up to so many of the bytes that have arrived; none at the end."""
        taken = bytes(self.heard[:most])
        del self.heard[:most]
        if self._is_deaf and len(self.heard) <= _MOST_WAITING:
            self._is_deaf = False
            self.transport.resume_reading()
        return taken

    async def something(self) -> None:
        """Wait until something has arrived, or nothing more will."""
        while not self.heard and not self.is_over:
            await self._woken()

    async def room(self) -> None:
        """Wait until more may be sent."""
        while self.is_full:
            await self._woken()

    async def _woken(self) -> None:
        # Over HTTP/2 one request may wait for room while another waits for an answer.
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)


@contextmanager
def _in_words(late: type[Exception], failed: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        # Errors of TLS are among them.
        raise failed(str(error)) from error
