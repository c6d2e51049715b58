"""The first page and an alert's page tell what receivers are told, and count all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from monitor.app import App
from monitor.core.alerts.alerting import AFTER_QUIET_HOURS, SERVICE, STORM, morning_digest, storm_words
from monitor.model import Alert, Reason, Suppression
from monitor.services.today import ALERTS, as_message, glance
from monitor.web import build_web
from tests.webstage import NOW, stage


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk") as made:
        yield made


def stored(app: App, name: str = "a1b2c3d4e5") -> Alert:
    found = app.archive.alerts.get(name)
    assert found is not None
    return found


def test_a_storm_is_told_with_its_count_as_it_stands(app: App):
    storm = replace(stored(app), id="storm", group=STORM, why=storm_words(1), story=None, details={"alerts": 1})
    held = [Suppression(storm.rule, f"g{number}", Reason.STORM, storm.created, None, "") for number in range(1_200)]
    app.archive.alerts.plan([(storm, [])], held)

    message = as_message(app.archive, app.rulebook, stored(app, "storm"))

    assert storm.why == "1 alert at once; told as one (storm limit)"
    assert message.why == "1,200 alerts at once; told as one (storm limit)"
    assert ("Alerts", "1200") in message.facts


def test_a_digest_is_told_with_the_alerts_in_it(app: App):
    second = replace(stored(app), id="second", title="Sylvania answers", statements=(), story=None)
    digest = morning_digest([stored(app), second], "desk", NOW)
    app.archive.alerts.plan([(second, []), (digest, [])], [])

    message = as_message(app.archive, app.rulebook, digest)

    assert [one.alert for one in message.told] == ["a1b2c3d4e5", "second"]
    with TestClient(build_web(app), base_url="http://localhost") as web:
        page = web.get(f"/alerts/{digest.id}").text
    for one in message.told:
        assert f'<a href="/alerts/{one.alert}">{one.headline}</a>' in page
    assert "The rule asks for no stance" not in page


def test_a_title_leads_to_its_rule_where_somebody_wrote_one(app: App):
    written = stored(app)
    told = {"down": replace(written, id="down", rule=SERVICE), "quiet": replace(written, id="quiet", rule=AFTER_QUIET_HOURS)}
    app.archive.alerts.plan([(alert, []) for alert in told.values()], [])

    with TestClient(build_web(app), base_url="http://localhost") as web:
        assert f'<a href="/rules/{written.rule}">' in web.get(f"/alerts/{written.id}").text
        for name, alert in told.items():
            assert f'href="/rules/{alert.rule}"' not in web.get(f"/alerts/{name}").text
        log = web.get("/alerts").text
    assert 'href="/rules/service"' not in log


def test_where_the_rule_asks_for_no_stance_those_beside_it_are_told(app: App):
    plain = replace(stored(app), id="plain", rule="everything", statements=())

    said = {(one.holder, str(one.stance)) for one in as_message(app.archive, app.rulebook, plain).positions}

    assert said == {("Freedonia", "against"), ("Sylvania", "favor")}


def test_everything_that_fired_is_counted_however_much_it_is(app: App):
    alerts = [replace(stored(app), id=f"x{number}", created=NOW - timedelta(seconds=number)) for number in range(600)]
    app.archive.alerts.plan([(one, []) for one in alerts], [])

    seen = glance(app.archive, app.rulebook, NOW, timedelta(days=1))

    assert (seen.fired, len(seen.alerts), dict(seen.suppressed)) == (601, ALERTS, {"cooldown": 1})
