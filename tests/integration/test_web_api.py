"""The JSON API: its forms, cursors, ETags and problem details; hostile input gives 2xx or 4xx, never 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from monitor.app import App
from monitor.web import build_web
from tests.hostile import naughty
from tests.webstage import RULES, stage

READ = (
    "/api/v1/search?q=topic:toll&facets=true", "/api/v1/articles/1", "/api/v1/stories", "/api/v1/stories/1",
    "/api/v1/statements?q=topic:toll%20stance:against", "/api/v1/topics", "/api/v1/actors", "/api/v1/topics/toll/series",
    "/api/v1/alerts", "/api/v1/alerts/a1b2", "/api/v1/suppressions", "/api/v1/deliveries?state=dead", "/api/v1/silences",
    "/api/v1/labels", "/api/v1/feeds", "/api/v1/rules", "/api/v1/rules/toll-opposed", "/api/v1/rules/toll-opposed/backtest",
    "/api/v1/rules/toll-opposed/explain/1", "/api/v1/rulefiles",
)  # fmt: skip


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def web(app: App) -> Iterator[TestClient]:
    with TestClient(build_web(app), base_url="http://localhost") as client:
        yield client


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with (
        stage(tmp_path_factory.mktemp("shown") / "desk") as app,
        TestClient(build_web(app), base_url="http://localhost") as client,
    ):
        yield client


@pytest.mark.parametrize("path", READ)
def test_reading_answers_json_with_an_etag(shown: TestClient, path: str):
    answer = shown.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.json() is not None
    again = shown.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_openapi_names_every_reading_path(shown: TestClient):
    known = shown.get("/openapi.json").json()["paths"]
    for path in READ:
        plain = path.split("?")[0]
        assert any(_fits(template, plain) for template in known), plain
    assert "/api/v1/labels" in known
    assert "/feeds/q.{form}" in known
    assert not any(path in known for path in ("/", "/login", "/rules/save"))


def _fits(template: str, path: str) -> bool:
    parts, wanted = template.split("/"), path.split("/")
    return len(parts) == len(wanted) and all(
        one == other or one.startswith("{") for one, other in zip(parts, wanted, strict=True)
    )


def test_cursors_walk_through_everything_once(shown: TestClient):
    seen, cursor = [], ""
    while True:
        page = shown.get("/api/v1/search", params={"limit": 4, "cursor": cursor}).json()
        seen += [one["id"] for one in page["articles"]]
        cursor = page["next"]
        if not cursor:
            break
    assert (sorted(seen), page["total"]) == ([1, 2, 3, 4, 5, 6], 6)
    assert shown.get("/api/v1/search?cursor=rubbish").status_code == 400


def test_failures_are_problem_details(shown: TestClient):
    mistake = shown.get("/api/v1/search", params={"q": "topic:tol"})
    assert mistake.headers["content-type"] == "application/problem+json"
    body = mistake.json()
    assert (body["status"], body["column"], body["query"]) == (400, 6, "topic:tol")
    for path in ("/api/v1/articles/99", "/api/v1/articles/-1", "/api/v1/articles/99999999999999999999999", "/api/v1/nothing"):
        answer = shown.get(path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404), path
    assert shown.get("/api/v1/search?limit=0").status_code == 422


def test_statements_carry_their_evidence(shown: TestClient):
    article = shown.get("/api/v1/articles/1").json()
    one = article["statements"][0]
    assert (one["holder"], one["stance"], round(one["confidence"], 2)) == ("Freedonia", "against", 0.88)
    assert article["text"][one["evidence"]["start"] : one["evidence"]["end"]] == one["evidence"]["text"]


def test_labels_and_silences_are_made_and_ended(web: TestClient):
    made = web.post("/api/v1/labels", json={"article": 1, "label": "relevant", "topic": "toll"})
    assert (made.status_code, made.json()["author"]) == (201, "local")
    assert web.post("/api/v1/labels", json={"article": 99, "label": "relevant"}).status_code == 404
    assert web.post("/api/v1/labels", json={"article": 1, "label": "nonsense"}).status_code == 422
    silence = web.post("/api/v1/silences", json={"query": "topic:toll", "span": "2h"})
    assert silence.status_code == 201
    assert web.post("/api/v1/silences", json={"query": "topic:toll", "span": "soon"}).status_code == 422
    number = silence.json()["id"]
    assert [web.delete(f"/api/v1/silences/{number}", headers={"Content-Type": "application/json"}).status_code for _ in "ab"] == [
        204,
        404,
    ]


def test_rules_are_checked_and_saved(web: TestClient, app: App):
    (file,) = web.get("/api/v1/rulefiles").json()
    assert file["text"] == RULES
    wrong = web.post("/api/v1/rulefiles/check", json={"file": file["file"], "text": "rules: [}"}).json()["problems"]
    assert wrong[0]["line"] == 1
    saved = web.put("/api/v1/rulefiles", json={**file, "text": RULES + "# more\n"})
    assert saved.status_code == 200
    assert (app.settings.rules / "desk.yaml").read_text() == RULES + "# more\n"
    late = web.put("/api/v1/rulefiles", json={**file, "text": RULES})
    assert late.status_code == 422
    assert "changed this file meanwhile" in late.json()["detail"]


HOSTILE = (
    "",
    "\x00",
    "'",
    '"',
    "(((",
    "title:/(a+)+$/",
    "published>=9999-99-99",
    "a" * 20_000,
    "story:99999999999999999999",
    "🦊" * 50,
    "-",
)


def test_hostile_queries_never_break_the_service(shown: TestClient):
    for text in HOSTILE:
        for path in ("/api/v1/search", "/search", "/search/facets", "/feeds/q.json"):
            assert shown.get(path, params={"q": text}).status_code < 500, (path, text[:50])
        for path in ("/api/v1/alerts/{}", "/topics/{}", "/rules/{}", "/alerts/{}"):
            assert shown.get(path.format(text[:200] or "x").replace("\x00", "%00").replace("/(", "%2F(")).status_code < 500, (
                path,
                text[:50],
            )


def test_the_naughty_strings_never_break_search(shown: TestClient):
    for text in naughty():
        answer = shown.get("/api/v1/search", params={"q": text.encode("utf-8", "replace").decode()})
        assert answer.status_code in {200, 400}, (answer.status_code, text[:80])
