"""What quiet hours held back becomes one digest a receiver when they are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.core.alerts.alerting import digest, morning_digest
from monitor.logs import logger
from monitor.model import Alert, Delivery, DeliveryState
from monitor.ports import Archive

log = logger(__name__)


def gather_held(archive: Archive, now: datetime) -> int:
    """Plan a digest for each receiver whose quiet hours are over, in one transaction; how many deliveries it gathered.

    A single held alert is simply sent. What was dropped, or sent by hand, meanwhile is no longer held and not told again.
    """
    due = archive.outbox.held(now)
    with archive.transaction():
        for receiver in dict.fromkeys(delivery.receiver for delivery in due):
            _gather(archive, receiver, [delivery for delivery in due if delivery.receiver == receiver], now)
    return len(due)


def _gather(archive: Archive, receiver: str, held: Sequence[Delivery], now: datetime) -> None:
    found = [(delivery, archive.alerts.get(delivery.alert)) for delivery in held]
    alerts = [alert for _, alert in found if alert is not None]
    if len(alerts) <= 1:
        for delivery in held:
            archive.outbox.settle(replace(delivery, state=DeliveryState.PENDING, due=now), now)
        return
    told = morning_digest(alerts, receiver, now)
    archive.alerts.plan([(told, [Delivery(digest(told.id, receiver), told.id, receiver, due=now)])], [])
    for delivery in held:
        archive.outbox.settle(replace(delivery, state=DeliveryState.GATHERED, due=None, last_error=_where(told)), now)
    log.info("held alerts gathered", receiver=receiver, alerts=len(alerts), digest=told.id)


def _where(told: Alert) -> str:
    return f"told in the digest {told.id[:10]}"
