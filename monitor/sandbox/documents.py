"""A feed document of any format read into a ParsedFeed: the only place that chooses a reader."""

from __future__ import annotations

from monitor.core.feeds.jsonfeed import looks_like_json, read_json_feed
from monitor.core.feeds.parse import looks_like_html, not_a_feed, opened
from monitor.model import ParsedFeed
from monitor.sandbox.anyfeed import any_date, read_any_feed
from monitor.sandbox.plainfeed import read_plain_feed


def read_feed(body: bytes, base: str = "", content_type: str = "") -> ParsedFeed:
    """What a document says. `base` is its address, for relative links. Never raises for a bad document."""
    try:
        body = opened(body)
    except ValueError as error:
        return not_a_feed(str(error))
    if not body.strip():
        return not_a_feed("the document is empty")
    if looks_like_html(body):
        return not_a_feed("it is a web page")
    try:
        if looks_like_json(body):
            return read_json_feed(body, base, any_date)
        return read_plain_feed(body, base, content_type) or read_any_feed(body, base, content_type)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (a document no reader survives is an answer, not a crash)
        return not_a_feed(f"no reader survives it ({type(error).__name__}: {str(error)[:200]})")
