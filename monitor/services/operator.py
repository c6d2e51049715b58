"""Alerts about the service itself, sent the way every alert is sent: through the archive's outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.alerts.alerting import OUTBOX, SERVICE, TERMINAL, digest
from monitor.core.alerts.render import plural
from monitor.core.alerts.retry import Health as Receiving
from monitor.core.feeds.feedhealth import FeedEvent, Health
from monitor.model import Alert, Delivery, Feed, Severity
from monitor.ports import Archive
from monitor.services.health import failing

FAILURES_TO_TELL = 5
LONG_QUEUE = 5000


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing the operator should know; told once for each `occasion` of a `subject`."""

    subject: str
    title: str
    text: str
    occasion: str


def tell(archive: Archive, notices: Iterable[Notice], operator: str, now: datetime) -> int:
    """Plan an alert for each notice not told before, to the operator's receiver or else to the terminal and the outbox."""
    receivers = (operator,) if operator else (OUTBOX, TERMINAL)
    planned = [(_alert(notice, now), receivers) for notice in notices]
    if not planned:
        return 0
    alerts = [(alert, [Delivery(digest(alert.id, name), alert.id, name, due=now) for name in names]) for alert, names in planned]
    return archive.alerts.plan(alerts, [])


def feed_notices(events: Sequence[FeedEvent], feeds: Mapping[str, Feed], now: datetime) -> list[Notice]:
    """What became of feeds, in words."""
    return [_feed_notice(event, feeds.get(event.feed), now) for event in events]


def receiver_notices(archive: Archive, receivers: Iterable[str]) -> list[Notice]:
    """Receivers that refused a message for good, once a day, or have failed several times in a row, once for each outage."""
    found = failing(archive, receivers)
    return [
        _refusal_notice(name, health) if health.has_refused else _outage_notice(name, health)
        for name, health in found.items()
        if health.has_refused or health.failures >= FAILURES_TO_TELL
    ]


def _refusal_notice(name: str, health: Receiving) -> Notice:
    remedy = f"mend the receiver, then send it again: `monitor outbox retry --receiver {name}`"
    # By the day: who takes one message and refuses the next would be told of with every other one.
    day = str(health.since)[:10]
    return Notice(f"refused:{name}", f"Receiver {name} refused a message for good", f"{health.error}; {remedy}", day)


def _outage_notice(name: str, health: Receiving) -> Notice:
    title = f"Receiver {name} has failed {health.failures} times in a row"
    text = f"{health.error}; its messages wait and are sent in order when it is back (`monitor outbox list`)"
    return Notice(f"receiver:{name}", title, text, f"{health.since}")


def queue_notices(waiting: int, now: datetime) -> list[Notice]:
    """That analysis is far behind, once a day."""
    if waiting < LONG_QUEUE:
        return []
    text = "raise worker.batch, watch fewer feeds, or add machines (docs/scaling.md)"
    return [Notice("queue", f"{plural(waiting, 'article')} wait for analysis", text, f"{now:%Y-%m-%d}")]


def model_notices(unscored: int, now: datetime) -> list[Notice]:
    """That articles could not be scored, once a day."""
    if not unscored:
        return []
    text = (
        "rules on words still alert; the articles are scored when the model answers again (`monitor doctor` says what is wrong)"
    )
    return [Notice("model", f"{plural(unscored, 'article')} could not be scored", text, f"{now:%Y-%m-%d}")]


def rulebook_notices(error: str, now: datetime) -> list[Notice]:
    """That changed rules are wrong and the old ones stay in force; each mistake once a day."""
    if not error:
        return []
    title = "The changed rules are wrong; the old ones stay in force"
    return [Notice("rules", title, error, f"{now:%Y-%m-%d}:{digest(error)}")]


def _feed_notice(event: FeedEvent, feed: Feed | None, now: datetime) -> Notice:
    name = feed.name if feed else event.feed
    verb = {Health.RECOVERED: "answers again", Health.GONE: "is gone for good"}.get(event.health, f"is {event.health}")
    title = f"Feed {name} {verb}" if event.health is not Health.UNDATED else f"Feed {name} gives no dates"
    return Notice(f"feed:{event.feed}", title, event.text, f"{event.health}:{now:%Y-%m-%dT%H}")


def _alert(notice: Notice, now: datetime) -> Alert:
    return Alert(
        id=digest(SERVICE, notice.subject, notice.occasion),
        rule=SERVICE,
        group=notice.subject,
        title=notice.title,
        why=notice.text,
        created=now,
        severity=Severity.NORMAL,
        articles=(),
    )
