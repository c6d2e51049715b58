"""JSON Feed, 1.0 and 1.1: what a feed says is read, what is no feed says why, and nothing strange raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.feeds.dates import read_date
from monitor.core.feeds.jsonfeed import looks_like_json, read_json_feed
from monitor.core.feeds.parse import MOST_ENTRIES

VERSION = "https://jsonfeed.org/version/1.1"


def read(feed: Any, base: str = "https://x.example/feed.json"):
    return read_json_feed(json.dumps(feed).encode(), base, read_date)


def feed(*items: Any, **more: Any) -> dict[str, Any]:
    return {"version": VERSION, "items": list(items), **more}


def test_everything_a_feed_says_is_read():
    parsed = read(
        feed(
            {
                "id": 7, "url": "/a", "title": "<b>Ships</b> leave", "content_html": "<p>One.</p><p>Two.</p>", "summary": "One.",
                "date_published": "2026-11-20T09:00:00+09:00", "date_modified": "2026-11-20T01:00:00Z",
                "authors": [{"name": "Kim"}, {"name": "Lee"}, {"url": "https://x.example"}], "language": "ko-KR",
            },
            title="The\nWire", home_page_url="https://x.example/news/", feed_url="https://x.example/feed.json",
            language="en-US", authors=[{"name": "Desk"}], hubs=[{"type": "rssCloud", "url": "https://no.example"}, {"type": "WebSub", "url": "https://hub.example/"}],
        )
    )  # fmt: skip

    (entry,) = parsed.entries
    assert (parsed.format, parsed.title, parsed.language) == ("json11", "The Wire", "en")
    assert (parsed.hub, parsed.topic_url) == ("https://hub.example/", "https://x.example/feed.json")
    assert (entry.guid, entry.link, entry.text, entry.summary) == ("7", "https://x.example/a", "One.\nTwo.", "One.")
    assert (entry.author, entry.language) == ("Kim, Lee", "ko")
    assert (entry.published, entry.updated) == (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, 1, tzinfo=UTC))


def test_what_an_item_leaves_out_the_feed_says():
    parsed = read(
        feed({"id": "1", "external_url": "https://y.example/b", "summary": "Only this."}, author={"name": "Desk"}, language="fr")
    )

    (entry,) = parsed.entries
    assert (entry.link, entry.text, entry.author, entry.language) == ("https://y.example/b", "Only this.", "Desk", "fr")
    assert (parsed.hub, parsed.topic_url, entry.published) == (None, None, None)


def test_plain_text_goes_before_markup_and_is_no_markup():
    (entry,) = read(feed({"id": "1", "content_text": "a < b & c", "content_html": "<p>other</p>"})).entries

    assert entry.text == "a < b & c"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("https://jsonfeed.org/version/1", "json1"), ("http://jsonfeed.org/version/1.0/", "json1"), ("https://jsonfeed.org/version/9", "json")],
)  # fmt: skip
def test_versions_are_told_apart_and_later_ones_read_too(version: str, expected: str):
    assert read({"version": version, "items": []}).format == expected


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "not a feed: broken JSON"),
        (b"\xff\xfe{", "not a feed: broken JSON"),
        (b"[]", "not a feed: JSON, but not a JSON Feed"),
        (b'{"version": 1, "items": []}', "not a feed: JSON, but not a JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": {}}', "not a feed: JSON, but not a JSON Feed"),
        (b'{"version": "1.1", "items": []}', "not a feed: JSON, but not a JSON Feed"),
        (b"[" * 100_000, "not a feed: broken JSON"),
    ],
)
def test_what_is_no_json_feed_says_why(body: bytes, why: str):
    parsed = read_json_feed(body, "", read_date)

    assert parsed.format is None
    assert parsed.errors[0].startswith(why)


def test_entries_beyond_the_limit_are_left_out_with_a_warning():
    parsed = read(feed(*({"id": str(number)} for number in range(MOST_ENTRIES + 1))))

    assert len(parsed.entries) == MOST_ENTRIES
    assert "only the first are read" in parsed.errors[0]


def test_json_is_known_by_its_first_character():
    assert looks_like_json(b'\xef\xbb\xbf \n{"a": 1}')
    assert looks_like_json('{"a": 1}'.encode("utf-16"))
    assert not looks_like_json(b"<rss/>")
    assert not looks_like_json(b"")


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([VERSION, "websub", "http://["]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "url", "type", "id", "title", "authors", "author", "summary"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)
KEYS = ("title", "home_page_url", "feed_url", "language", "authors", "author", "hubs")


@given(st.lists(ANYTHING, max_size=3), st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=5))
def test_whatever_stands_where_it_should_not_is_left_out(items: list[Any], more: dict[str, Any]):
    parsed = read(feed(*items, **more))

    assert parsed.format == "json11"
    assert len(parsed.entries) == sum(isinstance(item, dict) for item in items)
    assert all(not entry.link or entry.link.startswith(("http://", "https://")) for entry in parsed.entries)
