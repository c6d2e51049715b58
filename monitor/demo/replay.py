"""A day of news in a minute: a clock set back by a day and moved on from poll to poll, and feeds that fill as it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.demo.configuration import path_of
from monitor.demo.documents import document
from monitor.demo.news import Outlet
from monitor.ports import Clock

POLLS = tuple(timedelta(hours=hours) for hours in (24, 21, 18, 15.5, 13, 11, 9.5, 8, 0))
"""How long before the present the worker looks at the feeds. A feed is asked every six hours or so even when it rarely
brings anything; the last wait is longer than that, so that the last poll finds every feed due."""


class ReplayClock:
    """A clock that runs behind another by a span that only shrinks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._behind = POLLS[0]

    def now(self) -> datetime:
        return self._clock.now() - self._behind

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def move(self, behind: timedelta) -> None:
        """Run on until so long before the present."""
        self._behind = min(behind, self._behind)


def published(outlets: Sequence[Outlet], at: datetime) -> Mapping[str, tuple[str, bytes]]:
    """Every feed as it stood at a moment: path -> (content type, body)."""
    return {path_of(outlet): document(_until(outlet, at)) for outlet in outlets}


def _until(outlet: Outlet, at: datetime) -> Outlet:
    return replace(outlet, items=tuple(item for item in outlet.items if item.published <= at))
