"""Feed documents read from files, as `monitor feeds parse` shows them: what a person or a test wants to see of a feed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.core.feeds.identity import stable_id
from monitor.model import Entry, Fetched, ParsedFeed
from monitor.ports import Parser

STDIN = "-"


@dataclass(frozen=True, slots=True)
class Reading:
    """One document: where it came from and what it says."""

    path: str
    parsed: ParsedFeed

    def as_json(self) -> dict[str, Any]:
        """The document as JSON values; times in ISO 8601, UTC."""
        return {
            "path": self.path,
            "format": self.parsed.format,
            "title": self.parsed.title,
            "entries": [_entry(entry) for entry in self.parsed.entries],
            "errors": list(self.parsed.errors),
        }


def read_documents(paths: Sequence[str], parser: Parser, *, base: str = "", content_type: str = "") -> Iterator[Reading]:
    """Each document below the paths (files, folders, or - for standard input), in order."""
    names = list(_files(paths))
    waiting: dict[int, Reading] = {}
    shown = 0
    for fetched, parsed in parser.parse(_documents(names, base, content_type)):
        number = int(fetched.feed)
        unread = ParsedFeed(None, errors=(fetched.error or "there is nothing to read",))
        waiting[number] = Reading(names[number], parsed or unread)
        while shown in waiting:
            yield waiting.pop(shown)
            shown += 1


def _files(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            yield from (str(file) for file in sorted(Path(path).rglob("*")) if file.is_file() and not file.name.startswith("."))
        else:
            yield path


def _documents(names: Iterable[str], base: str, content_type: str) -> Iterator[Fetched]:
    for number, name in enumerate(names):
        try:
            body = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
        except OSError as error:
            yield Fetched(str(number), base, 0, error=f"cannot be read: {error.strerror}", content_type=content_type)
        else:
            yield Fetched(str(number), base, 200, body=body, content_type=content_type)


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": stable_id(entry),
        "link": entry.link,
        "title": entry.title,
        "published": _iso(entry.published),
        "updated": _iso(entry.updated),
        "author": entry.author,
        "summary": entry.summary,
        "text": entry.text,
        "language": entry.language,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year > 999 else moment.isoformat()  # noqa: PLR2004
