"""Any feed document read with feedparser, which forgives nearly everything."""

from __future__ import annotations

import io
import re
import warnings
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import feedparser
from feedparser.exceptions import ThingsNobodyCaresAboutButMe

from monitor.core.feeds.dates import read_date
from monitor.core.feeds.loosedates import read_loose_date
from monitor.core.feeds.markup import plain_line, plain_text, repair, safe_link
from monitor.core.feeds.parse import (
    LONGEST_GUID,
    MOST_ENTRIES,
    cut_entries,
    ends_inside_item,
    not_a_feed,
    root_format,
    too_many,
    without_bad_characters,
    without_nested_entities,
)
from monitor.core.language_tags import primary_language
from monitor.model import Entry, ParsedFeed

_DAYS = (b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun")

MARKUP = ("text/html", "application/xhtml+xml")


def read_any_feed(body: bytes, base: str, content_type: str) -> ParsedFeed:
    """What feedparser makes of a document; `format` is None when it finds no feed in it."""
    body, is_cut = cut_entries(without_nested_entities(body))
    raw = _parsed(body, content_type)
    feed, entries = raw["feed"], raw["entries"]
    version = str(raw.get("version") or "") or root_format(body)
    if not version and not entries:
        return not_a_feed(_reason(raw))
    is_atom = version.startswith("atom")
    language = primary_language(feed.get("language"))
    errors = list(too_many(MOST_ENTRIES + is_cut))
    if raw.get("bozo") and ends_inside_item(body):
        # Half an entry is not news: it is taken when the document comes whole.
        entries = entries[:-1]
        errors.append("breaks off inside its last entry, which is left out")
    elif raw.get("bozo") and not isinstance(raw.get("bozo_exception"), ThingsNobodyCaresAboutButMe):
        errors.append(plain_line(f"not well-formed: {raw.get('bozo_exception')}"))
    return ParsedFeed(
        format=version or "unknown",
        title=_line(feed, "title", is_atom=is_atom),
        entries=tuple(_entry(entry, base, language, is_atom=is_atom) for entry in entries),
        errors=tuple(errors),
        language=language,
        ttl=minutes(feed.get("ttl")),
        hub=_link(feed, "hub", base),
        topic_url=_link(feed, "self", base),
        skip_hours=skip_hours_in(body),
        skip_days=skip_days_in(body),
    )


def _parsed(body: bytes, content_type: str) -> Any:
    # The address is kept from feedparser: it would resolve GUIDs with it, and a feed that moves would bring old news.
    headers = {"content-type": content_type or "application/xml"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # A bare string would be opened as a file or an address.
            raw = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
            if not raw.get("bozo"):
                return raw
        except Exception:  # noqa: BLE001 (feedparser lets many kinds out, for surrogates among others)
            raw = None
        mended = without_bad_characters(body) if b"\x00" not in body[:64] else body
        if raw is None or mended != body:
            raw = feedparser.parse(io.BytesIO(mended), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
        return raw


def _reason(raw: Any) -> str:
    return plain_line(str(raw.get("bozo_exception") or "no feed element in it"))


def _entry(entry: Any, base: str, language: str | None, *, is_atom: bool) -> Entry:
    contents = [_text(content, is_atom=is_atom) for content in entry.get("content", ())]
    detail = entry.get("summary_detail") or {"value": entry.get("summary") or "", "type": "text/html"}
    summary = _text(detail, is_atom=is_atom)
    spoken = [content.get("language") for content in entry.get("content", ())]
    spoken += [entry.get(f"{part}_detail", {}).get("language") for part in ("title", "summary")]
    return Entry(
        guid=repair(str(entry.get("id") or "")).strip()[:LONGEST_GUID],
        link=_entry_link(entry, base),
        title=_line(entry, "title", is_atom=is_atom),
        text=max(contents, key=len, default="") or summary,
        author=plain_line(str(entry.get("author") or ""), is_html=True),
        language=next((found for tag in spoken if (found := primary_language(tag))), language),
        published=_date(entry, "published") or _date(entry, "created") or (None if is_atom else _date(entry, "updated")),
        updated=_date(entry, "updated"),
        summary=summary,
    )


def _text(detail: Any, *, is_atom: bool) -> str:
    return plain_text(str(detail.get("value") or ""), is_html=_is_html(detail, is_atom=is_atom))


def _line(holder: Any, key: str, *, is_atom: bool) -> str:
    detail = holder.get(f"{key}_detail") or {}
    return plain_line(str(holder.get(key) or ""), is_html=_is_html(detail, is_atom=is_atom))


def _is_html(detail: Any, *, is_atom: bool) -> bool:
    # Only Atom says what a text is; elsewhere markup stands in fields declared plain, and the reverse.
    return detail.get("type") in MARKUP or not is_atom


def _entry_link(entry: Any, base: str) -> str:
    found = safe_link(str(entry.get("link") or ""), base)
    if found:
        return found
    links = [link for link in entry.get("links", ()) if link.get("href")]
    links.sort(key=lambda link: link.get("rel") != "alternate")
    return next((href for link in links if (href := safe_link(str(link["href"]), base))), "")


def _link(feed: Any, rel: str, base: str) -> str | None:
    found = (safe_link(str(link.get("href") or ""), base) for link in feed.get("links", ()) if link.get("rel") == rel)
    return next((href for href in found if href), None)


def _date(entry: Any, key: str) -> datetime | None:
    # dict.get, because feedparser's own look-up answers `updated` with `published`.
    text = dict.get(entry, key)
    return any_date(text) if isinstance(text, str) else None


@lru_cache(maxsize=512)
def any_date(text: str) -> datetime | None:
    """A date in any form that is understood here, in UTC; None otherwise. feedparser's own reader guesses too much."""
    try:
        return read_date(text) or read_loose_date(text)
    except (ValueError, OverflowError):
        # One entry's date must not cost the feed all of its entries.
        return None


def minutes(value: Any) -> timedelta | None:
    """A span given as a whole number of minutes."""
    text = str(value or "").strip()
    return timedelta(minutes=int(text)) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else None


def skip_days_in(body: bytes) -> tuple[int, ...]:
    """The UTC weekdays (Monday is 0) on which a document asks not to be fetched."""
    found = re.search(rb"<skipDays>(.{0,2000}?)</skipDays>", body, re.DOTALL)
    days = re.findall(rb"<day>\s*([A-Za-z]{3})[a-z]*\s*</day>", found[1]) if found else []
    return tuple(sorted({_DAYS.index(day.lower()) for day in days if day.lower() in _DAYS}))


def skip_hours_in(body: bytes) -> tuple[int, ...]:
    """The UTC hours in which a document asks not to be fetched."""
    # feedparser keeps only the last hour of the list.
    found = re.search(rb"<skipHours>(.{0,2000}?)</skipHours>", body, re.DOTALL)
    hours = re.findall(rb"<hour>\s*(\d{1,2})\s*</hour>", found[1]) if found else []
    return tuple(sorted({int(hour) % 24 for hour in hours}))
