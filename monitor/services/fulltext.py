"""Full text: the pages of articles, fetched where robots.txt lets us and read in the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from monitor.core.feeds.robots import Robots, read_robots
from monitor.logs import logger
from monitor.model import Entry, PageText
from monitor.ports import Fetcher, Parser

log = logger(__name__)

AT_ONCE = 4
MOST_PAGES = 50
"""Pages fetched for one feed in one pass; older articles of a first fetch keep their summaries."""


def read_pages(entries: Sequence[Entry], fetcher: Fetcher, parser: Parser) -> dict[str, PageText]:
    """Link to what its page says, for the first entries with a link; pages that cannot be had are left out."""
    links = list(dict.fromkeys(entry.link for entry in entries if entry.link))[:MOST_PAGES]
    if not links:
        return {}
    rules = {origin: _robots(origin, fetcher) for origin in dict.fromkeys(_origin(link) for link in links)}
    allowed = [link for link in links if rules[_origin(link)].allows(link)]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="page") as threads:
        pages = list(threads.map(lambda link: _page(link, fetcher, parser), allowed))
    return {link: page for link, page in zip(allowed, pages, strict=True) if not page.error}


def _page(link: str, fetcher: Fetcher, parser: Parser) -> PageText:
    page = parser.extract(fetcher.page(link))
    if page.error:
        log.info("no full text", url=link, error=page.error)
    return page


def _robots(origin: str, fetcher: Fetcher) -> Robots:
    answer = fetcher.page(f"{origin}/robots.txt")
    return read_robots(answer.status, answer.body)


def _origin(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}"
