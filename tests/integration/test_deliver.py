"""Delivering: order, patience, and that no receiver pays for another; the far side's log is the witness."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from monitor.clock import FixedClock
from monitor.config.settings import WorkerSettings
from monitor.core.alerts.retry import RetryPolicy
from monitor.errors import InputError, MonitorError, NotFoundError
from monitor.model import DeliveryState, Message, Receipt
from monitor.services.deliver import SEND_SECONDS, DeliverReport, deliver
from monitor.services.health import failing, load_health
from monitor.services.outbox import drop, listing, retry
from tests.deliveries import Bench, Scripted, bench
from tests.postoffice import post_office, web_desk

DOWN = Receipt(is_sent=False, error="down")


@pytest.fixture
def desk_bench() -> Iterator[Bench]:
    with bench() as made:
        yield made


def scripted(made: Bench, *names: str) -> list[Scripted]:
    channels = [Scripted() for _ in names]
    for name, channel in zip(names, channels, strict=True):
        made.channels[name], made.rates[name] = channel, 1e6
    return channels


def test_everything_due_is_sent_once_in_order(desk_bench: Bench):
    desk, room = scripted(desk_bench, "desk", "room")
    planned = desk_bench.plan(count=30)

    report = desk_bench.run()

    assert (report.sent, report.retried, report.dead) == (60, 0, 0)
    assert desk.taken == room.taken == planned
    assert desk_bench.run().sent == 0


def test_mail_refused_for_an_hour_arrives_afterwards_in_order(desk_bench: Bench):
    with post_office() as closed:
        port = closed.port
    desk_bench.add("desk", "email", to=["desk@example.org"], host="127.0.0.1", port=port, security="none")
    planned = desk_bench.plan(count=12)
    for minute in range(60):
        desk_bench.run(60)
        planned += desk_bench.plan(start=len(planned)) if minute % 10 == 0 else []
    assert len(desk_bench.pending()) == 18
    waiting = load_health(desk_bench.archive, "desk")
    assert waiting.failures >= 4

    with post_office(port=port) as office:
        passes = desk_bench.run_until_settled()

    assert passes <= 16
    assert [letter["Message-ID"] for _, letter in office.letters] == [f"<{alert}desk@localhost>" for alert in planned]
    assert not load_health(desk_bench.archive, "desk").is_failing


def test_one_receivers_failure_marks_no_other(desk_bench: Bench):
    desk, _ = scripted(desk_bench, "desk", "room")
    with web_desk(refusals=[(410, {}, b"channel_is_archived")]) as gone:
        desk_bench.add("room", "webhook", url=gone.url())
        (alert,) = desk_bench.plan()
        report = desk_bench.run()

    states = {one.receiver: (one.state, one.last_error) for one in desk_bench.deliveries().values()}
    assert (report.sent, report.dead) == (1, 1)
    assert states == {"desk": ("sent", ""), "room": ("dead", "127.0.0.1 answered 410: channel_is_archived")}
    assert desk.taken == [alert]
    assert list(failing(desk_bench.archive, ["desk", "room"])) == ["room"]


def test_a_message_that_always_fails_does_not_hold_up_those_behind_it(desk_bench: Bench):
    (desk,) = scripted(desk_bench, "desk")
    poison, *others = desk_bench.plan(count=5)
    desk.answers[poison] = DOWN

    desk_bench.run()

    assert desk.taken == others
    assert not load_health(desk_bench.archive, "desk").is_failing


def test_a_receiver_that_is_down_is_asked_twice_and_then_left_alone(desk_bench: Bench):
    (desk,) = scripted(desk_bench, "desk")
    planned = desk_bench.plan(count=50)
    desk.answers = dict.fromkeys(planned, DOWN)

    report = desk_bench.run()
    again = desk_bench.run(1)

    assert desk.tried == planned[:2]
    assert report.waiting == again.waiting == {"desk": "down"}


def test_a_channel_that_breaks_its_promise_harms_nobody(desk_bench: Bench):
    desk, room = scripted(desk_bench, "desk", "room")
    first, *others = desk_bench.plan(count=3)
    desk.answers[first] = RuntimeError("a bug")

    desk_bench.run()

    assert desk.taken == others
    assert room.taken == [first, *others]
    assert [one.last_error for one in desk_bench.pending()] == ["the channel broke: RuntimeError"]


def test_it_is_given_up_in_sight_after_so_long(desk_bench: Bench):
    desk_bench.policy = RetryPolicy(age=timedelta(hours=1))
    (desk,) = scripted(desk_bench, "desk")
    (alert,) = desk_bench.plan()
    desk.answers[alert] = DOWN

    desk_bench.run_until_settled()

    assert desk_bench.one().state is DeliveryState.DEAD
    assert desk_bench.one().last_error.startswith("given up after ")
    assert desk_bench.one().last_error.endswith("; last: down")


@pytest.mark.parametrize(
    ("policy", "hours"),
    [(RetryPolicy(), 2 * 24 + 23), (RetryPolicy(age=WorkerSettings(give_up_after="7d").give_up_after), 6 * 24 + 23)],
)
def test_a_receiver_that_comes_back_within_the_promised_time_gets_its_mail(desk_bench: Bench, policy: RetryPolicy, hours: int):
    desk_bench.policy = policy
    with post_office() as closed:
        port = closed.port
    desk_bench.add("desk", "email", to=["desk@example.org"], host="127.0.0.1", port=port, security="none")
    desk_bench.plan()
    for _ in range(hours * 4):
        desk_bench.run(15 * 60)
    assert (desk_bench.one().state, desk_bench.one().attempts > hours) == (DeliveryState.PENDING, True)

    with post_office(port=port) as office:
        desk_bench.run(15 * 60)

    assert len(office.letters) == 1
    assert desk_bench.one().state is DeliveryState.SENT


def test_a_receiver_that_left_the_rulebook_keeps_its_deliveries(desk_bench: Bench):
    desk_bench.plan("gone")

    report = desk_bench.run()

    assert report.unknown == ("gone",)
    assert desk_bench.one().state is DeliveryState.PENDING
    assert "not in the rulebook" in desk_bench.one().last_error
    (channel,) = scripted(desk_bench, "gone")
    desk_bench.run(timedelta(hours=1))
    assert len(channel.taken) == 1


def test_a_receiver_that_left_the_rulebook_is_logged_when_something_is_due_to_it(desk_bench: Bench):
    desk_bench.plan("gone")

    with structlog.testing.capture_logs() as lines:
        for seconds in (0, 5, 5, 3600):
            desk_bench.run(seconds)

    assert [line["receiver"] for line in lines if line["event"] == "receiver unknown"] == ["gone", "gone"]


def test_a_storm_goes_at_the_receivers_pace_and_completely(desk_bench: Bench):
    (desk,) = scripted(desk_bench, "desk")
    desk_bench.rates["desk"] = 60
    planned = desk_bench.plan(count=100)

    counts = [desk_bench.run(0 if number == 0 else 10).sent for number in range(10)]

    assert counts == [10] * 10
    assert desk.taken == planned


def test_a_sick_receiver_never_delays_a_healthy_one(tmp_path: Path):
    hold = threading.Event()
    with bench(tmp_path / "a.db") as made, web_desk(hold=hold) as sick, web_desk() as healthy:
        made.add("sick", "webhook", url=sick.url())
        made.add("healthy", "webhook", url=healthy.url())
        made.plan(count=30)
        work = threading.Thread(target=made.run)
        work.start()
        try:
            assert soon(lambda: len(healthy.accepted) == 30)
            assert sick.posts == []
        finally:
            hold.set()
            work.join(20)
        assert len(sick.accepted) == 30


def test_asked_to_stop_it_finishes_what_is_under_way_and_gives_the_rest_back(desk_bench: Bench):
    asked = desk_bench.stop

    def accept(*_: object) -> tuple[int, dict[str, str], bytes]:
        asked.set()
        return 200, {}, b"ok"

    with web_desk(accept=accept) as desk:
        desk_bench.add("desk", "webhook", url=desk.url())
        desk_bench.plan(count=8)
        begun = time.monotonic()
        report = desk_bench.run()
        assert time.monotonic() - begun < 5

        assert (report.sent, len(desk.accepted)) == (1, 1)
        desk_bench.stop = threading.Event()
        assert desk_bench.run().sent == 7
        assert len({post.headers["x-monitor-delivery"] for post in desk.accepted}) == 8


def test_stopping_does_not_wait_longer_than_its_grace_for_a_receiver_that_hangs(
    desk_bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("monitor.services.deliver.GRACE_SECONDS", 0.5)
    hold = threading.Event()
    with web_desk(hold=hold) as desk:
        desk_bench.add("desk", "webhook", url=desk.url())
        desk_bench.plan(count=3)
        threading.Timer(0.3, desk_bench.stop.set).start()
        report = desk_bench.run()
        hold.set()

    assert report.sent == 0
    assert len(desk_bench.pending()) == 3


class Running(FixedClock):
    """A clock that runs on from a moment, and can be moved."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.began = time.monotonic()

    def now(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self.began)

    def monotonic(self) -> float:
        return self.now().timestamp()


class Slow(Scripted):
    """Takes its first message so long that nobody waits for the answer any more, and gives it while the second is under way."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__()
        self.clock, self.given_up, self.first = clock, threading.Event(), threading.current_thread()

    def send(self, message: Message) -> Receipt:
        if not self.tried:
            self.tried.append(message.alert)
            self.first = threading.current_thread()
            self.clock.advance(timedelta(seconds=SEND_SECONDS + 1))
            assert self.given_up.wait(20)
            return Receipt(is_sent=True)
        self.given_up.set()
        self.first.join(20)
        return super().send(message)


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_messages(desk_bench: Bench):
    desk_bench.clock = Running(desk_bench.clock.now())
    desk_bench.channels["desk"], desk_bench.rates["desk"] = (slow := Slow(desk_bench.clock)), 1e6
    first, second = desk_bench.plan(count=2)

    report = desk_bench.run()

    assert (report.sent, report.retried, slow.taken) == (1, 1, [second])
    states = {one.alert: (one.state, one.last_error) for one in desk_bench.deliveries().values()}
    assert states == {first: ("pending", "no answer within 120 seconds"), second: ("sent", "")}
    assert desk_bench.run(3600).sent == 1
    assert slow.taken == [second, first]


def test_a_receiver_that_rests_does_not_hold_up_one_that_works(desk_bench: Bench):
    desk, room = scripted(desk_bench, "desk", "room")
    desk_bench.rates["desk"] = 60
    planned = desk_bench.plan(count=40)

    assert desk_bench.run().sent == 50
    assert (desk.taken, room.taken) == (planned[:10], planned)


def serve(made: Bench, **more: Any) -> DeliverReport:
    """One pass with what a bench leaves at its usual."""
    return deliver(made.archive, made.channels, made.rulebook, made.clock, stop=made.stop, paces=made.paces, **more)


def test_what_is_claimed_for_too_long_is_claimed_anew_before_it_is_sent(desk_bench: Bench):
    (desk,) = scripted(desk_bench, "desk")
    lease = timedelta(seconds=60)
    leases: list[datetime] = []

    class Steps(Scripted):
        def send(self, message: Message) -> Receipt:
            # Each message takes a quarter of the time for which ten are claimed.
            desk_bench.clock.advance(lease / 4)
            leases.append(desk_bench.clock.now())
            return super().send(message)

    desk_bench.channels["desk"] = steps = Steps()
    planned = desk_bench.plan(count=10)

    assert serve(desk_bench, lease=lease).sent == 10
    assert (steps.taken, desk.taken) == (planned, [])
    assert leases[-1] - leases[0] > 2 * lease


def test_a_message_that_cannot_be_written_waits_and_keeps_no_other(desk_bench: Bench):
    desk_bench.clock = Running(desk_bench.clock.now())
    (desk,) = scripted(desk_bench, "desk")
    first, *others = desk_bench.plan(count=3)

    def links(message: Message) -> tuple[tuple[str, str], ...]:
        if message.alert == first:
            raise LookupError("a bug")
        return ()

    report = serve(desk_bench, links=links)

    assert (report.sent, report.retried, desk.taken) == (2, 1, others)
    assert [one.last_error for one in desk_bench.pending()] == ["the message could not be written: LookupError"]


def test_one_of_several_workers_serves_its_own_receivers_alone(desk_bench: Bench):
    desk, room = scripted(desk_bench, "desk", "room")
    planned = desk_bench.plan(count=2)

    assert serve(desk_bench, only=["desk"]).sent == 2
    assert (desk.taken, room.taken) == (planned, [])
    assert serve(desk_bench, only=[]).sent == 0


def test_asked_to_stop_when_a_receiver_has_just_failed_it_is_left_alone_all_the_same(desk_bench: Bench):
    class Last(Scripted):
        def send(self, message: Message) -> Receipt:
            desk_bench.stop.set()
            return DOWN

    desk_bench.channels["desk"], desk_bench.rates["desk"] = Last(), 1e6
    desk_bench.plan(count=3)

    assert desk_bench.run().waiting == {"desk": "down"}
    assert len(desk_bench.pending()) == 3
    assert load_health(desk_bench.archive, "desk").failures == 1


# -- what people do -----------------------------------------------------------------------------------------------------


def test_a_dead_delivery_can_be_tried_again_by_hand(desk_bench: Bench):
    (desk,) = scripted(desk_bench, "desk")
    first, second = desk_bench.plan(count=2)
    desk.answers = {first: Receipt(is_sent=False, error="410", is_permanent=True), second: DOWN}
    desk_bench.run()
    desk.answers = {}

    done = retry(desk_bench.archive, ["all"], desk_bench.clock.now())

    assert {one.alert for one in done} == {first, second}
    assert desk_bench.run().sent == 2
    assert [line.title for line in listing(desk_bench.archive, state="sent")] == ["Alert 1", "Alert 0"]


def test_a_dropped_delivery_is_never_sent(desk_bench: Bench):
    (desk,) = scripted(desk_bench, "desk")
    desk_bench.plan(count=2)

    drop(desk_bench.archive, ["alert0000"], desk_bench.clock.now())
    desk_bench.run()

    assert desk.taken == ["alert0001"]
    (dead,) = listing(desk_bench.archive, state="dead")
    assert dead.delivery.last_error == "dropped by hand"


def test_a_dropped_delivery_keeps_what_it_failed_of_however_often_it_is_dropped(desk_bench: Bench):
    (desk,) = scripted(desk_bench, "desk")
    (alert,) = desk_bench.plan()
    desk.answers[alert] = DOWN
    desk_bench.run()

    for _ in range(2):
        (dropped,) = drop(desk_bench.archive, ["all"], desk_bench.clock.now())
        assert dropped.last_error == "dropped by hand; before: down"


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        (["zzz"], NotFoundError, "no delivery"),
        (["alert"], InputError, "2 deliveries"),
        ([], InputError, "name deliveries"),
    ],
)
def test_a_name_that_fits_no_delivery_or_several_is_an_error(
    desk_bench: Bench, names: list[str], error: type[MonitorError], words: str
):
    scripted(desk_bench, "desk")
    desk_bench.plan(count=2)

    with pytest.raises(error, match=words):
        retry(desk_bench.archive, names, desk_bench.clock.now())


def soon(is_so: object, seconds: float = 10) -> bool:
    """Whether it becomes so within some seconds."""
    assert callable(is_so)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return True
        threading.Event().wait(0.01)
    return False
