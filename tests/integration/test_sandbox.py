"""The parser processes: what hangs or swells is ended, and the next document is read all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from monitor.core.feeds.parse import MOST_ENTRIES
from monitor.errors import ParseError
from monitor.model import Entry, Fetched, PageText, ParsedFeed
from monitor.sandbox import Limits, Sandbox
from monitor.sandbox.wire import pack_feed, pack_page, unpack_feed, unpack_page
from tests.collecting import NOW
from tests.rig import feed_of, item, rss

GOOD = Fetched("good", "https://rig.example/feed", 200, body=feed_of(2))
SLOW = replace(GOOD, feed="slow", body=rss("".join(item(n, **{"media:title": "x"}) for n in range(MOST_ENTRIES))))


def test_a_document_that_takes_too_long_is_ended_and_the_next_is_read() -> None:
    sandbox = Sandbox(Limits(processes=1, wall_seconds=2.5))
    try:
        list(sandbox.parse([GOOD]))
        tight = Sandbox(Limits(processes=1, wall_seconds=0.2))
        try:
            # The process has not even started within a fifth of a second.
            (_, parsed), *_ = tight.parse([SLOW])
            assert parsed is not None
            assert "took longer than 0.2 s" in parsed.errors[0]
        finally:
            tight.close()
        (_, parsed), *_ = sandbox.parse([GOOD])
        assert parsed is not None
        assert len(parsed.entries) == 2
    finally:
        sandbox.close()


def test_a_document_that_swells_is_ended_and_the_next_is_read() -> None:
    sandbox = Sandbox(Limits(processes=1, memory_mb=300))
    try:
        big = replace(GOOD, feed="big", body=rss("<item><title>" + "&amp;" * 40_000_000 + "</title></item>"))
        answers = {fetched.feed: parsed for fetched, parsed in sandbox.parse([big, GOOD])}
        assert answers["big"] is not None
        assert answers["big"].format is None
        assert answers["good"] is not None
        assert len(answers["good"].entries) == 2
    finally:
        sandbox.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(Limits(processes=2))
    yield made
    made.close()


def test_answers_come_while_the_next_document_is_awaited(sandbox: Sandbox) -> None:
    is_read = threading.Event()

    def documents() -> Iterator[Fetched]:
        yield GOOD
        assert is_read.wait(60), "the first answer waited for the second document"
        yield replace(GOOD, feed="second")

    seen = []
    for fetched, _ in sandbox.parse(documents()):
        seen.append(fetched.feed)
        is_read.set()
    assert seen == ["good", "second"]


def test_an_answer_without_body_passes_through(sandbox: Sandbox) -> None:
    failed = Fetched("x", "", 0, error="down", reason="dns")
    assert list(sandbox.parse([failed])) == [(failed, None)]


def test_an_error_in_the_source_reaches_the_reader(sandbox: Sandbox) -> None:
    def documents() -> Iterator[Fetched]:
        yield GOOD
        raise OSError("the source broke")

    with pytest.raises(OSError, match="the source broke"):
        list(sandbox.parse(documents()))


def test_a_reader_may_leave_early(sandbox: Sandbox) -> None:
    answers = sandbox.parse(replace(GOOD, feed=str(number)) for number in range(50))
    assert next(answers)[0].feed.isdigit()
    answers.close()  # type: ignore[attr-defined]
    assert len(list(sandbox.parse([GOOD]))) == 1


def test_secrets_do_not_reach_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_SECRET", "word")
    sandbox = Sandbox(Limits(processes=1))
    try:
        list(sandbox.parse([GOOD]))
        process = sandbox._idle.get()
        sandbox._idle.put(process)
        assert process._running is not None
        with open(f"/proc/{process._running.pid}/environ", "rb") as file:  # noqa: PTH123
            assert b"word" not in file.read()
    finally:
        sandbox.close()


def test_a_page_gives_its_article_and_its_feeds(sandbox: Sandbox) -> None:
    paragraphs = "".join(
        f"<p>The ministry said in sentence {n} that the exercises would go on as planned this autumn.</p>" for n in range(8)
    )
    page = f"""<html lang="en"><head><title>Exercises go on</title><link rel="alternate" type="application/rss+xml" href="/rss" title="All">
    <link rel="alternate" type="text/html" href="/fr"></head><body><nav>Home Menu</nav><article><h1>Exercises go on</h1>{paragraphs}</article></body></html>"""
    read = sandbox.extract(Fetched("", "https://site.example/a/1", 200, body=page.encode(), content_type="text/html"))
    assert "sentence 7" in read.text
    assert "Menu" not in read.text
    assert read.feeds == (("https://site.example/rss", "All"),)
    assert read.language == "en"
    assert sandbox.extract(Fetched("", "https://site.example/", 200, body=b"\x00\xff<")).error
    assert sandbox.extract(Fetched("", "https://site.example/", 0, error="down")).error == "down"


def test_values_survive_the_wire() -> None:
    parsed = ParsedFeed(
        "rss20",
        "T",
        (Entry("g", "https://l", "t", "x", "a", "en", NOW, None, "s"),),
        ("e",),
        "en",
        skip_hours=(1, 2),
        skip_days=(5, 6),
    )
    assert unpack_feed(pack_feed(parsed)) == parsed
    page = PageText("t", "a", NOW, "en", (("https://f", "F"),))
    assert unpack_page(pack_page(page)) == page


@pytest.mark.parametrize("data", [{}, {"format": 1, "entries": 3}, {"feeds": [1]}])
def test_a_lying_process_is_an_error(data: dict[str, object]) -> None:
    with pytest.raises(ParseError):
        unpack_feed(data)
    with pytest.raises(ParseError):
        unpack_page(data)
