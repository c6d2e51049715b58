"""What readers say of an alert becomes labels and silences, each answer once and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app import App
from monitor.core.alerts.links import Action, Answer
from monitor.errors import InputError, MonitorError, NotFoundError
from monitor.model import Label
from monitor.services import operator
from monitor.services.feedback import KINDS, give_label, take_answer
from monitor.services.optouts import opted_out
from tests.webstage import NOW, stage

ALERT = "a1b2c3d4e5"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk") as made:
        yield made


def say(app: App, action: Action, alert: str = ALERT) -> str:
    return take_answer(app.archive, app.rulebook, Answer(action, alert, "toll-opposed", "desk", "story:1", NOW), NOW)


def labels(app: App) -> set[tuple[int, str, str, str]]:
    return {(one.article, one.label, one.topic, one.holder) for one in app.archive.labels.list()}


def test_a_wrong_stance_is_noted_where_it_was_said(app: App):
    words = say(app, Action.WRONG_STANCE)

    (statement,) = app.archive.alerts.get(ALERT).statements
    assert labels(app) == {(statement.article, "wrong-stance", "toll", "Freedonia")}
    assert "what it should be" in words


def test_a_statement_that_stands_in_no_article_is_not_labelled(app: App):
    stored = app.archive.alerts.get(ALERT)
    homeless = replace(stored.statements[0], article=None, evidence=None)
    other = replace(stored, id="other", group="other", statements=(homeless, *stored.statements))
    app.archive.alerts.plan([(other, [])], [])

    say(app, Action.WRONG_STANCE, "other")

    assert labels(app) == {(stored.statements[0].article, "wrong-stance", "toll", "Freedonia")}


def test_a_day_without_the_rule_silences_what_it_asks_for(app: App):
    say(app, Action.MUTE_DAY)

    (silence,) = app.archive.silences.list(NOW)
    assert (silence.query, silence.until) == ("topic:toll stance:against", NOW + timedelta(days=1))


def test_a_rule_that_is_gone_is_muted_by_what_its_alert_told(app: App):
    story = app.archive.alerts.get(ALERT).story
    (app.settings.rules / "desk.yaml").write_text("topics: {}\n")

    take_answer(app.archive, app.read_rulebook(app.feeds), Answer(Action.MUTE_DAY, ALERT, "x", "desk", "", NOW), NOW)

    assert [one.query for one in app.archive.silences.list(NOW)] == [f"story:{story}"]


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.UNSUBSCRIBE])
def test_a_notice_of_the_service_takes_no_answer_and_says_so(app: App, action: Action):
    operator.tell(app.archive, operator.model_notices(3, NOW), "desk", NOW)
    (notice,) = app.archive.alerts.recent(NOW, rule="service")

    assert "Nothing was noted" in say(app, action, notice.id)
    assert (app.archive.silences.list(NOW), labels(app)) == ([], set())


def test_leaving_is_kept_beside_the_files(app: App):
    assert "Nothing more is sent to desk" in say(app, Action.UNSUBSCRIBE)
    assert opted_out(app.archive) == {"desk": NOW}


def test_an_answer_to_an_alert_that_is_gone_says_so(app: App):
    with pytest.raises(NotFoundError, match="no longer stored"):
        say(app, Action.RELEVANT, "gone")


@pytest.mark.parametrize(("article", "label", "error"), [(1, "superb", InputError), (999, "relevant", NotFoundError)])
def test_only_known_words_of_stored_articles_are_labels(app: App, article: int, label: str, error: type[MonitorError]):
    with pytest.raises(error, match="there is no"):
        give_label(app.archive, Label(article, label, "toll", "", NOW))
    assert labels(app) == set()


def test_whatever_is_said_last_of_two_opposites_stands(app: App):
    for label in KINDS:
        give_label(app.archive, Label(1, label, "toll", "", NOW))

    assert {label for _, label, _, _ in labels(app)} == {"not-relevant", "wrong-stance", "neutral"}
