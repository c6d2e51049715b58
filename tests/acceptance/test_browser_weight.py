"""What a page costs the reader: bytes on the wire, and whether anything moves after it is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.app import App
from monitor.web import serving
from tests.browsing import AT_ONCE, Watched, batched, needs_chromium, settle
from tests.webstage import stage

pytestmark = needs_chromium

PAGES = (
    "", "search", "search?q=topic:toll", "topics", "topics/toll", "topics/toll/briefing", "articles/1?rule=toll-opposed", "stories", "stories/1",
    "alerts?days=30", "alerts/a1b2c3d4e5", "rules", "rules/toll-opposed", "rules/edit?rule=toll-opposed", "rules/new",
    "rules/toll-opposed/form", "try", "feeds", "settings", "login",
)  # fmt: skip
MOST_BYTES, MOST_SHIFT = 300_000, 0.01
WATCH_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries())
      shifts.push([one.value, one.sources.map((source) => source.node?.className ?? '').join(' ')]);
  }).observe({ type: 'layout-shift', buffered: true });
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stage(tmp_path_factory.mktemp("weight") / "desk") as app, serving(app, "127.0.0.1", 0) as found:
        _long_titles(app)
        yield found


def _long_titles(app: App) -> None:
    app.archive.stories.describe(1, "A title that takes several lines on a phone and must not push anything about " * 2, 2)


class Visit(Watched):
    """A first visit, in a context whose cache is empty: it counts what comes over the wire and what moves."""

    def __init__(self, browser: object, address: str, width: int) -> None:
        super().__init__(browser, viewport={"width": width, "height": 844})
        self.sizes: list[float] = []
        wire = self.context.new_cdp_session(self.page)
        wire.on("Network.loadingFinished", lambda event: self.sizes.append(event["encodedDataLength"]))
        wire.send("Network.enable")
        self.page.add_init_script(WATCH_SHIFTS)
        self.page.goto(address)


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_weighs_much_and_none_moves(browser: object, address: str, width: int):
    faults = []
    for group in batched(PAGES, AT_ONCE):
        visits = [Visit(browser, address + path, width) for path in group]
        settle(visit.page for visit in visits)
        for path, visit in zip(group, visits, strict=True):
            shifts = visit.page.evaluate("shifts")
            moved = sum(value for value, _ in shifts)
            faults += [f"{path} weighs {sum(visit.sizes):,.0f} bytes"] if sum(visit.sizes) > MOST_BYTES else []
            faults += [f"{path} moves by {moved:.3f} at {width}: {shifts}"] if moved > MOST_SHIFT else []
            assert visit.sizes, path
            faults += visit.trouble
            visit.close()
    assert not faults, "\n".join(faults)
