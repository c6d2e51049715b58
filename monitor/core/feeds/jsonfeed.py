"""JSON Feed 1.0 and 1.1 read into a ParsedFeed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from monitor.core.feeds.markup import plain_line, plain_text, repair, safe_link
from monitor.core.feeds.parse import LONGEST_GUID, MOST_ENTRIES, not_a_feed, too_many
from monitor.core.language_tags import primary_language
from monitor.model import Entry, ParsedFeed

FORMATS = {"1": "json1", "1.0": "json1", "1.1": "json11"}


def looks_like_json(body: bytes) -> bool:
    """Whether a document begins as a JSON object does."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n\x00\xff\xfe")[:1] == b"{"


def read_json_feed(body: bytes, base: str, read_date: Callable[[str], datetime | None]) -> ParsedFeed:
    """The feed in a JSON document; `format` is None when it is not a JSON Feed."""
    try:
        data = json.loads(body.lstrip(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        return not_a_feed(f"broken JSON ({error})")
    version = data.get("version") if isinstance(data, dict) else None
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(version, str) or "jsonfeed.org/version/" not in version or not isinstance(items, list):
        return not_a_feed("JSON, but not a JSON Feed")
    home = safe_link(_text(data, "home_page_url"), base)
    language = primary_language(_text(data, "language"))
    entries = [
        _entry(item, home or base, language, _author(data), read_date)
        for item in items[:MOST_ENTRIES]
        if isinstance(item, Mapping)
    ]
    hub = next((hub for hub in _mappings(data.get("hubs")) if _text(hub, "type").lower() == "websub"), {})
    return ParsedFeed(
        format=FORMATS.get(version.rstrip("/").rpartition("/")[2], "json"),
        title=plain_line(_text(data, "title")),
        entries=tuple(entries),
        errors=too_many(len(items)),
        language=language,
        hub=safe_link(_text(hub, "url")) or None,
        topic_url=safe_link(_text(data, "feed_url")) or None,
    )


def _entry(
    item: Mapping[str, Any], base: str, language: str | None, author: str, read_date: Callable[[str], datetime | None]
) -> Entry:
    summary = plain_text(_text(item, "summary"), is_html=False)
    text = plain_text(_text(item, "content_text"), is_html=False) or plain_text(_text(item, "content_html"))
    return Entry(
        guid=repair(_text(item, "id"))[:LONGEST_GUID],
        link=safe_link(_text(item, "url"), base) or safe_link(_text(item, "external_url"), base),
        title=plain_line(_text(item, "title")),
        text=text or summary,
        author=_author(item) or author,
        language=primary_language(_text(item, "language")) or language,
        published=read_date(_text(item, "date_published")),
        updated=read_date(_text(item, "date_modified")),
        summary=summary,
    )


def _author(item: Mapping[str, Any]) -> str:
    listed = _mappings(item.get("authors")) or _mappings([item.get("author")])
    return plain_line(", ".join(name for name in (_text(author, "name") for author in listed) if name))


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)
