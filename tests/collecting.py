"""COLLECT put together for tests: a fault server, a canary nobody may call, a real archive and a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.archives import sqlite
from monitor.clock import FixedClock
from monitor.fetchers import http
from monitor.guard import Resolver
from monitor.model import Article, Feed, FeedState
from monitor.ports import Archive
from monitor.sandbox import Sandbox
from monitor.services.collect import CollectReport, Policy, collect
from monitor.services.fulltext import PageReader
from tests.rig import FaultServer, fault_server, feed_of

NOW = datetime(2024, 11, 2, 12, 0, tzinfo=UTC)
HEALTHY = Feed("healthy", "", "Healthy")


@dataclass
class Rig:
    """Feeds are polled with one healthy feed beside them, and the canary must never be asked."""

    server: FaultServer
    canary: FaultServer
    archive: Archive
    fetcher: http.HttpFetcher
    parser: Sandbox
    clock: FixedClock
    policy: Policy = field(default_factory=Policy)
    pages: PageReader = field(init=False)

    def __post_init__(self) -> None:
        self.pages = PageReader(self.fetcher, self.parser, self.clock)

    def poll(self, *feeds: Feed) -> CollectReport:
        """One pass over these feeds and the healthy one, which must come through, whatever the others do."""
        healthy = Feed("healthy", self.server.serve("/healthy", feed_of(3)), "Healthy")
        wanted = [(feed, self.state(feed.id)) for feed in (*feeds, healthy)]
        self.archive.feeds.configure([*feeds, healthy])
        report = collect(wanted, self.fetcher, self.parser, self.archive, self.clock, self.policy, pages=self.pages)
        state = self.state("healthy")
        assert state.failures == 0
        assert state.last_success == self.clock.now()
        assert not self.canary.asked
        return report

    def feed(self, path: str = "/feed", **more: Any) -> Feed:
        return Feed("feed", self.server.url(path), "Feed", **more)

    def state(self, id_: str = "feed") -> FeedState:
        return next((state for feed, state in self.archive.feeds.list() if feed.id == id_), FeedState(id_))

    def articles(self, feed: str = "feed") -> list[Article]:
        return [article for article in self.archive.articles.unscored(10_000) if article.feed == feed]

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))


@contextmanager
def collecting(parser: Sandbox, resolve: Resolver | None = None, **config: Any) -> Iterator[Rig]:
    with fault_server() as server, fault_server() as canary:
        clock = FixedClock(NOW)
        settings = {"total_seconds": 30, "spacing_seconds": 0, "per_host": 20, "allow": (server.address,), **config}
        fetcher = http.build(http.Config(**settings), clock, resolve)
        archive = sqlite.build(sqlite.Config(path=":memory:"))
        try:
            yield Rig(server, canary, archive, fetcher, parser, clock)
        finally:
            server.is_closed.set()
            fetcher.close()
            archive.close()
