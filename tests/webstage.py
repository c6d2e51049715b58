"""A small filled service for tests of the pages: feeds, rules, scored articles, a story, an alert with deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.app import App, open_app
from monitor.clock import FixedClock
from monitor.model import (
    Alert,
    Article,
    Delivery,
    DeliveryState,
    Evidence,
    Reason,
    Relevance,
    Scores,
    Severity,
    Stance,
    Statement,
    Suppression,
    Voice,
)

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
FEEDS = """# the desk's feeds
feeds:
  - {id: wire, name: Wire, url: "https://wire.example/feed", tags: [agency], language: en}
  - {id: gazette, name: Gazette, url: "https://gazette.example/rss"}
"""
RULES = """# the desk's rules
topics:
  toll:
    name: Harbour toll
    description: A toll on the harbour bridge.
actors:
  Freedonia: {aliases: [Freedonian]}
  Sylvania:
rules:
  # the comment that must stay
  toll-opposed:
    title: Somebody opposes the toll
    when: topic:toll stance:against
    notify: [desk]
  everything:
    when: topic:toll
    enabled: false
receivers:
  desk: {kind: console}
"""
TEXT = (
    "The harbour authority will collect a toll from May. Freedonia called the toll an insult to every sailor. "
    "Sylvania welcomed it as fair."
)


def statement(article: int, holder: str, stance: Stance, sentence: str, text: str = TEXT) -> Statement:
    start = text.find(sentence)
    sure = {"favor": 0.06, "against": 0.06, "neutral": 0.06, str(stance): 0.88}
    evidence = Evidence(sentence, start, start + len(sentence)) if start >= 0 else None
    return Statement(
        "toll", holder, stance, sure["favor"], sure["against"], sure["neutral"], Voice.QUOTED, evidence, article=article
    )


def article(number: int, **given: object) -> Article:
    values: dict[str, object] = {
        "id": 0, "feed": "wire", "url": f"https://wire.example/{number}", "title": f"Toll on the harbour bridge, day {number}",
        "text": TEXT, "keys": (f"k{number}",), "content_hash": f"h{number}", "published": NOW - timedelta(hours=number * 5),
        "seen": NOW - timedelta(hours=number * 5) + timedelta(minutes=1), "author": "A. Writer", "language": "en",
        "source": "wire.example" if number % 2 else "gazette.example", "tags": ("agency",),
    }  # fmt: skip
    return Article(**{**values, **given})  # type: ignore[arg-type]


def fill(app: App, count: int = 6, **given: object) -> list[int]:
    """Articles on the toll with two statements each, all in one story, and one alert with two deliveries."""
    archive = app.archive
    archive.feeds.configure(app.feeds)
    ids = archive.articles.add([article(number, **given) for number in range(1, count + 1)])
    story = None
    for number in ids:
        said = (
            statement(number, "Freedonia", Stance.AGAINST, "Freedonia called the toll an insult to every sailor."),
            statement(number, "Sylvania", Stance.FAVOR, "Sylvania welcomed it as fair."),
        )
        archive.scores.save(
            [
                Scores(
                    number, "en", "model-1", None, (Relevance("toll", 0.93, is_relevant=True),), said, at=NOW - timedelta(hours=1)
                )
            ]
        )
        story = archive.stories.join(number, story)
    assert story is not None
    archive.stories.describe(story, "Toll on the harbour bridge", 2)
    alert = Alert(
        "a1b2c3d4e5", "toll-opposed", f"story:{story}", "Freedonia opposes the toll", "Freedonia against toll 0.88",
        NOW - timedelta(hours=2), Severity.URGENT, tuple(ids[:2]), story,
        (statement(ids[0], "Freedonia", Stance.AGAINST, "Freedonia called the toll an insult to every sailor."),),
    )  # fmt: skip
    deliveries = [
        Delivery("d1", alert.id, "desk", DeliveryState.SENT, 1),
        Delivery("d2", alert.id, "other", DeliveryState.DEAD, 3, last_error="451 try later"),
    ]
    held = Suppression("toll-opposed", f"story:{story}", Reason.COOLDOWN, NOW - timedelta(hours=1), ids[0], "6h")
    archive.alerts.plan([(alert, deliveries)], [held])
    return ids


@contextmanager
def stage(root: Path, *, is_filled: bool = True, **settings: object) -> Iterator[App]:
    """An App on fresh files below `root`, at a fixed time."""
    (root / "rules").mkdir(parents=True)
    (root / "rules/desk.yaml").write_text(RULES, encoding="utf-8")
    (root / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    flags = {"archive": str(root / "monitor.db"), "feeds": str(root / "feeds.yaml"), "rules": str(root / "rules"), **settings}
    with open_app(flags, environment={}, clock=FixedClock(NOW)) as app:
        if is_filled:
            fill(app)
        yield app
