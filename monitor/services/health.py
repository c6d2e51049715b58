"""Remembers between passes how each receiver does, so that a sick one is left alone and its messages keep their order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from monitor.core.alerts.retry import Health
from monitor.ports import Archive

_PREFIX = "receiver:"


def load_health(archive: Archive, receiver: str) -> Health:
    """How a receiver did when last heard of."""
    state = archive.states.load(_PREFIX + receiver)
    return Health(
        failures=int(state.get("failures", 0)),
        until=_moment(state.get("until")),
        since=_moment(state.get("since")),
        error=str(state.get("error", "")),
    )


def save_health(archive: Archive, receiver: str, health: Health) -> None:
    """Store how a receiver does."""
    state = {"failures": health.failures, "until": _text(health.until), "since": _text(health.since), "error": health.error}
    archive.states.save(_PREFIX + receiver, state)


def failing(archive: Archive, receivers: Iterable[str]) -> dict[str, Health]:
    """Those of the receivers that failed when last tried."""
    found = {receiver: load_health(archive, receiver) for receiver in receivers}
    return {receiver: health for receiver, health in found.items() if health.is_failing}


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def _text(value: datetime | None) -> str:
    return value.isoformat() if value else ""
