"""The list of feeds as people work with it: how each does, a site's feed found, lists imported, feeds tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config.feeds import load_feeds
from monitor.errors import ConfigError, FetchError, ParseError
from monitor.model import Feed, FeedState, Fetched
from monitor.services.subscriptions import draft, feed_rows, found_feed, import_opml, try_feeds
from tests.collecting import NOW, Rig
from tests.rig import Call, feed_of, item, rss

LIST = b"""<opml version="2.0"><body><outline text="Asia"><outline title="Yonhap" xmlUrl="https://y.example/rss" language="ko-KR"/></outline>
<outline text="Known" xmlUrl="https://known.example/rss"/></body></opml>"""
KNOWN = "feeds:\n  - {id: known, name: Known, url: 'https://known.example/rss'}\n"


# -- how they do -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "is_enabled", "health"),
    [
        ({"last_success": NOW, "failures": 3, "is_gone": True}, False, "disabled"),
        ({"last_success": NOW, "failures": 3, "is_gone": True}, True, "gone"),
        ({"last_success": NOW, "failures": 3, "last_error": "HTTP 500"}, True, "failing"),
        ({"last_success": NOW}, True, "ok"),
        ({}, True, "new"),
    ],
)
def test_the_worst_that_is_known_of_a_feed_is_its_health(rig: Rig, state: dict[str, Any], is_enabled: bool, health: str):
    feed = Feed("wire", "https://wire.example/feed", "Wire", is_enabled=is_enabled)
    rig.archive.feeds.configure([feed])
    rig.archive.feeds.record(FeedState("wire", feed.url, configured=feed.url, **state), Fetched("wire", feed.url, 200), NOW, 0)

    (row,) = feed_rows([feed], rig.archive)

    assert (row["health"], row["enabled"], row["error"]) == (health, is_enabled, state.get("last_error", ""))
    assert row["last_success"] == (NOW.isoformat() if state else None)


def test_a_row_tells_where_a_feed_moved_and_when_it_is_asked_again(rig: Rig):
    feed = Feed("wire", "https://wire.example/feed", "Wire", tags=("agency",))
    rig.archive.feeds.configure([feed])
    due, often = NOW + timedelta(minutes=30), timedelta(minutes=15)
    moved = FeedState("wire", "https://new.example/feed", configured=feed.url, next_due=due, last_new=NOW, interval=often)
    rig.archive.feeds.record(moved, Fetched("wire", feed.url, 200), NOW, 1)

    row, unknown = feed_rows([feed, replace(feed, id="later")], rig.archive)

    assert (row["moved_to"], row["next_due"], row["interval_seconds"]) == ("https://new.example/feed", due.isoformat(), 900)
    assert (row["last_new"], row["tags"]) == (NOW.isoformat(), ["agency"])
    assert {unknown[key] for key in ("moved_to", "next_due", "interval_seconds", "last_new")} == {None}


# -- found, imported -------------------------------------------------------------------------------------------------


def test_the_feed_of_a_site_becomes_an_entry(rig: Rig):
    rig.server.serve("/", feed_of(2))

    found = found_feed(rig.server.url("/"), rig.fetcher, rig.parser)

    assert draft(found, tags=["asia"]) == {
        "id": "", "name": "Rig", "url": rig.server.url("/"), "language": found.language, "tags": ["asia"],
    }  # fmt: skip
    assert draft(replace(found, title=""), id_="rig")["name"] == rig.server.url("/")
    assert draft(found, name="Mine")["name"] == "Mine"


def test_a_site_without_a_feed_and_one_that_is_down_say_so(rig: Rig):
    rig.server.serve("/", b"<html><body>nothing announced", "text/html")

    with pytest.raises(ParseError, match="no feed could be found at .*; look for an RSS link on the page"):
        found_feed(rig.server.url("/"), rig.fetcher, rig.parser)
    with pytest.raises(FetchError):
        found_feed(rig.server.url("/missing"), rig.fetcher, rig.parser)


def test_a_list_is_looked_at_first_and_then_added_without_what_is_known(tmp_path: Path):
    path = tmp_path / "feeds.yaml"
    path.write_text(KNOWN)

    added, listed = import_opml(LIST, path, is_dry_run=True)
    assert (added, [one.name for one in listed], path.read_text()) == ([], ["Yonhap", "Known"], KNOWN)

    added, listed = import_opml(LIST, path)
    assert [(one.name, one.tags, one.language) for one in added] == [("Yonhap", ("asia",), "ko")]
    assert [one.id for one in load_feeds(path)] == ["known", "yonhap"]


def test_a_language_of_three_letters_is_not_cut_to_another(tmp_path: Path):
    path = tmp_path / "feeds.yaml"
    listed = b'<opml version="2.0"><body><outline title="Manila" xmlUrl="https://m.example/rss" language="fil-PH"/></body></opml>'
    added, _ = import_opml(listed, path)
    assert [one.language for one in added] == ["fil"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        import_opml(LIST, tmp_path / "nowhere" / "feeds.yaml")


def test_what_is_no_list_leaves_the_file_alone(tmp_path: Path):
    path = tmp_path / "feeds.yaml"
    path.write_text(KNOWN)

    with pytest.raises(ConfigError, match="not an OPML list"):
        import_opml(b"<html/>", path)
    assert path.read_text() == KNOWN


# -- tried -----------------------------------------------------------------------------------------------------------


def test_a_trial_tells_faults_dates_and_what_a_server_said(rig: Rig):
    def unasked(call: Call) -> None:
        call.send(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")

    broken = rss(item(1) + item(2, pubDate="Sat, 02 Nov 2024 09:30:00 GMT")).replace(b"</channel></rss>", b"")
    feeds = [
        Feed("good", rig.server.serve("/good", rss(item(1, pubDate="Sat, 02 Nov 2024 09:30:00 GMT") + item(2))), "G"),
        Feed("faulty", rig.server.serve("/faulty", broken), "F"),
        Feed("same", rig.server.on("/same", unasked), "S"),
        Feed("down", rig.server.url("/missing"), "D"),
    ]

    told = {one.feed: one for one in try_feeds(feeds, rig.fetcher, rig.parser)}

    assert (told["good"].verdict, told["good"].entries, told["good"].newest) == ("ok", 2, "2024-11-02T09:30:00+00:00")
    assert (told["faulty"].verdict, told["faulty"].entries, bool(told["faulty"].note)) == ("faulty", 2, True)
    assert (told["same"].verdict, told["same"].note) == (
        "failing",
        "the server says nothing changed, though nothing was known",
    )
    assert (told["down"].verdict, "404" in told["down"].note) == ("failing", True)
    assert rig.archive.feeds.list() == []
