"""What a browser measures on every page: `python -m tests.vitals db/demo/monitor.yaml` prints a table.

First and largest contentful paint in milliseconds, how far things moved (CLS), how long scripts kept the page from answering
(TBT: what each task took beyond 50 ms), and kilobytes on the wire of a first visit. Web vitals taken with Playwright, not a
Lighthouse score: nothing is throttled and nothing is weighted.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from playwright.sync_api import Browser, sync_playwright

from monitor import logs
from monitor.app import open_app
from monitor.web import serving, settle
from tests.browsing import CHROMIUM, PATIENCE_MS
from tests.screens import subjects

RUNS = 3
WATCH = """
  window.seen = {lcp: 0, cls: 0, tbt: 0};
  const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  watch('largest-contentful-paint', (one) => { seen.lcp = one.startTime; });
  watch('layout-shift', (one) => { if (!one.hadRecentInput) seen.cls += one.value; });
  watch('longtask', (one) => { seen.tbt += Math.max(0, one.duration - 50); });
"""
READ = "() => ({...seen, fcp: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0})"


def visit(browser: Browser, address: str) -> dict[str, float]:
    """One first visit with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    wire, sizes = context.new_cdp_session(page), list[float]()
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    # The observers are told of a paint a little after it.
    page.wait_for_function("() => seen.lcp && performance.getEntriesByName('first-contentful-paint').length")
    found: dict[str, float] = page.evaluate(READ)
    context.close()
    return {**found, "kb": sum(sizes) / 1000}


def main() -> None:
    """The best of a few visits to each page: a busy machine only ever adds time."""
    logs.configure(level="error")
    typer.echo(f"{'page':<12}{'FCP ms':>8}{'LCP ms':>8}{'CLS':>8}{'TBT ms':>8}{'kB':>8}")
    with (
        open_app(environment={}, file=Path(sys.argv[1])) as app,
        serving(app, "127.0.0.1", 0) as address,
        sync_playwright() as playwright,
    ):
        settle()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, subject in subjects(app).items():
            visits = [visit(browser, address.rstrip("/") + subject.path) for _ in range(RUNS)]
            best = {key: min(one[key] for one in visits) for key in ("fcp", "lcp", "tbt")}
            most = {key: max(one[key] for one in visits) for key in ("cls", "kb")}
            line = f"{best['fcp']:>8.0f}{best['lcp']:>8.0f}{most['cls']:>8.3f}{best['tbt']:>8.0f}{most['kb']:>8.1f}"
            typer.echo(f"{name:<12}{line}")
        browser.close()


if __name__ == "__main__":
    main()
