"""Turns at a host: how many requests at once, how far apart, and none while it has asked to be left alone."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    next_start: float = 0.0
    closed_until: float = 0.0


class Politeness:
    """The turns of one event loop. `per_host` requests at once, starts at least `spacing_seconds` apart."""

    def __init__(self, total: int, per_host: int, spacing_seconds: float) -> None:
        self._total = asyncio.Semaphore(total)
        self._spacing = spacing_seconds
        self._hosts: defaultdict[str, _Host] = defaultdict(lambda: _Host(asyncio.Semaphore(per_host)))

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn at a host; waiting at one host keeps nobody from another."""
        host = self._hosts[name]
        async with host.slots:
            await self._spaced(host)
            async with self._total:
                yield

    def close(self, name: str, wait: timedelta) -> None:
        """Remember that a host asked not to be disturbed for a while."""
        until = asyncio.get_running_loop().time() + wait.total_seconds()
        host = self._hosts[name]
        host.closed_until = max(host.closed_until, until)

    def closed_for(self, name: str) -> timedelta | None:
        """How long a host still wants to be left alone, or None."""
        left = self._hosts[name].closed_until - asyncio.get_running_loop().time()
        return timedelta(seconds=left) if left > 0 else None

    async def _spaced(self, host: _Host) -> None:
        if self._spacing <= 0:
            return
        now = asyncio.get_running_loop().time()
        start = max(now, host.next_start)
        host.next_start = start + self._spacing
        if start > now:
            await asyncio.sleep(start - now)
