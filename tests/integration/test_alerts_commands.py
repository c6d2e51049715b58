"""`monitor alerts …`: the list, an alert as a receiver would read it, and everything it rests on in one object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor.app import App
from monitor.cli import app
from monitor.errors import ArchiveError
from monitor.services.audit import preview
from tests.webstage import TEXT, stage

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


def test_list(ask: Ask):
    assert [row["id"] for row in ask("list", "--since", "3000d")] == [ALERT]


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


def test_an_alert_that_is_not_there_is_said(ask: Ask):
    with pytest.raises(ArchiveError, match="there is no alert nobody"):
        ask("export", "nobody")
