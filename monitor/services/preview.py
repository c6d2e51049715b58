"""How an alert reads at each of its receivers: the very forms that are sent, with links that lead to the alert's own page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.alerts.links import LABELS, answers
from monitor.core.alerts.render import UNSUBSCRIBE
from monitor.errors import MonitorError
from monitor.model import Alert, Delivery, Message, Receiver, Rulebook
from monitor.ports import Archive
from monitor.services.compose import Briefed, briefed_once, message_for

Form = Callable[[Receiver, Message], tuple[str, str]]
"""(media type, text) of a message at a receiver."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One receiver's form of an alert; `media` is text/html, application/json or text/plain, `error` why there is none."""

    receiver: str
    kind: str
    media: str
    text: str
    error: str = ""


def previews(
    archive: Archive, rulebook: Rulebook, alert: Alert, deliveries: Sequence[Delivery], form: Form, *, now: datetime, page: str
) -> list[Preview]:
    """A preview for each receiver that the alert went to, or its rule names; `page` is the address of the alert's page.

    Real answers are signed for one reader; here every one of them leads to the page, so that looking is not answering.
    """
    rule = rulebook.rules.get(alert.rule)
    planned = {one.receiver: one for one in deliveries}
    names = [*planned, *(name for name in (rule.notify if rule else ()) if name not in planned)]
    known = [rulebook.receivers[name] for name in names if name in rulebook.receivers]
    briefed = briefed_once(archive, rulebook)
    return [_preview(archive, rulebook, alert, one, planned.get(one.id), form, now, page, briefed) for one in known]


def _preview(
    archive: Archive,
    rulebook: Rulebook,
    alert: Alert,
    receiver: Receiver,
    delivery: Delivery | None,
    form: Form,
    now: datetime,
    page: str,
    briefed: Briefed,
) -> Preview:
    def to_page(message: Message) -> tuple[tuple[str, str], ...]:
        labels = (LABELS[action] for action in answers(message))
        return tuple((label, page) for label in ("Open", *labels, UNSUBSCRIBE)) if page else ()

    shown = delivery or Delivery("preview", alert.id, receiver.id)
    message = message_for(archive, rulebook, shown, now, to_page, briefed)
    if message is None:
        return Preview(receiver.id, receiver.kind, "", "", "the alert is no longer stored")
    try:
        media, text = form(receiver, message)
    except MonitorError as error:
        return Preview(receiver.id, receiver.kind, "", "", str(error))
    return Preview(receiver.id, receiver.kind, media, text)
