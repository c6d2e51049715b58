"""The pages over a real archive: what they show, what they change, what they refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient

from monitor.app import App
from monitor.core.alerts.links import Action, Answer
from monitor.model import Delivery, Fetched, Relevance, Scores, Stance
from monitor.services.links import signer
from monitor.web import build_web
from tests.webstage import NOW, RULES, article, stage, statement

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def web(app: App) -> Iterator[TestClient]:
    with TestClient(build_web(app), base_url="http://localhost", headers=SAME) as client:
        yield client


PAGES = (
    "/", "/?days=7", "/search", "/search?q=topic:toll", "/search?q=toll&sort=relevance&facets=1", "/search/facets?q=toll",
    "/search/words", "/topics", "/topics/toll", "/topics/toll?days=90", "/topics/toll/briefing", "/topics/toll/briefing?days=90", "/topics/toll/briefing.md", "/articles/1", "/articles/1?rule=toll-opposed", "/stories", "/stories/1", "/alerts",
    "/alerts?rule=toll-opposed&days=30", "/alerts/a1b2c3d4e5", "/rules", "/rules/toll-opposed", "/rules/edit",
    "/rules/edit?add=topic:toll", "/rules/new", "/rules/new?q=toll", "/rules/toll-opposed/form", "/try", "/try?rule=toll-opposed", "/feeds", "/feeds.opml", "/settings", "/login", "/healthz", "/readyz",
)  # fmt: skip


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The pages for tests that change nothing."""
    with (
        stage(tmp_path_factory.mktemp("shown") / "desk") as app,
        TestClient(build_web(app), base_url="http://localhost") as client,
    ):
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_with_safe_headers(shown: TestClient, path: str):
    answer = shown.get(path)
    assert answer.status_code == 200, answer.text[:500]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    if answer.headers["content-type"].startswith("text/html"):
        assert " style=" not in answer.text
        assert not re.search(r"\son\w+=", answer.text)
        assert "<script>" not in answer.text
        assert len(answer.content) < 100_000


def test_files_are_named_by_their_content_compressed_and_kept_for_good(shown: TestClient):
    named = re.findall(r'"(/static/[^"]+)"', shown.get("/rules/edit").text + shown.get("/search").text)
    assert len(named) > 6
    for address in named:
        answer = shown.get(address)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", address
        assert answer.headers.get("content-encoding") == ("gzip" if len(answer.content) > 1024 else None), address
    assert shown.get("/static/app.css").headers["cache-control"] == "public, max-age=86400"


def test_today_tells_what_fired_with_its_evidence(web: TestClient):
    page = web.get("/").text
    assert "Freedonia" in page
    assert "an insult to every sailor" in page
    assert "Harbour toll" in page
    assert "Worker not running" in page


def test_a_briefing_is_a_download(shown: TestClient):
    answer = shown.get("/topics/toll/briefing.html")
    assert answer.headers["content-disposition"] == 'attachment; filename="toll-2026-11-20.html"'
    assert "Freedonia" in answer.text
    assert shown.get("/topics/none/briefing.md").status_code == 404


def test_a_mistake_in_a_query_is_pointed_at(web: TestClient):
    answer = web.get("/search", params={"q": "topic:tol"})
    assert answer.status_code == 400
    assert "topic:tol" in answer.text
    assert "toll" in answer.text


def test_an_article_shows_its_evidence_marked(web: TestClient):
    page = web.get("/articles/1").text
    assert '<mark class="evidence against"' in page
    assert "88%" in page


def test_unknown_things_are_not_found_in_words(web: TestClient):
    for path in ("/articles/999", "/stories/999", "/topics/none", "/alerts/zzz", "/nowhere"):
        answer = web.get(path)
        assert answer.status_code == 404, path
        assert "Back to today" in answer.text


def test_what_cannot_be_taken_is_told_from_what_is_not_there(web: TestClient, app: App):
    gone = Answer(Action.RELEVANT, "gone", "toll-opposed", "desk", "story:1", NOW)
    asked = {
        ("/articles/1/labels", "superb"): (400, "there is no label"),
        ("/articles/999/labels", "relevant"): (404, "there is no article 999"),
        (f"/feedback/{signer(app.archive).token(gone)}", ""): (404, "no longer stored"),
        ("/deliveries/zzz/retry", ""): (404, "no delivery that waits or is dead"),
        ("/deliveries/d/retry", ""): (400, "2 deliveries have an id"),
    }
    app.archive.alerts.plan([(replace(app.archive.alerts.get("a1b2c3d4e5"), id="b1"), [Delivery("d3", "b1", "desk")])], [])
    for (path, label), (status, words) in asked.items():
        answer = web.post(path, data={"label": label} if label else None)
        assert (answer.status_code, words in answer.text) == (status, True), path


def test_labels_are_kept_and_the_opposite_takes_the_first_back(web: TestClient, app: App):
    for label in ("relevant", "not-relevant"):
        done = web.post("/articles/1/labels", data={"label": label, "topic": "toll"}, follow_redirects=False)
        assert done.status_code == 303
    assert [one.label for one in app.archive.labels.of(1)] == ["not-relevant"]
    web.post("/articles/1/labels", data={"label": "neutral", "topic": "toll", "holder": "Freedonia"})
    assert {one.label for one in app.archive.labels.of(1)} == {"not-relevant", "neutral", "wrong-stance"}
    assert "1 article" in web.get("/search?q=label:neutral").text


def test_silences_and_deliveries_can_be_changed(web: TestClient, app: App):
    web.post("/silences", data={"query": "source:wire.example", "span": "4h"})
    (silence,) = app.archive.silences.list(NOW)
    assert silence.until == NOW + timedelta(hours=4)
    web.post(f"/silences/{silence.id}/end")
    assert app.archive.silences.list(NOW) == []
    web.post("/deliveries/d2/retry")
    assert {one.id: one.state for one in app.archive.outbox.list()}["d2"] == "pending"


# -- rules -------------------------------------------------------------------------------------------------------------


def test_a_draft_is_checked_with_every_mistake_on_its_line(web: TestClient):
    wrong = RULES.replace("topic:toll stance:against", "topic:tol stance:against").replace("notify: [desk]", "notify: [dek]")
    problems = web.post("/rules/check", json={"file": "desk.yaml", "text": wrong}).json()["problems"]
    assert sorted(one["line"] for one in problems) == [13, 14]
    assert web.post("/rules/check", json={"file": "desk.yaml", "text": RULES}).json() == {"problems": []}


def test_a_preview_says_what_a_change_gains_and_loses(web: TestClient):
    stricter = RULES.replace("stance:against", "stance:against confidence>=0.95")
    answer = web.post("/rules/preview", data={"file": "desk.yaml", "text": stricter})
    assert "1 lost" in answer.text
    assert "No rule reads differently" in web.post("/rules/preview", data={"file": "desk.yaml", "text": RULES}).text


def test_a_rule_is_saved_whole_with_comments_and_at_once_in_force(web: TestClient, app: App):
    was = re.search(r'name="was" value="(\w+)"', web.get("/rules/edit").text)
    assert was
    changed = RULES.replace("Somebody opposes the toll", "Opposed")
    done = web.post("/rules/save", data={"file": "desk.yaml", "text": changed, "was": was[1]}, follow_redirects=False)
    assert done.status_code == 303
    assert (app.settings.rules / "desk.yaml").read_text() == changed
    assert "Opposed" in web.get("/rules").text


def test_a_save_is_refused_when_the_file_changed_meanwhile_or_is_wrong(web: TestClient, app: App):
    was = re.search(r'name="was" value="(\w+)"', web.get("/rules/edit").text)
    assert was
    file = app.settings.rules / "desk.yaml"
    file.write_text(RULES + "# somebody else\n")
    refused = web.post("/rules/save", data={"file": "desk.yaml", "text": RULES + "# mine\n", "was": was[1]})
    assert refused.status_code == 409
    assert "changed this file meanwhile" in refused.text
    assert "# mine" in refused.text
    assert file.read_text() == RULES + "# somebody else\n"
    wrong = web.post("/rules/save", data={"file": "desk.yaml", "text": "rules: {a: {whn: b}}", "was": was[1]})
    assert wrong.status_code == 409
    assert "unknown key" in wrong.text


def test_files_outside_the_rules_are_never_named(web: TestClient):
    for name in ("../feeds.yaml", "/etc/passwd", "desk.yaml/../../feeds.yaml"):
        assert web.get("/rules/edit", params={"file": name}).status_code == 422


def test_a_rule_is_switched_in_its_file(web: TestClient, app: App):
    web.post("/rules/toll-opposed/switch", data={"enabled": "false"})
    text = (app.settings.rules / "desk.yaml").read_text()
    assert "# the comment that must stay" in text
    assert not app.read_rulebook().rules["toll-opposed"].is_enabled


def test_feeds_are_imported_paused_and_exported(web: TestClient, app: App):
    listed = b'<opml version="2.0"><body><outline text="Courier" xmlUrl="https://courier.example/rss"/></body></opml>'
    web.post("/feeds.opml", files={"file": ("list.opml", listed, "text/x-opml")})
    web.post("/feeds/wire/switch", data={"enabled": "false"})
    page = web.get("/feeds").text
    assert "Courier" in page
    assert "https://courier.example/rss" in web.get("/feeds.opml").text
    text = app.settings.feeds.read_text()
    assert "# the desk's feeds" in text
    assert "enabled: false" in text
    refused = web.post("/feeds.opml", files={"file": ("list.opml", b"no list", "text/x-opml")})
    assert refused.status_code == 422


def test_a_feed_whose_time_has_come_is_due(web: TestClient, app: App):
    feed, state = app.archive.feeds.list()[0]
    for hours in (-1, 1):
        planned = replace(state, url=feed.url, next_due=NOW + timedelta(hours=hours))
        app.archive.feeds.record(planned, Fetched(feed.id, feed.url, 304), NOW, 0)
        assert (">due<" in web.get("/feeds").text) is (hours < 0)


# -- signed addresses ----------------------------------------------------------------------------------------------------


def token(app: App, action: Action) -> str:
    answer = Answer(action, "a1b2c3d4e5", "toll-opposed", "desk", "story:1", NOW)
    return signer(app.archive).token(answer)


def test_a_signed_address_asks_first_and_acts_when_confirmed(web: TestClient, app: App):
    address = f"/feedback/{token(app, Action.NOT_RELEVANT)}"
    assert "Not relevant?" in web.get(address).text
    assert app.archive.labels.list() == []
    assert "Thank you" in web.post(address, headers={"Sec-Fetch-Site": "cross-site"}).text
    assert {one.label for one in app.archive.labels.list()} == {"not-relevant"}


def test_mute_and_unsubscribe(web: TestClient, app: App):
    web.post(f"/feedback/{token(app, Action.MUTE_STORY)}")
    assert [one.query for one in app.archive.silences.list(NOW)] == ["story:1"]
    web.post(f"/feedback/{token(app, Action.UNSUBSCRIBE)}")
    assert "left the list" in web.get("/settings").text
    web.post("/receivers/desk/return")
    assert "left the list" not in web.get("/settings").text


def test_a_changed_address_says_nothing(web: TestClient, app: App):
    good = token(app, Action.RELEVANT)
    assert web.post(f"/feedback/{good[:-2]}xx").status_code == 404


# -- feeds of queries ------------------------------------------------------------------------------------------------------


def test_any_query_is_a_feed(web: TestClient):
    root = ET.fromstring(web.get("/feeds/q.atom", params={"q": "topic:toll stance:against"}).content)  # noqa: S314
    entries = root.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == 6
    assert "Freedonia is against: toll" in (entries[0].findtext("{http://www.w3.org/2005/Atom}summary") or "")
    assert len(ET.fromstring(web.get("/feeds/q.rss?q=toll").content).findall("channel/item")) == 6  # noqa: S314
    feed = web.get("/feeds/rule/toll-opposed.json").json()
    assert feed["items"][0]["_statements"][0]["stance"] == "against"
    first = web.get("/feeds/q.atom?q=toll")
    assert web.get("/feeds/q.atom?q=toll", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert web.get("/feeds/q.atom?q=topic:nothing").status_code == 400


def test_an_empty_archive_leads_to_the_first_alert(tmp_path: Path):
    with stage(tmp_path / "new", is_filled=False) as app, TestClient(build_web(app), base_url="http://localhost") as client:
        assert "Three steps to the first alert" in client.get("/").text
        for path in ("/search", "/topics", "/alerts", "/rules", "/feeds", "/settings", "/stories"):
            assert client.get(path).status_code == 200, path


# -- over time -------------------------------------------------------------------------------------------------------------


def test_a_topic_tells_who_holds_what_in_how_many_stories(shown: TestClient):
    page = shown.get("/topics/toll").text
    voices = page.partition('id="voices"')[2].partition("</table>")[0]
    assert "in 1 of 1, too few to lean on" in voices
    assert "/search?q=topic%3Atoll%20holder%3AFreedonia" in voices
    assert 'class="tag">new' in voices


def test_a_shift_is_told_with_the_articles_that_carry_it(web: TestClient, app: App):
    sides = [Stance.AGAINST] * 5 + [Stance.FAVOR] * 5
    made = [article(1, keys=(f"s{at}",), title=f"Day {at}", published=NOW - timedelta(days=12 - at)) for at in range(10)]
    for number, side in zip(app.archive.articles.add(made), sides, strict=True):
        said = statement(number, "Osterlich", side, "Sylvania welcomed it as fair.")
        relevance = Relevance("toll", 0.9, is_relevant=True)
        app.archive.scores.save([Scores(number, "en", "model-1", None, (relevance,), (said,), at=NOW)])
        app.archive.stories.join(number, None)
    shifts = web.get("/topics/toll").text.partition('id="shifts"')[2].partition("</section>")[0]
    assert re.search(r"Osterlich</b>.*against.*→.*for.*since 13 Nov.*5 stories before, 5 after", shifts, re.DOTALL)
    assert "Day 5" in shifts


def test_the_briefing_is_read_here_with_each_mark_leading_to_its_article(shown: TestClient):
    page = shown.get("/topics/toll/briefing").text
    assert "an insult to every sailor" in page
    assert re.search(r'<a class="cite" href="/articles/\d+"', page)


def test_a_story_names_its_outlets_in_order(shown: TestClient):
    page = shown.get("/stories/1").text
    outlets = re.findall(r"<li data-item><a href=\"/articles/\d+\">([\w.]+)</a> <span class=\"muted\">([^<]*)<", page)
    assert outlets[0] == ("gazette.example", "first · 3 articles")
    assert outlets[1][0] == "wire.example"
    assert outlets[1][1].startswith("+5 h")
