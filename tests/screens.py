"""Takes the pictures in docs/images from a filled archive: `python -m tests.screens db/demo/monitor.yaml`."""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from monitor.app import App, open_app
from monitor.core.queries.query import parse
from monitor.services.status import WORKER
from monitor.services.stories import list_stories
from monitor.web import serving

IMAGES = Path(__file__).parent.parent / "docs/images"
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


def pages(app: App) -> dict[str, str]:
    """What is shown, by the name of its picture: the alert with most positions, and the largest story and topic."""
    now = app.clock.now()
    alert = max(app.archive.alerts.recent(now.replace(year=2000)), key=lambda one: len(one.statements))
    found = app.archive.search.search(parse("stance:against confidence>=0.7"), now=now)[0] or app.archive.articles.get(
        alert.articles
    )
    topic = app.archive.search.facets(parse(""), now=now, names=["topic"])["topic"][0][0]
    rule = next(iter(app.rulebook.rules))
    (story,) = list_stories(app.archive, now - timedelta(days=7), now, limit=1)
    return {
        "today": "/?days=1", "search": f"/search?q=topic:{topic}", "article": f"/articles/{found[0].id}", "story": f"/stories/{story.id}",
        "topic": f"/topics/{topic}?days=7", "alerts": "/alerts", "alert": f"/alerts/{alert.id}", "rules": "/rules",
        "rule": f"/rules/{rule}", "form": f"/rules/{rule}/form", "briefing": f"/topics/{topic}/briefing?days=7", "edit": f"/rules/edit?rule={rule}", "feeds": "/feeds", "settings": "/settings",
    }  # fmt: skip


def _try(browser: Browser, address: str, app: App) -> None:
    """A trial on an article that takes sides."""
    alert = max(app.archive.alerts.recent(app.clock.now().replace(year=2000)), key=lambda one: len(one.statements))
    (article,) = app.archive.articles.get(alert.articles[:1])
    page = browser.new_page(viewport=DESK)
    page.goto(f"{address}try")
    page.fill("[name=title]", article.title)
    page.fill("[name=text]", article.text)
    page.click("button:has-text('Try it')", timeout=120_000)
    page.wait_for_selector("#said", timeout=120_000)
    page.screenshot(path=IMAGES / "web-try.png")
    page.close()


def take(settings: Path) -> None:
    """Every page on a desk in light; the four most seen ones also in the dark and on a phone."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with open_app(environment={}, file=settings) as app, serving(app, "127.0.0.1", 0) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        # The pictures show a service at work; the worker that filled the archive has left.
        app.archive.states.save(WORKER, {**app.archive.states.load(WORKER), "at": app.clock.now().isoformat()})
        _try(browser, address, app)
        for name, path in pages(app).items():
            views = [("", "light", DESK)]
            if name in {"today", "search", "article", "topic", "form"}:
                views += [("-dark", "dark", DESK), ("-phone", "light", PHONE)]
            for suffix, theme, size in views:
                page = browser.new_page(viewport=size, color_scheme=theme)
                page.goto(address.rstrip("/") + path)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=IMAGES / f"web-{name}{suffix}.png")
                page.close()
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
