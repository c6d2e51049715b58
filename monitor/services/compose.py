"""Reads what an alert rests on and makes the message for one delivery, in its place in the story's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.alerts.alerting import STORM, TOLD, storm_words
from monitor.core.alerts.messages import Background, compose, gather, together
from monitor.core.briefings.chapters import to_chapters
from monitor.errors import ConfigError
from monitor.logs import logger
from monitor.model import Alert, Article, Chapter, Delivery, Message, Reason, Rulebook, Statement
from monitor.ports import Archive
from monitor.services.briefing import brief

log = logger(__name__)

Links = Callable[[Message], tuple[tuple[str, str], ...]]
"""What a reader can do with a message: (label, address) pairs."""

Briefed = Callable[[Alert], tuple[Chapter, ...]]
"""The briefing that an alert's rule sends along, () where there is none."""

THREAD_REACH = timedelta(days=14)
_LATEST = 300
_READ = 20
_EVERYTHING = 1_000_000
STORM_HOUR = timedelta(hours=1)
"""The next hour's storm has an alert of its own."""


def no_links(_: Message) -> tuple[tuple[str, str], ...]:
    """Nothing to click: the service has no public address."""
    return ()


def no_briefing(_: Alert) -> tuple[Chapter, ...]:
    """Only the alert itself is told."""
    return ()


def briefed_once(archive: Archive, rulebook: Rulebook) -> Briefed:
    """Composes the briefing of each alert once, for as many receivers and attempts as ask for it."""
    composed: dict[str, tuple[Chapter, ...]] = {}

    def briefed(alert: Alert) -> tuple[Chapter, ...]:
        if alert.id not in composed:
            composed[alert.id] = _chapters(archive, rulebook, alert)
        return composed[alert.id]

    return briefed


def message_for(
    archive: Archive,
    rulebook: Rulebook,
    delivery: Delivery,
    now: datetime,
    links: Links = no_links,
    briefed: Briefed | None = None,
) -> Message | None:
    """The message of a delivery as it reads now, or None when its alert is no longer stored.

    `briefed` is shared where several messages of one alert are made; without it the briefing is composed for this one.
    """
    alert = archive.alerts.get(delivery.alert)
    if alert is None:
        return None
    first = archive.outbox.thread(delivery.receiver, alert.thread)
    reply_to = first if first != delivery.remote_id else ""
    briefed = briefed or briefed_once(archive, rulebook)
    message = message_of(archive, rulebook, delivery, alert, briefed)
    root = _root(archive, rulebook, delivery, alert, briefed) if reply_to else None
    return replace(
        message,
        told=tuple(replace(one, links=links(one)) for one in message.told),
        reply_to=reply_to,
        root=replace(root, links=links(root)) if root else None,
        recipients=delivery.remaining,
        links=links(message),
        attempted=now,
    )


def message_of(archive: Archive, rulebook: Rulebook, delivery: Delivery, alert: Alert, briefed: Briefed | None = None) -> Message:
    """The message of an alert, stored or not, without links and without its place in a thread."""
    briefed = briefed or briefed_once(archive, rulebook)
    if alert.details.get(TOLD):
        return _together(archive, rulebook, delivery, alert, briefed)
    articles = tuple(archive.articles.get(alert.articles))
    story = archive.stories.get([alert.story]) if alert.story is not None else []
    background = Background(articles, story[0].outlets if story else 0, () if alert.statements else _said(archive, articles))
    message = compose(_counted(archive, alert), background, rulebook, delivery=delivery.id, receiver=delivery.receiver)
    return replace(message, chapters=briefed(alert))


def _together(archive: Archive, rulebook: Rulebook, delivery: Delivery, alert: Alert, briefed: Briefed) -> Message:
    """A digest of alerts; one that is no longer stored is left out."""
    found = [archive.alerts.get(str(told)) for told in alert.details[TOLD]]
    told = [message_of(archive, rulebook, delivery, one, briefed) for one in found if one is not None]
    return together(alert, told, delivery=delivery.id, receiver=delivery.receiver)


def _counted(archive: Archive, alert: Alert) -> Alert:
    """A storm's alert with the count as it stands: it was planned when the storm began."""
    if alert.group != STORM:
        return alert
    ends = alert.created.replace(minute=0, second=0, microsecond=0) + STORM_HOUR
    suppressed = archive.alerts.suppressions(rule=alert.rule, since=alert.created, limit=_EVERYTHING)
    count = sum(one.reason is Reason.STORM and one.at < ends for one in suppressed)
    return replace(alert, why=storm_words(count), details={**alert.details, "alerts": count}) if count else alert


def _chapters(archive: Archive, rulebook: Rulebook, alert: Alert) -> tuple[Chapter, ...]:
    """The briefing that an alert's rule sends along, over the span that the alert speaks of."""
    rule = rulebook.rules.get(alert.rule)
    topic, since = getattr(rule and rule.options, "briefing", ""), alert.details.get("since")
    if rule is None or not topic or not since:
        return ()
    try:
        composed = brief(
            archive, rulebook, topic, since=datetime.fromisoformat(since), until=alert.created, language=rule.options.language
        )
    except ConfigError as error:
        # The alert itself must arrive, whatever became of the topic meanwhile.
        log.warning("no briefing", rule=rule.id, topic=topic, error=str(error))
        return ()
    return to_chapters(composed)


def _said(archive: Archive, articles: Sequence[Article]) -> tuple[Statement, ...]:
    scores = [archive.scores.get(article.id) for article in articles[:_READ]]
    return tuple(statement for score in scores if score for statement in score.statements)


def _root(archive: Archive, rulebook: Rulebook, delivery: Delivery, alert: Alert, briefed: Briefed) -> Message | None:
    newest_first = archive.alerts.recent(alert.created - THREAD_REACH, limit=_LATEST)
    told = [one for one in reversed(newest_first) if one.thread == alert.thread and one.created <= alert.created]
    return message_of(archive, rulebook, delivery, gather(told), briefed) if told else None
