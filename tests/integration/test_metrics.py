"""`/metrics`: figures that Prometheus can read, counted from the archive, and what a worker counts of itself."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from monitor.app import App
from monitor.errors import ConfigError
from monitor.model import Alert, Fetched, Severity
from monitor.services.metrics import MODELS, exposition, serve
from monitor.services.status import MODEL_PACE, WORKER
from monitor.web.build import build_web
from tests.webstage import NOW, article, stage

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(client: TestClient) -> Figures:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return parsed(answer.text)


def parsed(text: str) -> Figures:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labelled(found: Figures, wanted: str) -> dict[tuple[str, ...], float]:
    """One figure's values by its labels' values."""
    return {tuple(value for _, value in sorted(labels)): number for (name, labels), number in found.items() if name == wanted}


def test_figures_say_what_the_archive_holds(tmp_path):
    with stage(tmp_path) as app:
        feed, state = app.archive.feeds.list()[0]
        failing = Fetched(feed.id, feed.url, 500, error="500")
        app.archive.feeds.record(replace(state, url=feed.url, failures=3), failing, NOW, 0)
        client = TestClient(build_web(app), base_url="http://127.0.0.1")
        found = read(client)
        stats = app.archive.stats()
        assert found["monitor_articles", frozenset()] == stats["articles"] > 0
        assert found["monitor_articles_waiting", frozenset()] == stats["waiting"]
        assert found["monitor_collect_share", frozenset()] == 1
        assert sum(value for (name, _), value in found.items() if name == "monitor_feeds_failing") == 1
        deliveries = {labels: value for (name, labels), value in found.items() if name == "monitor_deliveries"}
        assert sum(deliveries.values()) == sum(n for states in app.archive.outbox.counts().values() for n in states.values())
        assert not any(name == "monitor_queue_jobs" for name, _ in found)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk") as made:
        yield made


def alert(app: App, number: int, waited: timedelta | None) -> None:
    """An alert some minutes ago on an article published so long before it; None is an alert on no article."""
    created = NOW - timedelta(minutes=number)
    fresh = [] if waited is None else [article(100 + number, published=created - waited)]
    told = Alert(
        f"new{number}", "toll-opposed", f"g{number}", "t", "w", created, Severity.LOW, tuple(app.archive.articles.add(fresh))
    )
    app.archive.alerts.plan([(told, [])], [])


@pytest.mark.parametrize(
    ("waits", "quantiles"),
    [
        ([], {("0.5",): math.nan}),
        ([None], {("0.5",): math.nan}),
        ([40], {("0.5",): 40}),
        ([-30], {("0.5",): 0}),
        ([100, 0, None], {("0.5",): 50, ("0.95",): 95}),
    ],
)
def test_how_long_news_took_to_become_an_alert(app: App, waits: list[float | None], quantiles: dict[tuple[str], float]):
    for number, wait in enumerate(waits, 1):
        alert(app, number, None if wait is None else timedelta(seconds=wait))

    found = parsed(exposition(app.archive, None, NOW).decode())

    told = {labels: value for labels, value in labelled(found, "monitor_alert_latency_seconds").items() if labels}
    assert told == pytest.approx(quantiles, nan_ok=True)
    # The alert of the stage is two hours old.
    assert sum(labelled(found, "monitor_alerts_last_hour").values()) == len(waits)


class Queue:
    """A queue of which only the lengths are asked."""

    def depths(self) -> dict[str, int]:
        return {"analyse": 7, "deliver": 0}


def test_a_cluster_tells_its_queues_and_a_worker_how_fast_its_models_are(app: App):
    app.archive.states.save(WORKER, {"at": NOW.isoformat(), MODEL_PACE: 0.25})

    found = parsed(exposition(app.archive, Queue(), NOW).decode())

    assert labelled(found, "monitor_queue_jobs") == {("analyse",): 7, ("deliver",): 0}
    assert labelled(found, "monitor_model_seconds_per_article") == {(): 0.25}
    assert labelled(found, "monitor_up") == {(): 1}


def test_only_feeds_that_are_read_count_and_late_ones_are_told_apart(app: App):
    (wire, first), (gazette, second) = app.archive.feeds.list()
    for feed, state, due in ((wire, first, NOW - timedelta(hours=2)), (gazette, second, NOW - timedelta(minutes=30))):
        answer = Fetched(feed.id, feed.url, 500, error="500")
        app.archive.feeds.record(replace(state, url=feed.url, failures=1, next_due=due), answer, NOW, 0)
    found = parsed(exposition(app.archive, None, NOW).decode())

    assert (labelled(found, "monitor_feeds")[()], labelled(found, "monitor_feeds_late")[()]) == (2, 1)
    assert labelled(found, "monitor_feeds_failing") == {("gazette.example",): 1, ("wire.example",): 1}

    app.archive.feeds.configure([replace(wire, is_enabled=False), gazette])
    found = parsed(exposition(app.archive, None, NOW).decode())
    assert (labelled(found, "monitor_feeds")[()], labelled(found, "monitor_feeds_late")[()]) == (1, 0)


def test_a_worker_counts_its_jobs_and_its_models_apart():
    registry = CollectorRegistry()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    observe = serve(f":{port}", registry)
    for queue, seconds, has_failed in (
        ("collect", 2.0, False),
        ("collect", 4.0, True),
        (MODELS, 0.5, False),
        (MODELS, 0.5, True),
    ):
        observe(queue, seconds, has_failed)

    found = parsed(httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text)

    assert labelled(found, "monitor_job_seconds_count") == {("collect",): 2}
    assert labelled(found, "monitor_job_seconds_sum") == {("collect",): 6}
    assert labelled(found, "monitor_jobs_failed_total") == {("collect",): 1}
    assert labelled(found, "monitor_model_seconds_count") == {(): 2}
    assert labelled(found, "monitor_model_failures_total") == {(): 1}


@pytest.mark.parametrize("address", ["127.0.0.1:", "9100x", "203.0.113.1:9100", "127.0.0.1:99999"])
def test_an_address_that_cannot_be_listened_on_is_named(address: str):
    with pytest.raises(ConfigError, match=f"figures cannot be served at {address}: .*write --metrics HOST:PORT"):
        serve(address, CollectorRegistry())


def test_the_address_of_another_service_is_not_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        with pytest.raises(ConfigError, match="Address already in use"):
            serve(address, CollectorRegistry())
