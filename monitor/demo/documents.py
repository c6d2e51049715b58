"""Writes an outlet's items as the feed document its format asks for: RSS, Atom, RDF or JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from monitor.demo.news import Item, Outlet

ATOM = "http://www.w3.org/2005/Atom"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS1 = "http://purl.org/rss/1.0/"
DC = "http://purl.org/dc/elements/1.1/"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
XML = "http://www.w3.org/XML/1998/namespace"
TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "rdf": "application/rdf+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}
for _prefix, _namespace in {"rdf": RDF, "dc": DC, "content": CONTENT}.items():
    register_namespace(_prefix, _namespace)


def document(outlet: Outlet) -> tuple[str, bytes]:
    """(content type, body) of the outlet's feed."""
    writers: dict[str, Callable[[Outlet], bytes]] = {"rss": _rss, "atom": _atom, "rdf": _rdf, "json": _json}
    return TYPES[outlet.format], writers[outlet.format](outlet)


def _rss(outlet: Outlet) -> bytes:
    root = Element("rss", {"version": "2.0"})
    channel = SubElement(root, "channel")
    _add(channel, title=outlet.name, link=_home(outlet), description=outlet.name, language=outlet.language)
    for item in outlet.items:
        entry = SubElement(channel, "item")
        _add(entry, title=item.title, link=item.link, guid=item.link, pubDate=format_datetime(item.published, usegmt=True))
        _add(entry, description=_lead(item))
        _byline(entry, item)
        SubElement(entry, f"{{{CONTENT}}}encoded").text = _html(item)
    return _written(root)


def _atom(outlet: Outlet) -> bytes:
    root = Element("feed", {"xmlns": ATOM, f"{{{XML}}}lang": outlet.language})
    _add(root, title=outlet.name, id=_home(outlet))
    if outlet.items:
        _add(root, updated=_iso(outlet.items[0].published))
    SubElement(root, "link", {"href": _home(outlet)})
    for item in outlet.items:
        entry = SubElement(root, "entry")
        _add(entry, title=item.title, id=item.link, published=_iso(item.published), updated=_iso(item.published))
        SubElement(entry, "link", {"rel": "alternate", "href": item.link})
        if item.author:
            _add(SubElement(entry, "author"), name=item.author)
        SubElement(entry, "content", {"type": "html"}).text = _html(item)
    return _written(root)


def _rdf(outlet: Outlet) -> bytes:
    root = Element(f"{{{RDF}}}RDF", {"xmlns": RSS1})
    channel = SubElement(root, "channel", {f"{{{RDF}}}about": _home(outlet)})
    _add(channel, title=outlet.name, link=_home(outlet), description=outlet.name)
    SubElement(channel, f"{{{DC}}}language").text = outlet.language
    sequence = SubElement(SubElement(channel, "items"), f"{{{RDF}}}Seq")
    for item in outlet.items:
        SubElement(sequence, f"{{{RDF}}}li", {f"{{{RDF}}}resource": item.link})
        entry = SubElement(root, "item", {f"{{{RDF}}}about": item.link})
        _add(entry, title=item.title, link=item.link, description=_lead(item))
        _byline(entry, item)
        SubElement(entry, f"{{{DC}}}date").text = _iso(item.published)
        SubElement(entry, f"{{{CONTENT}}}encoded").text = _html(item)
    return _written(root)


def _json(outlet: Outlet) -> bytes:
    items = [
        {
            "id": item.link,
            "url": item.link,
            "title": item.title,
            "content_html": _html(item),
            "date_published": _iso(item.published),
            "authors": [{"name": item.author}],
        }
        for item in outlet.items
    ]
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": _home(outlet),
        "language": outlet.language,
    }
    return json.dumps({**head, "items": items}, ensure_ascii=False, indent=1).encode()


def _add(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def _byline(entry: Element, item: Item) -> None:
    if item.author:
        SubElement(entry, f"{{{DC}}}creator").text = item.author


def _home(outlet: Outlet) -> str:
    return f"https://{outlet.domain}/"


def _lead(item: Item) -> str:
    return item.text.split("\n\n", 1)[0].strip()


def _html(item: Item) -> str:
    return "".join(f"<p>{escape(part.strip())}</p>" for part in item.text.split("\n\n"))


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _written(root: Element) -> bytes:
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
