"""Takes the pictures in docs/images: `python -m tests.screens`.

Plays the demo into a temporary folder and takes every page on a desk, on a desk in the dark, and on a phone; an alert as a letter
(`email`) and in Slack (`slack`); a briefing as a page and as PDF (`briefing`, which wants pypdfium2). `--settings` takes a demo that
was played already, `--only today,email` some pictures, `--to` puts them elsewhere, `--whole` takes pages to their end.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from monitor.app import App, open_app
from monitor.core.queries.query import parse
from monitor.demo.run import run_demo
from monitor.model import Alert
from monitor.services.briefing import brief, write
from monitor.services.preview import previews
from monitor.services.status import WORKER
from monitor.services.stories import list_stories
from monitor.web import serving
from tests import slackview
from tests.browsing import CHROMIUM, PATIENCE_MS

IMAGES = Path(__file__).parent.parent / "docs/images"
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, Theme] = ("light", "dark")
DESK, PHONE = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
VIEWS: dict[str, tuple[ViewportSize, Theme]] = {"": (DESK, "light"), "-dark": (DESK, "dark"), "-phone": (PHONE, "light")}


@dataclass(frozen=True, slots=True)
class Subject:
    """A page to take: its path, and what is done there first."""

    path: str
    prepare: Callable[[Page], object] = lambda _page: None


def subjects(app: App) -> dict[str, Subject]:
    """Every page by the name of its picture, on what the archive has most to show of."""
    now = app.clock.now()
    alert = _fullest_alert(app)
    topic = app.archive.search.facets(parse(""), now=now, names=["topic"])["topic"][0][0]
    query = parse(f"topic:{topic} stance:against confidence>=0.7")
    article = app.archive.search.search(query, now=now)[0][0].id
    rule = next(iter(app.rulebook.rules))
    (story,) = list_stories(app.archive, now - timedelta(days=7), now, limit=1)
    return {
        "today": Subject("/?days=1"),
        "search": Subject(f"/search?q=topic:{topic}"),
        "topics": Subject("/topics"),
        "topic": Subject(f"/topics/{topic}?days=7"),
        "briefing": Subject(f"/topics/{topic}/briefing?days=7"),
        "story": Subject(f"/stories/{story.id}"),
        "article": Subject(f"/articles/{article}?rule={rule}"),
        "alerts": Subject("/alerts"),
        "alert": Subject(f"/alerts/{alert.id}"),
        "rules": Subject("/rules"),
        "rule": Subject(f"/rules/{rule}"),
        "form": Subject(f"/rules/{rule}/form"),
        "edit": Subject(f"/rules/edit?rule={rule}"),
        "try": Subject("/try", lambda page: _try(page, app, alert)),
        "feeds": Subject("/feeds"),
        "settings": Subject("/settings"),
    }


def take(settings: Path, to: Path, *, only: frozenset[str] = frozenset(), whole: bool = False) -> None:
    """Every page (or `only` some) in every view, as files in `to`."""
    to.mkdir(parents=True, exist_ok=True)
    with open_app(environment={}, file=settings) as app, serving(app, "127.0.0.1", 0) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        # The pictures show a service at work; the worker that filled the archive has left.
        app.archive.states.save(WORKER, {**app.archive.states.load(WORKER), "at": app.clock.now().isoformat()})
        for name, subject in subjects(app).items():
            if name in only or not only:
                for suffix, view in VIEWS.items():
                    _picture(browser, address, subject, view, to / f"web-{name}{suffix}.png", whole=whole)
        if only & {"email", "slack"} or not only:
            _messages(browser, app, to)
        if "briefing" in only or not only:
            _briefing(browser, app, to)
        browser.close()


def _messages(browser: Browser, app: App, to: Path) -> None:
    """An alert as its receivers get it."""
    alert, now = _fullest_alert(app), app.clock.now()
    where = "https://monitor.example.org/alerts/" + alert.id
    shown = previews(app.archive, app.rulebook, alert, app.archive.outbox.of([alert.id]), app.preview, now=now, page=where)
    by_kind = {one.kind: one.text for one in shown}
    pages = {"email": by_kind["email"], "slack": slackview.page(json.loads(by_kind["slack"]))}
    views = {
        f"email-{size}-{theme}": ("email", ViewportSize(width=width, height=400), theme)
        for size, width in (("desktop", 720), ("phone", 390))
        for theme in THEMES
    }
    views |= {f"slack-{theme}": ("slack", ViewportSize(width=680, height=400), theme) for theme in THEMES}
    for name, (kind, size, theme) in views.items():
        page = browser.new_page(viewport=size, color_scheme=theme)
        page.set_content(pages[kind])
        page.screenshot(path=to / f"{name}.png", full_page=True)
        page.close()


def _briefing(browser: Browser, app: App, to: Path) -> None:
    """The beginning of a briefing as a page, and its first two pages as PDF."""
    now = app.clock.now()
    topic = app.archive.search.facets(parse(""), now=now, names=["topic"])["topic"][0][0]
    composed = brief(app.archive, app.rulebook, topic, since=now - timedelta(days=14), until=now, language="en")
    page = browser.new_page(viewport=ViewportSize(width=860, height=980))
    page.set_content(write(composed, "html").decode())
    page.screenshot(path=to / "briefing.png")
    page.close()
    if find_spec("pypdfium2") is None:
        print("briefing-pdf.png is left as it is: pip install pypdfium2 to take it")  # noqa: T201
        return
    pypdfium2 = import_module("pypdfium2")
    sheets = [sheet.render(scale=0.84).to_pil() for sheet in list(pypdfium2.PdfDocument(io.BytesIO(write(composed, "pdf"))))[:2]]
    width, height = sum(sheet.width for sheet in sheets) + 12 * (len(sheets) + 1), max(sheet.height for sheet in sheets) + 24
    desk = sheets[0].resize((width, height))
    desk.paste((128, 128, 128), (0, 0, width, height))
    for number, sheet in enumerate(sheets):
        desk.paste(sheet, (12 + number * (sheet.width + 12), 12))
    desk.save(to / "briefing-pdf.png")


def _picture(
    browser: Browser, address: str, subject: Subject, view: tuple[ViewportSize, Theme], file: Path, *, whole: bool
) -> None:
    page = browser.new_page(viewport=view[0], color_scheme=view[1], reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address.rstrip("/") + subject.path)
    subject.prepare(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, full_page=whole)
    page.close()


def _try(page: Page, app: App, alert: Alert) -> None:
    """A trial on an article that takes sides, shown where its answer begins."""
    (article,) = app.archive.articles.get(alert.articles[:1])
    page.fill("[name=title]", article.title)
    page.fill("[name=text]", article.text)
    page.click("button:has-text('Try it')")
    page.wait_for_selector("#said")
    if page.locator(".tried").count() != 1:
        raise RuntimeError(f"the trial failed, and a picture of that is not wanted: {page.inner_text('#said')}")


def _resume(feeds: Path) -> None:
    """A demo pauses its feeds at the end, for nobody serves them any more; the pictures show them as they were."""
    lines = feeds.read_text(encoding="utf-8").splitlines(keepends=True)
    feeds.write_text("".join(line for line in lines if line.strip(" -\n") != "enabled: false"), encoding="utf-8")


def _fullest_alert(app: App) -> Alert:
    return max(app.archive.alerts.recent(app.clock.now().replace(year=2000)), key=lambda one: len(one.statements))


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", type=Path, help="the monitor.yaml of a demo that was played already")
    parser.add_argument("--to", type=Path, default=IMAGES)
    parser.add_argument("--only", default="", help="names with commas between them")
    parser.add_argument("--whole", action="store_true", help="pages to their end, for looking at them")
    given = parser.parse_args()
    with ExitStack() as made:
        settings = given.settings
        if settings is None:
            folder = Path(made.enter_context(TemporaryDirectory(prefix="monitor-"))) / "demo"
            run_demo(folder)
            settings = folder / "monitor.yaml"
            _resume(folder / "feeds.yaml")
        take(settings, given.to, only=frozenset(filter(None, given.only.split(","))), whole=given.whole)


if __name__ == "__main__":
    main()
