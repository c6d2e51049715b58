"""Forms for people who write no YAML: a rule made, changed, previewed and saved; topics and rules tried on a pasted text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from monitor.app import App
from monitor.web import build_web
from monitor.web.pages import trying
from tests.tinymodels import make_weights
from tests.webstage import RULES, stage

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def web(app: App) -> Iterator[TestClient]:
    with TestClient(build_web(app), base_url="http://localhost", headers=SAME) as client:
        yield client


def fields(page: str) -> dict[str, str | list[str]]:
    """What a browser would send of the rule's form."""
    form = page.partition('<form class="rule-form"')[2].partition("</form>")[0]
    values: dict[str, str | list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
        is_on = "checked" in tag or ('type="radio"' not in tag and 'type="checkbox"' not in tag)
        if name and is_on:
            values[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select name="([^"]*)">(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r"<option([^>]*) selected>([^<]*)", options) or re.search(r"<option([^>]*)>([^<]*)", options)
        assert chosen
        stated = re.search(r'value="([^"]*)"', chosen[1])
        values[name] = unescape(stated[1] if stated else chosen[2])
    return values


def test_a_rule_shown_in_the_form_and_saved_unchanged_leaves_its_file_alone(web: TestClient, app: App):
    given = fields(web.get("/rules/toll-opposed/form").text)
    assert (given["topic"], given["stance"], given["notify"], given["kind"]) == ("toll", "against", "desk", "match")
    done = web.post("/rules/form/save", data=given, follow_redirects=False)
    assert done.headers["location"] == "/rules/toll-opposed"
    assert (app.settings.rules / "desk.yaml").read_text() == RULES


def test_a_new_rule_is_previewed_then_saved_with_every_comment_kept(web: TestClient, app: App):
    given = fields(web.get("/rules/new?topic=toll").text) | {
        "holder": "Sylvania",
        "stance": "favor",
        "title": "Sylvania likes it",
        "notify": ["desk"],
    }
    shown = web.post("/rules/form/preview", data=given)
    assert "1 gained" in shown.text
    assert "when: topic:toll holder:Sylvania stance:favor" in shown.text
    assert (app.settings.rules / "desk.yaml").read_text() == RULES
    done = web.post("/rules/form/save", data=fields(shown.text) | {"notify": ["desk"]}, follow_redirects=False)
    assert done.headers["location"] == "/rules/sylvania-likes-it"
    text = (app.settings.rules / "desk.yaml").read_text()
    added = "\n  sylvania-likes-it:\n    when: topic:toll holder:Sylvania stance:favor\n    title: Sylvania likes it\n    cooldown: 6h\n    notify: [desk]\n"
    assert text == RULES.replace("receivers:", added + "receivers:")
    assert "# the comment that must stay" in text
    assert "Sylvania likes it" in web.get("/rules").text


def test_a_form_is_refused_when_the_rules_changed_meanwhile_and_can_be_saved_again(web: TestClient, app: App):
    given = fields(web.get("/rules/toll-opposed/form").text) | {"cooldown": "12h"}
    file = app.settings.rules / "desk.yaml"
    file.write_text(RULES + "# somebody else\n")
    refused = web.post("/rules/form/save", data=given)
    assert refused.status_code == 409
    assert "changed the rules meanwhile" in refused.text
    assert file.read_text() == RULES + "# somebody else\n"
    web.post("/rules/form/save", data=fields(refused.text))
    assert file.read_text() == RULES.replace("notify: [desk]\n", "notify: [desk]\n    cooldown: 12h\n") + "# somebody else\n"


def test_mistakes_are_told_and_the_form_is_kept(web: TestClient, app: App):
    given = fields(web.get("/rules/new").text) | {"holder": "Freedona", "words": "bridge", "title": "Kept"}
    for path in ("/rules/form/save", "/rules/form/preview"):
        refused = web.post(path, data=given)
        assert refused.status_code == 422
        assert "did you mean Freedonia?" in refused.text
        assert fields(refused.text)["title"] == "Kept"
    for change in (
        {"kind": "frequency", "words": "bridge", "holder": ""},
        {"words": "", "holder": ""},
        {"words": ") (", "holder": ""},
    ):
        assert web.post("/rules/form/save", data=given | change).status_code == 422
    assert (app.settings.rules / "desk.yaml").read_text() == RULES


def test_the_form_writes_no_file_it_is_not_offered(web: TestClient):
    given = fields(web.get("/rules/new?q=bridge").text)
    assert web.post("/rules/form/save", data=given | {"file": "../feeds.yaml"}).status_code == 422
    assert web.post("/rules/form/save", data=given, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


# -- trying ----------------------------------------------------------------------------------------------------------------

TAX_RULES = """
topics: {tax: {name: tax, description: the tax, aliases: [tax]}}
actors: {Japan: {}, China: {}}
rules:
  against: {title: Japan is against it, when: topic:tax holder:Japan stance:against}
  chinese: {title: China is for it, when: topic:tax holder:China stance:favor}
  many: {title: It is everywhere, when: topic:tax, kind: frequency, threshold: 3}
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, TestClient]]:
    root = tmp_path_factory.mktemp("trial")
    weights = make_weights(root / "weights")
    with stage(root / "desk", is_filled=False, scorer={"kind": "onnx", "weights": str(weights), "threads": 1}) as app:
        (app.settings.rules / "desk.yaml").write_text(TAX_RULES)
        with TestClient(build_web(app), base_url="http://localhost", headers=SAME) as client:
            yield app, client


def test_a_pasted_text_is_scored_and_every_rule_judged_clause_by_clause(trial: tuple[App, TestClient]):
    app, web = trial
    page = web.post(
        "/try", data={"title": "The tax", "text": "Japan opposes the tax. The bell said <b>the</b>.", "q": "bell -tax"}
    ).text
    assert '<mark class="evidence against"' in page
    assert "&lt;b&gt;" in page
    verdicts = re.findall(r'<span class="tick">(\w+)</span> <a[^>]*><b>([^<]*)', page)
    assert verdicts == [
        ("no", "The query above"),
        ("yes", "Japan is against it"),
        ("yes", "It is everywhere"),
        ("no", "China is for it"),
    ]
    assert '<li class="no"><span class="tick">no</span> <code>holder:China</code>' in page
    assert app.archive.stats()["articles"] == 0


def test_a_topic_that_no_file_has_can_be_tried(trial: tuple[App, TestClient]):
    _, web = trial
    page = web.post("/try", data={"text": "China supports the bell.", "q": "topic:draft", "topic_name": "bell"}).text
    assert "<b>The query above</b>" in page
    assert 'Relevance to bell"' in page


def test_a_trial_is_bounded(trial: tuple[App, TestClient]):
    _, web = trial
    assert web.post("/try", data={"text": " "}).status_code == 422
    assert web.post("/try", data={"text": "x" * 20_001}).status_code == 422
    assert web.post("/try", data={"text": "bell", "q": "topic:nowhere"}).status_code == 422
    with trying._BUSY:
        assert web.post("/try", data={"text": "bell"}).status_code == 429


def test_a_missing_model_is_said_in_words(tmp_path: Path):
    with (
        stage(tmp_path / "desk", scorer={"kind": "onnx", "weights": str(tmp_path / "none")}) as app,
        TestClient(build_web(app), base_url="http://localhost", headers=SAME) as web,
    ):
        page = web.post("/try", data={"text": "bell"})
    assert page.status_code < 500 or page.status_code == 503
    assert "could not score" in page.text or "cannot score" in page.text


# -- previews of an alert --------------------------------------------------------------------------------------------------


def test_an_alert_is_shown_as_each_receiver_gets_it(tmp_path: Path):
    with stage(tmp_path / "desk", public_url="http://localhost") as app:
        mail = "desk: {kind: email, to: [desk@example.org], security: none}\n  hook: {kind: webhook, url: 'http://127.0.0.1:9/'}\n  room: {kind: slack, webhook: {env: NOT_SET}}\n  screen: {kind: console}"
        rules = RULES.replace("desk: {kind: console}", mail).replace("notify: [desk]", "notify: [desk, hook, room, screen]")
        (app.settings.rules / "desk.yaml").write_text(rules)
        with TestClient(build_web(app), base_url="http://localhost") as web:
            page = web.get("/alerts/a1b2c3d4e5").text
            framed = web.get("/alerts/a1b2c3d4e5/preview/desk")
            assert web.get("/alerts/a1b2c3d4e5/preview/screen").status_code == 404
            assert web.get("/alerts/none/preview/desk").status_code == 404
    assert '<iframe sandbox loading="lazy" src="/alerts/a1b2c3d4e5/preview/desk"' in page
    assert "&#34;alert&#34;: &#34;a1b2c3d4e5&#34;" in page
    assert "&#34;blocks&#34;:" in page
    assert "▼ Freedonia is against Harbour toll" in page
    assert "an insult to every sailor" in framed.text
    assert "/feedback/" not in framed.text + page
    policy = framed.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    assert framed.headers["x-frame-options"] == "SAMEORIGIN"
