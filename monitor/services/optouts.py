"""Receivers that have asked, by the link in a letter, to be left alone: kept in the archive and honoured at delivery."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from monitor.ports import Archive

STATE = "web:leaving"
"""The name under which they are kept among the rules' states."""


def opted_out(archive: Archive) -> Mapping[str, datetime]:
    """Receiver to when it left."""
    return {name: datetime.fromisoformat(str(at)) for name, at in archive.states.load(STATE).items()}


def opt_out(archive: Archive, receiver: str, now: datetime) -> None:
    """Send nothing more to a receiver; what waits for it is given up when it falls due."""
    with archive.transaction():
        known = archive.states.load(STATE)
        archive.states.save(STATE, {receiver: now.isoformat(timespec="seconds"), **known})


def opt_in(archive: Archive, receiver: str) -> bool:
    """Send to a receiver again; False when it had not left."""
    with archive.transaction():
        known = archive.states.load(STATE)
        archive.states.save(STATE, {name: at for name, at in known.items() if name != receiver})
    return receiver in known
