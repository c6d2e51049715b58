"""A digest that carries a briefing: on its hour one letter with who stands where, every sentence with its outlets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog.testing

from monitor.config.rulebook import load_rulebook
from monitor.core.triggers.digest import Options
from monitor.errors import ConfigError
from monitor.model import Message, Receiver, Rule, Rulebook
from monitor.ports import Archive
from monitor.services.alerting import ArchiveView, Evaluator
from monitor.services.analyse import commit
from monitor.services.preview import previews
from monitor.services.today import as_message
from tests.deliveries import FAST, Bench, Scripted
from tests.newsroom import NOW, RULEBOOK, open_newsroom
from tests.postoffice import post_office, web_desk

RULE = Rule(
    "morning", "topic:freedom-edge", title="Freedom Edge, every morning", kind="digest", notify=("desk", "room"),
    max_age=timedelta(days=14), options=Options(briefing="freedom-edge"),
)  # fmt: skip


@pytest.fixture
def archive() -> Iterator[Archive]:
    made = open_newsroom()
    yield made
    made.close()


def book(rule: Rule) -> Rulebook:
    return replace(RULEBOOK, rules={rule.id: rule}, receivers={name: Receiver(name, "x", None) for name in rule.notify})


def due(made: Bench, rulebook: Rulebook) -> int:
    """The hour of the digest comes, a week after the last one."""
    made.clock.advance(NOW - made.clock.now())
    made.archive.states.save("morning", {"last": (NOW - timedelta(days=7, hours=12)).isoformat()})
    evaluator = Evaluator(rulebook, storm=25)
    return commit(made.archive, evaluator.plan(ArchiveView(made.archive, [], NOW, evaluator)))


def test_the_briefing_arrives_by_email_and_in_slack_within_their_limits(archive: Archive):
    rulebook = book(RULE)
    with post_office() as office, web_desk() as slack:
        made = Bench(archive, rulebook=rulebook)
        made.add("desk", "email", to=["desk@example.org"], host="127.0.0.1", port=office.port, security="none")
        made.add("room", "slack", webhook=slack.url())
        assert due(made, rulebook) == 1
        made.run()

        ((_, letter),) = office.letters
        (post,) = slack.accepted
    text, page = (letter.get_body((form,)).get_content() for form in ("plain", "html"))
    assert len(page.encode()) <= 90_000
    for heading in ("Summary: what changed", "Positions", "Agreements and disagreements", "Timeline"):
        assert f">{heading}</h2>" in page
        assert heading.upper() in text
    quotation = "The Foreign Ministry of the DPRK on Friday denounced the Freedom Edge drill as a rehearsal for invasion."
    assert f"“{quotation}”" in text
    assert quotation in page
    assert '<a href="https://taedong.example/7"' in page
    assert any("Positions" in str(block) for block in post.json["blocks"])


def test_a_briefing_is_composed_once_for_all_receivers_of_a_pass(archive: Archive):
    rulebook = book(replace(RULE, notify=("desk", "room", "hall")))
    made = Bench(archive, rulebook=rulebook)
    made.channels |= {name: Scripted() for name in rulebook.rules["morning"].notify}
    made.rates |= dict.fromkeys(made.channels, FAST)
    due(made, rulebook)
    with structlog.testing.capture_logs() as lines:
        report = made.run()

    assert report.sent == 3
    assert [line["event"] for line in lines].count("briefing composed") == 1


def test_a_page_composes_a_briefing_once_for_the_previews_of_all_receivers(archive: Archive):
    rulebook = book(RULE)
    made = Bench(archive, rulebook=rulebook)
    due(made, rulebook)
    (alert,) = archive.alerts.recent(NOW)
    seen: list[Message] = []

    def form(_: Receiver, message: Message) -> tuple[str, str]:
        seen.append(message)
        return "text/plain", message.headline

    with structlog.testing.capture_logs() as lines:
        previews(archive, rulebook, alert, (), form, now=NOW, page="")
        shown = as_message(archive, rulebook, alert)

    assert [line["event"] for line in lines].count("briefing composed") == 1
    assert [len(message.chapters) > 4 for message in seen] == [True, True]
    assert replace(seen[0], delivery="", receiver="", chapters=(), attempted=None) == replace(
        shown, recipients=(), attempted=None
    )


def test_a_digest_arrives_without_its_briefing_when_the_topic_is_gone(archive: Archive):
    rulebook = book(replace(RULE, options=Options(briefing="harbours"), notify=("desk",)))
    with post_office() as office:
        made = Bench(archive, rulebook=rulebook)
        made.add("desk", "email", to=["desk@example.org"], host="127.0.0.1", port=office.port, security="none")
        due(made, rulebook)
        made.run()

        assert len(office.letters) == 1


def test_a_rule_names_a_topic_that_is_there_and_a_language_there_are_words_in(tmp_path: Path):
    told = "topics: {drills: {name: Drills}}\nrules: {morning: {when: topic:drills, kind: digest, %s}}\n"
    for wrong, said in (("briefing: dril", "there is no topic 'dril'"), ("language: tlh", "cannot be written in 'tlh'")):
        (tmp_path / "rules.yaml").write_text(told % wrong)
        with pytest.raises(ConfigError, match=said):
            load_rulebook(tmp_path)
