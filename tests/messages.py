"""Alerts to deliver in tests: an ordinary one, and ones that strangers wrote to do harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model import (
    Alert,
    Article,
    Delivery,
    Message,
    Position,
    Report,
    Rule,
    Rulebook,
    Severity,
    Stance,
    Topic,
    Voice,
)
from monitor.ports import Archive

NOW = datetime(2026, 11, 22, 6, 5, tzinfo=UTC)
TOPIC = "Freedom Edge exercise"
EVIL = "<!channel> <@U012345> <https://evil.example|https://bank.example> & \r\nBcc: v@example.org\u2028X\x0b \u202e*b* {{7*7}} ${7*7} %s"


def position(holder: str = "North Korea", stance: Stance = Stance.AGAINST, **more: Any) -> Position:
    values: dict[str, Any] = {
        "topic": TOPIC, "confidence": 0.94, "voice": Voice.QUOTED, "evidence": f"{holder} said the drill was a rehearsal for war.",
        "source": "yna.co.kr", "url": "https://yna.co.kr/a/1", "article": 1, **more,
    }  # fmt: skip
    return Position(holder, stance=stance, **values)


def report(number: int = 1, **more: Any) -> Report:
    values: dict[str, Any] = {
        "title": f"Report number {number}", "source": f"outlet{number}.example", "url": f"https://outlet{number}.example/a",
        "published": NOW - timedelta(minutes=number), **more,
    }  # fmt: skip
    return Report(number, **values)


def message(**more: Any) -> Message:
    plain = Message(
        delivery="d1", receiver="desk", alert="a1", rule="dprk", rule_title="Pyongyang condemns the drills",
        severity=Severity.NORMAL, headline=f"North Korea is against {TOPIC} — 2 outlets", why="0.94, at least 0.70 asked",
        created=NOW, thread="story:7", outlets=2, positions=(position(),), reports=(report(1), report(2)), attempted=NOW,
    )  # fmt: skip
    return replace(plain, **more)


def hostile(length: int = 1) -> Message:
    """Everything a stranger can write is an attack, `length` times as long."""
    text = EVIL * length
    bad = position(text, evidence=text, source=text, url="javascript:alert(1)", topic=text)
    return message(
        headline=text, why=text, rule_title=text, positions=(bad,) * 3,
        reports=tuple(replace(report(n), title=text, source=text, url=f"https://x.example/{n}?a=1&b=<|>") for n in range(60)),
        facts=((text, text),), links=(("Open", "https://m.example.org/a?x=1&y=2"), ("Bad", "javascript:alert(1)")),
    )  # fmt: skip


# -- an archive with deliveries ---------------------------------------------------------------------------------------


def article(number: int) -> Article:
    return Article(
        id=0, feed="wire", url=f"https://outlet{number}.example/a", title=f"Report number {number}", text="Ships left Busan.",
        keys=(f"guid:{number}",), content_hash=str(number), published=NOW, seen=NOW, source=f"outlet{number}.example",
    )  # fmt: skip


def plan(archive: Archive, *receivers: str, count: int = 1, start: int = 0, thread: str = "", now: datetime = NOW) -> list[str]:
    """Store `count` alerts with a delivery to each receiver; ids of the alerts, in order."""
    ids = []
    for number in range(start, start + count):
        stored = archive.articles.add([article(number)])
        alert = Alert(
            id=f"alert{number:04}", rule="ships", group=f"source:{thread}" if thread else f"g{number}", title=f"Alert {number}", why="the query answered",
            created=now, severity=Severity.NORMAL, articles=tuple(stored),
        )  # fmt: skip
        deliveries = [Delivery(f"{alert.id}{receiver}", alert.id, receiver, due=now) for receiver in receivers]
        archive.alerts.plan([(alert, deliveries)], [])
        ids.append(alert.id)
    return ids


RULEBOOK = Rulebook(
    topics={"drills": Topic("drills", TOPIC)}, actors={}, rules={"ships": Rule("ships", "Busan", title="Ships")}, receivers={}
)
