"""When a delivery is tried again, when it is given up, how receivers are spared and paced."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.settings import WorkerSettings
from monitor.core.alerts.retry import Health, Pace, RetryPolicy, burst, failed, is_outage, retry_after, settle, spend, wait
from monitor.model import Delivery, DeliveryState, Receipt
from tests.messages import NOW

POLICY = RetryPolicy()
DELIVERY = Delivery("d1", "a1", "desk")
DOWN = Receipt(is_sent=False, error="refused")


@given(st.text(max_size=20), st.integers(1, 500))
def test_pauses_grow_to_a_limit_and_lose_at_most_a_quarter(seed: str, failures: int):
    pause = wait(seed, failures, POLICY)
    full = min(POLICY.first * 2 ** min(failures - 1, 20), POLICY.longest)

    assert full * 0.75 <= pause <= full
    assert pause == wait(seed, failures, POLICY)


def test_different_deliveries_do_not_return_together():
    assert len({wait(f"d{number}", 5, POLICY) for number in range(50)}) == 50


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("30", "", 30),
        (" 1.5 ", "", 1.5),
        ("0", "", 0),
        ("Sun, 22 Nov 2026 06:05:30 GMT", "Sun, 22 Nov 2026 06:05:00 GMT", 30),
        ("Fri, 01 Jan 9994 00:00:00 GMT", "Sun, 22 Nov 2026 06:05:00 GMT", 86_400),
        ("99999999999999", "", 86_400),
        ("Sun, 22 Nov 2026 06:05:30 GMT", "", None),
        ("Sun, 22 Nov 2026 06:04:30 GMT", "Sun, 22 Nov 2026 06:05:00 GMT", None),
        ("-5", "", None),
        ("soon", "", None),
        ("", "", None),
        ("²", "", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(value: str, date: str, seconds: float | None):
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(value, date) == expected


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_header_makes_it_raise(value: str, date: str):
    retry_after(value, date)


def settled(receipt: Receipt, delivery: Delivery = DELIVERY, **more: object) -> Delivery:
    return settle(delivery, receipt, NOW, more.get("born", NOW), more.get("policy", POLICY))  # type: ignore[arg-type]


def test_accepted_is_sent():
    done = settled(Receipt(is_sent=True, remote_id="<m@x>"))

    assert (done.state, done.remote_id, done.attempts, done.due, done.last_error) == (DeliveryState.SENT, "<m@x>", 1, None, "")


def test_an_outage_waits_and_keeps_the_reason():
    done = settled(DOWN)

    assert (done.state, done.last_error) == (DeliveryState.PENDING, "refused")
    assert done.due is not None
    assert NOW < done.due <= NOW + POLICY.first


def test_the_far_sides_own_pause_is_honoured():
    assert settled(Receipt(is_sent=False, retry_after=timedelta(seconds=30))).due == NOW + timedelta(seconds=30)


def test_a_permanent_refusal_is_dead_at_once():
    assert settled(Receipt(is_sent=False, is_permanent=True, error="410")).state is DeliveryState.DEAD


@given(st.integers(0, 100_000), st.timedeltas(timedelta(hours=1), timedelta(days=60)), st.floats(0, 0.99))
def test_however_often_it_was_tried_only_time_gives_it_up(attempts: int, patience: timedelta, share: float):
    tried = Delivery("d1", "a1", "desk", attempts=attempts)
    policy = RetryPolicy(age=patience)
    born = NOW - (patience - policy.longest) * share

    assert settled(DOWN, tried, born=born, policy=policy).state is DeliveryState.PENDING
    assert settled(DOWN, tried, born=NOW - patience, policy=policy).state is DeliveryState.DEAD


def test_after_so_long_it_is_given_up_and_says_so():
    assert WorkerSettings().give_up_after == POLICY.age
    old = settled(DOWN, born=NOW - POLICY.age)
    assert (old.state, old.last_error) == (DeliveryState.DEAD, "given up after 1 attempts; last: refused")


def test_recipients_are_remembered_over_attempts():
    first = settled(Receipt(is_sent=False, remote_id="<m@x>", error="b: 550; c: 451", refused=("b",), remaining=("c",)))
    assert (first.state, first.remaining, first.refused) == (DeliveryState.PENDING, ("c",), ("b",))

    failed_again = settled(DOWN, first)
    assert (failed_again.remaining, failed_again.refused, failed_again.remote_id) == (("c",), ("b",), "<m@x>")

    second = settled(Receipt(is_sent=True, remote_id="<m@x>"), failed_again)
    assert (second.state, second.remaining, second.refused) == (DeliveryState.SENT, (), ("b",))
    assert second.last_error == "refused for good: b"


def test_only_a_failure_of_the_whole_receiver_is_an_outage():
    assert is_outage(DELIVERY, DOWN)
    assert not is_outage(DELIVERY, Receipt(is_sent=True))
    assert not is_outage(DELIVERY, Receipt(is_sent=False, is_permanent=True))
    assert not is_outage(DELIVERY, Receipt(is_sent=False, remaining=("a",)))
    assert not is_outage(Delivery("d1", "a1", "desk", remaining=("a",)), DOWN)


def test_a_failing_receiver_is_left_alone_longer_and_longer():
    once = failed(Health(), "desk", DOWN, NOW, POLICY)
    often = once
    for _ in range(9):
        often = failed(often, "desk", DOWN, NOW, POLICY)

    assert once.is_failing
    assert once.until is not None
    assert often.until is not None
    assert once.until < often.until <= NOW + POLICY.longest
    assert (often.failures, often.since, often.error) == (10, NOW, "refused")


@given(st.floats(0.1, 6000), st.lists(st.floats(0, 100), max_size=60))
def test_a_receiver_never_gets_more_than_its_rate_and_one_burst(per_minute: float, gaps: list[float]):
    pace: Pace | None = None
    at, sent = 0.0, 0
    for gap in gaps:
        at += gap
        pace, rest = spend(pace, at, per_minute)
        sent += rest == 0
        assert rest >= 0
    assert sent <= burst(per_minute) + at * per_minute / 60 + 1e-6


def test_waiting_the_named_time_lets_the_next_one_go():
    pace, rest = spend(Pace(0, 0.0), 0.0, 60)
    assert rest == 1
    assert spend(pace, rest, 60)[1] == 0
