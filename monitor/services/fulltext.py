"""Full text: the pages of articles, fetched where robots.txt lets us and read in the sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

from monitor.core.feeds.robots import Robots, read_robots
from monitor.logs import logger
from monitor.model import Entry, PageText
from monitor.ports import Clock, Fetcher, Parser

log = logger(__name__)

AT_ONCE = 4
SITES_AT_ONCE = 20
"""Sites asked for their robots.txt at once, so that those that hang hang together."""
MOST_PAGES = 50
"""Pages fetched for one feed in one pass; older articles of a first fetch keep their summaries."""
KEPT = timedelta(days=1)
"""How long an answer to /robots.txt holds."""
KEPT_CLOSED = timedelta(hours=1)
"""How long a site that fails is taken to allow nothing before it is asked again."""
MOST_SITES = 500
"""Sites whose robots.txt is remembered, those asked last."""


class PageReader:
    """Reads the pages of articles; what each site allows is remembered from one pass to the next."""

    def __init__(self, fetcher: Fetcher, parser: Parser, clock: Clock) -> None:
        self._fetcher, self._parser, self._clock = fetcher, parser, clock
        self._known: dict[str, tuple[Robots, float]] = {}

    def read(self, entries: Sequence[Entry]) -> dict[str, PageText]:
        """Link to what its page says, for the first entries with a link; pages that cannot be had are left out."""
        links = list(dict.fromkeys(entry.link for entry in entries if entry.link))[:MOST_PAGES]
        if not links:
            return {}
        rules = self._rules(dict.fromkeys(_origin(link) for link in links))
        allowed = [link for link in links if rules[_origin(link)].allows(link)]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="page") as threads:
            pages = list(threads.map(self._page, allowed))
        return {link: page for link, page in zip(allowed, pages, strict=True) if not page.error}

    def _page(self, link: str) -> PageText:
        page = self._parser.extract(self._fetcher.page(link))
        if page.error:
            log.info("no full text", url=link, error=page.error)
        return page

    def _rules(self, origins: Iterable[str]) -> dict[str, Robots]:
        now = self._clock.monotonic()
        rules = {origin: robots for origin, (robots, until) in self._known.items() if until > now}
        missing = [origin for origin in origins if origin not in rules]
        with ThreadPoolExecutor(SITES_AT_ONCE, thread_name_prefix="robots") as threads:
            for origin, (robots, kept) in zip(missing, threads.map(self._asked, missing), strict=True):
                rules[origin] = robots
                self._known.pop(origin, None)
                self._known[origin] = robots, now + kept.total_seconds()
        for origin in list(self._known)[:-MOST_SITES]:
            del self._known[origin]
        return rules

    def _asked(self, origin: str) -> tuple[Robots, timedelta]:
        answer = self._fetcher.page(f"{origin}/robots.txt")
        robots = read_robots(answer.status, answer.body)
        return robots, KEPT_CLOSED if robots.is_closed else KEPT


def _origin(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}"
