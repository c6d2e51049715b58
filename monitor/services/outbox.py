"""What people do with deliveries: look at them, try them again now, or drop them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.alerts.retry import Health
from monitor.errors import InputError, NotFoundError
from monitor.model import Delivery, DeliveryState
from monitor.ports import Archive
from monitor.services.health import load_health, save_health

_EVERYTHING = 1_000_000
_OPEN = (DeliveryState.DEAD, DeliveryState.PENDING, DeliveryState.HELD)
DROPPED = "dropped by hand"
_NO_NAMES = "name deliveries (the beginning of an id is enough), or all"


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery with what its alert and its receiver tell about it."""

    delivery: Delivery
    rule: str
    title: str
    created: datetime | None
    waits_for: Health


def listing(archive: Archive, *, state: str | None = None, receiver: str | None = None, limit: int = 50) -> list[Line]:
    """Deliveries, newest first, of one state or receiver when given."""
    wanted = archive.outbox.list(state=state, receiver=receiver, limit=limit)
    health = {name: load_health(archive, name) for name in {delivery.receiver for delivery in wanted}}
    return [_line(archive, delivery, health[delivery.receiver]) for delivery in wanted]


def _line(archive: Archive, delivery: Delivery, health: Health) -> Line:
    alert = archive.alerts.get(delivery.alert)
    if alert is None:
        return Line(delivery, "", "", None, health)
    return Line(delivery, alert.rule, alert.title, alert.created, health)


def retry(archive: Archive, names: Sequence[str], now: datetime, *, receiver: str | None = None) -> list[Delivery]:
    """Make dead, waiting and held deliveries due now and forget their receivers' failures; those now due.

    `names` are ids or their beginnings; none with a receiver means all of the receiver, "all" means all.

    Raises:
        InputError: nothing is named, or a name fits more than one delivery.
        NotFoundError: a name fits no delivery, or one that is sent already.
    """
    chosen = _chosen(archive, names, receiver)
    due = [replace(one, state=DeliveryState.PENDING, attempts=0, due=now) for one in chosen]
    with archive.transaction():
        for delivery in due:
            archive.outbox.settle(delivery, now)
        for name in {delivery.receiver for delivery in due}:
            save_health(archive, name, Health())
    return due


def drop(archive: Archive, names: Sequence[str], now: datetime, *, receiver: str | None = None) -> list[Delivery]:
    """Give deliveries up for good; they stay listed as dead, with that as the reason.

    Raises:
        InputError, NotFoundError: as for `retry`.
    """
    chosen = _chosen(archive, names, receiver)
    dropped = [replace(one, state=DeliveryState.DEAD, due=None, last_error=_dropped(one)) for one in chosen]
    with archive.transaction():
        for delivery in dropped:
            archive.outbox.settle(delivery, now)
    return dropped


def _dropped(delivery: Delivery) -> str:
    if delivery.last_error.startswith(DROPPED) or not delivery.last_error:
        return delivery.last_error or DROPPED
    return f"{DROPPED}; before: {delivery.last_error}"


def _chosen(archive: Archive, names: Sequence[str], receiver: str | None) -> list[Delivery]:
    if not names and receiver is None:
        raise InputError(_NO_NAMES)
    mine = [one for state in _OPEN for one in archive.outbox.list(state=state, receiver=receiver, limit=_EVERYTHING)]
    if not names or list(names) == ["all"]:
        return mine
    return [_named(mine, name) for name in names]


def _named(deliveries: Iterable[Delivery], name: str) -> Delivery:
    found = [delivery for delivery in deliveries if delivery.id.startswith(name)]
    where = f"an id beginning with {name}; monitor outbox list shows them"
    if not found:
        raise NotFoundError(f"no delivery that waits or is dead has {where}")
    if len(found) > 1:
        raise InputError(f"{len(found)} deliveries have {where}")
    return found[0]
