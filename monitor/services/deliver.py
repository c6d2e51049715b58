"""DELIVER: claim what is due, send it, record what each receiver said; a sick receiver never delays a healthy one.

One thread reads and writes the archive; each receiver has at most one message under way, in a thread of its own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Mapping, MutableMapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

import structlog

from monitor import tracing
from monitor.core.alerts.retry import Health, Pace, RetryPolicy, failed, is_outage, settle, spend
from monitor.failpoints import failpoint
from monitor.model import Delivery, DeliveryState, Message, Receipt, Rulebook
from monitor.ports import Archive, Channel, Clock
from monitor.services.compose import Briefed, Links, briefed_once, message_for, no_links
from monitor.services.health import load_health, save_health
from monitor.services.holding import gather_held
from monitor.services.optouts import opted_out

log = structlog.get_logger(__name__)

CLAIM = 10
LEASE = timedelta(minutes=5)
SEND_SECONDS = 120.0
GRACE_SECONDS = 7.0
TICK_SECONDS = 0.1
UNKNOWN_RECEIVER_WAIT = timedelta(hours=1)
_LOOK_AGAIN_SECONDS = 1.0
_IN_DOUBT = 2
"""So many messages in a row must fail before the receiver, not a message, is taken to be at fault."""


@dataclass(slots=True)
class DeliverReport:
    """What one pass did, in numbers of deliveries; `waiting` names receivers left alone until they recover."""

    sent: int = 0
    retried: int = 0
    dead: int = 0
    waiting: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def deliver(
    archive: Archive,
    channels: Mapping[str, Channel],
    rulebook: Rulebook,
    clock: Clock,
    *,
    links: Links = no_links,
    policy: RetryPolicy | None = None,
    lease: timedelta = LEASE,
    stop: threading.Event | None = None,
    paces: MutableMapping[str, Pace] | None = None,
    only: Collection[str] | None = None,
) -> DeliverReport:
    """Send all that is due now, in order for each receiver and for all receivers at once.

    Args:
        archive: where deliveries wait; touched from the calling thread only.
        channels: receiver id -> channel; deliveries of other receivers stay pending, with that as their error.
        rulebook: titles, topic names and rates.
        clock: the present, and the spans of rate limits and leases.
        links: what a reader can click.
        policy: how patient to be.
        lease: how long a claim holds when this process dies.
        stop: when set, nothing more is sent; messages under way get seven seconds, the rest is given back.
        paces: rate limits' memory, kept by a caller that delivers again and again.
        only: the receivers to serve, where others serve the rest; held alerts are then gathered elsewhere.
    """
    briefed = briefed_once(archive, rulebook)
    run = _Run(archive, channels, rulebook, clock, links, briefed, policy or RetryPolicy(), lease, stop or threading.Event())
    run.paces = paces if paces is not None else {}
    run.only = only
    return run.all()


@dataclass(slots=True)
class _Line:
    """One receiver's queue in this pass."""

    receiver: str
    channel: Channel
    rate: float
    health: Health
    waiting: deque[Delivery] = field(default_factory=deque)
    claimed_at: float = 0.0
    looked_at: float | None = None
    under_way: Delivery | None = None
    started_at: float = 0.0
    began: int = 0
    """The same moment as traces count."""
    rests_until: float = 0.0
    failing: list[Delivery] = field(default_factory=list)
    """Deliveries that failed as a whole, with no success since."""
    is_closed: bool = False


@dataclass(slots=True)
class _Run:
    archive: Archive
    channels: Mapping[str, Channel]
    rulebook: Rulebook
    clock: Clock
    links: Links
    briefed: Briefed
    policy: RetryPolicy
    lease: timedelta
    stop: threading.Event
    paces: MutableMapping[str, Pace] = field(default_factory=dict)
    only: Collection[str] | None = None
    lines: dict[str, _Line] = field(default_factory=dict)
    answers: SimpleQueue[tuple[str, str, Receipt]] = field(default_factory=SimpleQueue)
    report: DeliverReport = field(default_factory=DeliverReport)

    def all(self) -> DeliverReport:
        """Open a line for each receiver with something pending and work until nothing can go on."""
        if self.only is None:
            gather_held(self.archive, self.clock.now())
        pending = [
            receiver
            for receiver, counts in self.archive.outbox.counts().items()
            if counts.get(DeliveryState.PENDING) and (self.only is None or receiver in self.only)
        ]
        self._set_aside([receiver for receiver in pending if receiver not in self.channels])
        left = opted_out(self.archive)
        for receiver in pending:
            if receiver in left:
                self._let_go(receiver, left[receiver])
            elif receiver in self.channels:
                self._open(receiver)
        with tracing.span("deliver", receivers=pending) if pending else nullcontext():
            try:
                self._work()
            finally:
                self._finish()
            tracing.note(sent=self.report.sent, retried=self.report.retried, dead=self.report.dead)
        return self.report

    # -- opening ------------------------------------------------------------------------------------------------------

    def _open(self, receiver: str) -> None:
        health = load_health(self.archive, receiver)
        if health.until is not None and health.until > self.clock.now():
            self.report.waiting[receiver] = health.error
            return
        known = self.rulebook.receivers.get(receiver)
        rate = known.rate_per_minute if known else 60.0
        self.lines[receiver] = _Line(receiver, self.channels[receiver], rate, health)

    def _let_go(self, receiver: str, since: datetime) -> None:
        """Give up what is due to a receiver that asked to be left alone."""
        now = self.clock.now()
        error = f"{receiver} left the list on {since:%Y-%m-%d}; the settings page lets it back in"
        while claimed := self.archive.outbox.claim(now, self.lease, 1000, [receiver]):
            for delivery in claimed:
                self.archive.outbox.settle(replace(delivery, state=DeliveryState.DEAD, due=None, last_error=error), now)

    def _set_aside(self, receivers: list[str]) -> None:
        now = self.clock.now()
        for receiver in receivers:
            error = f"receiver {receiver} is not in the rulebook: name it there again, or drop the delivery (monitor outbox drop)"
            due = self.archive.outbox.claim(now, self.lease, 1000, [receiver])
            for delivery in due:
                self.archive.outbox.settle(replace(delivery, due=now + UNKNOWN_RECEIVER_WAIT, last_error=error), now)
            if due:
                log.warning("receiver unknown", receiver=receiver, deliveries=len(due))
        self.report.unknown = tuple(receivers)

    # -- working ------------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self.stop.is_set():
            for line in self.lines.values():
                self._advance(line)
            is_busy = any(line.under_way for line in self.lines.values())
            is_resting = any(line.waiting and not line.is_closed for line in self.lines.values())
            if not is_busy and not is_resting:
                return
            before = self.clock.monotonic()
            heard = self._listen(TICK_SECONDS)
            # A clock that stands still (in a test or a backtest) ends no rest: what is left waits for the next pass.
            if not heard and not is_busy and self.clock.monotonic() == before:
                return

    def _advance(self, line: _Line) -> None:
        if line.is_closed or line.under_way is not None:
            self._abandon_if_overdue(line)
            return
        at = self.clock.monotonic()
        if at < line.rests_until:
            return
        if line.waiting and at - line.claimed_at > self.lease.total_seconds() / 2:
            self._give_back(line)
        if not line.waiting:
            self._claim(line, at)
        if not line.waiting:
            if line.failing:
                self._close(line, None)
            return
        pace, rest = spend(self.paces.get(line.receiver), at, line.rate)
        self.paces[line.receiver] = pace
        if rest:
            line.rests_until = at + rest
            return
        self._start(line, line.waiting.popleft(), at)

    def _claim(self, line: _Line, at: float) -> None:
        """Look for more, at once while there is more, and now and then while other receivers are still at work."""
        if line.looked_at is not None and at - line.looked_at < _LOOK_AGAIN_SECONDS:
            return
        claimed = self.archive.outbox.claim(self.clock.now(), self.lease, CLAIM, [line.receiver])
        line.waiting.extend(claimed)
        line.claimed_at = at
        line.looked_at = None if claimed else at

    def _start(self, line: _Line, delivery: Delivery, at: float) -> None:
        message = self._message(delivery)
        if isinstance(message, Receipt):
            self._record(line, delivery, message)
            return
        failpoint("pre-send")
        line.under_way, line.started_at, line.began = delivery, at, tracing.now()
        work = threading.Thread(target=self._send, args=(line.channel, delivery, message), daemon=True)
        work.start()

    def _message(self, delivery: Delivery) -> Message | Receipt:
        try:
            message = message_for(self.archive, self.rulebook, delivery, self.clock.now(), self.links, self.briefed)
        # One alert that cannot be written must not keep the others.
        except Exception as error:
            log.exception("message not written", delivery=delivery.id, alert=delivery.alert)
            return Receipt(is_sent=False, error=f"the message could not be written: {type(error).__name__}")
        return message or Receipt(is_sent=False, error="the alert is no longer stored", is_permanent=True)

    def _send(self, channel: Channel, delivery: Delivery, message: Message) -> None:
        try:
            receipt = channel.send(message)
        # A channel promises not to raise; when one breaks its promise, the other receivers must not suffer.
        except Exception as error:
            log.exception("channel broke", receiver=delivery.receiver, delivery=delivery.id)
            receipt = Receipt(is_sent=False, error=f"the channel broke: {type(error).__name__}")
        self.answers.put((delivery.receiver, delivery.id, receipt))

    # -- hearing ------------------------------------------------------------------------------------------------------

    def _listen(self, seconds: float) -> bool:
        """Record one answer if any comes within so many seconds."""
        try:
            receiver, delivery, receipt = self.answers.get(timeout=seconds)
        except Empty:
            return False
        line = self.lines[receiver]
        # An answer that comes after its delivery was abandoned is no longer waited for.
        if line.under_way is not None and line.under_way.id == delivery:
            failpoint("post-send")
            sent, line.under_way = line.under_way, None
            self._record(line, sent, receipt)
        return True

    def _abandon_if_overdue(self, line: _Line) -> None:
        if line.under_way is not None and self.clock.monotonic() - line.started_at > SEND_SECONDS:
            sent, line.under_way = line.under_way, None
            self._record(line, sent, Receipt(is_sent=False, error=f"no answer within {SEND_SECONDS:.0f} seconds"))

    def _record(self, line: _Line, delivery: Delivery, receipt: Receipt) -> None:
        now = self.clock.now()
        settled = settle(delivery, receipt, now, self._born(delivery, now), self.policy)
        facts = {"receiver": delivery.receiver, "alert": delivery.alert, "delivery": delivery.id, "state": settled.state.value}
        tracing.past("send", line.began or tracing.now(), tracing.now(), **facts, error=receipt.error or None)
        failpoint("pre-mark")
        self.archive.outbox.settle(settled, now)
        self._count(settled, receipt)
        if receipt.is_sent:
            self._recovered(line)
        elif receipt.is_permanent:
            self._mark(line, Health(line.health.failures + 1, None, line.health.since or now, receipt.error))
        elif is_outage(delivery, receipt):
            if settled.state is DeliveryState.PENDING:
                line.failing.append(settled)
            if receipt.retry_after is not None or len(line.failing) >= _IN_DOUBT:
                self._close(line, receipt)

    def _born(self, delivery: Delivery, now: datetime) -> datetime:
        alert = self.archive.alerts.get(delivery.alert)
        return alert.created if alert else now

    def _count(self, settled: Delivery, receipt: Receipt) -> None:
        facts = {"receiver": settled.receiver, "delivery": settled.id, "alert": settled.alert, "attempts": settled.attempts}
        if settled.state is DeliveryState.SENT:
            self.report.sent += 1
            log.info("delivered", **facts, refused=list(settled.refused))
        elif settled.state is DeliveryState.DEAD:
            self.report.dead += 1
            log.error("delivery given up", **facts, error=settled.last_error)
        else:
            self.report.retried += 1
            log.warning("delivery failed", **facts, error=receipt.error, due=settled.due)

    def _recovered(self, line: _Line) -> None:
        line.failing.clear()
        if line.health.is_failing:
            log.info("receiver recovered", receiver=line.receiver)
            self._mark(line, Health())

    def _mark(self, line: _Line, health: Health) -> None:
        line.health = health
        save_health(self.archive, line.receiver, health)

    # -- closing ------------------------------------------------------------------------------------------------------

    def _close(self, line: _Line, receipt: Receipt | None) -> None:
        """The receiver is down: nothing more to it until its health allows, then its messages in their order."""
        now = self.clock.now()
        last = receipt or Receipt(is_sent=False, error=line.failing[-1].last_error)
        self._mark(line, failed(line.health, line.receiver, last, now, self.policy))
        for delivery in line.failing:
            self.archive.outbox.settle(replace(delivery, due=line.health.until), now)
        line.failing.clear()
        self._give_back(line)
        line.is_closed = True
        self.report.waiting[line.receiver] = last.error
        log.warning("receiver down", receiver=line.receiver, failures=line.health.failures, until=line.health.until)

    def _give_back(self, line: _Line) -> None:
        now = self.clock.now()
        while line.waiting:
            self.archive.outbox.settle(replace(line.waiting.popleft(), due=now), now)

    def _finish(self) -> None:
        """Hear what is still under way, for a while; then give back every lease that was not used."""
        ticks = int(GRACE_SECONDS / TICK_SECONDS)
        while ticks and any(line.under_way for line in self.lines.values()):
            ticks -= not self._listen(TICK_SECONDS)
        for line in self.lines.values():
            if line.failing:
                self._close(line, None)
            if line.under_way is not None and self.stop.is_set():
                # The process ends, so nobody will hear the answer; another one need not wait for the lease to end.
                line.waiting.appendleft(line.under_way)
            self._give_back(line)
