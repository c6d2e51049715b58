"""What a document is, told before it is read; and what is taken out of it first."""

from __future__ import annotations

import gzip
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from monitor.core.feeds.parse import (
    cut_entries,
    ends_inside_item,
    looks_like_html,
    opened,
    root_format,
    without_bad_characters,
    without_nested_entities,
)


@given(st.binary(max_size=400))
def test_an_unannounced_gzip_body_is_opened_and_any_other_left_alone(body: bytes):
    assert opened(gzip.compress(body)) == body
    assert opened(b"<" + body) == b"<" + body


@given(st.binary(min_size=20, max_size=200), st.data())
def test_broken_gzip_data_are_refused_or_read_and_nothing_else(body: bytes, data: st.DataObject):
    packed = bytearray(gzip.compress(body))
    packed[data.draw(st.integers(10, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(ValueError):
        assert opened(bytes(packed)) != packed


def test_a_bomb_is_opened_no_further_than_the_limit():
    with pytest.raises(ValueError, match="opens to more than 1,000 bytes"):
        opened(gzip.compress(bytes(1001)), limit=1000)
    assert len(opened(gzip.compress(bytes(1000)), limit=1000)) == 1000


@pytest.mark.parametrize(
    ("body", "is_page", "family"),
    [
        (b"<!DOCTYPE html><html>", True, ""),
        (b"\xef\xbb\xbf <!-- a wall --> <HTML lang='en'>", True, ""),
        (b"<?xml version='1.0'?><rss version='2.0'>", False, "rss"),
        (b"\xef\xbb\xbf<!-- x --><feed xmlns='a'>", False, "atom"),
        (b"<rdf:RDF xmlns:rdf='a'>", False, "rss10"),
        (b"<!DOCTYPE rss SYSTEM 'a'><rss>", False, "rss"),
        (b"<CHANNEL HREF='a'>", False, "cdf"),
        (b"<opml>", False, ""),
        (b"hello", False, ""),
        (b"", False, ""),
    ],
)
def test_a_document_is_known_by_its_first_element(body: bytes, is_page: bool, family: str):
    assert looks_like_html(body) is is_page
    assert root_format(body) == family


@given(st.integers(0, 6), st.integers(0, 6))
def test_entries_are_cut_after_so_many(count: int, limit: int):
    body = b"<rss>" + b"<item><title>x</title></item>" * count

    kept, is_cut = cut_entries(body, limit)

    assert is_cut is (count > limit)
    assert kept.count(b"<item>") == min(count, limit)
    assert body.startswith(kept)


@pytest.mark.parametrize(
    ("body", "is_open"),
    [
        (b"<rss><item><title>x</title></item></rss>", False),
        (b"<rss><item><title>x</title></item><item><tit", True),
        (b"<a:feed><a:entry ", True),
        (b"<rdf:li><item rdf:about='x'/>", False),
        (b"<rss>", False),
    ],
)
def test_a_document_that_breaks_off_within_an_item_is_known(body: bytes, is_open: bool):
    assert ends_inside_item(body) is is_open


def test_entities_made_of_entities_are_taken_out_and_plain_ones_stay():
    plain, nested = b'<!ENTITY nbsp "&#160;">', b'<!ENTITY lol2 "&lol;&lol;">'

    assert without_nested_entities(b"<!DOCTYPE r [" + plain + nested + b"]><r/>") == b"<!DOCTYPE r [" + plain + b"]><r/>"
    assert without_nested_entities(b"<rss>&amp;</rss>") == b"<rss>&amp;</rss>"


@given(
    st.lists(st.integers(0, 0x110010) | st.sampled_from([0, 9, 0xD800, 0xDFFF, 0xFFFE, 0x10FFFF, 0x110000]), max_size=8),
    st.booleans(),
)
def test_no_reference_to_a_forbidden_character_is_left(codes: list[int], is_hexadecimal: bool):
    references = b"".join(f"&#x{code:X};".encode() if is_hexadecimal else f"&#{code};".encode() for code in codes)

    made = without_bad_characters(b"\x00<a>\x08" + references + b"\x1b</a>")

    assert etree.fromstring(made).tag == "a"
