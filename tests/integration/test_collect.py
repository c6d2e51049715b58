"""COLLECT beyond faults: edits, full text, discovery, files, WebSub, and one transaction for each feed."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast
from urllib.parse import parse_qs

import pytest

from monitor.clock import FixedClock
from monitor.errors import ArchiveError, FetchError
from monitor.fetchers import http
from monitor.model import Article, Entry, Feed, Fetched, ParsedFeed
from monitor.sandbox import Limits, Sandbox
from monitor.services.collect import CollectReport, collect, collect_pushed
from monitor.services.discover import discover
from monitor.services.fulltext import PageReader
from monitor.services.subscriptions import try_feeds
from monitor.services.websub import feed_secret, hub_secret, pushed, subscribe_due, verified
from tests.collecting import NOW, Rig
from tests.rig import Call, fault_server, feed_of, item, rss


def test_an_article_carries_what_the_feed_says(rig: Rig) -> None:
    body = rss(
        item(1, author="A. Writer", description="&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;"), "<language>en-GB</language>"
    )
    rig.server.serve("/feed", body)
    rig.poll(rig.feed(tags=("world",)))
    (article,) = rig.articles()
    assert (article.title, article.text, article.author) == ("Article number 1", "One.\nTwo.", "A. Writer")
    assert (article.language, article.source, article.tags) == ("en", "rig.example", ("world",))
    assert article.published.isoformat() == "2024-11-01T09:30:00+00:00"


def test_an_unchanged_body_is_not_read_again(rig: Rig) -> None:
    rig.server.serve("/feed", feed_of(2))
    rig.poll(rig.feed())
    rig.later(hours=1)
    report = rig.poll(rig.feed())
    assert (report.unchanged, report.seen) == (2, 0)


def test_a_pass_with_nothing_to_ask_asks_nobody(rig: Rig) -> None:
    assert collect([], rig.fetcher, rig.parser, rig.archive, rig.clock) == CollectReport()
    assert not rig.server.asked


def test_an_edit_is_a_revision_and_no_news(rig: Rig) -> None:
    rig.server.serve("/feed", feed_of(2))
    rig.poll(rig.feed())
    rig.later(hours=1)
    rig.server.serve("/feed", rss(item(0) + item(1, title="Corrected title")))
    report = rig.poll(rig.feed())
    assert (report.new, report.changed, report.seen) == (0, 1, 1)
    assert sorted((article.title, article.revision) for article in rig.articles()) == [
        ("Article number 0", 0),
        ("Corrected title", 1),
    ]


class _Together(Sandbox):
    """Gives all answers at once, however long the last takes."""

    def parse_together(self, documents: Iterable[Fetched]) -> Iterator[list[tuple[Fetched, ParsedFeed | None]]]:
        yield sorted((one for group in super().parse_together(documents) for one in group), key=lambda one: one[0].feed)


class _NoRoomFor:
    """A queue that cannot take the articles of the n-th feed that brings some."""

    def __init__(self, number: int) -> None:
        self.left = number

    def analyse(self, articles: Sequence[int], *, is_fresh: bool = True) -> None:
        self.left -= 1
        if not self.left:
            raise ArchiveError(f"no room for {len(articles)} articles, fresh or not ({is_fresh})")


def test_feeds_stored_together_fail_alone(rig: Rig) -> None:
    feeds = [Feed(f"feed-{number}", rig.server.serve(f"/{number}", feed_of(number)), "Feed") for number in (1, 2, 3)]
    rig.archive.feeds.configure(feeds)
    parser = _Together(Limits(processes=1))
    try:
        with pytest.raises(ArchiveError, match="no room for 2 articles"):
            collect(rig.archive.feeds.list(), rig.fetcher, parser, rig.archive, rig.clock, queue=cast("Any", _NoRoomFor(2)))
        assert [len(rig.articles(feed.id)) for feed in feeds] == [1, 0, 0]
        assert [rig.state(feed.id).last_success is not None for feed in feeds] == [True, False, False]
        collect(rig.archive.feeds.due(rig.clock.now(), 10), rig.fetcher, parser, rig.archive, rig.clock)
    finally:
        parser.close()
    assert [len(rig.articles(feed.id)) for feed in feeds] == [1, 2, 3]


def test_a_failure_forgets_nothing(rig: Rig) -> None:
    rig.server.serve("/feed", feed_of(2))
    rig.poll(rig.feed())
    rig.server.on("/feed", lambda call: call.reply(500))
    rig.later(hours=1)
    rig.poll(rig.feed())
    rig.server.serve("/feed", feed_of(2) + b" ")
    rig.later(hours=1)
    assert rig.poll(rig.feed()).new == 0


def test_a_feed_is_stored_whole_or_not_at_all(rig: Rig) -> None:
    """The archive refuses in the middle of a feed; nothing of that feed may remain, and the next pass takes it."""
    rig.server.serve("/feed", feed_of(3))
    feed = rig.feed()
    rig.archive.feeds.configure([feed])

    class Refusing:
        def __init__(self) -> None:
            self.inner = rig.archive.feeds

        def record(self, *_: object) -> None:
            raise ArchiveError("the disk is full")

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    stores = rig.archive.feeds
    rig.archive.feeds = Refusing()  # type: ignore[assignment]
    with pytest.raises(ArchiveError):
        collect([(feed, rig.state())], rig.fetcher, rig.parser, rig.archive, rig.clock)
    rig.archive.feeds = stores
    assert rig.articles() == []
    assert collect([(feed, rig.state())], rig.fetcher, rig.parser, rig.archive, rig.clock).new == 3


# -- full text -------------------------------------------------------------------------------------------------------

PAGE = b"<html lang='en'><body><article><h1>Long</h1>" + b"".join(
    b"<p>Paragraph %d says at some length what was decided in the capital on Friday evening.</p>" % n for n in range(8)
)


def full_text_feed(rig: Rig, robots: bytes = b"") -> Feed:
    items = "".join(item(n, link=rig.server.url(f"/page/{n}"), guid=f"g{n}") for n in range(3))
    rig.server.serve("/feed", rss(items))
    if robots:
        rig.server.serve("/robots.txt", robots, "text/plain")
    rig.server.serve("/page/0", PAGE, "text/html")
    rig.server.serve("/page/1", b"<html><body>", "text/html")
    return rig.feed(full_text=True)


def test_full_text_comes_from_the_page_and_the_summary_stays_where_it_fails(rig: Rig) -> None:
    feed = full_text_feed(rig)
    rig.poll(feed)
    texts = {article.title[-1]: article.text for article in rig.articles()}
    assert "Paragraph 7" in texts["0"]
    assert texts["1"] == "What happened in case 1."
    assert texts["2"] == "What happened in case 2."
    rig.later(hours=1)
    rig.server.serve("/feed", rss("".join(item(n, link=rig.server.url(f"/page/{n}"), guid=f"g{n}") for n in range(3))) + b" ")
    assert (report := rig.poll(feed)).changed == report.new == 0
    assert rig.server.asked["/page/0"] == 1


def test_robots_txt_is_respected(rig: Rig) -> None:
    rig.poll(full_text_feed(rig, b"User-agent: *\nDisallow: /page/"))
    assert rig.server.asked["/robots.txt"] == 1
    assert rig.server.asked["/page/0"] == 0
    assert len(rig.articles()) == 3


def test_what_a_site_allows_is_asked_once_a_day_and_after_a_failure_once_an_hour(rig: Rig) -> None:
    def poll(number: int) -> int:
        rig.server.serve("/feed", rss(item(number, link=rig.server.url(f"/page/{number}"))))
        rig.poll(rig.feed(full_text=True))
        return rig.server.asked["/robots.txt"]

    rig.server.on("/robots.txt", lambda call: call.reply(500))
    assert [poll(0), poll(1)] == [1, 1]
    rig.server.serve("/robots.txt", b"User-agent: *\nDisallow: /private", "text/plain")
    rig.later(hours=1)
    assert [poll(2), poll(3)] == [2, 2]
    assert [rig.server.asked[f"/page/{number}"] for number in range(4)] == [0, 0, 1, 1]
    rig.later(hours=23)
    assert poll(4) == 2
    rig.later(hours=1)
    assert poll(5) == 3


def test_sites_are_asked_what_they_allow_at_the_same_time(parser: Sandbox) -> None:
    all_asked = threading.Barrier(5, timeout=20)

    def robots(call: Call) -> None:
        all_asked.wait()
        call.reply(404)

    with ExitStack() as running:
        sites = [running.enter_context(fault_server()) for _ in range(5)]
        for site in sites:
            site.on("/robots.txt", robots)
            site.serve("/page", PAGE, "text/html")
        fetcher = http.build(http.Config(spacing_seconds=0, per_host=20, allow=("127.0.0.1",)), FixedClock(NOW))
        running.callback(fetcher.close)
        reader = PageReader(fetcher, parser, FixedClock(NOW))
        pages = reader.read([Entry(str(number), site.url("/page"), "", "") for number, site in enumerate(sites)])
    assert len(pages) == 5


def test_an_edit_whose_page_cannot_be_had_keeps_the_full_text(rig: Rig) -> None:
    feed = full_text_feed(rig)
    rig.poll(feed)

    def edited(word: str) -> dict[str, Article]:
        items = "".join(
            item(n, title=f"{word} {n}", description=f"{word}.", link=rig.server.url(f"/page/{n}"), guid=f"g{n}")
            for n in range(2)
        )
        rig.server.serve("/feed", rss(items))
        rig.later(hours=1)
        assert rig.poll(feed).changed == 2
        return {article.title: article for article in rig.articles()}

    rig.server.on("/page/0", lambda call: call.reply(503))
    first = edited("Corrected")
    assert "Paragraph 7" in first["Corrected 0"].text
    assert first["Corrected 1"].text == "Corrected."
    assert "Paragraph 7" in edited("Again")["Again 0"].text
    rig.server.serve("/page/0", PAGE.replace(b"capital", b"provinces"), "text/html")
    assert "provinces" in edited("At last")["At last 0"].text
    assert rig.poll(feed).unchanged == 2


# -- discovery -------------------------------------------------------------------------------------------------------


def test_a_site_leads_to_its_feeds(rig: Rig) -> None:
    head = b'<html><head><link rel="alternate" type="application/rss+xml" href="/all.xml"><link rel="alternate" type="application/atom+xml" href="/dead">'
    rig.server.serve("/", head, "text/html")
    rig.server.serve("/all.xml", feed_of(4))
    (found,) = discover(rig.server.url("/"), rig.fetcher, rig.parser)
    assert (found.url, found.entries, found.format, found.title) == (rig.server.url("/all.xml"), 4, "rss20", "Rig")


def test_the_usual_places_are_tried_last(rig: Rig) -> None:
    rig.server.serve("/", b"<html><body>nothing announced", "text/html")
    rig.server.serve("/rss.xml", feed_of(1))
    assert [one.url for one in discover(rig.server.url("/"), rig.fetcher, rig.parser)] == [rig.server.url("/rss.xml")]


def test_a_site_whose_name_is_misspelt_is_told_in_words(rig: Rig) -> None:
    with pytest.raises(FetchError, match=r"^https://no\.invalid: the name no\.invalid .*; check how it is spelled$") as caught:
        discover("no.invalid", rig.fetcher, rig.parser)
    assert "Errno" not in str(caught.value)


def test_a_page_may_not_lead_inside(rig: Rig) -> None:
    link = f'<html><head><link rel="alternate" type="application/rss+xml" href="{rig.canary.url("/feed")}">'
    rig.server.serve("/", link.encode(), "text/html")
    assert discover(rig.server.url("/"), rig.fetcher, rig.parser) == []
    with pytest.raises(FetchError, match="not on the public internet"):
        discover(rig.canary.url("/"), rig.fetcher, rig.parser)
    assert not rig.canary.asked


def test_feeds_can_be_tried_without_storing(rig: Rig) -> None:
    feeds = [
        Feed("good", rig.server.serve("/good", feed_of(2)), "G"),
        Feed("page", rig.server.serve("/page", b"<!doctype html><p>x", "text/html"), "P"),
        Feed("undated", rig.server.serve("/undated", rss("".join(item(n, pubDate="") for n in range(3)))), "U"),
        Feed("empty", rig.server.serve("/empty", rss()), "E"),
        Feed("down", rig.server.url("/missing"), "D"),
    ]
    verdicts = {trial.feed: (trial.verdict, trial.is_good) for trial in try_feeds(feeds, rig.fetcher, rig.parser)}
    assert verdicts == {
        "good": ("ok", True),
        "page": ("not a feed", False),
        "undated": ("undated", True),
        "empty": ("empty", True),
        "down": ("failing", False),
    }


# -- WebSub ----------------------------------------------------------------------------------------------------------


def test_a_hub_is_subscribed_to_and_pushes_are_stored(rig: Rig) -> None:
    asked: list[dict[str, list[str]]] = []

    def hub(call: Call) -> None:
        asked.append(parse_qs(call.body.decode()))
        call.reply(202)

    rig.server.on("/hub", hub)
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{rig.server.url("/hub")}"/>'
    rig.server.serve("/feed", rss(item(1), link))
    rig.poll(rig.feed())
    assert subscribe_due(rig.archive, rig.fetcher, rig.clock, public_url="https://me.example/") == 1
    assert asked[0]["hub.mode"] == ["subscribe"]
    assert asked[0]["hub.topic"] == [rig.server.url("/feed")]
    assert asked[0]["hub.callback"] == ["https://me.example/websub/feed"]

    assert not verified(rig.archive, rig.clock, "feed", "subscribe", "https://other.example/", "3600")
    assert verified(rig.archive, rig.clock, "feed", "subscribe", rig.server.url("/feed"), "864000")
    assert subscribe_due(rig.archive, rig.fetcher, rig.clock, public_url="https://me.example/") == 0

    body = rss(item(1) + item(2))
    secret = hub_secret(rig.archive)
    signature = "sha256=" + hmac.new(feed_secret(secret, "feed").encode(), body, hashlib.sha256).hexdigest()
    assert pushed(rig.archive, "feed", body, "application/rss+xml", "sha256=0") is None
    assert pushed(rig.archive, "feed", body, "application/rss+xml", signature.replace("sha256", "sha1")) is None
    arrived = pushed(rig.archive, "feed", body, "application/rss+xml", signature)
    assert arrived is not None
    report = collect_pushed(*arrived, rig.parser, rig.archive, rig.clock)
    assert (report.new, report.seen) == (1, 1)
    rig.later(days=6.5)
    assert subscribe_due(rig.archive, rig.fetcher, rig.clock, public_url="https://me.example/") == 1


class _Told:
    """A queue that remembers what it was told to analyse."""

    def __init__(self) -> None:
        self.articles: list[tuple[int, ...]] = []

    def analyse(self, articles: Sequence[int], *, is_fresh: bool = True) -> None:
        assert is_fresh
        self.articles.append(tuple(articles))


def push(rig: Rig, body: bytes, queue: Any = None) -> CollectReport:
    feed = next(feed for feed, _ in rig.archive.feeds.list() if feed.id == "feed")
    fetched = Fetched("feed", feed.url, 200, body=body, content_type="application/rss+xml")
    return collect_pushed(feed, rig.state(), fetched, rig.parser, rig.archive, rig.clock, queue)


def test_a_push_leaves_what_is_known_of_the_feed_as_it_is(rig: Rig) -> None:
    wishes = "<ttl>120</ttl><skipHours><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
    rig.server.serve("/feed", rss(item(1), wishes))
    rig.poll(rig.feed())
    rig.later(days=3)
    rig.server.on("/feed", lambda call: call.reply(500))
    rig.poll(rig.feed())
    before = rig.state()
    assert (before.failures, before.skip_hours, before.skip_days) == (1, (3,), (6,))
    rig.later(minutes=1)
    told = _Told()
    assert push(rig, rss(item(1, title="Corrected") + item(2, pubDate="")), told).new == 1
    assert rig.state() == replace(before, last_new=rig.clock.now(), arrivals=rig.state().arrivals)
    assert [(article.title, article.is_backfill) for article in rig.articles()] == [
        ("Article number 2", False),
        ("Corrected", True),
    ]
    assert told.articles == [tuple(article.id for article in rig.articles())]
    after = rig.state()
    for body in (b"", b"<!doctype html><p>Busy", b"<rss"):
        assert push(rig, body, told) == CollectReport()
    assert rig.state() == after
    assert len(told.articles) == 1


def test_a_push_for_a_feed_with_full_text_has_it_collected_at_once(rig: Rig) -> None:
    feed = full_text_feed(rig)
    rig.server.serve("/feed", rss())
    rig.poll(feed)
    rig.later(minutes=1)
    due = {feed.id for feed, _ in rig.archive.feeds.due(rig.clock.now(), 10)}
    assert "feed" not in due
    assert push(rig, rss(item(0))) == CollectReport()
    assert rig.articles() == []
    assert "feed" in {feed.id for feed, _ in rig.archive.feeds.due(rig.clock.now(), 10)}
    full_text_feed(rig)
    rig.poll(feed)
    assert any("Paragraph 7" in article.text for article in rig.articles())


def test_a_hub_that_never_calls_back_is_asked_ever_more_rarely(rig: Rig) -> None:
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{rig.server.url("/hub")}"/>'
    rig.server.serve("/feed", rss(item(1), link))
    rig.server.on("/hub", lambda call: call.reply(202))
    rig.poll(rig.feed())

    def ask(days: float) -> list[float]:
        """The hours after which the hub was asked, when the worker looks every quarter of an hour for so many days."""
        asked = []
        for look in range(int(days * 96)):
            if subscribe_due(rig.archive, rig.fetcher, rig.clock, public_url="https://me.example/"):
                asked.append(look / 4)
            rig.later(minutes=15)
        return asked

    waits = [later - earlier for earlier, later in pairwise([0, *ask(9)[1:]])]
    assert all(most * 0.75 <= hours <= most for hours, most in zip(waits, [1, 2, 4, 8, 16, *[24] * 20], strict=False)), waits
    assert len(waits) >= 10
    rig.later(days=-30)
    assert ask(1 / 96) == [0.0]
    assert verified(rig.archive, rig.clock, "feed", "subscribe", rig.server.url("/feed"), "864000")
    assert ask(6) == []
    assert ask(0.1) == [0.25, 1.25]


def test_a_hub_inside_is_not_called(rig: Rig) -> None:
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{rig.canary.url("/hub")}"/>'
    rig.server.serve("/feed", rss(item(1), link))
    rig.poll(rig.feed())
    subscribe_due(rig.archive, rig.fetcher, rig.clock, public_url="https://me.example/")
    assert not rig.canary.asked


def test_a_push_nobody_asked_for_is_refused(rig: Rig) -> None:
    assert pushed(rig.archive, "nobody", b"", "", "sha256=0") is None
    assert not verified(rig.archive, rig.clock, "nobody", "subscribe", "", "")


def test_an_answer_that_is_a_feed_of_no_entries_is_a_success(rig: Rig) -> None:
    rig.server.serve("/feed", rss())
    assert rig.poll(rig.feed()).failed == 0
