"""An archive, a clock that is moved by hand and channels, ready to deliver in tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor import kinds
from monitor.archives.sqlite import Config, build
from monitor.clock import FixedClock
from monitor.core.alerts.retry import Pace, RetryPolicy
from monitor.model import Delivery, Message, Receipt, Receiver, Rulebook
from monitor.ports import Archive, Channel
from monitor.services.deliver import DeliverReport, deliver
from tests.messages import NOW, RULEBOOK, plan

FAST = 1e6


@dataclass
class Bench:
    """One archive and its receivers."""

    archive: Archive
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    channels: dict[str, Channel] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    stop: threading.Event = field(default_factory=threading.Event)
    rulebook: Rulebook = RULEBOOK

    def add(self, receiver: str, kind: str, *, rate: float = FAST, **config: Any) -> None:
        module = kinds.load("channel", kind)
        extra = {"ca_file": config.pop("ca_file")} if "ca_file" in config else {}
        self.channels[receiver] = module.build(module.Config.model_validate(config), allow=["127.0.0.1"], **extra)
        self.rates[receiver] = rate

    def plan(self, *receivers: str, **more: Any) -> list[str]:
        return plan(self.archive, *(receivers or tuple(self.channels)), now=self.clock.now(), **more)

    def run(self, after: timedelta | float = 0) -> DeliverReport:
        """Move the clock on (seconds), then one pass."""
        self.clock.advance(after if isinstance(after, timedelta) else timedelta(seconds=after))
        receivers = {name: Receiver(name, "x", None, rate_per_minute=rate) for name, rate in self.rates.items()}
        rulebook = replace(self.rulebook, receivers=receivers)
        return deliver(
            self.archive, self.channels, rulebook, self.clock, policy=self.policy, stop=self.stop, paces=self.paces
        )  # fmt: skip

    def run_until_settled(self, step_seconds: float = 60, most: int = 200) -> int:
        """Passes until nothing is pending; how many there were."""
        for number in range(most):
            self.run(step_seconds if number else 0)
            if not self.pending():
                return number + 1
        raise AssertionError(f"still pending: {self.pending()}")

    def deliveries(self) -> Mapping[str, Delivery]:
        return {delivery.id: delivery for delivery in self.archive.outbox.list(limit=100_000)}

    def pending(self) -> list[Delivery]:
        return [one for one in self.deliveries().values() if one.state == "pending"]

    def one(self) -> Delivery:
        (only,) = self.deliveries().values()
        return only


@contextmanager
def bench(path: Path | None = None) -> Iterator[Bench]:
    """A bench on an archive in memory, or in a file where several threads look at it."""
    archive = build(Config(path=str(path) if path else ":memory:"))
    try:
        yield Bench(archive)
    finally:
        archive.close()


@dataclass
class Scripted:
    """A channel that answers as told, by alert, and keeps what it took."""

    answers: dict[str, Receipt | Exception] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def send(self, message: Message) -> Receipt:
        self.tried.append(message.alert)
        answer = self.answers.get(message.alert, Receipt(is_sent=True, remote_id=message.delivery))
        if isinstance(answer, Exception):
            raise answer
        if answer.is_sent:
            self.taken.append(message.alert)
        return answer
