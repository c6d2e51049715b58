"""OPML subscription lists, both ways; folders become tags and tags become folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree  # type: ignore[import-untyped]

from monitor.core.feeds.markup import plain_line, safe_link
from monitor.core.shown import without_credentials
from monitor.errors import ParseError
from monitor.model import Feed

MOST_OUTLINES = 20_000


@dataclass(frozen=True, slots=True)
class Subscription:
    """One feed in a list: its address, its name, and the folders it lies in, outermost first."""

    url: str
    name: str
    folders: tuple[str, ...] = ()
    language: str = ""


def read_opml(text: bytes) -> list[Subscription]:
    """The feeds in an OPML document, in order, each address once.

    Raises:
        ParseError: it is not OPML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParseError(f"not an OPML list: {error}") from error
    if root is None or not isinstance(root.tag, str) or root.tag.lower() != "opml":
        raise ParseError("not an OPML list: its first element is not <opml>")
    found: dict[str, Subscription] = {}
    for count, outline in enumerate(root.iter("outline")):
        if count >= MOST_OUTLINES:
            raise ParseError(f"the list has more than {MOST_OUTLINES:,} outlines")
        url = safe_link(_attribute(outline, "xmlUrl"))
        if url:
            name = plain_line(_attribute(outline, "title") or _attribute(outline, "text")) or without_credentials(url)
            found.setdefault(url, Subscription(url, name, _folders(outline), _attribute(outline, "language")))
    return list(found.values())


def write_opml(feeds: Sequence[Feed], title: str) -> str:
    """An OPML 2.0 document; a feed lies in the folder of its first tag, and keeps all of them in `category`.

    A list is made to be given away: addresses come without user and password.
    """
    folders: dict[str, list[Feed]] = {}
    for feed in feeds:
        folders.setdefault(feed.tags[0] if feed.tags else "", []).append(feed)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', f"  <head><title>{_escaped(title)}</title></head>"]
    lines.append("  <body>")
    for folder, inside in folders.items():
        if folder:
            lines.append(f"    <outline text={quoteattr(folder)} title={quoteattr(folder)}>")
        lines += [("      " if folder else "    ") + _outline(feed) for feed in inside]
        if folder:
            lines.append("    </outline>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _outline(feed: Feed) -> str:
    fields = {"type": "rss", "text": feed.name, "title": feed.name, "xmlUrl": without_credentials(feed.url)}
    if feed.tags:
        fields["category"] = ",".join(f"/{tag}" for tag in feed.tags)
    if feed.language:
        fields["language"] = feed.language
    return "<outline " + " ".join(f"{name}={quoteattr(value)}" for name, value in fields.items()) + "/>"


def _folders(outline: Any) -> tuple[str, ...]:
    above = [one for one in outline.iterancestors("outline") if not _attribute(one, "xmlUrl")]
    names = [plain_line(_attribute(one, "text") or _attribute(one, "title")) for one in reversed(above)]
    categories = [part.strip("/ ") for part in _attribute(outline, "category").split(",")]
    return tuple(dict.fromkeys(name for name in (*names, *categories) if name))


def _attribute(outline: Any, name: str) -> str:
    value = outline.get(name) or outline.get(name.lower())
    return str(value or "").strip()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
