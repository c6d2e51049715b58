"""What the service knows, waits for and failed at, as one mapping for people and health checks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from monitor.ports import Archive

LONGEST_PAUSE = timedelta(minutes=5)
WORKER = "worker"
"""The name under which the worker keeps its own state among the rules' states."""
MODEL_PACE = "model_seconds"
"""In the worker's state: seconds the models took for an article, on average since the worker began."""


def service_status(archive: Archive, now: datetime) -> dict[str, Any]:
    """Counts of feeds, articles and deliveries, the worker's last note, and what is wrong now."""
    feeds = archive.feeds.list()
    worker: Mapping[str, Any] = archive.states.load(WORKER)
    return {
        "now": now.isoformat(timespec="seconds"),
        **archive.stats(),
        "feeds_failing": sum(state.failures > 0 for _, state in feeds),
        "feeds_due": len(archive.feeds.due(now, len(feeds) or 1)),
        "deliveries": archive.outbox.counts(),
        "rules_error": worker.get("rules_error", ""),
        "worker_seen": worker.get("at", ""),
        **({"model_seconds_an_article": worker[MODEL_PACE]} if MODEL_PACE in worker else {}),
    }


def is_alive(archive: Archive, now: datetime) -> bool:
    """Whether a worker has left its mark on this archive within the last five minutes."""
    seen = archive.states.load(WORKER).get("at")
    return bool(seen) and now - datetime.fromisoformat(str(seen)) < LONGEST_PAUSE
