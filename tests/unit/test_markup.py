"""Text from strangers: no markup, no control characters, no endless strings, only http(s) links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.feeds.markup import plain_line, plain_text, repair, safe_link


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\nTwo."),
        ("a<br/>b", "a\nb"),
        ("<script>alert(1)</script>left", "left"),
        ("<style>p{}</style><b>bold</b> &amp; plain", "bold & plain"),
        ("&lt;b&gt; stays text &lt;/b&gt;", "<b> stays text </b>"),
        ("&eacute;&#233;&nbsp;x", "éé x"),
        ("a &lt;script> b", "a <script> b"),
        ("<iframe srcdoc='<script>x</script>'>y</iframe>z", "z"),
        ("no markup at all", "no markup at all"),
    ],
)
def test_html_becomes_what_a_person_reads(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@given(st.text())
def test_a_line_is_one_line_that_can_be_stored(text: str) -> None:
    for is_html in (True, False):
        line = plain_line(text, is_html=is_html, limit=50)
        assert len(line) <= 50
        assert not set(line) & set("\x00\r\n\x0b\u2028\u2029\u202e\u200b")
        line.encode()


@given(st.text(alphabet="<>/&;p br\"'=!-script"))
def test_no_tag_survives_cleaning_twice(text: str) -> None:
    assert "<script" not in plain_text(plain_text(text)).lower() or "&" in text


def test_depth_is_no_danger() -> None:
    assert plain_text("<div>" * 20_000 + "x") == "x"


def test_repair_replaces_lone_surrogates() -> None:
    assert repair("a\ud800b\x00c") == "a\N{REPLACEMENT CHARACTER}bc"


@pytest.mark.parametrize(
    ("link", "base", "expected"),
    [
        ("https://example.org/a", "", "https://example.org/a"),
        ("/a", "https://example.org/feed", "https://example.org/a"),
        ("a b", "https://example.org/", "https://example.org/a%20b"),
        ("javascript:alert(1)", "https://example.org/", ""),
        ("java\nscript:alert(1)", "https://example.org/", ""),
        ("data:text/html,x", "", ""),
        ("http://[broken", "https://example.org/", ""),
        ("relative", "", ""),
        ("https://" + "x" * 3000, "", ""),
    ],
)
def test_only_web_links_are_kept(link: str, base: str, expected: str) -> None:
    assert safe_link(link, base) == expected
