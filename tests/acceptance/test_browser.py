"""The pages in a real browser: a desk's way from nothing to feedback, accessibility in both themes."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.app import App, open_app
from monitor.demo.mailbox import Mailbox, mail_server
from monitor.demo.servers import feed_site
from monitor.web import serving
from monitor.worker import Worker
from tests.browsing import AT_ONCE, Watched, batched, needs_chromium, settle
from tests.tinymodels import make_weights
from tests.webstage import RULES, stage

pytestmark = needs_chromium
AXE = Path(__file__).parent.parent / "data/vendor/axe.min.js"
PAGES = (
    "/", "/search", "/search?q=topic:toll", "/search?q=topic:tol", "/topics", "/topics/toll", "/articles/1?rule=toll-opposed", "/stories",
    "/stories/1", "/alerts?days=30", "/alerts/a1b2c3d4e5", "/rules", "/rules/toll-opposed", "/rules/edit?rule=toll-opposed", "/rules/new",
    "/rules/toll-opposed/form", "/try", "/topics/toll/briefing", "/feeds", "/settings", "/login", "/nowhere",
)  # fmt: skip
RUN_AXE = """async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}))
  .violations.map(v => v.id + ': ' + v.nodes.slice(0, 2).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary.slice(0, 220)).join(' | '))"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk") as made:
        yield made


def test_no_page_has_an_accessibility_fault_in_either_theme(browser: object, app: App):
    faults = []
    axe = AXE.read_text(encoding="utf-8")
    with serving(app, "127.0.0.1", 0) as address:
        for theme in ("light", "dark"):
            for width in (1280, 390):
                watched = Watched(browser, color_scheme=theme, viewport={"width": width, "height": 900}, reduced_motion="reduce")
                tabs = [watched.tab() for _ in range(AT_ONCE)]
                for group in batched(PAGES, AT_ONCE):
                    opened = list(zip(group, tabs, strict=False))
                    for path, page in opened:
                        page.goto(address.rstrip("/") + path)
                    settle(page for _, page in opened)
                    for path, page in opened:
                        page.evaluate(axe)
                        faults += [f"{theme} {width} {path} {fault}" for fault in page.evaluate(RUN_AXE)]
                        wide = page.evaluate("document.documentElement.scrollWidth")
                        faults += [f"{path} is {wide} wide at {width}"] if wide > width else []
                faults += watched.trouble
                watched.close()
    assert not faults, "\n".join(faults)


def test_a_rule_is_edited_checked_previewed_and_saved(browser: object, app: App):
    with serving(app, "127.0.0.1", 0) as address:
        watched = Watched(browser)
        page = watched.page
        page.goto(f"{address}rules/edit?rule=toll-opposed")
        editor = page.locator("#code .cm-content")
        editor.wait_for()
        page.locator("#state", has_text="No mistakes").wait_for()
        page.keyboard.press("Control+End")
        page.keyboard.type("oops: 1")
        page.wait_for_selector("#problems li")
        assert "unknown key 'oops'" in page.inner_text("#problems")
        for _ in "oops: 1":
            page.keyboard.press("Backspace")
        page.locator("#problems li").first.wait_for(state="detached")
        page.locator("#code .cm-line", has_text="title: Somebody").click()
        page.keyboard.press("End")
        page.keyboard.type(" now")
        page.locator("#state", has_text="not saved").wait_for()
        page.click("#preview-button")
        page.wait_for_selector("#preview .change, #preview .muted")
        page.click("#save")
        page.wait_for_selector(".said")
        assert watched.trouble == []
        watched.close()
    assert (app.settings.rules / "desk.yaml").read_text() == RULES.replace("opposes the toll", "opposes the toll now")


SITE = b"""<!doctype html><html><head><title>The Harbour Wire</title>
<link rel="alternate" type="application/atom+xml" title="Harbour Wire" href="/wire"></head><body><h1>News</h1></body></html>"""
WIRE = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour Wire</title><id>urn:wire</id>
<entry><id>urn:1</id><title>Harbour drill begins at dawn</title><link href="https://wire.example/1"/><updated>{at}</updated>
<summary>Ships left Busan for a drill that lasts three days. Japan opposes the drill.</summary></entry>
<entry><id>urn:2</id><title>Parliament passes the sugar levy</title><link href="https://wire.example/2"/><updated>{at}</updated>
<summary>Members voted late on Monday after a long debate.</summary></entry></feed>"""
RECEIVERS = """# who is told
receivers:
  desk: {{kind: email, host: "{host}", port: {port}, security: none, sender: monitor@example.org, to: [desk@example.org]}}
"""


@contextmanager
def empty_service(root: Path, address: str, mailbox: Mailbox) -> Iterator[App]:
    """An installation with one receiver and nothing else: no feed, no topic, no rule, no article."""
    (root / "rules").mkdir(parents=True)
    (root / "rules/desk.yaml").write_text(RECEIVERS.format(host=mailbox.host, port=mailbox.port), encoding="utf-8")
    (root / "feeds.yaml").write_text("feeds: []\n", encoding="utf-8")
    places = {"archive": root / "monitor.db", "feeds": root / "feeds.yaml", "rules": root / "rules", "outbox": root / "outbox"}
    scorer = {"kind": "onnx", "weights": str(make_weights(root / "weights")), "threads": 1}
    flags = {name: str(place) for name, place in places.items()} | {
        "scorer": scorer,
        "allow": ["127.0.0.1"],
        "public_url": address,
    }
    with open_app(flags, environment={}) as app:
        yield app


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_from_an_empty_archive_to_feedback_on_the_first_alert(browser: object, tmp_path: Path):
    port = free_port()
    at = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    documents = {"/": ("text/html; charset=utf-8", SITE), "/wire": ("application/atom+xml", WIRE.format(at=at).encode())}
    with (
        feed_site(documents) as site,
        mail_server() as mailbox,
        empty_service(tmp_path / "desk", f"http://127.0.0.1:{port}", mailbox) as app,
        serving(app, "127.0.0.1", port) as address,
    ):
        watched = Watched(browser)
        page = watched.page

        page.goto(address)
        assert "Three steps to the first alert" in page.inner_text("h1")
        page.fill("#url", f"{site.address}/")
        page.click("button:has-text('Add feed')")
        assert "Added Harbour Wire" in page.inner_text(".said")

        page.goto(address)
        page.click("text=Write the first rule")
        page.click("text=A topic that is not in the list")
        page.fill("[name=new_topic]", "Harbour drill")
        page.fill("[name=words]", "Busan")
        page.check("[name=notify][value=desk]")
        page.fill("[name=title]", "Drills at Busan")
        page.click("text=Preview 30 days")
        page.wait_for_selector("#preview .diff .added")
        assert "when: topic:harbour-drill Busan" in page.inner_text("#preview .diff")
        page.click("button:has-text('Save')")
        assert "Saved in desk.yaml" in page.inner_text(".said")
        assert (app.settings.rules / "desk.yaml").read_text().startswith("# who is told\n")

        done = Worker(app).once()
        assert (done.collected.failed, done.analysed.alerts, done.delivered.sent) == (0, 1, 1)
        (letter,) = mailbox.messages
        body = letter.get_body(("plain",))
        assert body is not None
        opened = re.search(rf"http://127.0.0.1:{port}/alerts/\w+", body.get_content())
        assert opened

        page.goto(opened[0])
        assert "Harbour drill" in page.inner_text("h1")
        frame = page.frame_locator(".previews iframe")
        assert "Busan" in frame.locator("body").inner_text()
        page.click("dt:has-text('Story') + dd a")
        assert "Harbour drill begins at dawn" in page.inner_text("h1")

        page.keyboard.press("/")
        page.keyboard.type("Busan")
        page.keyboard.press("Enter")
        page.wait_for_selector(".hit")
        assert page.locator("article.hit").count() == 1
        page.click("article.hit h3 a")
        page.click(".thumbs button:has-text('Relevant')")
        page.wait_for_selector(".said")
        assert watched.trouble == []
        watched.close()
        assert [(one.label, one.topic) for one in app.archive.labels.list()] == [("relevant", "harbour-drill")]


def test_a_rule_is_written_by_the_form_without_scripts(browser: object, app: App):
    with serving(app, "127.0.0.1", 0) as address:
        watched = Watched(browser, java_script_enabled=False)
        page = watched.page
        page.goto(f"{address}rules/new")
        page.select_option("[name=topic]", "toll")
        page.select_option("[name=stance]", "favor")
        assert not page.is_visible("[name='opt.frequency.threshold']")
        page.check("#kind-frequency")
        page.fill("[name='opt.frequency.threshold']", "1")
        page.fill("[name=title]", "Praise in numbers")
        page.click("text=Preview 30 days")
        assert "+1 gained" in page.inner_text("#preview")
        page.click("button:has-text('Save')")
        assert page.inner_text("h1") == "Praise in numbers"
        watched.close()
    made = app.read_rulebook().rules["praise-in-numbers"]
    assert (made.kind, made.options.threshold, made.when) == ("frequency", 1, "topic:toll stance:favor")


def test_search_completes_narrows_and_takes_feedback(browser: object, app: App):
    with serving(app, "127.0.0.1", 0) as address:
        watched = Watched(browser)
        page = watched.page
        page.goto(address)
        page.keyboard.press("/")
        page.keyboard.type("hol")
        page.wait_for_selector(".words li")
        page.keyboard.press("Tab")
        page.keyboard.type("free")
        page.wait_for_selector(".words li:has-text('Freedonia')")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".hit")
        assert page.input_value("#query").strip() == "holder:Freedonia"
        page.click(".facet a:has-text('against')")
        page.wait_for_selector(".hit")
        page.locator(".chip").first.hover()
        assert page.locator(".pop").first.is_visible()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector(".text .body")
        page.click(".thumbs button:has-text('Not relevant')")
        page.wait_for_selector(".said")
        assert watched.trouble == []
        watched.close()
    assert [one.label for one in app.archive.labels.list()] == ["not-relevant"]


def test_the_theme_stays_without_scripts(browser: object, app: App):
    with serving(app, "127.0.0.1", 0) as address:
        watched = Watched(browser, java_script_enabled=False, color_scheme="light")
        page = watched.page
        page.goto(address)
        page.click(".theme button")
        assert page.get_attribute("html", "data-theme") == "dark"
        page.click(".hit a, .alert-card h3 a")
        assert page.get_attribute("html", "data-theme") == "dark"
        watched.close()
