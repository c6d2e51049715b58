"""Alerts become messages: headlines, positions with evidence, reports by outlet, facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.alerts.messages import Background, compose, gather, headline, topics_of
from monitor.model import OUTLET, Alert, Article, Evidence, Rule, Severity, Stance, Statement, Voice
from tests.messages import NOW, RULEBOOK, article, position


def told(*positions: object, outlets: int = 4) -> str:
    return headline(positions, outlets, "A title")  # type: ignore[arg-type]


FOR, AGAINST, NEUTRAL = Stance.FAVOR, Stance.AGAINST, Stance.NEUTRAL


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ([position()], "North Korea is against Freedom Edge exercise — 4 outlets"),
        ([position("Japan", FOR), position("Korea", FOR)], "Japan and Korea are for Freedom Edge exercise — 4 outlets"),
        ([position("Japan", NEUTRAL, confidence=0.5)], "Japan seems neutral on Freedom Edge exercise — 4 outlets"),
        (
            [position("A", FOR), position("B", AGAINST), position("C", NEUTRAL, confidence=0.6)],
            "Freedom Edge exercise: B against, A for, C neutral (unsure) — 4 outlets",
        ),
        ([position(name) for name in "ABCDE"], "A, B and 3 more are against Freedom Edge exercise — 4 outlets"),
        ([position(OUTLET, source="nk.example")], "nk.example itself is against Freedom Edge exercise — 4 outlets"),
        ([position(), position(topic="Other")], "North Korea is against Freedom Edge exercise; and on 1 more topic — 4 outlets"),
        ([], "A title — 4 outlets"),
    ],
)
def test_the_headline_says_who_takes_which_side(positions: list[object], expected: str):
    assert told(*positions) == expected


def test_one_outlet_is_not_counted_aloud_and_the_headline_stays_short():
    assert told(position(), outlets=1) == "North Korea is against Freedom Edge exercise"
    assert len(told(*(position("X" * 500, topic="Y" * 500) for _ in range(3)))) <= 150


TEXT = "Ships left Busan. Pyongyang called the drill a rehearsal for war."
SENTENCE = "Pyongyang called the drill a rehearsal for war."


def statement(holder: str = "North Korea", favor: float = 0.02, against: float = 0.95, evidence: str = SENTENCE) -> Statement:
    stance = max((favor, FOR), (against, AGAINST), (1 - favor - against, NEUTRAL))[1]
    start = TEXT.index(evidence) if evidence in TEXT else 0
    found = Evidence(evidence, start, start + len(evidence))
    return Statement("drills", holder, stance, favor, against, 1 - favor - against, Voice.QUOTED, found)


def alert(*statements: Statement, **more: object) -> Alert:
    plain = Alert("a1", "ships", "story:7", "Drill", "why", NOW, Severity.NORMAL, (1, 2), 7, statements)
    return replace(plain, **more)  # type: ignore[arg-type]


ARTICLES: tuple[Article, ...] = (
    replace(article(1), id=1, published=NOW - timedelta(hours=2)),
    replace(article(2), id=2, text=TEXT),
    replace(article(2), id=3, published=NOW - timedelta(hours=1)),
)


def composed(*statements: Statement, outlets: int = 0, **more: object):
    return compose(alert(*statements, **more), Background(ARTICLES, outlets), RULEBOOK, delivery="d", receiver="desk")


def test_evidence_leads_to_the_article_it_stands_in():
    (found,) = composed(statement()).positions

    assert (found.article, found.source, found.evidence, found.topic) == (2, "outlet2.example", SENTENCE, "Freedom Edge exercise")


def test_evidence_that_an_edit_took_away_is_told_with_the_first_article():
    edited = replace(statement(), evidence=Evidence("It was never said.", 0, 18))
    unsaid = replace(statement("Japan", 0.9, 0.05), evidence=None)
    empty = replace(statement("China"), evidence=Evidence("", 0, 0))

    told = {one.holder: (one.article, one.evidence) for one in composed(edited, unsaid, empty).positions}

    assert told == {"North Korea": (1, "It was never said."), "Japan": (1, ""), "China": (1, "")}


def test_one_position_a_holder_and_stance_surest_first_neutral_last():
    positions = composed(
        statement("C", 0.1, 0.1), statement(against=0.8), statement(against=0.9), statement("Japan", 0.7, 0.1)
    ).positions

    assert [(one.holder, round(one.confidence, 2)) for one in positions] == [("North Korea", 0.9), ("Japan", 0.7), ("C", 0.8)]


def test_each_outlet_is_listed_before_any_outlets_second_report():
    assert [one.article for one in composed().reports] == [2, 1, 3]


def test_outlets_are_the_storys_independent_ones_when_known():
    assert composed(outlets=5).outlets == 5
    assert composed().outlets == 2


def test_facts_tell_the_query_the_counts_and_the_values_but_no_inner_memory():
    facts = dict(
        composed(details={"ratio": 3.14159, "window": timedelta(hours=6), "before": ["a", "b"], "memory": {"x": 1}}).facts
    )

    assert facts == {
        "Rule asks": "Busan", "Found": "3 articles; the story has 2 independent outlets", "Ratio": "3.14", "Window": "6 hours", "Before": "a, b",
    }  # fmt: skip


def test_an_alert_of_a_removed_rule_and_topic_still_reads():
    made = composed(replace(statement(), topic="gone"), rule="gone")

    assert (made.rule_title, made.positions[0].topic) == ("gone", "gone")


def test_a_threads_alerts_are_gathered_into_one():
    later = alert(statement("Japan", 0.9, 0.05), id="a2", articles=(2, 3), title="Later")

    whole = gather([alert(statement()), later])

    assert (whole.id, whole.title, whole.articles) == ("a1", "Later", (1, 2, 3))
    assert {one.holder for one in whole.statements} == {"North Korea", "Japan"}


def test_a_rule_that_asks_for_no_stance_still_tells_who_surely_takes_a_side():
    rules = {"ships": Rule("ships", "topic:drills -cricket")}
    said = (
        statement(),
        statement("Japan", 0.9, 0.05),
        statement("C", 0.1, 0.1),
        statement("D", 0.05, 0.6),
        replace(statement(), topic="other"),
    )

    made = compose(alert(), Background(ARTICLES, 2, said), replace(RULEBOOK, rules=rules), delivery="d", receiver="desk")

    assert [(one.holder, one.stance) for one in made.positions] == [("North Korea", AGAINST), ("Japan", FOR)]
    assert made.headline == "Drill — 2 outlets"
    assert topics_of(Rule("x", "-topic:a (topic:b holder:C) OR topic:d")) == {"b", "d"}
    assert topics_of(None) == frozenset()
