"""What travels between the service and its parser processes: length-prefixed frames of JSON and bytes.

JSON, because a reply comes from a process that has just read a hostile document: it can lie, but it cannot run anything here.
"""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from monitor.errors import ParseError
from monitor.model import Entry, PageText, ParsedFeed

HEADER = struct.Struct(">II")
LARGEST_FRAME = 200_000_000


def frame(head: dict[str, Any], body: bytes = b"") -> bytes:
    """One message: a JSON head and bytes beside it."""
    packed = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return HEADER.pack(len(packed), len(body)) + packed + body


def write_frame(stream: IO[bytes], head: dict[str, Any], body: bytes = b"") -> None:
    """Send one message."""
    stream.write(frame(head, body))
    stream.flush()


def opened_frame(heard: bytes | bytearray) -> dict[str, Any] | None:
    """The head of the one message in what was heard so far; None while it is not complete.

    Raises:
        ParseError: it is something else, or more than one message.
    """
    if len(heard) < HEADER.size:
        return None
    head_size, body_size = HEADER.unpack_from(heard)
    missing = HEADER.size + head_size + body_size - len(heard)
    if head_size + body_size > LARGEST_FRAME or missing < 0:
        raise ParseError("the parser process sent more than it may")
    return None if missing else _head(heard[HEADER.size : HEADER.size + head_size])


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next message, or None when the other side has ended.

    Raises:
        ParseError: the other side sends something else.
    """
    prefix = _exactly(stream, HEADER.size)
    if prefix is None:
        return None
    head_size, body_size = HEADER.unpack(prefix)
    if head_size + body_size > LARGEST_FRAME:
        raise ParseError("the parser process sent more than it may")
    head, body = _exactly(stream, head_size), _exactly(stream, body_size)
    if head is None or body is None:
        return None
    return _head(head), body


def _head(packed: bytes | bytearray) -> dict[str, Any]:
    try:
        head = json.loads(packed)
    except ValueError as error:
        raise ParseError("the parser process sent something unreadable") from error
    if not isinstance(head, dict):
        raise ParseError("the parser process sent something unreadable")
    return head


def _exactly(stream: IO[bytes], size: int) -> bytes | None:
    parts = []
    while size > 0:
        part = stream.read(size)
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def pack_feed(parsed: ParsedFeed) -> dict[str, Any]:
    """A ParsedFeed as JSON values; entries as rows."""
    return {
        "format": parsed.format,
        "title": parsed.title,
        "entries": [
            [e.guid, e.link, e.title, e.text, e.author, e.language, _seconds(e.published), _seconds(e.updated), e.summary]
            for e in parsed.entries
        ],
        "errors": parsed.errors,
        "language": parsed.language,
        "ttl": parsed.ttl.total_seconds() if parsed.ttl is not None else None,
        "hub": parsed.hub,
        "topic_url": parsed.topic_url,
        "skip_hours": parsed.skip_hours,
        "skip_days": parsed.skip_days,
    }


def unpack_feed(data: dict[str, Any]) -> ParsedFeed:
    """The ParsedFeed in JSON values.

    Raises:
        ParseError: the values are not what `pack_feed` makes.
    """
    try:
        return ParsedFeed(
            format=data["format"],
            title=data["title"],
            entries=tuple(_entry(row) for row in data["entries"]),
            errors=tuple(data["errors"]),
            language=data["language"],
            ttl=timedelta(seconds=data["ttl"]) if data["ttl"] is not None else None,
            hub=data["hub"],
            topic_url=data["topic_url"],
            skip_hours=tuple(data["skip_hours"]),
            skip_days=tuple(data["skip_days"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ParseError("the parser process sent something that is not a feed") from error


def _entry(row: list[Any]) -> Entry:
    guid, link, title, text, author, language, published, updated, summary = row
    return Entry(guid, link, title, text, author, language, _moment(published), _moment(updated), summary)


def pack_page(page: PageText) -> dict[str, Any]:
    """A PageText as JSON values."""
    return {
        "text": page.text,
        "author": page.author,
        "published": _seconds(page.published),
        "language": page.language,
        "feeds": page.feeds,
        "error": page.error,
    }


def unpack_page(data: dict[str, Any]) -> PageText:
    """The PageText in JSON values.

    Raises:
        ParseError: the values are not what `pack_page` makes.
    """
    try:
        feeds = tuple((str(address), str(title)) for address, title in data["feeds"])
        return PageText(data["text"], data["author"], _moment(data["published"]), data["language"], feeds, data["error"])
    except (KeyError, TypeError, ValueError) as error:
        raise ParseError("the parser process sent something that is not a page") from error


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
