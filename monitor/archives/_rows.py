"""Rows of any archive's tables as values of the model, and the model's values as rows.

A row answers `row["column"]`. JSON may come as text or already read, times as text or as times: archives differ in both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from monitor.archives._values import (
    clean,
    dump,
    load_record,
    optional_time_text,
    read_optional_time,
    read_time,
    statement_from_json,
    statement_of,
    time_text,
)
from monitor.model import (
    Alert,
    Article,
    Delivery,
    DeliveryState,
    Feed,
    FeedState,
    Hit,
    Label,
    Reason,
    Relevance,
    Scores,
    Severity,
    Silence,
    Statement,
    Story,
    Suppression,
)


def _read(stored: Any) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored


# -- feeds -----------------------------------------------------------------------------------------------------------


def feed_row(feed: Feed) -> tuple[object, ...]:
    """id, url, name, tags, language, interval, full_text, is_enabled, owner, identity."""
    interval = feed.interval.total_seconds() if feed.interval else None
    names = (feed.id, feed.url, feed.name, json.dumps(feed.tags, ensure_ascii=False), feed.language, interval)
    return (*names, feed.full_text, feed.is_enabled, feed.owner, feed.identity)


def read_feed(row: Any) -> tuple[Feed, FeedState]:
    """A feed and what is known of it."""
    feed = Feed(
        id=row["id"],
        url=row["url"],
        name=row["name"],
        tags=tuple(_read(row["tags"])),
        language=row["language"],
        interval=None if row["interval"] is None else timedelta(seconds=row["interval"]),
        full_text=bool(row["full_text"]),
        is_enabled=bool(row["is_enabled"] and row["is_configured"]),
        owner=row["owner"],
        identity=row["identity"],
    )
    return feed, load_record(FeedState, _read(row["state"]), feed=feed.id)


# -- articles and stories --------------------------------------------------------------------------------------------


def article_row(article: Article, title: str, author: str) -> tuple[object, ...]:
    """feed, source, language, published, seen, story, is_backfill, revision, content_hash, tags, author, url, title."""
    where = (article.feed, article.source, article.language, time_text(article.published), time_text(article.seen))
    state = (article.story, article.is_backfill, article.revision, article.content_hash)
    return (*where, *state, _tags(article.tags), author, clean(article.url), title)


@lru_cache(maxsize=1024)
def _tags(tags: tuple[str, ...]) -> str:
    return json.dumps(tags, ensure_ascii=False)


def read_article(row: Any) -> Article:
    """An article from its columns, its text and its keys."""
    return Article(
        id=row["id"],
        feed=row["feed"],
        url=row["url"],
        title=row["title"],
        text=row["text"],
        keys=tuple(_read(row["keys"]) or ()),
        content_hash=row["content_hash"],
        published=read_time(row["published"]),
        seen=read_time(row["seen"]),
        author=row["author"],
        language=row["language"],
        source=row["source"],
        tags=tuple(_read(row["tags"])),
        revision=row["revision"],
        story=row["story"],
        is_backfill=bool(row["is_backfill"]),
    )


def read_story(row: Any) -> Story:
    """A story with the ids of its articles."""
    return Story(
        id=row["id"],
        title=row["title"],
        first_published=read_time(row["first_published"]),
        last_published=read_time(row["last_published"]),
        outlets=row["outlets"],
        articles=tuple(_read(row["articles"]) or ()),
    )


# -- scores and hits -------------------------------------------------------------------------------------------------


def statement_row(article: int, found: Statement, relevance: Relevance | None, model: str) -> tuple[object, ...]:
    """article, topic, holder, stance, four shares, voice, is_found, relevance, is_relevant, evidence and place, model."""
    probabilities = (float(found.confidence), float(found.favor), float(found.against), float(found.neutral))
    about = (float(relevance.probability), bool(relevance.is_relevant)) if relevance else (0.0, False)
    seen = found.evidence
    evidence = (clean(seen.text), seen.start, seen.end, seen.part) if seen else (None, None, None, None)
    named = (article, found.topic, clean(found.holder), found.stance.value)
    return (*named, *probabilities, found.voice.value, found.is_found, *about, *evidence, model)


def read_scores(row: Any, relevances: Sequence[Any], statements: Sequence[Any]) -> Scores:
    """What a model said of one article, without its embedding."""
    return Scores(
        article=row["article"],
        language=row["language"],
        model=row["model"],
        embedding=None,
        relevances=tuple(Relevance(found["topic"], found["probability"], bool(found["is_relevant"])) for found in relevances),
        statements=tuple(statement_of(found) for found in statements),
        error=row["error"],
        at=read_optional_time(row["at"]),
    )


def read_hit(row: Any, statements: Sequence[Statement]) -> Hit:
    """A hit with the statements that made it one."""
    return Hit(
        article=row["id"],
        story=row["story"],
        published=read_time(row["published"]),
        seen=read_time(row["seen"]),
        source=row["source"],
        outlets=row["outlets"],
        statements=tuple(statements),
        is_backfill=bool(row["is_backfill"]),
        analysed=read_optional_time(row["analysed"]),
    )


def by_article(rows: Sequence[Any]) -> dict[int, list[Statement]]:
    """Statements, each article's in the order given."""
    found: dict[int, list[Statement]] = {}
    for row in rows:
        found.setdefault(row["article"], []).append(statement_of(row))
    return found


# -- alerts ----------------------------------------------------------------------------------------------------------


def alert_row(alert: Alert) -> tuple[object, ...]:
    """id, rule, group, story, title, why, created, severity, thread, statements, details."""
    texts = (
        clean(alert.group),
        alert.story,
        clean(alert.title),
        clean(alert.why),
        time_text(alert.created),
        alert.severity.value,
    )
    return (alert.id, alert.rule, *texts, clean(alert.thread), clean(dump(alert.statements)), clean(dump(alert.details)))


def read_alert(row: Any) -> Alert:
    """An alert with the ids of its articles."""
    return Alert(
        id=row["id"],
        rule=row["rule"],
        group=row["group"],
        title=row["title"],
        why=row["why"],
        created=read_time(row["created"]),
        severity=Severity(row["severity"]),
        articles=tuple(_read(row["articles"]) or ()),
        story=row["story"],
        statements=tuple(statement_from_json(stored) for stored in _read(row["statements"])),
        details=MappingProxyType(_read(row["details"])),
    )


def delivery_row(delivery: Delivery, alert: str) -> tuple[object, ...]:
    """id, alert, receiver, state, attempts, due, last_error, remote_id, remaining, refused."""
    return (delivery.id, alert, delivery.receiver, *progress_row(delivery))


def progress_row(delivery: Delivery) -> tuple[object, ...]:
    """state, attempts, due, last_error, remote_id, remaining, refused."""
    state = (delivery.state.value, delivery.attempts, optional_time_text(delivery.due))
    told = (clean(delivery.last_error), clean(delivery.remote_id))
    return (*state, *told, clean(dump(delivery.remaining)), clean(dump(delivery.refused)))


def read_delivery(row: Any) -> Delivery:
    """A delivery as it stands."""
    return Delivery(
        id=row["id"],
        alert=row["alert"],
        receiver=row["receiver"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        due=read_optional_time(row["due"]),
        last_error=row["last_error"],
        remote_id=row["remote_id"],
        remaining=tuple(_read(row["remaining"])),
        refused=tuple(_read(row["refused"])),
    )


def suppression_row(one: Suppression) -> tuple[object, ...]:
    """rule, group, reason, at, article, note."""
    return one.rule, clean(one.group), one.reason.value, time_text(one.at), one.article, clean(one.note)


def read_suppression(row: Any) -> Suppression:
    """What was suppressed and why."""
    return Suppression(row["rule"], row["group"], Reason(row["reason"]), read_time(row["at"]), row["article"], row["note"])


def read_silence(row: Any) -> Silence:
    """A silence."""
    return Silence(row["id"], row["query"], read_time(row["until"]), row["comment"], read_time(row["created"]))


def read_label(row: Any) -> Label:
    """A label."""
    return Label(row["article"], row["label"], row["topic"], row["holder"], read_time(row["at"]), row["author"])
