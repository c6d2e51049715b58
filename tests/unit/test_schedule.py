"""The schedule: rhythm, wishes of the feed, failures, and what the owner is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.feeds.backpressure import share
from monitor.core.feeds.feedhealth import FAILURES_TO_TELL, Health, after_failure, after_success, noted, silent_after
from monitor.core.feeds.headers import max_age, retry_after
from monitor.core.feeds.schedule import Bounds, begun, failed, is_catch_up, outside, succeeded, without_validators
from monitor.model import Entry, Feed, FeedState, Fetched, ParsedFeed

NOW = datetime(2024, 11, 2, 12, tzinfo=UTC)
FEED = Feed("f", "https://rig.example/feed", "F")
BOUNDS = Bounds()
HOUR = timedelta(hours=1)
OK = Fetched("f", FEED.url, 200, is_unchanged=True)


def after(
    state: FeedState, new: int, now: datetime, fetched: Fetched = OK, parsed: ParsedFeed | None = None, feed: Feed = FEED
) -> FeedState:
    return succeeded(begun(feed, state), feed, fetched, parsed, new, now, BOUNDS)


def test_a_busy_feed_is_asked_often_and_a_quiet_one_rarely() -> None:
    busy = quiet = after(FeedState("f"), 10, NOW)
    for step in range(1, 60):
        now = NOW + step * HOUR
        busy = after(busy, 6, now)
        quiet = after(quiet, int(step % 48 == 0), now)
    assert busy.interval == BOUNDS.shortest
    assert quiet.interval == BOUNDS.longest
    assert after(busy, 6, NOW, feed=replace(FEED, interval=HOUR)).interval == HOUR


@given(
    st.lists(st.tuples(st.integers(0, 50), st.floats(0.1, 200)), max_size=30),
    st.none() | st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=3)),
)
def test_the_wait_stays_within_bounds(polls: list[tuple[int, float]], ttl: timedelta | None) -> None:
    state, now = FeedState("f"), NOW
    for new, hours in polls:
        now += timedelta(hours=hours)
        state = after(state, new, now, parsed=ParsedFeed("rss20", ttl=ttl))
        assert state.next_due is not None
        assert timedelta(minutes=4) <= state.next_due - now <= timedelta(hours=27)


@pytest.mark.parametrize(
    ("field", "value"), [("max_age", timedelta(hours=12)), ("retry_after", timedelta(hours=12)), ("max_age", timedelta(days=400))]
)
def test_what_the_server_asks_for_is_honoured(field: str, value: timedelta) -> None:
    due = after(FeedState("f"), 1, NOW, replace(OK, **{field: value})).next_due
    assert due is not None
    assert min(value, 24 * HOUR) * 0.9 <= due - NOW <= min(value, 24 * HOUR) * 1.1


def test_what_the_feed_asks_for_outlives_an_unchanged_answer() -> None:
    state = after(FeedState("f"), 1, NOW, parsed=ParsedFeed("rss20", ttl=10 * HOUR, skip_hours=(22, 23), skip_days=(6,)))
    again = after(state, 0, NOW + HOUR)
    assert (again.ttl, again.skip_hours, again.skip_days) == (10 * HOUR, (22, 23), (6,))
    assert again.next_due is not None
    assert again.next_due.hour not in (22, 23)


def test_skipped_hours_that_cover_the_day_are_ignored() -> None:
    assert outside(NOW, range(24)) == NOW
    assert outside(NOW, (12, 13)) == NOW + 2 * HOUR
    saturday, sunday = 5, 6
    assert NOW.weekday() == saturday
    assert outside(NOW, (), (saturday, sunday)) == NOW.replace(hour=0) + 48 * HOUR
    assert outside(NOW, (0, 1), (saturday,)) == NOW.replace(hour=2) + 24 * HOUR
    assert outside(NOW, (), range(7)) == NOW


def test_a_failure_changes_the_schedule_and_the_count_alone() -> None:
    good = replace(after(FeedState("f"), 3, NOW, replace(OK, etag='"x"')), body_hash="h")
    bad = failed(good, FEED, Fetched("f", FEED.url, 500, error="500", reason="status"), "500", NOW + HOUR, BOUNDS)
    assert replace(bad, failures=0, last_error=None, next_due=good.next_due) == good
    assert (bad.failures, bad.last_error) == (1, "500")


def test_feeds_do_not_march_in_step() -> None:
    dues = {after(FeedState(f"f{number}"), 1, NOW, feed=replace(FEED, id=f"f{number}")).next_due for number in range(50)}
    assert len(dues) == 50


def test_an_edited_address_starts_anew() -> None:
    state = replace(after(FeedState("f"), 1, NOW), is_gone=True, etag='"x"')
    fresh = begun(replace(FEED, url="https://rig.example/other"), state)
    assert (fresh.url, fresh.etag, fresh.is_gone, fresh.last_success) == ("https://rig.example/other", None, False, None)
    assert begun(FEED, state) is state


def test_what_counts_as_backlog() -> None:
    state = after(FeedState("f"), 1, NOW)
    assert is_catch_up(FeedState("f"), NOW, BOUNDS)
    assert not is_catch_up(state, NOW + HOUR, BOUNDS)
    assert is_catch_up(state, NOW + timedelta(days=3), BOUNDS)


def test_silence_is_told_once() -> None:
    state = after(FeedState("f"), 1, NOW)
    for step in range(1, 11):
        state = after(state, 1, NOW + step * HOUR)
    limit = silent_after(state)
    assert limit == timedelta(days=2)
    told = []
    for step in range(11, 120):
        now = NOW + step * HOUR
        new = after(state, 0, now)
        told += after_success(state, new, None, now)
        state = new
    assert [event.health for event in told] == [Health.SILENT]


def test_a_feed_without_dates_is_told_at_its_first_answer() -> None:
    parsed = ParsedFeed("rss20", entries=tuple(Entry(str(number), "", "t", "") for number in range(3)))
    before = FeedState("f")
    assert [event.health for event in after_success(before, after(before, 3, NOW, parsed=parsed), parsed, NOW)] == [
        Health.UNDATED
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120),
        ("Sat, 02 Nov 2024 12:01:00 GMT", 60),
        ("Sat, 02 Nov 2024 11:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, expected: int | None) -> None:
    assert retry_after(value, NOW) == (None if expected is None else timedelta(seconds=expected))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("max-age=60, public", 60), ("no-store, max-age=60", 0), ("public", None), (None, None), ("max-age=x", None)],
)
def test_max_age(value: str | None, expected: int | None) -> None:
    assert max_age(value) == (None if expected is None else timedelta(seconds=expected))


def test_the_whole_document_is_asked_for_at_the_first_look_of_each_day() -> None:
    known = replace(after(FeedState("f"), 1, NOW, replace(OK, etag='"x"', last_modified="then")), etag='"x"')

    assert without_validators(known, NOW + 11 * HOUR) is known
    tomorrow = without_validators(known, NOW + 12 * HOUR)
    assert (tomorrow.etag, tomorrow.last_modified) == (None, None)
    assert replace(tomorrow, etag=known.etag, last_modified=known.last_modified) == known
    assert without_validators(FeedState("f", etag='"x"'), NOW).etag == '"x"'


def test_a_permanent_redirect_is_adopted_when_it_has_been_seen_often_enough_in_a_row() -> None:
    elsewhere = [replace(OK, permanent_url=f"https://{name}.example/feed") for name in ("new", "other")]
    state = FeedState("f")
    for fetched in (elsewhere[0], elsewhere[0], elsewhere[1], elsewhere[0], OK, elsewhere[0], elsewhere[0]):
        state = after(state, 0, NOW, fetched)
        assert state.url == FEED.url
    assert after(state, 0, NOW, elsewhere[0]).url == "https://new.example/feed"


def told_of(answers: Iterable[tuple[str, int]]) -> list[Health]:
    """What is told of a feed that gives these (reason, status) answers one after the other."""
    state, told = after(FeedState("f"), 1, NOW), []
    for step, (reason, status) in enumerate(answers, start=1):
        fetched = Fetched("f", FEED.url, status, error="bad", reason=reason)
        bad = failed(state, FEED, fetched, "bad", NOW + step * HOUR, BOUNDS)
        events = after_failure(state, bad, reason)
        state = noted(bad, events)
        told += [event.health for event in events]
    return told


@pytest.mark.parametrize(
    ("times", "reason", "status", "told"),
    [
        (4, "status", 500, []),
        (9, "status", 500, [Health.FAILING]),
        (5, "not-a-feed", 200, [Health.NOT_A_FEED]),
        (3, "gone", 410, [Health.GONE]),
    ],
)
def test_a_feed_that_fails_is_told_once(times: int, reason: str, status: int, told: list[Health]) -> None:
    assert told_of([(reason, status)] * times) == told


@given(st.integers(0, 12), st.integers(1, 4))
def test_a_feed_that_goes_for_good_is_told_once_whatever_was_told_before(failures: int, gone: int) -> None:
    told = told_of([("status", 500)] * failures + [("gone", 410)] * gone)

    assert told == [Health.FAILING] * (failures >= FAILURES_TO_TELL) + [Health.GONE]


def test_a_feed_that_answers_again_is_told_when_its_failure_was() -> None:
    before = replace(after(FeedState("f"), 1, NOW), failures=7, is_reported=True)
    good = after(before, 1, NOW + HOUR)
    events = after_success(before, good, None, NOW + HOUR)

    assert [(event.health, event.text) for event in events] == [(Health.RECOVERED, "answers again after 7 failures")]
    assert not noted(good, events).is_reported
    assert noted(good, []) is good
    assert after_success(replace(before, is_reported=False), good, None, NOW + HOUR) == []


@given(st.integers(0, 10_000), st.integers(1, 4_000))
def test_less_is_collected_the_more_waits_and_never_less_than_nothing(waiting: int, limit: int) -> None:
    part = share(waiting, limit)
    assert 0 <= share(waiting + 1, limit) <= part <= 1
    assert (part == 1) is (waiting <= limit)
    assert (part == 0) is (waiting >= 2 * limit)
