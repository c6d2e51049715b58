"""Reads what an alert rests on and makes the message for one delivery, in its place in the story's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.messages import Background, compose, gather
from monitor.model import Alert, Article, Delivery, Message, Rulebook, Statement
from monitor.ports import Archive

Links = Callable[[Message], tuple[tuple[str, str], ...]]
"""What a reader can do with a message: (label, address) pairs."""

THREAD_REACH = timedelta(days=14)
_LATEST = 300
_READ = 20


def no_links(_: Message) -> tuple[tuple[str, str], ...]:
    """Nothing to click: the service has no public address."""
    return ()


def message_for(
    archive: Archive, rulebook: Rulebook, delivery: Delivery, now: datetime, links: Links = no_links
) -> Message | None:
    """The message of a delivery as it reads now, or None when its alert is no longer stored."""
    alert = archive.alerts.get(delivery.alert)
    if alert is None:
        return None
    first = archive.outbox.thread(delivery.receiver, alert.thread)
    reply_to = first if first != delivery.remote_id else ""
    message = message_of(archive, rulebook, delivery, alert)
    root = _root(archive, rulebook, delivery, alert) if reply_to else None
    return replace(
        message,
        reply_to=reply_to,
        root=replace(root, links=links(root)) if root else None,
        recipients=delivery.remaining,
        links=links(message),
        attempted=now,
    )


def message_of(archive: Archive, rulebook: Rulebook, delivery: Delivery, alert: Alert) -> Message:
    """The message of an alert, stored or not, without links and without its place in a thread."""
    articles = tuple(archive.articles.get(alert.articles))
    story = archive.stories.get([alert.story]) if alert.story is not None else []
    background = Background(articles, story[0].outlets if story else 0, () if alert.statements else _said(archive, articles))
    return compose(alert, background, rulebook, delivery=delivery.id, receiver=delivery.receiver)


def _said(archive: Archive, articles: Sequence[Article]) -> tuple[Statement, ...]:
    scores = [archive.scores.get(article.id) for article in articles[:_READ]]
    return tuple(statement for score in scores if score for statement in score.statements)


def _root(archive: Archive, rulebook: Rulebook, delivery: Delivery, alert: Alert) -> Message | None:
    newest_first = archive.alerts.recent(alert.created - THREAD_REACH, limit=_LATEST)
    told = [one for one in reversed(newest_first) if one.thread == alert.thread and one.created <= alert.created]
    return message_of(archive, rulebook, delivery, gather(told)) if told else None
