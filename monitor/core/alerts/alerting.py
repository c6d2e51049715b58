"""Whether a firing becomes an alert: a verdict with its reason, never a bare yes or no."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from monitor.core.alerts.firing import Firing
from monitor.core.alerts.render import plural
from monitor.model import Alert, Delivery, DeliveryState, Hit, Reason, Receiver, Rule, Severity, Statement, Suppression

OUTBOX, TERMINAL = "outbox", "terminal"
"""The receivers of alerts whose rule names none: files, and the terminal."""
_REMEMBERED = 500
"""Claims a group keeps in mind; an outlet's stories have long passed `max_age` before so many are told."""
MEMORY = "memory"
"""Where an alert's details keep what its group has said; not for readers."""
STORM = "storm"
"""The group of the alert that stands for many."""
STORM_PASSES = timedelta(minutes=1)
"""How long a storm's one alert waits for more of it, so that its count is near the whole."""
TOLD = "told"
"""Where the details of an alert that tells of others keep their ids."""
AFTER_QUIET_HOURS = "quiet-hours"
"""The rule id of the digests that tell what quiet hours held."""
SERVICE = "service"
"""The rule id of the alerts about the service itself."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """SEND, or the reason why not; `fresh` are the claims that are said for the first time in this group."""

    reason: Reason
    note: str = ""
    fresh: tuple[str, ...] = ()


def decide(rule: Rule, firing: Firing, last: Alert | None, *, is_silenced: bool, now: datetime) -> Verdict:
    """The verdict on one firing, given the group's last alert; the first reason that holds is named.

    In order: too old, few outlets, already alerted, cooldown, silence.
    """
    if firing.hits:
        newest = max(hit.published for hit in firing.hits)
        if now - newest > rule.max_age:
            return Verdict(Reason.TOO_OLD, f"published {newest:%Y-%m-%d %H:%M} UTC")
        outlets = max(hit.outlets for hit in firing.hits)
        if outlets < rule.min_outlets:
            return Verdict(Reason.FEW_OUTLETS, f"{outlets} of {rule.min_outlets}")
    said = set(said_so_far(last))
    fresh = tuple(claim for claim in firing.novelty if claim not in said)
    if firing.novelty and not fresh:
        return Verdict(Reason.ALREADY_ALERTED, last.id if last else "")
    if last is not None and now - last.created < rule.cooldown:
        return Verdict(Reason.COOLDOWN, f"until {last.created + rule.cooldown:%Y-%m-%d %H:%M} UTC")
    if is_silenced:
        return Verdict(Reason.SILENCE)
    return Verdict(Reason.SEND, fresh=fresh)


def is_undated_backlog(hit: Hit) -> bool:
    """Whether an article came without a usable date in its feed's first answer, or the first after an outage.

    It may be years old; the time it was first seen stands for its date and says nothing of its age.
    """
    return hit.is_backfill and hit.published >= hit.seen


def backlog(rule: Rule, hit: Hit, now: datetime) -> Suppression:
    """The record that undated backlog alerts nobody."""
    note = "undated, and came with the first look at its feed or the first after an outage"
    return Suppression(rule.id, f"story:{hit.story}", Reason.TOO_OLD, now, hit.article, note)


def said_so_far(last: Alert | None) -> tuple[str, ...]:
    """Every claim that the group's alerts have made up to its last one."""
    return tuple(last.details.get(MEMORY, {}).get("said", ())) if last is not None else ()


def alert_of(rule: Rule, firing: Firing, verdict: Verdict, last: Alert | None, now: datetime) -> Alert:
    """The alert of a firing that is to be sent; planning it twice gives the same id."""
    occasion = firing.occasion or "|".join(verdict.fresh)
    story = firing.hits[-1].story if firing.group.startswith("story:") else None
    said = tuple(dict.fromkeys((*said_so_far(last), *verdict.fresh)))[-_REMEMBERED:]
    return Alert(
        id=digest(rule.id, firing.group, occasion),
        rule=rule.id,
        group=firing.group,
        title=rule.title,
        why=firing.why,
        created=now,
        severity=rule.severity,
        articles=tuple(dict.fromkeys(hit.article for hit in firing.hits)),
        story=story,
        statements=strongest(firing.hits),
        details={**firing.facts, MEMORY: {"said": list(said), "new": list(verdict.fresh)}},
    )


def storm_alert(rule: Rule, firings: Sequence[Firing], now: datetime) -> Alert:
    """One counted alert in place of many of one rule within one hour."""
    hits = tuple(hit for firing in firings for hit in firing.hits)
    count = len(firings)
    return Alert(
        id=digest(rule.id, STORM, f"{now:%Y-%m-%dT%H}"),
        rule=rule.id,
        group=STORM,
        title=rule.title,
        why=storm_words(count),
        created=now,
        severity=rule.severity,
        articles=tuple(dict.fromkeys(hit.article for hit in hits))[:50],
        statements=strongest(hits)[:10],
        details={"alerts": count},
    )


def storm_words(count: int) -> str:
    """Why one alert stands for this many."""
    return f"{plural(count, 'alert')} at once; told as one (storm limit)"


def suppression(rule: Rule, firing: Firing, verdict: Verdict, now: datetime) -> Suppression:
    """The record of an alert that did not happen."""
    article = firing.hits[-1].article if firing.hits else None
    return Suppression(rule.id, firing.group, verdict.reason, now, article, verdict.note)


def deliveries(alert: Alert, rule: Rule, receivers: Iterable[Receiver], now: datetime) -> list[Delivery]:
    """One delivery a receiver, held until its quiet hours end; without receivers, to the outbox and the terminal."""
    goes = now + STORM_PASSES if alert.group == STORM else now
    held = {receiver.id: _held_until(alert, receiver, goes) for receiver in receivers} if rule.notify else {}
    names = held or (OUTBOX, TERMINAL)
    return [_delivery(alert, name, goes, held.get(name) if held else None) for name in names]


def holding(alert: Alert, rule: Rule, planned: Iterable[Delivery], now: datetime) -> list[Suppression]:
    """The record that quiet hours hold an alert back, one for each time at which they end."""
    held: dict[datetime, list[str]] = {}
    for delivery in planned:
        if delivery.state is DeliveryState.HELD and delivery.due is not None:
            held.setdefault(delivery.due, []).append(delivery.receiver)
    article = alert.articles[-1] if alert.articles else None
    notes = (f"{', '.join(names)}: held until {until:%Y-%m-%d %H:%M} UTC" for until, names in held.items())
    return [Suppression(rule.id, alert.group, Reason.QUIET_HOURS, now, article, note) for note in notes]


def morning_digest(held: Sequence[Alert], receiver: str, now: datetime) -> Alert:
    """One alert that tells all that a receiver's quiet hours held back (oldest first)."""
    ids = [alert.id for alert in held]
    count, since = len(held), held[0].created
    return Alert(
        id=digest(AFTER_QUIET_HOURS, receiver, *ids),
        rule=AFTER_QUIET_HOURS,
        group=receiver,
        title=f"{plural(count, 'alert')} while it was quiet",
        why=f"quiet hours held {plural(count, 'alert')} since {since:%Y-%m-%d %H:%M} UTC; urgent ones were sent at once",
        created=now,
        severity=Severity.NORMAL,
        articles=tuple(dict.fromkeys(article for alert in held for article in alert.articles)),
        details={TOLD: ids},
    )


def quiet_until(receiver: Receiver, now: datetime) -> datetime | None:
    """When the receiver's quiet hours end, or None when `now` lies outside them."""
    if receiver.quiet_hours is None:
        return None
    start, end, zone = receiver.quiet_hours
    local = now.astimezone(ZoneInfo(zone))
    begins, ends = (_at(local, text) for text in (start, end))
    if begins == ends:
        return None
    if ends < begins:
        ends, begins = (ends + timedelta(days=1), begins) if local >= begins else (ends, begins - timedelta(days=1))
    return ends.astimezone(now.tzinfo) if begins <= local < ends else None


def strongest(hits: Iterable[Hit]) -> tuple[Statement, ...]:
    """The most confident statement of each (topic, holder, stance) among the hits, most confident first."""
    best: dict[tuple[str, str, str], Statement] = {}
    for statement in (statement for hit in hits for statement in hit.statements):
        key = (statement.topic, statement.holder, statement.stance)
        if key not in best or statement.confidence > best[key].confidence:
            best[key] = statement
    return tuple(sorted(best.values(), key=lambda item: -item.confidence))


def digest(*parts: str) -> str:
    """A short stable id of these parts: 20 hexadecimal digits of their SHA-256."""
    return sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:20]


def _held_until(alert: Alert, receiver: Receiver, moment: datetime) -> datetime | None:
    return quiet_until(receiver, moment) if alert.severity is not Severity.URGENT else None


def _delivery(alert: Alert, receiver: str, goes: datetime, held: datetime | None) -> Delivery:
    state = DeliveryState.PENDING if held is None else DeliveryState.HELD
    return Delivery(digest(alert.id, receiver), alert.id, receiver, state, due=held or goes)


def _at(local: datetime, text: str) -> datetime:
    hour, minute = (int(part) for part in text.split(":"))
    return local.replace(hour=hour, minute=minute, second=0, microsecond=0)
