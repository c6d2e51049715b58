"""Any query or rule as a feed that readers can follow: Atom, RSS 2.0 or JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as ET

from monitor.core.alerts.render import LABELS, clean, percent, safe_url
from monitor.model import OUTLET, Article, Statement

ATOM = "http://www.w3.org/2005/Atom"
SHOWN = 50
MEDIA_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One article with where its holders stand."""

    article: Article
    statements: Sequence[Statement] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed to be written: `address` is its own, `page` the search behind it."""

    title: str
    address: str
    page: str
    updated: datetime
    entries: Sequence[Entry]
    base: str


def write(channel: Channel, form: str) -> bytes:
    """The feed as atom, rss or json."""
    return {"atom": _atom, "rss": _rss, "json": _json}[form](channel)


def summary(entry: Entry) -> str:
    """Where holders stand, one line each, then the beginning of the text; plain text."""
    lines = [
        f"{_who(one, entry.article)} is {LABELS[one.stance]}: {one.topic} ({percent(one.confidence)})"
        + (f" — “{clean(one.evidence.text, 300)}”" if one.evidence else "")
        for one in entry.statements
    ]
    return "\n".join([*(clean(line) for line in lines), clean(entry.article.text, 600)])


def _who(one: Statement, article: Article) -> str:
    return article.source if one.holder == OUTLET else one.holder


def _atom(channel: Channel) -> bytes:
    ET.register_namespace("", ATOM)
    root = _child(None, "feed")
    _child(root, "title", channel.title)
    _child(root, "id", channel.address)
    _child(root, "updated", _iso(channel.updated))
    _child(root, "link", rel="self", href=channel.address)
    _child(root, "link", rel="alternate", href=channel.page)
    for entry in channel.entries:
        article = entry.article
        item = _child(root, "entry")
        _child(item, "title", clean(article.title, 500) or "(no title)")
        _child(item, "id", f"{channel.base}articles/{article.id}")
        _child(item, "published", _iso(article.published))
        _child(item, "updated", _iso(article.published))
        _child(item, "link", rel="alternate", href=safe_url(article.url) or f"{channel.base}articles/{article.id}")
        _child(item, "link", rel="related", href=f"{channel.base}articles/{article.id}")
        _child(_child(item, "author"), "name", clean(article.author or article.source or article.feed, 200))
        _child(item, "summary", summary(entry), type="text")
    return _document(root)


def _rss(channel: Channel) -> bytes:
    root = ET.Element("rss", version="2.0")
    body = ET.SubElement(root, "channel")
    for name, value in (("title", channel.title), ("link", channel.page), ("description", channel.title)):
        ET.SubElement(body, name).text = _xml(value)
    ET.SubElement(body, "lastBuildDate").text = format_datetime(channel.updated, usegmt=True)
    for entry in channel.entries:
        article = entry.article
        item = ET.SubElement(body, "item")
        ET.SubElement(item, "title").text = _xml(clean(article.title, 500) or "(no title)")
        ET.SubElement(item, "link").text = _xml(safe_url(article.url) or f"{channel.base}articles/{article.id}")
        ET.SubElement(item, "guid", isPermaLink="false").text = f"{channel.base}articles/{article.id}"
        ET.SubElement(item, "pubDate").text = format_datetime(article.published, usegmt=True)
        # RSS readers take a description for HTML, so that plain text is escaped once more.
        ET.SubElement(item, "description").text = _xml(_as_html(summary(entry)))
    return _document(root)


def _json(channel: Channel) -> bytes:
    items: list[dict[str, Any]] = [
        {
            "id": f"{channel.base}articles/{entry.article.id}",
            "url": safe_url(entry.article.url) or f"{channel.base}articles/{entry.article.id}",
            "title": clean(entry.article.title, 500),
            "content_text": summary(entry),
            "date_published": _iso(entry.article.published),
            **({"language": entry.article.language} if entry.article.language else {}),
            "_statements": [
                {"holder": one.holder, "topic": one.topic, "stance": str(one.stance), "confidence": round(one.confidence, 3)}
                for one in entry.statements
            ],
        }
        for entry in channel.entries
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "feed_url": channel.address,
        "home_page_url": channel.page,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False).encode("utf-8", "replace")


def _child(parent: ET.Element | None, name: str, text: str = "", **attributes: str) -> ET.Element:
    named = f"{{{ATOM}}}{name}"
    values = {key: _xml(value) for key, value in attributes.items()}
    made = ET.Element(named, values) if parent is None else ET.SubElement(parent, named, values)
    if text:
        made.text = _xml(text)
    return made


def _document(root: ET.Element) -> bytes:
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _xml(text: str) -> str:
    """A text without the characters that XML 1.0 cannot hold."""
    return "".join(
        one for one in text if one in "\t\n\r" or (one >= " " and not "\ud800" <= one <= "\udfff" and one not in "\ufffe\uffff")
    )


def _as_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
