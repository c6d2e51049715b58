"""Text from strangers made safe: markup away, control characters away, only http(s) links, nothing without end."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

import nh3

LONGEST_TEXT = 100_000
LONGEST_LINE = 300
LONGEST_LINK = 2_000

_BLOCK = re.compile(
    r"<(?=/?(?:p|div|br|li|ul|ol|tr|table|h[1-6]|blockquote|pre|section|article|figure|figcaption|hr|dd|dt)[\s/>])", re.IGNORECASE
)
_PLAIN_LINK = re.compile(r"https?://[a-z0-9](?:[a-z0-9-]*[.])+[a-z]+(?:/[A-Za-z0-9._~-]+)+/?(?:\?[A-Za-z0-9._~=&-]+)?", re.ASCII)
_CLEANER = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style", "template", "noscript", "iframe", "svg", "math"})
_UNWANTED = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)]),
    # Marks that turn or hide text: bidirectional overrides and isolates, zero-width spaces, byte-order marks.
    **dict.fromkeys([0x200B, *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070), 0xFEFF, 0xFFFE, 0xFFFF]),
    **dict.fromkeys([0x09, 0xA0], " "),
    **dict.fromkeys([0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], "\n"),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
}
_HAS_UNWANTED = re.compile(
    r"[^\n -~\xa1-\u200a\u200c-\u2027\u2030-\u205f\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def repair(text: str) -> str:
    """Text without control characters, lone surrogates and marks that hide or turn what a reader sees."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_UNWANTED) if _HAS_UNWANTED.search(text) else text


def plain_text(text: str, *, is_html: bool = True, limit: int = LONGEST_TEXT) -> str:
    """What a person reads in a piece of HTML: no tags, scripts or entities; blocks become lines."""
    # A limit on the markup too: what is cut here could never reach the reader.
    text = repair(text[: 8 * limit])
    if is_html and "<" in text:
        text = repair(html.unescape(_CLEANER.clean(_BLOCK.sub("\n<", text))))
    elif is_html and "&" in text:
        text = repair(html.unescape(text))
    if "\n" not in text:
        return shorten(" ".join(text.split()), limit)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return shorten("\n".join([line for line in lines if line]), limit)


def plain_line(text: str, *, is_html: bool = False, limit: int = LONGEST_LINE) -> str:
    """As `plain_text`, on one line: for titles, names and anything that may become a header."""
    return shorten(plain_text(text, is_html=is_html, limit=2 * limit).replace("\n", " "), limit)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them an ellipsis when something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def is_plain_link(link: str) -> bool:
    """Whether a link is an absolute address in the simplest of characters, as most are: no reading of it could change it."""
    return _PLAIN_LINK.fullmatch(link) is not None


def safe_link(link: str, base: str = "") -> str:
    """An absolute http(s) address, or "" for every other kind of link."""
    if is_plain_link(link) and len(link) <= LONGEST_LINK:
        # Nothing below would change it, and most links are such.
        return link
    link = repair(link).replace("\n", "").strip()
    if not link:
        return ""
    try:
        absolute = urljoin(base, link) if base else link
        parts = urlsplit(absolute)
        is_web = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return absolute.replace(" ", "%20") if is_web and len(absolute) <= LONGEST_LINK else ""
