"""Everything one alert rests on, in one object: what was said, by which model, under which rule, and where it went."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from monitor import __version__
from monitor.core.alerts.alerting import digest
from monitor.core.shown import without_credentials
from monitor.errors import NotFoundError
from monitor.model import Alert, Article, Delivery, Message, Rulebook
from monitor.ports import Archive, Clock
from monitor.services.backtest import backtest
from monitor.services.compose import message_of
from monitor.services.rules import rule_named

LOOK_BACK = timedelta(days=90)


def audit_bundle(archive: Archive, rulebook: Rulebook, alert_id: str) -> dict[str, Any]:
    """One alert with its rule, articles, scores, model revisions, feeds' body hashes and deliveries.

    Raises:
        NotFoundError: no such alert.
    """
    alert = archive.alerts.get(alert_id)
    if alert is None:
        raise NotFoundError(f"there is no alert {alert_id}; `monitor alerts list` shows them")
    articles = archive.articles.get(alert.articles)
    feeds = {feed.id: (feed, state) for feed, state in archive.feeds.list()}
    rule = rulebook.rules.get(alert.rule)
    return {
        "version": __version__,
        "alert": asdict(replace(alert, details=dict(alert.details))),
        "rule": rule.text if rule else None,
        "articles": [_article(archive, article) for article in articles],
        "feeds": [
            {
                "id": feed.id,
                "url": without_credentials(feed.url),
                "body_sha256": state.body_hash,
                "last_success": state.last_success,
            }
            for feed, state in (feeds[name] for name in sorted({article.feed for article in articles}) if name in feeds)
        ],
        "deliveries": [asdict(one) for one in archive.outbox.of([alert.id])],
    }


def preview(archive: Archive, rulebook: Rulebook, name: str, receiver: str, clock: Clock, *, storm: int) -> Message:
    """The message of a rule's latest alert, or of the latest that a backtest over 90 days finds; nothing is sent.

    Raises:
        ConfigError: no such rule.
        NotFoundError: the rule has never matched what is stored.
    """
    rule_named(rulebook, name)
    now = clock.now()
    latest = archive.alerts.recent(now - LOOK_BACK, rule=name, limit=1)
    alert = latest[0] if latest else _found_by_backtest(archive, rulebook, name, clock, storm)
    return message_of(archive, rulebook, Delivery(digest(alert.id, receiver), alert.id, receiver), alert)


def _found_by_backtest(archive: Archive, rulebook: Rulebook, name: str, clock: Clock, storm: int) -> Alert:
    now = clock.now()
    found = backtest(archive, rulebook, rulebook.rules[name], since=now - LOOK_BACK, now=now, storm=storm).alerts
    if not found:
        raise NotFoundError(f"rule {name} has matched nothing in 90 days; `monitor rules test {name}` says why")
    return found[-1]


def _article(archive: Archive, article: Article) -> dict[str, Any]:
    scores = archive.scores.get(article.id)
    return {**asdict(article), "scores": {**asdict(scores), "embedding": None} if scores else None}
