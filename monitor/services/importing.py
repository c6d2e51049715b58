"""Articles from elsewhere: files of articles (NDJSON, CSV) and databases of the `reader` library."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from monitor.core.feeds.dates import read_date
from monitor.core.feeds.identity import identify, registered_domain
from monitor.core.feeds.markup import plain_line, plain_text, safe_link
from monitor.errors import ConfigError, Problem
from monitor.model import Article, Entry
from monitor.ports import Archive

_SEVERAL = 500
_SQLITE = b"SQLite format 3\x00"
_NAMES = {
    "guid": ("guid", "key", "uid"),
    "link": ("url", "link"),
    "title": ("title", "headline"),
    "text": ("text", "content", "body", "summary", "description"),
    "author": ("author", "byline"),
    "language": ("language", "lang"),
    "published": ("published", "date", "published_at"),
    "source": ("source", "outlet", "domain"),
    "feed": ("feed",),
}
_READER = """
SELECT e.id AS guid, e.link AS url, e.title, coalesce((SELECT json_extract(value, '$.value') FROM json_each(e.content) LIMIT 1),
  e.summary, '') AS text, e.author, f.language, coalesce(e.published, e.updated, e.first_updated) AS published, f.link AS site
FROM entries e LEFT JOIN feeds f ON f.url = e.feed
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many articles a file brought, how many were stored before, and the lines that could not be read."""

    new: int = 0
    known: int = 0
    faults: tuple[str, ...] = ()


def import_articles(archive: Archive, path: Path, feed: str, now: datetime) -> Imported:
    """Store the articles of a file as backfill of a feed of this name; they are scored like others and alert nobody.

    Raises:
        ConfigError: the file cannot be read.
    """
    new = known = 0
    faults: list[str] = []
    rows = _rows(path, faults)
    while batch := list(islice(rows, _SEVERAL)):
        articles = [article for row in batch if (article := _article(row, feed, now))]
        faults += ["an article without title and text"] * (len(batch) - len(articles))
        stored = {key for name in {one.feed for one in articles} for key in _stored(archive, name, articles)}
        archive.articles.add(articles)
        known_here = sum(any((one.feed, key) in stored for key in one.keys) for one in articles)
        new, known = new + len(articles) - known_here, known + known_here
    return Imported(new, known, tuple(faults))


def _stored(archive: Archive, feed: str, articles: Iterable[Article]) -> set[tuple[str, str]]:
    keys = [key for one in articles if one.feed == feed for key in one.keys]
    return {(feed, key) for key in archive.articles.known(feed, keys)}


def _rows(path: Path, faults: list[str]) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open("rb") as file:
            is_database = file.read(len(_SQLITE)) == _SQLITE
        if is_database:
            yield from _database_rows(path)
        elif path.suffix.casefold() == ".csv":
            yield from _csv_rows(path)
        else:
            yield from _json_rows(path, faults)
    except (OSError, UnicodeDecodeError, csv.Error, sqlite3.Error) as error:
        raise ConfigError([Problem(f"cannot be imported: {error}", str(path))]) from error


def _csv_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(min(sys.maxsize, 1 << 24))
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _json_rows(path: Path, faults: list[str]) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                faults.append(f"line {number} is not JSON: {error}")
                continue
            if isinstance(row, dict):
                yield row
            else:
                faults.append(f"line {number} is no JSON object")


def _database_rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with closing(sqlite3.connect(f"file:{path.resolve().as_posix()}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        for row in database.execute(_READER):
            yield {**{key: row[key] for key in row.keys()}, "source": registered_domain(row["url"] or row["site"] or "")}  # noqa: SIM118


def _article(row: Mapping[str, Any], feed: str, now: datetime) -> Article | None:
    values = {name: _first(row, names) for name, names in _NAMES.items()}
    title, text = plain_line(values["title"], is_html=False), plain_text(values["text"], is_html="<" in values["text"])
    if not title and not text:
        return None
    link = safe_link(values["link"])
    published = _moment(values["published"])
    entry = Entry(values["guid"], link, title, text, plain_line(values["author"]), values["language"] or None, published)
    (identified,) = identify([entry])
    moment = published.astimezone(UTC) if published else now
    made = Article(
        id=0,
        feed=values["feed"] or feed,
        url=link,
        title=title,
        text=text,
        keys=identified.keys,
        content_hash=identified.content_hash,
        published=min(moment, now),
        seen=now,
        author=entry.author,
        language=entry.language,
        source=values["source"] or registered_domain(link),
        is_backfill=True,
    )
    return replace(made, title=title or text[:120])


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return read_date(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _first(row: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((str(row[name]).strip() for name in names if row.get(name) not in (None, "")), "")
