"""`monitor alerts …`: the list, an alert as a receiver would read it, and everything it rests on in one object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor.app import App
from monitor.cli import app
from monitor.errors import ConfigError, NotFoundError
from monitor.model import Alert, Severity
from monitor.services.audit import audit_bundle, preview
from tests.webstage import NOW, TEXT, article, stage

Ask = Callable[..., Any]
ALERT = "a1b2c3d4e5"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alerts") / "desk"


@pytest.fixture(scope="module")
def opened(root: Path) -> Iterator[App]:
    with stage(root) as made:
        yield made


@pytest.fixture
def ask(root: Path, opened: App) -> Ask:
    archive = ("--archive", str(root / "monitor.db"))
    rules = ("--rules", str(root / "rules"), "--feeds", str(root / "feeds.yaml"))

    def run(command: str, *words: str) -> Any:
        places = archive if command == "list" else (*archive, *rules)
        done = CliRunner().invoke(app, ["alerts", command, *words, *places, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    return run


@pytest.mark.parametrize("since", ["3000d", "2020-01-01", "2020-01-01T09:00+09:00"])
def test_list(ask: Ask, since: str):
    assert [row["id"] for row in ask("list", "--since", since)] == [ALERT]


def test_an_audit_bundle_holds_what_the_alert_rests_on(ask: Ask):
    bundle = ask("export", ALERT[:6])

    assert bundle["alert"]["id"] == ALERT
    assert "topic:toll stance:against" in bundle["rule"]
    assert {article["text"] for article in bundle["articles"]} == {TEXT}
    assert {article["scores"]["model"] for article in bundle["articles"]} == {"model-1"}
    (said,) = bundle["alert"]["statements"]
    assert TEXT[said["evidence"]["start"] : said["evidence"]["end"]] == said["evidence"]["text"]
    assert {one["receiver"]: one["state"] for one in bundle["deliveries"]} == {"desk": "sent", "other": "dead"}
    assert [feed["id"] for feed in bundle["feeds"]] == ["wire"]


def test_a_preview_reads_like_the_alert_and_sends_nothing(opened: App):
    before = opened.archive.outbox.list()

    shown = preview(opened.archive, opened.rulebook, "toll-opposed", "desk", opened.clock, storm=25)

    assert shown.headline.startswith("Freedonia is against Harbour toll")
    assert opened.archive.outbox.list() == before


def test_a_rule_that_never_alerted_is_previewed_by_what_it_would_have_found(opened: App):
    shown = preview(opened.archive, opened.rulebook, "everything", "desk", opened.clock, storm=25)

    assert (shown.rule, shown.receiver) == ("everything", "desk")
    assert {report.source for report in shown.reports} == {"wire.example", "gazette.example"}
    assert opened.archive.alerts.recent(NOW - timedelta(days=90), rule="everything") == []


def test_a_rule_that_matched_nothing_has_no_preview_and_says_where_to_look(tmp_path: Path):
    with stage(tmp_path / "new", is_filled=False) as made:
        with pytest.raises(NotFoundError, match="has matched nothing in 90 days; `monitor rules test everything` says why"):
            preview(made.archive, made.rulebook, "everything", "desk", made.clock, storm=25)
        with pytest.raises(ConfigError, match="there is no rule 'nothing'"):
            preview(made.archive, made.rulebook, "nothing", "desk", made.clock, storm=25)


def test_an_audit_bundle_of_a_rule_and_a_feed_that_are_gone_still_holds_the_rest(opened: App):
    archive = opened.archive
    (stranger,) = archive.articles.add([article(70, feed="closed", title="An old story", text="Long ago.")])
    alert = Alert("f00d", "deleted", "g", "An old rule", "why", NOW - timedelta(days=4000), Severity.LOW, (stranger,))
    archive.alerts.plan([(alert, [])], [])

    bundle = audit_bundle(archive, opened.rulebook, "f00d")

    assert (bundle["rule"], bundle["feeds"], bundle["deliveries"]) == (None, [], [])
    assert [(one["title"], one["scores"]) for one in bundle["articles"]] == [("An old story", None)]


def test_an_alert_that_is_not_there_is_said(ask: Ask):
    with pytest.raises(NotFoundError, match="there is no alert nobody"):
        ask("export", "nobody")
