"""Collect: a thousand feeds on loopback, polled four times, by this service, by reader and by a plain loop.

python -m benchmarks.collect ENGINE ADDRESS FEEDS     one engine in a process of its own; prints JSON
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.request import urlopen

from benchmarks.runs import ask, peak_megabytes, spread, used
from benchmarks.site import document, serving

PHASES = {"first": "first", "unchanged_304": "same", "unchanged_body": "bare", "new_2_percent": "next"}
ENTRIES = 50
READER_WORKERS = 10
Poll = Callable[[], None]


@dataclass
class Engine:
    """Something that polls feeds: `poll` asks all of them once, `count` says how many articles it holds."""

    poll: Poll
    count: Callable[[], int]
    close: Callable[[], None] = lambda: None


def service(urls: list[str], folder: Path) -> Engine:
    """This service: its fetcher, parser processes and archive as the worker uses them, politeness off (there is one host)."""
    from monitor import logs
    from monitor.archives import sqlite
    from monitor.clock import FixedClock
    from monitor.core.feeds.identity import registered_domain
    from monitor.fetchers import http
    from monitor.model import Feed
    from monitor.sandbox import Sandbox
    from monitor.services.collect import collect

    logs.configure(level="error")
    # What a worker does once in its life is no part of a poll: the list of public suffixes is read here,
    registered_domain("https://www.outlet.example/")
    clock = FixedClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    archive = sqlite.build(sqlite.Config(path=str(folder / "ours.db")))
    fetcher = http.build(http.Config(spacing_seconds=0, per_host=20, allow=("127.0.0.0/8",)), clock)
    parser = Sandbox()
    # and the processes of the parser are started.
    for _ in range(4):
        list(parser.parse([fetcher.page(urls[0])] * 8))
    archive.feeds.configure([Feed(f"feed-{number}", url, f"Feed {number}") for number, url in enumerate(urls)])

    def poll() -> None:
        clock.advance(timedelta(hours=2))
        report = collect(archive.feeds.list(), fetcher, parser, archive, clock)
        if report.failed:
            raise RuntimeError(f"{report.failed} feeds failed")

    def close() -> None:
        fetcher.close()
        parser.close()
        archive.close()

    return Engine(poll, lambda: int(archive.stats()["articles"]), close)


def reader(urls: list[str], folder: Path) -> Engine:
    """The reader library with its own parallel update."""
    import logging

    from reader import make_reader

    logging.disable(logging.CRITICAL)
    held = make_reader(str(folder / "reader.db"))
    for url in urls:
        held.add_feed(url)

    def poll() -> None:
        # By itself it asks a feed once an hour; ours is polled two hours later by its clock, reader now by this word.
        held.update_feeds(scheduled=False, workers=READER_WORKERS)

    return Engine(poll, lambda: held.get_entry_counts().total or 0, held.close)


def loop(urls: list[str], _: Path) -> Engine:
    """What one writes first: httpx for one feed after another, conditional where it can be, and feedparser."""
    import feedparser
    import httpx

    client = httpx.Client()
    etags: dict[str, str] = {}
    held: set[str] = set()

    def poll() -> None:
        for url in urls:
            answer = client.get(url, headers={"If-None-Match": etags[url]} if url in etags else {})
            if answer.status_code == httpx.codes.OK:
                held.update(entry.id for entry in feedparser.parse(answer.content).entries)
                etags[url] = answer.headers.get("etag", etags.get(url, ""))

    return Engine(poll, lambda: len(held), client.close)


def fetching(urls: list[str], _: Path) -> Engine:
    """The limit of fetching: our fetcher alone, nothing read."""
    from monitor.clock import SystemClock
    from monitor.fetchers import http
    from monitor.model import Feed, FeedState

    fetcher = http.build(http.Config(spacing_seconds=0, per_host=20, allow=("127.0.0.0/8",)), SystemClock())
    feeds = [(Feed(url, url, url), FeedState(url)) for url in urls]
    fetcher.page(urls[0])

    def poll() -> None:
        for _ in fetcher.fetch(feeds):
            pass

    return Engine(poll, lambda: 0, fetcher.close)


def parsing(urls: list[str], _: Path) -> Engine:
    """The limit of parsing: the reader of feed documents alone, in one process, nothing fetched or stored."""
    from monitor.sandbox.documents import read_feed

    bodies = [document(number, ENTRIES, 0) for number in range(len(urls))]

    def poll() -> None:
        for url, body in zip(urls, bodies, strict=True):
            read_feed(body, url, "application/xml")

    poll()
    return Engine(poll, lambda: 0)


ENGINES = {"service": service, "reader": reader, "loop": loop, "fetching": fetching, "parsing": parsing}


def one_run(name: str, address: str, feeds: int) -> dict[str, Any]:
    """Seconds, processor seconds and articles of each phase, and the peak memory."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        _set(address, "first")
        engine = ENGINES[name]([f"{address}/feed/{number}" for number in range(feeds)], Path(folder))
        limits = name in {"fetching", "parsing"}
        for phase, mode in PHASES.items() if not limits else [("first", "first")]:
            _set(address, mode)
            with used() as cost:
                engine.poll()
            found[phase] = {"seconds": cost.wall, "cpu": cost.cpu, "parsers": cost.children, "articles": engine.count()}
        found["rss_mb"] = peak_megabytes()
        engine.close()
    return found


def _set(address: str, mode: str) -> None:
    with urlopen(f"{address}/set/{mode}"):
        pass


def measure(
    *, feeds: int, runs: int, peers: tuple[str, ...] = ("reader", "loop"), fewer: Mapping[str, int] = MappingProxyType({})
) -> dict[str, Any]:
    """All engines in turn, `runs` times, so that a busy minute of the machine meets all of them; those in `fewer` so many times."""
    names = ("service", *peers, "fetching", "parsing")
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with serving(feeds, ENTRIES) as address:
        for run in range(runs):
            for name in names:
                if run < fewer.get(name, runs):
                    taken[name].append(ask("collect", name, address, feeds))
    expected = [feeds * ENTRIES] * 3 + [feeds * (ENTRIES + 1)]
    # A peer that does not hold what was served did less work, so its time is no measure of that phase.
    right = {
        name: [phase for phase, count in zip(PHASES, expected, strict=True) if taken[name][0][phase]["articles"] == count]
        for name in ("service", *peers)
    }
    for name, phases in right.items():
        if "new_2_percent" not in phases:
            # It did not ask the feeds again at all, so its unchanged polls are no measure either.
            right[name] = phases[:1]
    if len(right["service"]) < len(PHASES) or any("first" not in phases for phases in right.values()):
        raise RuntimeError(f"not every article was stored: {right}")
    return {
        "size": {"feeds": feeds, "entries": ENTRIES, "reader_workers": READER_WORKERS},
        **{name: _summary(found, feeds) for name, found in taken.items()},
        "ratios": {
            f"{phase}_vs_{peer}": spread(
                [theirs[phase]["seconds"] / ours[phase]["seconds"] for ours, theirs in _pairs(taken, peer)]
            )
            for peer in peers
            for phase in right[peer]
        },
        "cpu_ratios": {
            f"{phase}_vs_{peer}": spread([theirs[phase]["cpu"] / ours[phase]["cpu"] for ours, theirs in _pairs(taken, peer)])
            for peer in peers
            for phase in right[peer]
        },
        "parsing_share": spread([run["first"]["parsers"] / run["first"]["cpu"] for run in taken["service"]]),
    }


def _pairs(taken: dict[str, list[dict[str, Any]]], peer: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return list(zip(taken["service"], taken[peer], strict=False))


def _summary(runs: list[dict[str, Any]], feeds: int) -> dict[str, Any]:
    phases = [phase for phase in PHASES if phase in runs[0]]
    return {
        **{
            phase: {
                "feeds_per_second": spread([feeds / run[phase]["seconds"] for run in runs]),
                "cpu_seconds": spread([run[phase]["cpu"] for run in runs]),
            }
            for phase in phases
        },
        "rss_mb": spread([run["rss_mb"] for run in runs]),
    }


if __name__ == "__main__":
    print(json.dumps(one_run(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
