"""How an alert reads at each receiver: those it went to, those its rule names, and why one shows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.app import App
from monitor.core.alerts.links import LABELS
from monitor.core.alerts.render import UNSUBSCRIBE
from monitor.errors import ChannelError
from monitor.model import Alert, Delivery, Message, Receiver
from monitor.services.preview import previews
from tests.webstage import NOW, RULES, stage

PAGE = "https://news.example/alerts/a1b2c3d4e5"
MORE = "receivers:\n  room: {kind: console}\n  hall: {kind: webhook, url: 'http://127.0.0.1:9/'}"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk") as made:
        rules = RULES.replace("notify: [desk]", "notify: [hall, desk]").replace("receivers:", MORE)
        (made.settings.rules / "desk.yaml").write_text(rules)
        yield made


def stored(app: App) -> Alert:
    alert = app.archive.alerts.get("a1b2c3d4e5")
    assert alert is not None
    return alert


def test_whoever_got_the_alert_comes_first_then_whom_the_rule_names(app: App):
    sent = [Delivery(f"d-{name}", "a1b2c3d4e5", name) for name in ("room", "left")]

    shown = previews(app.archive, app.rulebook, stored(app), sent, app.preview, now=NOW, page=PAGE)

    assert [(one.receiver, one.kind, one.media, one.error) for one in shown] == [
        ("room", "console", "text/plain", ""),
        ("hall", "webhook", "application/json", ""),
        ("desk", "console", "text/plain", ""),
    ]
    assert all("an insult to every sailor" in one.text for one in shown)


@pytest.mark.parametrize("page", [PAGE, ""])
def test_every_answer_leads_to_the_page_so_that_looking_is_not_answering(app: App, page: str):
    seen: list[Message] = []

    def form(_: Receiver, message: Message) -> tuple[str, str]:
        seen.append(message)
        return "text/plain", message.headline

    previews(app.archive, app.rulebook, stored(app), (), form, now=NOW, page=page)

    labels = ["Open", *LABELS.values(), UNSUBSCRIBE] if page else []
    assert [one.links for one in seen] == [tuple((label, page) for label in labels)] * 2
    assert app.archive.labels.list() == []


def test_a_receiver_that_cannot_be_built_says_why_beside_those_that_can(app: App):
    def form(receiver: Receiver, message: Message) -> tuple[str, str]:
        if receiver.id == "hall":
            raise ChannelError("the variable HALL is not set")
        return "text/plain", message.headline

    hall, desk = previews(app.archive, app.rulebook, stored(app), (), form, now=NOW, page=PAGE)

    assert (hall.text, hall.error) == ("", "the variable HALL is not set")
    assert (desk.text, desk.error) == ("Freedonia is against Harbour toll — 2 outlets", "")


def test_an_alert_that_is_gone_or_whose_rule_is_gone_is_no_crash(app: App):
    gone = replace(stored(app), id="gone")
    orphan = replace(stored(app), rule="deleted")

    said = {one.error for one in previews(app.archive, app.rulebook, gone, (), app.preview, now=NOW, page=PAGE)}

    assert said == {"the alert is no longer stored"}
    assert previews(app.archive, app.rulebook, orphan, (), app.preview, now=NOW, page=PAGE) == []
