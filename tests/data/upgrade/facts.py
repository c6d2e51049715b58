"""Everything that an archive tells through its ports, as values of JSON; the same code asks release 1.0.0 and the present one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
QUERIES = (
    "tax",
    '"the harbour"',
    "세금",
    "steuer*",
    "topic:tax",
    "topic:tax holder:Japan stance:against",
    "source:post.example",
    "outlets:>1",
)


def facts(archive: Any, parse: Callable[[str], Any]) -> dict[str, Any]:
    """What is stored, and what each query finds; `parse` is the release's own."""
    found = {query: sorted(one.id for one in archive.search.search(parse(query), now=NOW)[0]) for query in QUERIES}
    ids = sorted({hit.article for hit in archive.search.hits(parse("seen:>2000-01-01"), now=NOW)})
    alerts = archive.alerts.recent(EVER)
    rules = ("tax", "paper", "two-outlets", "many", "against")
    return plain(
        {
            "feeds": sorted(archive.feeds.list(), key=lambda pair: pair[0].id),
            "articles": archive.articles.get(ids),
            "known": archive.articles.known("wire", [f"guid:{number}" for number in range(20)]),
            "scores": [archive.scores.get(number) for number in ids],
            "waiting": archive.scores.waiting(100),
            "stories": archive.stories.get(sorted({one.story for one in archive.articles.get(ids) if one.story})),
            "alerts": sorted(alerts, key=lambda alert: alert.id),
            "deliveries": sorted(archive.outbox.list(limit=1000), key=lambda delivery: delivery.id),
            "suppressions": sorted(archive.alerts.suppressions(), key=repr),
            "silences": archive.silences.list(NOW),
            "labels": sorted(archive.labels.list(), key=repr),
            "states": {rule: archive.states.load(rule) for rule in rules},
            "found": found,
            "vectors": {str(number): vector for number, vector in sorted(archive.trends.vectors(ids).items())},
        }
    )


def plain(value: Any) -> Any:
    """Values of JSON for values of the model."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return round(value, 6) if isinstance(value, float) else value
