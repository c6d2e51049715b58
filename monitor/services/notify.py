"""Sends a sample to a receiver, with everything a real alert has, so that the way to it is proved before it is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from monitor.core.alerts.messages import headline
from monitor.model import Message, Position, Receipt, Report, Severity, Stance, Voice
from monitor.ports import Channel
from monitor.services.compose import Links, no_links


def sample(receiver: str, now: datetime, links: Links = no_links) -> Message:
    """An alert that is marked as a sample; its text, names and outlets are invented."""
    mark = blake2b(f"{receiver}{now.isoformat()}".encode(), digest_size=8).hexdigest()
    positions, reports = _positions(), _reports(now)
    bare = Message(
        delivery=f"sample-{mark}",
        receiver=receiver,
        alert=f"sample-{mark}",
        rule="sample",
        rule_title="A sample rule",
        severity=Severity.NORMAL,
        headline=headline(positions, len(reports), ""),
        why="2 holders took sides on Harbour bridge toll",
        created=now,
        thread=f"sample-{mark}",
        outlets=len(reports),
        positions=positions,
        reports=reports,
        facts=(("Rule asks", "topic:harbour-toll confidence>=0.7"), ("Found", "3 articles; the story has 3 independent outlets")),
        is_sample=True,
        attempted=now,
    )
    return replace(bare, links=links(bare))


def send_sample(channel: Channel, receiver: str, now: datetime, links: Links = no_links) -> Receipt:
    """Send the sample, and say what the channel said."""
    return channel.send(sample(receiver, now, links))


def _positions() -> tuple[Position, ...]:
    topic = "Harbour bridge toll"
    against = "“We will not pay a single coin to cross our own harbour,” Freedonia's transport minister told reporters on Monday."
    favor = "Sylvania welcomed the toll, calling it the only fair way to pay for the repairs."
    neutral = "Osterlich said that it had taken note of the plan and would study it."
    return (
        Position("Freedonia", topic, Stance.AGAINST, 0.94, Voice.QUOTED, against, "example.org", "https://example.org/toll", 1),
        Position("Sylvania", topic, Stance.FAVOR, 0.88, Voice.QUOTED, favor, "example.com", "https://example.com/toll", 2),
        Position("Osterlich", topic, Stance.NEUTRAL, 0.64, Voice.QUOTED, neutral, "example.net", "https://example.net/toll", 3),
    )


def _reports(now: datetime) -> tuple[Report, ...]:
    told = (
        ("Freedonia refuses to pay the harbour toll", "example.org", 20),
        ("Neighbours divided over bridge toll", "example.com", 45),
        ("Three capitals, three answers on the toll", "example.net", 70),
    )
    return tuple(
        Report(number, title, source, f"https://{source}/toll", now - timedelta(minutes=minutes), "en")
        for number, (title, source, minutes) in enumerate(told, start=1)
    )
