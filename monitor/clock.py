"""The system's clock, one that stands still until told, and a watch on both; the only module that asks what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class FixedClock:
    """A clock that moves only when told; for tests, backtests and soaks."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def advance(self, by: timedelta) -> None:
        """Move on by a span of time."""
        self.at += by


class _Clock(Protocol):
    """What every clock here can be asked."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SetBackWatch:
    """Notices that a clock was set back: between two looks the time of day gained less than really passed."""

    def __init__(self, clock: _Clock, tolerance: timedelta = timedelta(seconds=5)) -> None:
        self._clock, self._tolerance = clock, tolerance.total_seconds()
        self._ahead = self._lead()

    def was_set_back(self) -> bool:
        """Whether it was, since the last look, by more than the tolerance; a clock set forward is none of its business."""
        before, self._ahead = self._ahead, self._lead()
        return before - self._ahead > self._tolerance

    def _lead(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()
