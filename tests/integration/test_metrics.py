"""`/metrics`: figures that Prometheus can read, counted from the archive."""

from __future__ import annotations

from dataclasses import replace

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from monitor.model import Fetched
from monitor.web.build import build_web
from tests.webstage import NOW, stage


def read(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


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
