"""The corpus of feed documents, where it is at hand: every exact count, no exception, two readers with one answer."""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.core.feeds.identity import identify, stable_id
from monitor.core.feeds.markup import plain_text
from monitor.model import ParsedFeed
from monitor.sandbox.anyfeed import read_any_feed
from monitor.sandbox.documents import read_feed
from monitor.sandbox.plainfeed import read_plain_feed
from tests.hostile import CORPUS, ENCODED, Encoded

PROBES = Path(__file__).parents[1] / "data" / "probes"
NOT_FEEDS = ("json-expected", "json-broken", "json", "list", "other", "html", "xml-other", "feed-broken")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not at hand")


def manifest() -> Iterator[dict[str, str]]:
    with (CORPUS / "manifest.csv").open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def documents() -> Iterator[tuple[dict[str, str], bytes]]:
    for row in manifest():
        if row["kind"].startswith("feed") or row["expected_entries"]:
            yield row, (CORPUS / row["path"]).read_bytes()


@needs_corpus
def test_every_count_is_met_and_identities_are_stable() -> None:
    wrong: list[Any] = []
    for row, body in documents():
        first, second = read_feed(body), read_feed(body)
        if row["expected_entries"] and len(first.entries) != int(row["expected_entries"]):
            wrong.append((row["path"], row["expected_entries"], len(first.entries)))
        if row["min_entries"] and len(first.entries) < int(row["min_entries"]):
            wrong.append((row["path"], f">= {row['min_entries']}", len(first.entries)))
        if first != second or [one.keys for one in identify(first.entries)] != [one.keys for one in identify(second.entries)]:
            wrong.append((row["path"], "another identity at the second reading", ""))
        if first.format is None and row["kind"] not in NOT_FEEDS and row["expected_entries"] != "0":
            wrong.append((row["path"], "not a feed", first.errors))
    assert not wrong


@needs_corpus
@pytest.mark.parametrize(("base", "content_type"), [("", ""), ("https://example.org/dir/feed.xml", "text/xml")])
def test_the_quick_reader_answers_as_feedparser_does(base: str, content_type: str) -> None:
    read = 0
    for row, body in documents():
        quick = read_plain_feed(body, base, content_type)
        if quick is not None:
            read += 1
            assert quick == read_any_feed(body, base, content_type), row["path"]
    assert read > 800


@needs_corpus
def test_every_row_of_the_encodings() -> None:
    rows = [row for row in manifest() if "/encoding/" in row["path"]]
    wrong = []
    for row in rows:
        parsed = read_feed((CORPUS / row["path"]).read_bytes(), "", _header(row["path"]))
        expected = _expected_text(row["expectation"])
        found = parsed.title if "feed[" in row["expectation"] else parsed.entries[0].text if parsed.entries else ""
        # Noise goes in and noise comes out: nobody can say which.
        if expected is not None and found != plain_text(expected) and "linenoise" not in row["path"]:
            wrong.append((row["path"], expected, found))
        if parsed.format is None and "linenoise" not in row["path"]:
            wrong.append((row["path"], "a feed", parsed.errors))
    assert len(rows) == 82
    assert not wrong


def _header(path: str) -> str:
    """The Content-Type a document of feedparser's asks to be served with, in its leading comment."""
    head = (CORPUS / path).read_bytes()[:800].decode("latin-1").replace("\x00", "")
    found = [line.partition("Content-type:")[2].strip() for line in head.splitlines() if "Content-type:" in line]
    return found[0] if found else ""


def _expected_text(expectation: str) -> str | None:
    """The string a title or description must equal, when the expectation is such a comparison."""
    for node in ast.walk(ast.parse(expectation, mode="eval")):
        if not isinstance(node, ast.Compare) or not isinstance(node.left, ast.Subscript | ast.Attribute | ast.Call):
            continue
        value = node.comparators[0].value if isinstance(node.comparators[0], ast.Constant) else None
        asked = ast.unparse(node.left)
        if any(name in asked for name in ("title", "description", "summary")):
            return chr(value) if isinstance(value, int) else value if isinstance(value, str) else None
    return None


@pytest.mark.parametrize("one", ENCODED, ids=lambda one: one.name)
def test_an_encoding_gives_the_right_text(one: Encoded) -> None:
    parsed = read_feed(one.document, "", one.served)
    assert (parsed.title, [entry.title for entry in parsed.entries]) == (one.title, [one.title])


def probes() -> dict[str, dict[str, str]]:
    with (PROBES / "expect.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", sorted(probes()))
def test_each_probe_is_read_as_expected(name: str) -> None:
    body = (PROBES / name).read_bytes()
    parsed = read_feed(body)
    expected = probes()[name]["entries"]
    if expected:
        assert len(parsed.entries) == int(expected)
    for entry in parsed.entries:
        text = f"{entry.title}{entry.text}{entry.author}{entry.link}{entry.guid}"
        text.encode()
        assert "\x00" not in text
        assert "\n" not in entry.title
        assert not entry.link or entry.link.startswith(("http://", "https://"))
        assert stable_id(entry)
    assert _special(name, parsed)


def _special(name: str, parsed: ParsedFeed) -> bool:
    titles = [entry.title for entry in parsed.entries]
    checks = {
        "html-cookie-wall.html": parsed.format is None,
        "empty.xml": parsed.format is None and bool(parsed.errors),
        "billion-laughs.xml": bool(parsed.errors),
        "truncated.xml": titles == ["one"] and bool(parsed.errors),
        "link-javascript.xml": [entry.link for entry in parsed.entries] == ["", "", "https://example.org/1"],
        "relative-xmlbase.atom": [entry.link for entry in parsed.entries] == ["https://example.org/a/b/c"],
        "latin1-declared-utf8.xml": any("café" in title for title in titles),
        "jinja-title.xml": any("{{" in title for title in titles),
        "gzip-body-no-header.bin": parsed.format is not None and len(parsed.entries) > 0,
        "utf16-no-bom-declared-utf8.xml": parsed.title == "é漢" and titles == ["ü"],
    }
    return checks.get(name, True)


@pytest.mark.parametrize("date", ["፩ ፪ ፫", "9999-366", "0000-00-00", "²³"])
def test_a_date_that_nobody_can_read_costs_no_entry(date: str) -> None:
    rss = f"<rss><channel><item><title>a</title><pubDate>{date}</pubDate></item><item><title>b</title></item></channel></rss>"
    odd = rss.replace("<item>", "<item><media:x/>", 1)
    items = [{"id": "a", "date_published": date}, {"id": "b", "date_published": "2024-11-01T09:30:00Z"}]
    listed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    for document in (rss, odd, listed):
        parsed = read_feed(document.encode())
        assert len(parsed.entries) == 2, document
        assert parsed.entries[0].published is None
