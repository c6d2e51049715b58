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
from monitor.core.feeds.novelty import settle_date
from monitor.errors import ConfigError, Problem, in_words
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
_NEEDED = f"a title is called {' or '.join(_NAMES['title'])}, a text {' or '.join(_NAMES['text'])}"
_SHOWN = 12
_FIRST_NEWSPAPER = datetime(1605, 1, 1, tzinfo=UTC)
"""What is imported may be older than all feeds; a date before this is a field that nobody filled in."""
_READER = """
SELECT e.id AS guid, e.link AS url, e.title, coalesce((SELECT json_extract(value, '$.value') FROM json_each(e.content) LIMIT 1),
  e.summary, '') AS text, e.author, f.language, coalesce(e.published, e.updated, e.first_updated) AS published, f.link AS site
FROM entries e LEFT JOIN feeds f ON f.url = e.feed
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many articles a file brought, how many were stored before, and which lines could not be read, and why."""

    new: int = 0
    known: int = 0
    faults: tuple[str, ...] = ()


def import_articles(archive: Archive, path: Path, feed: str, now: datetime) -> Imported:
    """Store the articles of a file as backfill of a feed of this name; they are scored like others and alert nobody.

    Raises:
        ConfigError: the file cannot be read, or none of a table's columns has a name that is known.
    """
    new = known = 0
    faults: list[str] = []
    told = _articles(path, feed, now, faults)
    while articles := list(islice(told, _SEVERAL)):
        stored = {key for name in {one.feed for one in articles} for key in _stored(archive, name, articles)}
        archive.articles.add(articles)
        known_here = sum(any((one.feed, key) in stored for key in one.keys) for one in articles)
        new, known = new + len(articles) - known_here, known + known_here
    return Imported(new, known, tuple(faults))


def _stored(archive: Archive, feed: str, articles: Iterable[Article]) -> set[tuple[str, str]]:
    keys = [key for one in articles if one.feed == feed for key in one.keys]
    return {(feed, key) for key in archive.articles.known(feed, keys)}


def _articles(path: Path, feed: str, now: datetime, faults: list[str]) -> Iterator[Article]:
    is_explained = False
    for where, row in _rows(path, faults):
        article = _article(row, feed, now)
        if article is not None:
            yield article
            continue
        fault = f"{where}: neither a title nor a text in {_listed(row)}"
        faults.append(fault if is_explained else f"{fault} ({_NEEDED})")
        is_explained = True


def _listed(names: Iterable[Any]) -> str:
    """The names of a row's fields, as many as a line holds."""
    given = [str(name) for name in names if name]
    more = f" and {len(given) - _SHOWN} more" if len(given) > _SHOWN else ""
    return ", ".join(given[:_SHOWN]) + more if given else "an empty row"


def _rows(path: Path, faults: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Where each row stands, and the row."""
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
        reason, hint = _said(error)
        raise ConfigError([Problem(f"cannot be imported: {reason}", str(path), hint=hint)]) from error


def _said(error: Exception) -> tuple[str, str]:
    """(why a file cannot be read, what to do)."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text", "save it as UTF-8"
    if isinstance(error, sqlite3.Error):
        return str(error), "a database must be one of the reader library"
    if isinstance(error, OSError):
        return in_words(error), "name a file of articles that can be read"
    return str(error), "save it again as CSV, with commas between"


def _csv_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    csv.field_size_limit(min(sys.maxsize, 1 << 24))
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        headings = [heading.strip().casefold() for heading in reader.fieldnames or ()]
        if not {*_NAMES["title"], *_NAMES["text"]}.intersection(headings):
            message = f"none of its columns is a title or a text: {_listed(reader.fieldnames or ())}"
            hint = f"name them in the first line, with commas between; {_NEEDED}"
            raise ConfigError([Problem(message, str(path), 1, hint=hint)])
        reader.fieldnames = headings
        for row in reader:
            yield f"line {reader.line_num}", row


def _json_rows(path: Path, faults: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
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
                yield f"line {number}", row
            else:
                faults.append(f"line {number} is no JSON object")


def _database_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with closing(sqlite3.connect(f"file:{path.resolve().as_posix()}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        for row in database.execute(_READER):
            source = registered_domain(row["url"] or row["site"] or "")
            yield f"entry {row['guid']}", {**{key: row[key] for key in row.keys()}, "source": source}  # noqa: SIM118


def _article(row: Mapping[str, Any], feed: str, now: datetime) -> Article | None:
    values = {name: _first(row, names) for name, names in _NAMES.items()}
    title, text = plain_line(values["title"], is_html=False), plain_text(values["text"], is_html="<" in values["text"])
    if not title and not text:
        return None
    link = safe_link(values["link"])
    published = _moment(values["published"])
    entry = Entry(values["guid"], link, title, text, plain_line(values["author"]), values["language"] or None, published)
    (identified,) = identify([entry])
    moment, _ = settle_date(published, None, now, _FIRST_NEWSPAPER)
    made = Article(
        id=0,
        feed=values["feed"] or feed,
        url=link,
        title=title,
        text=text,
        keys=identified.keys,
        content_hash=identified.content_hash,
        published=moment.astimezone(UTC),
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
