"""Documents read from files: each in its place whatever order the parser answers in, and what cannot be read is told."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Entry, Fetched, ParsedFeed
from monitor.services.reading import STDIN, read_documents


class Backwards:
    """Parses a document's bytes as its title, and answers the last one first; what could not be read it gives back."""

    def parse(self, documents: Iterable[Fetched]) -> Iterator[tuple[Fetched, ParsedFeed | None]]:
        for one in reversed(list(documents)):
            yield one, None if one.error else ParsedFeed("rss20", title=(one.body or b"").decode())


class Entered:
    """Parses any document as one feed of one entry."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def parse(self, documents: Iterable[Fetched]) -> Iterator[tuple[Fetched, ParsedFeed | None]]:
        for one in documents:
            assert (one.url, one.content_type) == ("https://wire.example/feed", "text/xml")
            yield one, ParsedFeed("atom10", title="Wire", entries=(self.entry,))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("b.xml", "a.xml", "deep/c.xml", ".hidden"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_folders_are_read_whole_in_order_without_hidden_files_and_files_where_they_are_named(folder):
    found = list(read_documents([str(folder / "b.xml"), str(folder)], Backwards()))
    assert [one.parsed.title for one in found] == ["b.xml", "a.xml", "b.xml", "deep/c.xml"]
    assert [one.path for one in found] == [str(folder / one.parsed.title) for one in found]


def test_what_cannot_be_read_says_why_and_the_others_are_read(folder):
    found = list(read_documents([str(folder / "none.xml"), str(folder / "a.xml")], Backwards()))
    assert [one.parsed.errors for one in found] == [("cannot be read: No such file or directory",), ()]
    assert [one.parsed.format for one in found] == [None, "rss20"]


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"piped")))
    (found,) = read_documents([STDIN], Backwards())
    assert (found.path, found.parsed.title) == ("-", "piped")


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (None, None),
        (datetime(2026, 5, 1, 12, 30, tzinfo=UTC), "2026-05-01T12:30:00Z"),
        (datetime(26, 5, 1, tzinfo=UTC), "0026-05-01T00:00:00+00:00"),
    ],
)
def test_a_reading_is_json_with_times_of_four_digit_years(folder, moment, shown):
    entry = Entry("g1", "https://wire.example/1", "Toll", "A toll.", published=moment)
    (found,) = read_documents([str(folder / "a.xml")], Entered(entry), base="https://wire.example/feed", content_type="text/xml")
    told = json.loads(json.dumps(found.as_json()))
    assert (told["format"], told["title"], told["errors"]) == ("atom10", "Wire", [])
    (one,) = told["entries"]
    assert (one["title"], one["link"], one["published"], one["updated"]) == ("Toll", "https://wire.example/1", shown, None)
    assert one["id"]


@given(order=st.permutations(range(5)))
def test_readings_come_in_the_order_they_were_named_in_whatever_order_they_are_parsed(order, tmp_path_factory):
    root = tmp_path_factory.mktemp("named")
    for number in range(5):
        (root / str(number)).write_text(str(number))

    class Shuffled:
        def parse(self, documents):
            told = list(documents)
            return ((told[number], ParsedFeed("rss20", title=told[number].body.decode())) for number in order)

    found = read_documents([str(root / str(number)) for number in range(5)], Shuffled())
    assert [one.parsed.title for one in found] == ["0", "1", "2", "3", "4"]
