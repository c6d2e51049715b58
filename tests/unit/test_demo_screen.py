from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from monitor.demo.configuration import Place
from monitor.demo.report import DemoReport, Letter, Side, Told, TopicSummary
from monitor.demo.run import Start
from monitor.demo.screen import opening, show, steps
from monitor.model import Alert, Receiver, Rule, Rulebook, Severity, Topic
from monitor.services.analyse import AnalyseReport
from monitor.services.collect import CollectReport
from monitor.services.deliver import DeliverReport

TOPIC = Topic("drills", "Harbour drill")
RULES = Rulebook(
    topics={"drills": TOPIC},
    actors={},
    rules={"condemned": Rule("condemned", "topic:drills", "Somebody condemns the drill", notify=("desk",))},
    receivers={"desk": Receiver("desk", "email", None)},
)
ALERT = Alert(
    id="a1",
    rule="condemned",
    group="story:1",
    title="Crews protest",
    why="because",
    created=datetime(2026, 3, 1, 12, tzinfo=UTC),
    severity=Severity.URGENT,
    articles=(1,),
)


def report(**changes: object) -> DemoReport:
    place = Place(Path("db/demo"))
    letter = Letter(
        "condemned", "a@example.org", "b@example.org", "Crews protest", "▼ Japan is against it\nhttps://x.example/1", place.mail
    )
    values: dict[str, object] = {
        "place": place,
        "feeds": 2,
        "articles": 5,
        "scored": 5,
        "stories": 3,
        "topics": (TopicSummary(TOPIC, 4, 2, (Side("Japan", favor=0, against=2, neutral=1), Side("China", 1, 0, 0))),),
        "alerts": (Told(ALERT, "Japan is against Harbour drill", 2, ("desk",)),),
        "suppressed": {"cooldown": 3},
        "deliveries": {"email": 1, "slack": 0},
        "letters": (letter,),
        "seconds": {"collect": 0.1},
    }
    return DemoReport(**{**values, **changes})  # type: ignore[arg-type]


def shown(demo: DemoReport, width: int = 100) -> str:
    console = Console(width=width, record=True, file=StringIO())
    opening(console)
    show(console, demo, RULES)
    return console.export_text()


def test_the_screen_says_who_takes_which_side_what_was_sent_and_what_was_held_back():
    text = shown(report())

    for words in ("Harbour drill", "▼2", "▲1", "Japan is against Harbour drill", "→ email", "Held back: 3 cooldown", "Sun 12:00"):
        assert words in text
    assert "To    b@example.org" in text
    assert "monitor search --archive db/demo/monitor.db" in text


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_screen_fits_its_terminal(width: int):
    assert max(len(line) for line in shown(report(), width).splitlines()) <= width


def test_a_demo_that_found_nothing_is_still_shown():
    text = shown(report(topics=(), alerts=(), suppressed={}, letters=()))

    assert "NO EMAIL WAS SENT" in text
    assert "0 alerts" in text


def test_the_bars_follow_the_steps():
    console = Console(width=100, record=True, file=StringIO())
    with steps(console) as bars:
        bars.note("start", Start(feeds=2, articles=5, polls=1))
        bars.note("collect", CollectReport(feeds=2, new=5))
        bars.note("analyse", AnalyseReport(scored=5, alerts=1))
        bars.note("deliver", DeliverReport(sent=1, retried=1))
    text = console.export_text()

    assert "5 articles from 2 fetches" in text
    assert "5 scored, 1 alert" in text
    assert "1 sent, 1 asked to wait" in text


def test_the_report_is_one_object_for_programs():
    found = report().as_json()

    assert {"feeds", "articles", "scored", "alerts", "deliveries", "archive"} <= set(found)
    assert found["alerts"] == 1
    assert found["topics"]["drills"]["holders"]["Japan"]["against"] == 2
