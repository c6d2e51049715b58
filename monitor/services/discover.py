"""Finds the feeds of a site: the address itself, what its page announces, or where feeds usually lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin

from monitor.core.shown import without_credentials
from monitor.errors import FetchError
from monitor.model import Fetched, ParsedFeed
from monitor.ports import Fetcher, Parser

USUAL_PLACES = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
MOST_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that answers and can be read; `url` is how it was asked, with the credentials that were given for it."""

    url: str
    title: str
    format: str
    entries: int
    language: str | None


def discover(url: str, fetcher: Fetcher, parser: Parser) -> list[Found]:
    """The feeds of a site, the likeliest first; `url` may be a feed itself. A scheme may be missing.

    Raises:
        FetchError: the address cannot be fetched.
    """
    address = url if "://" in url else f"https://{url}"
    answer = fetcher.page(address)
    if answer.body is None:
        remedy = "; check how it is spelled" if answer.reason == "dns" else ""
        raise FetchError(f"{without_credentials(address)}: {answer.error}{remedy}", answer.reason or "error")
    itself = _read([answer], parser)
    if itself:
        return itself
    announced = [link for link, _ in parser.extract(answer).feeds]
    return _fetched(announced, fetcher, parser) or _fetched(
        [urljoin(answer.url, place) for place in USUAL_PLACES], fetcher, parser
    )


def _fetched(links: Iterable[str], fetcher: Fetcher, parser: Parser) -> list[Found]:
    candidates = list(dict.fromkeys(links))[:MOST_CANDIDATES]
    return _read([fetcher.page(link) for link in candidates], parser)


def _read(answers: Iterable[Fetched], parser: Parser) -> list[Found]:
    found = {fetched.url: _found(fetched, parsed) for fetched, parsed in parser.parse(answers) if parsed and parsed.format}
    return sorted(found.values(), key=lambda one: -one.entries)


def _found(fetched: Fetched, parsed: ParsedFeed) -> Found:
    return Found(fetched.url, parsed.title, parsed.format or "", len(parsed.entries), parsed.language)
