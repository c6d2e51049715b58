"""Which elements both readers of feeds understand alike, and the check that a plain document holds no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Element: TypeAlias = Any

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
SLASH = "{http://purl.org/rss/1.0/modules/slash/}"
WFW = "{http://wellformedweb.org/CommentAPI/}"
SY = "{http://purl.org/rss/1.0/modules/syndication/}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
RSS_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}

RSS_SINGLE = {
    "title": "title",
    "link": "link",
    "guid": "guid",
    "description": "description",
    "pubDate": "published",
    "author": "author",
    f"{DC}creator": "author",
    f"{DC}date": "updated",
    f"{CONTENT}encoded": "content",
}
RSS_IGNORED = {
    "category",
    "comments",
    "enclosure",
    f"{DC}subject",
    f"{SLASH}comments",
    f"{WFW}commentRss",
    f"{MEDIA}thumbnail",
    f"{MEDIA}content",
    f"{MEDIA}group",
    f"{MEDIA}credit",
    f"{MEDIA}keywords",
    f"{MEDIA}category",
    f"{MEDIA}copyright",
}
CHANNEL_SINGLE = {"title", "language", "ttl"}
CHANNEL_IGNORED = {
    *("link", "description", "copyright", "managingEditor", "webMaster", "pubDate", "lastBuildDate", "category", "generator"),
    *(
        "docs",
        "cloud",
        "rating",
        "image",
        "skipHours",
        "skipDays",
        f"{SY}updatePeriod",
        f"{SY}updateFrequency",
        f"{SY}updateBase",
    ),
}
IMAGE_PARTS = {"url", "title", "link", "width", "height", "description"}
ATOM_SINGLE = {"id", "title", "summary", "content", "published", "updated", "author"}
ATOM_IGNORED = {"category", "rights", "contributor"}
ATOM_FEED_IGNORED = {*ATOM_IGNORED, "id", "subtitle", "updated", "author", "generator", "icon", "logo"}
PERSON_PARTS = {"name", "email", "uri"}
ATTRIBUTES = {
    "guid": {"isPermaLink"},
    "category": {"domain", "term", "scheme", "label"},
    "enclosure": {"url", "length", "type"},
    "generator": {"uri", "version"},
    f"{ATOM}link": {"rel", "href", "type", "title", "hreflang", "length"},
}
ALIASES = {
    *(
        "admin",
        "ag",
        "annotate",
        "audio",
        "blogChannel",
        "cc",
        "creativeCommons",
        "co",
        "content",
        "cp",
        "dc",
        "dcterms",
        "email",
    ),
    *(
        "ev",
        "feedburner",
        "fm",
        "foaf",
        "geo",
        "georss",
        "gml",
        "icbm",
        "image",
        "itunes",
        "l",
        "media",
        "pingback",
        "prism",
        "psc",
    ),
    *("rdf", "rdfs", "ref", "reqv", "search", "slash", "soap", "ss", "str", "sub", "sy", "szf", "taxo", "thr", "ti", "trackback"),
    *("wfw", "wiki", "xhtml", "xlink", "xml", "body", "fullitem", "start", "end"),
}
KNOWN_PLACES = (
    "purl.org",
    "w3.org",
    "yahoo.com",
    "itunes",
    "userland.com",
    "netscape.com",
    "example.com",
    "georss",
    "opengis",
    "podlove",
)


class Doubt(Exception):  # noqa: N818 (not an error: the other reader takes over)
    """Something here could be read in two ways."""


def note_once(fields: dict[str, Element], name: str, element: Element, *, may_have_parts: bool = False) -> None:
    """Note an element that may stand only once and holds nothing but text."""
    if name in fields or (len(element) and not may_have_parts):
        raise Doubt
    check_attributes(element, {"type"} if element.tag.startswith(ATOM) else ATTRIBUTES.get(element.tag, set()))
    fields[name] = element


def check_attributes(element: Element, allowed: set[str]) -> None:
    """An element may carry only these attributes; xml:base and xml:lang are never among them."""
    if not allowed.issuperset(element.attrib):
        raise Doubt


def check_ignored(element: Element) -> None:
    """An element of no interest must hold no part that feedparser would take for one of the entry's."""
    tag = element.tag
    if tag.startswith(MEDIA):
        if any(part.tag not in RSS_IGNORED for part in element.iterdescendants()):
            raise Doubt
    elif tag == "image":
        if any(part.tag not in IMAGE_PARTS or len(part) or part.attrib for part in element):
            raise Doubt
    elif tag in ("skipHours", "skipDays"):
        if any(part.tag not in ("hour", "day") or len(part) or part.attrib for part in element):
            raise Doubt
    elif len(element) or (element.attrib and tag not in ("category", "enclosure", "cloud")):
        raise Doubt


def check_atom_ignored(element: Element) -> None:
    """An Atom element of no interest may hold text, or the parts of a person."""
    if any(atom_name(part) not in PERSON_PARTS or len(part) or part.attrib for part in element):
        raise Doubt


def check_foreign(element: Element) -> None:
    """An element of another vocabulary, and all in it, must be one that feedparser has no opinion about."""
    for part in _with_parts(element):
        tag = part.tag
        if not isinstance(tag, str):
            if part is element:
                continue
            raise Doubt
        if not tag.startswith("{") or not part.prefix or part.prefix in ALIASES or any(place in tag for place in KNOWN_PLACES):
            raise Doubt


def _with_parts(element: Element) -> Iterator[Element]:
    yield element
    yield from element.iterdescendants()


def atom_name(child: Element) -> str:
    """The local name of an Atom element, "" for every other."""
    return str(child.tag[len(ATOM) :]) if isinstance(child.tag, str) and child.tag.startswith(ATOM) else ""
