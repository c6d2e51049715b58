"""A web page read: the article on it, without its furniture, and the feeds it announces."""

from __future__ import annotations

import re
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import trafilatura

from monitor.core.feeds.markup import plain_line, plain_text, safe_link
from monitor.core.language_tags import primary_language
from monitor.model import PageText
from monitor.sandbox.anyfeed import any_date

FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json", "application/rdf+xml")
LONGEST_PAGE = 3_000_000
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset=["']?([A-Za-z0-9_-]{2,30})""", re.IGNORECASE)


def read_page(body: bytes, base: str, content_type: str) -> PageText:
    """What a page says. `error` is set when no article could be found on it; its feeds may be there all the same."""
    page = _decoded(body[:LONGEST_PAGE], content_type)
    feeds = announced_feeds(page, base)
    document: Any = trafilatura.bare_extraction(page, url=base or None, with_metadata=True, include_comments=False)
    text = plain_text(str(document.text or ""), is_html=False) if document else ""
    if not text:
        return PageText(feeds=feeds, error="no article could be found on the page")
    return PageText(
        text=text,
        author=plain_line(str(document.author or "")),
        published=_published(document.date),
        language=primary_language(document.language) or _declared_language(page),
        feeds=feeds,
    )


def announced_feeds(page: str, base: str) -> tuple[tuple[str, str], ...]:
    """(address, title) of the feeds that a page's head announces, in order."""
    finder = _FeedFinder(base)
    finder.feed(page)
    return tuple(dict.fromkeys(finder.found))


class _FeedFinder(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "base" and named.get("href"):
            self.base = safe_link(named["href"], self.base) or self.base
        if tag != "link" or "alternate" not in named.get("rel", "").lower().split():
            return
        if named.get("type", "").split(";")[0].strip().lower() in FEED_TYPES:
            link = safe_link(named.get("href", ""), self.base)
            if link:
                self.found.append((link, plain_line(named.get("title", ""))))


def _decoded(body: bytes, content_type: str) -> str:
    declared = re.search(r"charset=[\"']?([\w-]+)", content_type)
    found = _CHARSET.search(body[:4096])
    for name in (declared[1] if declared else "", found[1].decode() if found else "", "utf-8"):
        try:
            if name:
                return body.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("windows-1252", "replace")


def _declared_language(page: str) -> str | None:
    found = re.search(r"<html[^>]{0,500}?\slang=[\"']?([A-Za-z-]{2,20})", page[:4096])
    return primary_language(found[1]) if found else None


def _published(text: str | None) -> datetime | None:
    return any_date(text) if text else None
