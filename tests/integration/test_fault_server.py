"""Faults 1 to 38 of feed servers; where one is polled, it is beside a healthy feed that must finish and a canary that must hear nothing."""

from __future__ import annotations

import gzip
import itertools
import os
import resource
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
import zstandard
from structlog.testing import capture_logs

from monitor.core.feeds.feedhealth import Health
from monitor.guard import _tls
from monitor.model import Feed, Fetched
from monitor.sandbox import Limits, Sandbox
from tests.collecting import NOW, Rig, collecting
from tests.rig import Call, feed_of, item, rss

DATA = Path(__file__).parents[1] / "data"
PROBES, TLS = DATA / "probes", DATA / "tls"
MEGABYTE = 1_000_000


@pytest.fixture
def rig(parser: Sandbox) -> Iterator[Rig]:
    with collecting(parser) as made:
        yield made


def probe(rig: Rig, name: str, content_type: str = "application/rss+xml") -> Feed:
    rig.server.serve(f"/{name}", (PROBES / name).read_bytes(), content_type)
    return rig.feed(f"/{name}")


def spent(process: int) -> tuple[float, float]:
    """Seconds of computing and megabytes at most that a running process has taken since its start."""
    facts = Path(f"/proc/{process}")
    ticks = (facts / "stat").read_text().rpartition(")")[2].split()[11:13]
    peak = next(line for line in (facts / "status").read_text().splitlines() if line.startswith("VmHWM:"))
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 1024


def resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fails(rig: Rig, feed: Feed, reason: str) -> str:
    """Poll a feed that must fail, and nothing but its failure may be stored."""
    report = rig.poll(feed)
    state = rig.state(feed.id)
    assert report.failed == 1
    assert state.failures == 1
    assert state.last_success is None
    assert state.next_due is None or state.next_due > rig.clock.now()
    assert rig.articles(feed.id) == []
    answer = next(iter(rig.fetcher.fetch([(feed, state)])))
    assert answer.reason == reason, answer
    return state.last_error or ""


# -- the connection and the body -------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", ["dribbles", "never answers"])
def test_01_slow_loris_ends_at_the_deadline(parser: Sandbox, behaviour: str) -> None:
    # Long enough for the healthy feed on a busy machine; the server itself would go on for ever.
    with collecting(parser, total_seconds=4) as rig:
        if behaviour == "dribbles":
            rig.server.on("/feed", lambda call: call.stream(itertools.repeat(b"<"), 0.05))
        else:
            rig.server.on("/feed", lambda call: call.server.is_closed.wait(60))
        rig.poll()  # the parser has started
        started = time.monotonic()
        rig.poll(rig.feed())
        assert 4 <= time.monotonic() - started < 10
        assert rig.state().failures == 1
        assert "took longer than 4 s" in (rig.state().last_error or "")


def test_02_a_truncated_body_is_an_error_and_keeps_the_etag(rig: Rig) -> None:
    rig.server.serve("/feed", feed_of(2), headers=[("ETag", '"one"')])
    rig.poll(rig.feed())
    rig.server.on("/feed", lambda call: call.reply(200, feed_of(3)[:400], [("ETag", '"two"')], length=9999))
    assert rig.poll(rig.feed()).failed == 1
    assert rig.state().etag == '"one"'
    rig.server.serve("/feed", feed_of(3), headers=[("ETag", '"two"')])
    assert rig.poll(rig.feed()).new == 1


def test_03_bytes_beyond_the_announced_length_are_ignored(rig: Rig) -> None:
    body = feed_of(2)
    rig.server.on("/feed", lambda call: call.reply(200, body + b"GARBAGE" * 1000, length=len(body)))
    rig.poll(rig.feed())
    assert len(rig.articles()) == 2


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"\x00" * 200 * MEGABYTE)),
        ("deflate", zlib.compress(b"\x00" * 200 * MEGABYTE)),
        ("br", brotli.compress(b"\x00" * 200 * MEGABYTE, quality=1)),
        ("zstd", zstandard.compress(b"\x00" * 200 * MEGABYTE)),
    ],
)
def test_04_a_bomb_stops_at_the_cap(rig: Rig, coding: str, packed: bytes) -> None:
    before = resident_mb()
    rig.server.serve("/feed", packed, headers=[("Content-Encoding", coding)])
    assert "unpacks to more than" in fails(rig, rig.feed(), "too-large")
    assert resident_mb() - before < 120


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_04_every_offered_coding_is_read(rig: Rig, coding: str) -> None:
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}[coding]
    rig.server.serve("/feed", pack(feed_of(4)), headers=[("Content-Encoding", coding)])
    rig.poll(rig.feed())
    assert len(rig.articles()) == 4
    assert coding in rig.server.calls[0].headers["accept-encoding"]


def test_05_double_packing_is_refused(rig: Rig) -> None:
    rig.server.serve("/feed", gzip.compress(gzip.compress(feed_of(1))), headers=[("Content-Encoding", "gzip, gzip")])
    fails(rig, rig.feed(), "protocol")


def test_05_a_bomb_inside_a_gzip_body_stops_at_the_cap(rig: Rig) -> None:
    inner = gzip.compress(b"\x00" * 200 * MEGABYTE)
    rig.server.serve("/feed", gzip.compress(inner), headers=[("Content-Encoding", "gzip")])
    assert rig.poll(rig.feed()).failed == 1
    assert "opens to more than" in (rig.state().last_error or "")


def test_06_an_endless_body_stops_at_the_cap(parser: Sandbox) -> None:
    ended = threading.Event()

    def pour(call: Call) -> None:
        try:
            call.stream(itertools.repeat(b"x" * 65536))
        finally:
            ended.set()

    with collecting(parser, max_bytes=MEGABYTE) as rig:
        rig.server.on("/feed", pour)
        fails(rig, rig.feed(), "too-large")
        assert ended.wait(5), "the connection was not closed"


def test_06_an_announced_giant_is_not_even_read(rig: Rig) -> None:
    rig.server.on("/feed", lambda call: call.reply(200, b"<rss", length=10_000_000_000))
    fails(rig, rig.feed(), "too-large")


# -- redirects and addresses -----------------------------------------------------------------------------------------


def redirect(status: int, target: str) -> object:
    return lambda call: call.reply(status, b"", [("Location", target)])


def test_07_a_redirect_loop_ends_after_five_hops(rig: Rig) -> None:
    rig.server.on("/feed", redirect(302, rig.server.url("/feed")))  # type: ignore[arg-type]
    rig.poll(rig.feed())
    assert rig.server.asked["/feed"] == 6
    assert "redirects more than 5 times" in (rig.state().last_error or "")


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "canary", "http://[::1]:1/", "http://0x7f000001:1/"]
)
def test_08_a_redirect_to_a_closed_address_is_blocked(rig: Rig, target: str) -> None:
    rig.server.on("/feed", redirect(301, rig.canary.url("/secret") if target == "canary" else target))  # type: ignore[arg-type]
    fails(rig, rig.feed(), "blocked")


def test_09_a_rebinding_name_is_connected_where_it_was_checked(parser: Sandbox) -> None:
    answers = itertools.cycle([["127.0.0.1"], ["169.254.169.254"]])

    def resolve(host: str, port: int) -> list[str]:
        return next(answers) if host == "rebind.example" else [host]

    with collecting(parser, resolve) as rig:
        rig.server.serve("/feed", feed_of(2))
        feed = Feed("feed", f"http://rebind.example:{rig.server.port}/feed", "Feed")
        rig.poll(feed)
        assert len(rig.articles()) == 2
        assert rig.poll(feed).failed == 1
        assert "not on the public internet" in (rig.state().last_error or "")
        assert rig.server.asked["/feed"] == 1


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f000001", "2130706433", "①②⑦.0.0.1", "[::ffff:127.0.0.1]", "localhost", "0", "0177.0.0.1"]
)
def test_10_spellings_of_closed_addresses_are_blocked(rig: Rig, host: str) -> None:
    feed = Feed("feed", f"http://{host}:{rig.canary.port}/", "Feed")
    assert rig.poll(feed).failed == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://127.0.0.1:70/", "ftp://example.org/", "javascript:alert(1)"])
def test_11_a_redirect_to_another_scheme_is_an_error(rig: Rig, target: str) -> None:
    rig.server.on("/feed", redirect(302, target))  # type: ignore[arg-type]
    fails(rig, rig.feed(), "blocked")


@pytest.mark.parametrize(
    ("kind", "why"), [("certificate", "self-signed"), ("expired", "expired"), ("another-host", "not valid for '127.0.0.1'")]
)
def test_12_a_bad_certificate_is_an_error(rig: Rig, kind: str, why: str) -> None:
    answer = asked_over_tls(rig, kind)
    assert answer.reason == "tls", answer
    assert why in (answer.error or "")
    assert not rig.server.asked


def test_12_a_right_certificate_of_the_same_authority_is_taken(rig: Rig) -> None:
    rig.server.serve("/feed", feed_of(1))
    assert asked_over_tls(rig, "right").status == 200


def asked_over_tls(rig: Rig, certificate: str) -> Fetched:
    """What comes of a feed behind a certificate of tests/data/tls, whose authority is trusted as those of the system are.

    The healthy feed would have to speak TLS here as well, so this one is asked alone.
    """
    _tls().load_verify_locations(TLS / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key = TLS / "key.pem" if certificate == "certificate" else None
    context.load_cert_chain(TLS / f"{certificate}.pem", key)
    rig.server.tls = context
    return next(iter(rig.fetcher.fetch([(Feed("feed", f"https://{rig.server.address}/feed", "Feed"), rig.state())])))


# -- what servers say ------------------------------------------------------------------------------------------------


def test_13_a_304_without_etag_changes_nothing(rig: Rig) -> None:
    rig.server.serve("/feed", feed_of(2), headers=[("ETag", '"one"'), ("Last-Modified", "Fri, 01 Nov 2024 00:00:00 GMT")])
    rig.poll(rig.feed())
    rig.server.on("/feed", lambda call: call.send(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"))
    report = rig.poll(rig.feed())
    assert (report.unchanged, report.failed) == (2, 0)
    asked = [call for call in rig.server.calls if call.path == "/feed"][-1].headers
    assert asked["if-none-match"] == '"one"'
    assert asked["if-modified-since"] == "Fri, 01 Nov 2024 00:00:00 GMT"
    assert rig.state().etag == '"one"'


def test_14_a_stuck_etag_is_set_aside_once_a_day(rig: Rig) -> None:
    def stuck(call: Call) -> None:
        if "if-none-match" in call.headers:
            call.send(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")
        else:
            call.reply(200, feed_of(2 + rig.server.asked["/feed"]), [("ETag", '"stuck"')])

    rig.server.on("/feed", stuck)
    assert rig.poll(rig.feed()).new == 6
    rig.later(hours=1)
    assert rig.poll(rig.feed()).new == 0
    rig.later(hours=24)
    assert rig.poll(rig.feed()).new > 0


@pytest.mark.parametrize(
    ("value", "at_least", "at_most"),
    [
        ("7200", timedelta(hours=2), timedelta(hours=2)),
        ("Sat, 02 Nov 2024 15:00:00 GMT", timedelta(hours=3), timedelta(hours=3)),
        ("soon", timedelta(minutes=20), timedelta(minutes=40)),
        ("Fri, 31 Dec 9994 23:59:59 GMT", timedelta(hours=24), timedelta(hours=24)),
        ("99999999999999999999", timedelta(minutes=20), timedelta(minutes=40)),
    ],
)
def test_15_retry_after_is_honoured_and_clamped(rig: Rig, value: str, at_least: timedelta, at_most: timedelta) -> None:
    rig.server.on("/feed", lambda call: call.reply(429, b"", [("Retry-After", value)]))
    # The healthy feed shares the host, so this one is asked alone.
    feed = rig.feed()
    rig.archive.feeds.configure([feed])
    from monitor.services.collect import collect

    collect([(feed, rig.state())], rig.fetcher, rig.parser, rig.archive, rig.clock)
    due = rig.state().next_due
    assert due is not None
    assert at_least <= due - NOW <= at_most


def test_15_other_feeds_of_the_host_are_left_alone_too(parser: Sandbox) -> None:
    with collecting(parser, per_host=1) as rig:
        for number in range(5):
            rig.server.on(f"/{number}", lambda call: call.reply(429, b"", [("Retry-After", "60")]))
        feeds = [(Feed(f"f{number}", rig.server.url(f"/{number}"), "F"), rig.state(f"f{number}")) for number in range(5)]
        answers = list(rig.fetcher.fetch(feeds))
        assert sum(rig.server.asked.values()) == 1
        assert all(answer.status == 429 and answer.retry_after for answer in answers)


def test_16_failures_back_off_with_jitter_and_tell_once(rig: Rig) -> None:
    rig.server.on("/feed", lambda call: call.reply(503))
    waits, events = [], []
    for _ in range(8):
        report = rig.poll(rig.feed())
        events += report.events
        waits.append((rig.state().next_due or NOW) - rig.clock.now())
        rig.later(hours=25)
    assert waits == sorted(waits) or waits[-1] >= timedelta(hours=21)
    assert len(set(waits)) == len(waits)
    assert max(waits) <= timedelta(hours=24)
    assert rig.state().failures == 8
    assert [event.health for event in events if event.feed == "feed"] == [Health.FAILING]
    rig.server.serve("/feed", feed_of(1))
    assert [event.health for event in rig.poll(rig.feed()).events if event.feed == "feed"] == [Health.RECOVERED]


def test_17_gone_disables_and_tells_once(rig: Rig) -> None:
    rig.server.on("/feed", lambda call: call.reply(410))
    assert [event.health for event in rig.poll(rig.feed()).events] == [Health.GONE]
    state = rig.state()
    assert state.is_gone
    assert "feed" not in {feed.id for feed, _ in rig.archive.feeds.due(NOW + timedelta(days=400), 100)}
    assert rig.poll(rig.feed()).events == ()
    rig.server.serve("/new", feed_of(1))
    rig.poll(rig.feed("/new"))
    assert not rig.state().is_gone


def test_18_a_permanent_redirect_is_adopted_after_three_confirmations(rig: Rig) -> None:
    rig.server.on("/feed", redirect(301, "/new"))  # type: ignore[arg-type]
    rig.server.serve("/new", feed_of(1))
    for seen in (1, 2, 3):
        assert rig.state().url in ("", rig.server.url("/feed"))
        rig.poll(rig.feed())
        assert rig.server.asked["/feed"] == seen
    assert rig.state().url == rig.server.url("/new")
    rig.poll(rig.feed())
    assert rig.server.asked["/feed"] == 3


def test_18_a_temporary_redirect_is_never_adopted(rig: Rig) -> None:
    rig.server.on("/feed", redirect(302, "/new"))  # type: ignore[arg-type]
    rig.server.serve("/new", feed_of(1))
    for _ in range(5):
        rig.poll(rig.feed())
    assert rig.server.asked["/feed"] == 5


def test_19_credentials_and_cookies_stay_at_their_host(parser: Sandbox) -> None:
    with collecting(parser, resolve=lambda host, _: ["127.0.0.1"]) as rig:
        other = f"http://other.example:{rig.server.port}/new"
        rig.server.on("/feed", lambda call: call.reply(302, b"", [("Location", other), ("Set-Cookie", "session=secret")]))
        rig.server.serve("/new", feed_of(1))
        rig.poll(Feed("feed", f"http://user:word@first.example:{rig.server.port}/feed", "Feed"))
        first, second = [call.headers for call in rig.server.calls if call.path in ("/feed", "/new")]
        assert first["authorization"].startswith("Basic ")
        assert "authorization" not in second
        assert "cookie" not in second


# -- documents -------------------------------------------------------------------------------------------------------


def test_20_a_cookie_wall_is_not_a_feed(rig: Rig) -> None:
    assert rig.poll(probe(rig, "html-cookie-wall.html", "text/html")).failed == 1
    assert "not a feed" in (rig.state().last_error or "")


def test_20_a_feed_that_turns_into_a_page_is_told(rig: Rig) -> None:
    rig.server.serve("/feed", b"<!doctype html><title>Please accept</title>")
    events = [event for _ in range(5) for event in rig.poll(rig.feed()).events]
    assert [event.health for event in events] == [Health.NOT_A_FEED]


def test_21_an_empty_answer_is_an_error(rig: Rig) -> None:
    rig.server.serve("/feed", b"")
    assert rig.poll(rig.feed()).failed == 1
    assert "empty" in (rig.state().last_error or "")


def test_22_fifty_thousand_entries_are_capped_and_keep_nobody_waiting(rig: Rig) -> None:
    rig.server.serve("/feed", rss("".join(item(number, description="") for number in range(50_000))))
    feeds = [Feed(f"f{number}", rig.server.serve(f"/{number}", feed_of(1)), "F") for number in range(5)]
    with capture_logs() as lines:
        report = rig.poll(rig.feed(), *feeds)
    assert report.failed == 0
    assert len(rig.articles()) == 5_000
    assert all(rig.state(feed.id).last_success for feed in feeds)
    (warned,) = [line for line in lines if line["log_level"] == "warning"]
    assert (warned["feed"], warned["fault"]) == ("feed", "has more than 5,000 entries; only the first are read")


def test_23_dates_that_lie_give_way_to_the_time_first_seen(rig: Rig) -> None:
    rig.poll(probe(rig, "dates-bad.xml"))
    articles = rig.articles()
    assert len(articles) == 12
    assert all(article.published <= NOW for article in articles)
    assert all(article.published == NOW or article.published.year == 2024 for article in articles)


def test_24_changing_guids_are_one_article(rig: Rig) -> None:
    rig.server.serve("/feed", (PROBES / "guid-changes-a.xml").read_bytes())
    rig.poll(rig.feed())
    rig.server.serve("/feed", (PROBES / "guid-changes-b.xml").read_bytes())
    assert rig.poll(rig.feed()).new == 0
    assert len(rig.articles()) == 1


def test_25_shared_guids_stay_apart_and_stable(rig: Rig) -> None:
    rig.poll(probe(rig, "duplicate-guid.xml"))
    assert sorted(article.title for article in rig.articles()) == ["first", "second"]
    rig.server.serve("/duplicate-guid.xml", (PROBES / "duplicate-guid.xml").read_bytes() + b"\n")
    assert (report := rig.poll(rig.feed("/duplicate-guid.xml"))).new == report.changed == 0


def test_26_entries_without_guid_and_link_are_not_doubled(rig: Rig) -> None:
    rig.poll(probe(rig, "no-guid-no-link.xml"))
    assert len(rig.articles()) == 3
    rig.server.serve("/no-guid-no-link.xml", (PROBES / "no-guid-no-link.xml").read_bytes() + b"\n")
    assert rig.poll(rig.feed("/no-guid-no-link.xml")).new == 0


def test_27_relative_links_are_absolute(rig: Rig) -> None:
    rig.poll(probe(rig, "relative-xmlbase.atom", "application/atom+xml"))
    assert [article.url for article in rig.articles()] == ["https://example.org/a/b/c"]


def test_27_a_link_without_base_is_relative_to_the_feed(rig: Rig) -> None:
    rig.server.serve("/feed", rss(item(1, link="/a/1", guid="")))
    rig.poll(rig.feed())
    assert [article.url for article in rig.articles()] == [rig.server.url("/a/1")]


def test_28_control_characters_are_gone(rig: Rig) -> None:
    rig.poll(probe(rig, "nul-control-charref.xml"))
    titles = [article.title for article in rig.articles()]
    assert len(titles) == 2
    assert all(character.isprintable() for title in titles for character in title)


@pytest.mark.parametrize("name", ["surrogate-charref.xml", "surrogate-jsonfeed.json"])
def test_29_lone_surrogates_are_repaired(rig: Rig, name: str) -> None:
    rig.poll(probe(rig, name))
    assert len(rig.articles()) == 2
    assert any("\N{REPLACEMENT CHARACTER}" in article.title for article in rig.articles())


def test_30_marks_that_turn_text_are_gone(rig: Rig) -> None:
    rig.poll(probe(rig, "rtl-zero-width.xml"))
    text = "".join(article.title + article.text for article in rig.articles())
    assert text
    assert not set(text) & {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0xFEFF)}


def test_31_a_huge_title_is_cut(rig: Rig) -> None:
    rig.poll(probe(rig, "huge-title.xml"))
    assert len(rig.articles()) == 2
    assert all(len(article.title) <= 500 for article in rig.articles())


@pytest.mark.parametrize("name", ["billion-laughs.xml", "quadratic-blowup.xml"])
def test_32_xml_bombs_take_little_time_and_memory(name: str) -> None:
    sandbox = Sandbox(Limits(processes=1))
    try:
        with collecting(sandbox) as rig:
            rig.poll(probe(rig, name))
        process = sandbox._idle.get()
        sandbox._idle.put(process)
        assert process._running is not None
        seconds, megabytes = spent(process._running.pid)
    finally:
        sandbox.close()
    assert seconds < 5
    assert megabytes < 150


@pytest.mark.parametrize("name", ["xxe-file.xml", "xxe-http.xml"])
def test_33_external_entities_are_never_fetched(rig: Rig, name: str) -> None:
    body = (PROBES / name).read_bytes().replace(b"127.0.0.1:9", rig.canary.address.encode())
    assert (f"http://{rig.canary.address}/" if name == "xxe-http.xml" else "file:///etc/passwd").encode() in body
    rig.server.serve("/feed", body)
    rig.poll(rig.feed())
    assert "root:" not in "".join(article.title + article.text for article in rig.articles())
    assert not rig.canary.asked


def test_34_a_wrong_charset_still_gives_the_right_text(rig: Rig) -> None:
    rig.poll(probe(rig, "latin1-declared-utf8.xml"))
    assert any("café" in article.title + article.text for article in rig.articles())


def test_35_deep_nesting_is_survived(rig: Rig) -> None:
    rig.poll(probe(rig, "deep-nesting.xml"))
    assert len(rig.articles()) == 1


def test_36_five_thousand_headers_are_an_error(rig: Rig) -> None:
    rig.server.serve("/feed", feed_of(1), headers=[(f"X-{number}", "y") for number in range(5000)])
    fails(rig, rig.feed(), "protocol")


def test_37_a_first_subscription_is_backlog_and_so_is_the_catch_up(rig: Rig) -> None:
    rig.server.serve("/feed", feed_of(2))
    rig.poll(rig.feed())
    assert all(article.is_backfill for article in rig.articles())
    rig.later(hours=1)
    rig.server.serve("/feed", feed_of(3))
    rig.poll(rig.feed())
    assert [article.is_backfill for article in rig.articles() if article.title == "Article number 2"] == [False]
    rig.later(days=5)
    rig.server.serve("/feed", feed_of(4))
    rig.poll(rig.feed())
    assert [article.is_backfill for article in rig.articles() if article.title == "Article number 3"] == [True]


def test_38_many_feeds_of_one_host_are_asked_a_few_at_a_time(parser: Sandbox) -> None:
    with collecting(parser, per_host=3) as rig:
        feeds = [Feed(f"f{number}", rig.server.serve(f"/{number}", feed_of(1)), "F") for number in range(200)]
        report = rig.poll(*feeds)
        assert report.failed == 0
        assert rig.server.most_at_once <= 3


def test_38_waiting_at_one_host_keeps_nobody_from_another(parser: Sandbox) -> None:
    with collecting(parser, resolve=lambda host, _: ["127.0.0.1"], per_host=1, concurrency=2, total_seconds=30) as rig:
        rig.server.on("/slow", lambda call: call.server.is_closed.wait(60))
        slow = [Feed(f"s{number}", f"http://slow.example:{rig.server.port}/slow", "S") for number in range(3)]
        rig.server.serve("/quick", feed_of(1))
        quick = Feed("quick", f"http://quick.example:{rig.server.port}/quick", "Q")
        answers = rig.fetcher.fetch([(feed, rig.state(feed.id)) for feed in (*slow, quick)])
        assert next(iter(answers)).feed == "quick"
