"""Alerts as Slack blocks: within Slack's limits and free of mentions, whatever strangers wrote."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.alerts.links import PATH
from monitor.core.alerts.slackblocks import BLOCK_LIMIT, escape, fitted, payload
from monitor.demo.servers import payload_error
from monitor.model import Chapter, Passage
from tests.messages import hostile, message, position, report


def texts(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [text for value in part.values() for text in texts(value)]
    return [text for one in part for text in texts(one)] if isinstance(part, list) else []


def test_the_blocks_say_who_why_and_where():
    made = payload(message(links=(("Open", "https://m.example.org/a"), ("unsubscribe", "https://m.example.org/u"))))
    said = "\n".join(texts(made["blocks"]))

    assert made["text"] == "North Korea is against Freedom Edge exercise — 2 outlets"
    assert [block["type"] for block in made["blocks"]] == [
        "header",
        "context",
        "section",
        "divider",
        "section",
        "context",
        "actions",
    ]
    for part in (
        "*North Korea*  ▼ *AGAINST*  Freedom Edge exercise · 94%",
        "> North Korea said",
        "<https://yna.co.kr/a/1|yna.co.kr>",
    ):
        assert part in said
    assert [button["url"] for button in made["blocks"][-1]["elements"]] == ["https://m.example.org/a"]


def test_sixty_hostile_articles_stay_within_every_limit_and_mention_nobody():
    for length in (1, 40):
        made = payload(hostile(length))

        assert payload_error(made) == ""
        assert len(made["blocks"]) <= BLOCK_LIMIT
        assert sum(len(text) for text in texts(made["blocks"])) <= 13_000
        mrkdwn = [text for text in texts(made["blocks"]) if text]
        for text in [made["text"], *mrkdwn]:
            assert "<!" not in text
            assert "<@" not in text
            assert "<https://evil" not in text
            assert "javascript:" not in text
        assert "more" in "\n".join(mrkdwn)


def test_three_and_a_half_thousand_characters_fit():
    made = payload(
        message(positions=(position(evidence="word " * 700),), reports=tuple(report(n, title="t" * 3500) for n in range(60)))
    )

    assert payload_error(made) == ""


@settings(max_examples=50)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=400))
def test_no_text_breaks_the_contract(text: str):
    bare = message(headline=text, why=text, rule_title=text, positions=())
    for made in (bare, replace(bare, positions=(position(text, evidence=text, topic=text),))):
        assert payload_error(payload(made)) == ""


@given(st.text(alphabet="&<>ab ", max_size=80), st.integers(5, 60))
def test_a_cut_never_splits_an_entity(text: str, limit: int):
    cut = fitted(escape(text), limit)

    assert len(cut) <= limit
    for part in cut.split("&")[1:]:
        assert part.startswith(("amp;", "lt;", "gt;"))


def test_a_pipe_in_an_address_cannot_rename_a_link():
    made = payload(message(positions=(position(url="https://evil.example/|https://bank.example"),)))

    assert "<https://evil.example/%7Chttps://bank.example|yna.co.kr>" in "\n".join(texts(made["blocks"]))


def test_a_position_without_source_or_sentence_is_one_line():
    made = payload(message(positions=(position(evidence="", source="", url=""),)))

    assert "*North Korea*  ▼ *AGAINST*  Freedom Edge exercise · 94%" in texts(made["blocks"])


def test_what_is_larger_than_slack_takes_is_sent_in_its_smallest_form():
    links = tuple((f"Link {n}", f"https://m.example.org/{'x' * 2900}{n}") for n in range(8))
    made = payload(message(links=links, reports=tuple(report(n) for n in range(60)), positions=(position(),) * 20))

    assert len(made["blocks"]) < len(
        payload(message(reports=tuple(report(n) for n in range(60)), positions=(position(),) * 20))["blocks"]
    )
    assert "and 19 more" in "\n".join(texts(made["blocks"]))


def test_a_digest_tells_each_alert_with_its_link_and_evidence():
    one = message(headline="Seoul <welcomes> it", links=(("Open", "https://m.example.org/a/1"),))
    other = message(headline="Tokyo too", positions=(), reports=(report(3),))
    made = payload(message(told=(one, other) + (other,) * 100, positions=(), reports=()))
    said = "\n".join(texts(made["blocks"]))

    assert payload_error(made) == ""
    assert "▼ *<https://m.example.org/a/1|Seoul &lt;welcomes&gt; it>*" in said
    assert "> North Korea said" in said
    assert "*<https://outlet3.example/a|Tokyo too>*" in said
    assert "and 62 more" in said


def test_a_briefing_is_told_in_sections_with_links():
    lines = tuple(Passage(f"Line {n}", "They <said> so.", "few", (("a.example", "https://a.example/1"),)) for n in range(40))
    made = payload(message(chapters=(Chapter("Who & where", (Passage("China", is_heading=True), *lines)),)))
    said = "\n".join(texts(made["blocks"]))

    assert payload_error(made) == ""
    assert "*Who &amp; where*\n*China*\n• Line 0 “They &lt;said&gt; so.” (few) <https://a.example/1|a.example>" in said
    assert "and 17 more" in said


def test_buttons_answer_within_slack_where_they_can_and_lead_to_the_page_where_they_cannot():
    links = (
        ("Open", "https://m.example.org/alerts/1"),
        ("Relevant", f"https://m.example.org{PATH}abc"),
        ("Long", f"https://m.example.org{PATH}{'x' * 2001}"),
    )
    shown = message(links=links)

    for can_answer, answered in ((True, ["abc"]), (False, [])):
        buttons = payload(shown, can_answer=can_answer)["blocks"][-1]["elements"]
        assert [button["value"] for button in buttons if "value" in button] == answered
        assert len([button for button in buttons if "url" in button]) == len(links) - len(answered)
