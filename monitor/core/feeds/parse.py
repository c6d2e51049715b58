"""What every reader of feed documents shares: limits, and telling what a document is before it is read."""

from __future__ import annotations

import re
import zlib

from monitor.model import ParsedFeed

MOST_ENTRIES = 5_000
IS_CUT = f"has more than {MOST_ENTRIES:,} entries; only the first are read"
LONGEST_GUID = 1_000
MOST_BYTES = 10_000_000
GZIP = b"\x1f\x8b"

_HTML = re.compile(rb"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE | re.DOTALL)
ROOTS = {"rss": "rss", "rdf": "rss10", "channel": "cdf", "feed": "atom"}
_ROOT = re.compile(
    rb"\s*(?:<\?[^>]{0,500}\?>\s*|<!--[^>]{0,2000}-->\s*|<!DOCTYPE[^>]{0,500}>\s*){0,8}<(?:[A-Za-z]\w*:)?(\w+)[\s/>]",
    re.IGNORECASE,
)
_ITEM = re.compile(rb"<(?:[A-Za-z]\w*:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ITEM_EDGE = re.compile(rb"<(/?)(?:[A-Za-z]\w*:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_ENTITY = re.compile(rb"""<!ENTITY\s[^<>"']{0,200}["']([^"'<]*)["'][^<>]{0,200}>""")
_NESTED = re.compile(rb"&(?!#|(?:amp|lt|gt|quot|apos);)")
_CHARACTER = re.compile(rb"&#(?:[xX]([0-9A-Fa-f]{1,8})|([0-9]{1,8}));")
_CONTROLS = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))


def not_a_feed(why: str) -> ParsedFeed:
    """The answer for a document that is something else."""
    return ParsedFeed(None, errors=(f"not a feed: {why}",))


def opened(body: bytes, limit: int = MOST_BYTES) -> bytes:
    """The document inside a gzip body that no header announced, else the body itself; one layer only.

    Raises:
        ValueError: the gzip data is broken or opens to more than `limit` bytes.
    """
    if not body.startswith(GZIP):
        return body
    reader = zlib.decompressobj(wbits=31)
    try:
        inner = reader.decompress(body, limit + 1)
    except zlib.error as error:
        raise ValueError(f"broken gzip data ({error})") from error
    if len(inner) > limit:
        raise ValueError(f"the gzip body opens to more than {limit:,} bytes")
    return inner


def looks_like_html(body: bytes) -> bool:
    """Whether a document is a web page: a cookie wall, a login form, an error page."""
    return _HTML.match(body.removeprefix(b"\xef\xbb\xbf")[:4096]) is not None


def root_format(body: bytes) -> str:
    """The family of feeds that a document's first element belongs to, or "" when that is not one of a feed."""
    found = _ROOT.match(body.removeprefix(b"\xef\xbb\xbf"))
    return ROOTS.get(found[1].decode().lower(), "") if found else ""


def too_many(count: int) -> tuple[str, ...]:
    """The warning for a document with more entries than are read, or nothing."""
    return (IS_CUT,) if count > MOST_ENTRIES else ()


def cut_entries(body: bytes, limit: int = MOST_ENTRIES) -> tuple[bytes, bool]:
    """The body up to the end of its `limit`-th item, and whether something was cut; for encodings that extend ASCII."""
    starts = iter(_ITEM.finditer(body))
    for count, start in enumerate(starts, start=1):
        if count > limit:
            return body[: start.start()], True
    return body, False


def ends_inside_item(body: bytes) -> bool:
    """Whether a document breaks off before its last item is closed; for encodings that extend ASCII."""
    last = None
    for last in _ITEM_EDGE.finditer(body):  # noqa: B007 (only the last one is wanted)
        pass
    return last is not None and not last[1] and not body[last.end() :].rstrip().endswith(b"/>")


def without_nested_entities(body: bytes) -> bytes:
    """The body without declarations of entities made of other entities: they are how a kilobyte becomes a gigabyte."""
    if b"<!ENTITY" not in body:
        return body
    return _ENTITY.sub(lambda found: b"" if _NESTED.search(found[1]) else found[0], body)


def without_bad_characters(body: bytes) -> bytes:
    """The body without control bytes, and with references to characters that XML forbids replaced; ASCII-based encodings."""
    return _CHARACTER.sub(_allowed_reference, body.translate(None, _CONTROLS))


def _allowed_reference(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16) if found[1] else int(found[2])
    if code in (0x09, 0x0A, 0x0D) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:  # noqa: PLR2004
        return found[0]
    return b"&#xFFFD;" if code >= 0xD800 else b""  # noqa: PLR2004
