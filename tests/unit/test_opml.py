"""OPML: folders in and out, and nothing hostile followed."""

from __future__ import annotations

import pytest

from monitor.core.feeds.opml import MOST_OUTLINES, read_opml, write_opml
from monitor.errors import ParseError
from monitor.model import Feed

LIST = b"""<?xml version="1.0"?><opml version="2.0"><head/><body>
<outline text="Asia"><outline text="Korea &amp; more"><outline type="rss" title="Yonhap" xmlUrl="https://y.example/rss" language="ko"/></outline>
<outline text="No feed"/></outline>
<outline xmlurl="https://z.example/rss" text="Z" category="/defence,/us"/>
<outline xmlUrl="https://y.example/rss" text="Twice"/><outline xmlUrl="javascript:alert(1)" text="Bad"/>
</body></opml>"""


def test_folders_become_tags() -> None:
    found = read_opml(LIST)
    assert [(one.url, one.name, one.folders) for one in found] == [
        ("https://y.example/rss", "Yonhap", ("Asia", "Korea & more")),
        ("https://z.example/rss", "Z", ("defence", "us")),
    ]


def test_what_is_written_is_read_again() -> None:
    feeds = [
        Feed("a", "https://a.example/?x=1&y=<2>", 'A "quoted" & <name>', ("korea", "agency"), "ko"),
        Feed("b", "https://b.example/feed", "B"),
    ]
    found = read_opml(write_opml(feeds, "Mine & yours").encode())
    assert [(one.url, one.name, one.folders, one.language) for one in found] == [
        (feeds[0].url, feeds[0].name, ("korea", "agency"), "ko"),
        (feeds[1].url, "B", (), ""),
    ]


@pytest.mark.parametrize("text", [b"", b"<html/>", b"not xml", b"{}"])
def test_anything_else_is_an_error(text: bytes) -> None:
    with pytest.raises(ParseError):
        read_opml(text)


def test_a_list_without_end_is_refused() -> None:
    outlines = b'<outline text="x"/>' * (MOST_OUTLINES + 1)
    with pytest.raises(ParseError, match="more than 20,000 outlines"):
        read_opml(b"<opml><body>" + outlines + b"</body></opml>")


def test_entities_are_not_followed() -> None:
    bomb = b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body><outline text="&x;" xmlUrl="https://a.example/"/></body></opml>'
    assert all("root:" not in one.name for one in read_opml(bomb))
