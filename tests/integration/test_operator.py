"""What the service tells its owner of itself: each thing once, by the way every alert goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from monitor.archives import sqlite
from monitor.core.alerts.retry import Health as ReceiverHealth
from monitor.core.feeds.feedhealth import FeedEvent, Health
from monitor.model import Feed
from monitor.ports import Archive
from monitor.services import operator
from monitor.services.health import save_health

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def archive() -> Iterator[Archive]:
    made = sqlite.build(sqlite.Config(path=":memory:"))
    yield made
    made.close()


def test_a_receiver_is_told_of_when_it_has_failed_often_and_once_an_outage(archive: Archive):
    for name, failures in (("desk", 5), ("room", 4)):
        save_health(archive, name, ReceiverHealth(failures, NOW, NOW - timedelta(hours=1), "451 later"))

    (notice,) = operator.receiver_notices(archive, ["desk", "room", "other"])

    assert notice.title == "Receiver desk has failed 5 times in a row"
    assert "451 later" in notice.text
    assert (operator.tell(archive, [notice], "", NOW), operator.tell(archive, [notice], "", NOW)) == (1, 0)
    assert {one.receiver for one in archive.outbox.list()} == {"outbox", "terminal"}


def test_a_refusal_for_good_is_told_of_at_once_and_once_a_day(archive: Archive):
    for hours, new in ((0, 1), (1, 0), (24, 1)):
        since = NOW + timedelta(hours=hours)
        save_health(archive, "desk", ReceiverHealth(1, None, since, "410 gone"))
        assert operator.tell(archive, operator.receiver_notices(archive, ["desk"]), "owner", since) == new
        save_health(archive, "desk", ReceiverHealth())
        assert operator.receiver_notices(archive, ["desk"]) == []


def test_notices_go_to_the_owners_receiver_where_one_is_named(archive: Archive):
    assert operator.tell(archive, operator.rulebook_notices("rules.yaml:3: wrong", NOW), "desk", NOW) == 1
    assert operator.tell(archive, [], "desk", NOW) == 0

    (alert,) = archive.alerts.recent(NOW)
    assert (alert.rule, alert.why, [one.receiver for one in archive.outbox.list()]) == (
        "service",
        "rules.yaml:3: wrong",
        ["desk"],
    )


@pytest.mark.parametrize(
    ("health", "title"),
    [
        (Health.FAILING, "Feed The Wire is failing"),
        (Health.RECOVERED, "Feed The Wire answers again"),
        (Health.GONE, "Feed The Wire is gone for good"),
        (Health.UNDATED, "Feed The Wire gives no dates"),
        (Health.NOT_A_FEED, "Feed The Wire is not a feed"),
    ],
)
def test_what_became_of_a_feed_is_said_by_its_name(health: Health, title: str):
    feeds = {"wire": Feed("wire", "https://wire.example", "The Wire")}
    (known,) = operator.feed_notices([FeedEvent("wire", health, "because")], feeds, NOW)
    (unknown,) = operator.feed_notices([FeedEvent("wire", health, "because")], {}, NOW)

    assert (known.title, known.text) == (title, "because")
    assert unknown.title == title.replace("The Wire", "wire")


def test_a_queue_and_a_model_are_told_of_once_a_day(archive: Archive):
    assert operator.queue_notices(operator.LONG_QUEUE - 1, NOW) == operator.model_notices(0, NOW) == []
    assert operator.rulebook_notices("", NOW) == []
    for hours, new in ((0, 2), (1, 0), (24, 2)):
        now = NOW + timedelta(hours=hours)
        notices = [*operator.queue_notices(operator.LONG_QUEUE, now), *operator.model_notices(3, now)]
        assert operator.tell(archive, notices, "", now) == new


def test_the_same_mistake_in_the_rules_is_told_again_on_another_day(archive: Archive):
    for hours, error, new in (
        (0, "a.yaml:3: wrong", 1),
        (2, "a.yaml:3: wrong", 0),
        (3, "a.yaml:4: wrong", 1),
        (72, "a.yaml:3: wrong", 1),
    ):
        now = NOW + timedelta(hours=hours)
        assert operator.tell(archive, operator.rulebook_notices(error, now), "desk", now) == new
