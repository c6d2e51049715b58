"""Figures for Prometheus: what the archive and the queue say when asked, and what one worker of a cluster counts of itself."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from monitor.core.feeds.backpressure import share
from monitor.errors import ConfigError, Problem, how_to_install
from monitor.model import Alert
from monitor.ports import Archive, Queue
from monitor.services.operator import LONG_QUEUE
from monitor.services.status import MODEL_PACE, WORKER, is_alive

MODELS = "models"
"""The step that an observer is told of beside whole jobs: scoring one batch, or failing at it."""
SPAN = timedelta(hours=1)
MOST = 10_000
MOST_HOSTS = 500
"""Failing hosts named one by one; a name for each of many thousands would burden Prometheus."""
_FEW = 2
_UNKNOWN = float("nan")
"""What Prometheus shows as no value; 0 would be an answer."""

Sample: TypeAlias = tuple[Mapping[str, str], float]
Observer: TypeAlias = Callable[[str, float, bool], None]


def exposition(archive: Archive, queue: Queue | None, now: datetime) -> bytes:
    """The figures of the whole service in the text format of Prometheus, counted as they are asked for.

    Raises:
        ConfigError: the library that writes them is not installed.
    """
    client = _client()
    registry = client.CollectorRegistry()
    for name, meaning, samples in _figures(archive, queue, now):
        labels = sorted({label for given, _ in samples for label in given})
        gauge = client.Gauge(f"monitor_{name}", meaning, labels, registry=registry)
        for given, value in samples:
            (gauge.labels(**given) if given else gauge).set(value)
    text: bytes = client.generate_latest(registry)
    return text


def serve(address: str, registry: Any = None) -> Observer:
    """Serve this process's own figures at HOST:PORT; gives what to call with each job's queue (or MODELS), seconds and failure.

    `registry` is where they are kept, that of the whole process (its memory and processor time too) unless another is given.

    Raises:
        ConfigError: the address cannot be listened on, or the library is not installed.
    """
    client = _client()
    host, _, port = address.rpartition(":")
    registry = registry or client.REGISTRY
    buckets = (0.01, 0.05, 0.2, 1, 5, 20, 60, 300)
    seconds = client.Histogram("monitor_job_seconds", "Time of one job.", ["queue"], buckets=buckets, registry=registry)
    failed = client.Counter("monitor_jobs_failed", "Jobs that failed and are tried again.", ["queue"], registry=registry)
    models = client.Histogram("monitor_model_seconds", "Time the models take for a batch.", buckets=buckets, registry=registry)
    unanswered = client.Counter("monitor_model_failures", "Batches with articles left unscored.", registry=registry)
    try:
        client.start_http_server(int(port), addr=host or "127.0.0.1", registry=registry)
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "its port is no number up to 65535"
        hint = "write --metrics HOST:PORT, with a port that nobody uses"
        raise ConfigError([Problem(f"figures cannot be served at {address}: {reason}", hint=hint)]) from error

    def observe(queue: str, taken: float, has_failed: bool) -> None:  # noqa: FBT001 - an observer is called so
        if queue == MODELS:
            models.observe(taken)
            unanswered.inc(has_failed)
            return
        seconds.labels(queue=queue).observe(taken)
        if has_failed:
            failed.labels(queue=queue).inc()

    return observe


def _figures(archive: Archive, queue: Queue | None, now: datetime) -> list[tuple[str, str, list[Sample]]]:
    stats = archive.stats()
    waiting = float(stats["waiting"])
    part = share(int(waiting), LONG_QUEUE)
    alerts = archive.alerts.recent(now - SPAN, limit=MOST)
    suppressed = archive.alerts.suppressions(since=now - SPAN, limit=MOST)
    figures: list[tuple[str, str, list[Sample]]] = [
        ("up", "1 while a worker or scheduler leaves its mark on the archive.", [({}, float(is_alive(archive, now)))]),
        ("articles", "Articles stored.", [({}, float(stats["articles"]))]),
        ("articles_waiting", "Articles that wait for analysis.", [({}, waiting)]),
        ("articles_quarantined", "Articles set aside after failing again and again.", [({}, float(stats["quarantined"]))]),
        ("archive_bytes", "Size of the archive.", [({}, float(stats["bytes"]))]),
        ("model_seconds_per_article", "What the models of a worker on one machine take for an article.", _pace(archive)),
        ("collect_share", "Part of the due feeds fetched; less while analysis is behind.", [({}, part)]),
        *_feeds(archive, now),
        ("deliveries", "Deliveries by receiver and state.", _deliveries(archive)),
        ("alerts_last_hour", "Alerts by rule.", _counted({"rule": one.rule} for one in alerts)),
        (
            "suppressed_last_hour",
            "What was not sent, by rule and reason.",
            _counted({"rule": one.rule, "reason": one.reason.value} for one in suppressed),
        ),
        ("alert_latency_seconds", "From publication to the alert, over the last hour.", _latencies(archive, alerts)),
    ]
    if queue is not None:
        depths: list[Sample] = [({"queue": name}, float(depth)) for name, depth in queue.depths().items()]
        figures.append(("queue_jobs", "Jobs that wait or are under way.", depths))
    return figures


def _pace(archive: Archive) -> list[Sample]:
    pace = archive.states.load(WORKER).get(MODEL_PACE)
    return [({}, _UNKNOWN if pace is None else float(pace))]


def _feeds(archive: Archive, now: datetime) -> list[tuple[str, str, list[Sample]]]:
    feeds = [(feed, state) for feed, state in archive.feeds.list() if feed.is_enabled]
    failing = Counter(urlsplit(state.url or feed.url).hostname or "" for feed, state in feeds if state.failures)
    late = sum(1 for _, state in feeds if state.next_due is not None and state.next_due < now - SPAN)
    hosts: list[Sample] = [({"host": host}, float(number)) for host, number in failing.most_common(MOST_HOSTS)]
    return [
        ("feeds", "Feeds that are configured.", [({}, float(len(feeds)))]),
        ("feeds_late", "Feeds more than an hour past their time.", [({}, float(late))]),
        ("feeds_failing", "Feeds that fail, by host.", hosts),
    ]


def _deliveries(archive: Archive) -> list[Sample]:
    return [
        ({"receiver": receiver, "state": state}, float(number))
        for receiver, states in archive.outbox.counts().items()
        for state, number in states.items()
    ]


def _counted(labels: Any) -> list[Sample]:
    found = Counter(tuple(sorted(given.items())) for given in labels)
    return [(dict(given), float(number)) for given, number in found.items()]


def _latencies(archive: Archive, alerts: Sequence[Alert]) -> list[Sample]:
    newest = {alert.id: alert.articles[-1] for alert in alerts if alert.articles}
    published = {article.id: article.published for article in archive.articles.get(sorted(set(newest.values())))}
    waits = sorted(
        max(0.0, (alert.created - published[newest[alert.id]]).total_seconds())
        for alert in alerts
        if newest.get(alert.id) in published
    )
    if len(waits) < _FEW:
        return [({"quantile": "0.5"}, waits[0] if waits else _UNKNOWN)]
    hundredths = statistics.quantiles(waits, n=100, method="inclusive")
    return [({"quantile": "0.5"}, hundredths[49]), ({"quantile": "0.95"}, hundredths[94])]


def _client() -> Any:
    try:
        import prometheus_client  # noqa: PLC0415 - comes with an extra
    except ImportError as error:
        hint = how_to_install("cluster")
        raise ConfigError(
            [Problem("figures for Prometheus need prometheus_client, which is not installed", hint=hint)]
        ) from error
    return prometheus_client
