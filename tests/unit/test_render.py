"""Cleaning, shortening, wording and fitting of what a reader sees."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts.render import (
    Size,
    clean,
    fit,
    moment,
    percent,
    plain,
    plural,
    safe_url,
    shorten,
    subject,
    verdict,
    view,
    views,
)
from monitor.model import OUTLET, Chapter, Passage, Severity, Stance, Voice
from tests.messages import EVIL, NOW, hostile, message, position, report

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)


@given(anything)
def test_clean_text_is_one_visible_line_that_encodes(text: str):
    cleaned = clean(text)

    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\ufeff]", cleaned)
    cleaned.encode("utf-8")
    assert clean(cleaned) == cleaned


@given(anything, st.integers(1, 50))
def test_shortened_text_never_exceeds_its_limit(text: str, limit: int):
    assert len(shorten(text, limit)) <= limit


def test_shortening_prefers_a_words_end():
    assert shorten("one two three four", 15) == "one two three…"
    assert shorten("short", 15) == "short"


def test_joiners_that_persian_and_emoji_need_are_kept():
    assert clean("می\u200cخواهم 👩\u200d🚀") == "می\u200cخواهم 👩\u200d🚀"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example/", "https://a b", 'https://a"onclick=', "file:///etc/passwd", "https://", "http://[", "ht\ntps://x.example"],
)  # fmt: skip
def test_an_address_that_is_not_of_the_web_is_left_out(url: str):
    assert safe_url(url) == ""


def test_a_web_address_is_kept():
    assert safe_url(" https://example.org/a?b=1&c=2#d ") == "https://example.org/a?b=1&c=2#d"


def test_a_probability_is_never_certain():
    assert [percent(value) for value in (0.0, 0.5, 0.943, 0.9999)] == ["1%", "50%", "94%", "99%"]


def test_numbers_agree_with_their_nouns():
    assert [plural(number, "outlet") for number in (0, 1, 4_000)] == ["0 outlets", "1 outlet", "4,000 outlets"]
    assert [plural(number, "independent story") for number in (1, 2)] == ["1 independent story", "2 independent stories"]
    assert plural(3, "day") == "3 days"


def test_times_are_told_by_the_readers_clock():
    assert moment(NOW) == "22 Nov 2026, 06:05 UTC"
    assert moment(NOW, ZoneInfo("Asia/Seoul")) == "22 Nov 2026, 15:05 KST"
    assert moment(datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Berlin"))) == "30 Jun 2026, 22:00 UTC"


def test_a_hostile_headline_is_one_line_within_the_limit():
    line = subject(message(headline=EVIL * 50, severity=Severity.URGENT, is_sample=True))

    assert line.startswith("[sample] [urgent] ")
    assert len(line) <= 180
    assert line.isprintable()


def test_each_stance_has_a_mark_a_word_and_a_shape_of_its_own():
    shown = view(message(positions=tuple(position(stance=stance) for stance in Stance)))

    assert len({one.mark for one in shown.positions}) == 3
    assert [verdict(one) for one in shown.positions] == [
        "▲ North Korea is for Freedom Edge exercise (94%)",
        "▼ North Korea is against Freedom Edge exercise (94%)",
        "● North Korea is neutral on Freedom Edge exercise (94%)",
    ]


def test_a_stance_that_is_not_sure_says_so():
    shown = view(message(positions=(position(confidence=0.55),)))

    assert verdict(shown.positions[0]) == "▼ North Korea seems against Freedom Edge exercise (55%)"


def test_an_outlets_own_voice_goes_by_its_name():
    shown = view(message(positions=(position(OUTLET, voice=Voice.OUTLET, source="nk.example"),)))

    assert shown.positions[0].holder == "nk.example itself"
    assert "nk.example, in its own voice" in plain(shown)


@pytest.mark.parametrize(("outlets", "expected"), [(2, "2 outlets"), (7, "2 of 7 outlets"), (1, "1 independent outlet")])
def test_outlets_are_counted_as_they_are_listed(outlets: int, expected: str):
    assert view(message(outlets=outlets)).outlets == expected


def test_what_is_left_out_is_counted():
    shown = view(message(reports=tuple(report(n) for n in range(60)), positions=(position(),) * 20))

    assert (len(shown.reports), shown.more_reports) == (25, 35)
    assert (len(shown.positions), shown.more_positions) == (12, 8)
    text = plain(shown)
    assert "and 35 more" in text
    assert "and 8 more positions" in text


def test_fitting_takes_the_fullest_form_that_fits():
    long = message(reports=tuple(report(n, title="word " * 60) for n in range(60)))

    assert fit(long, plain, 1_000_000) == plain(next(iter(views(long))))
    assert len(fit(long, plain, 2_000).encode()) <= 2_000
    assert len(fit(hostile(50), plain, 10_000).encode()) <= 10_000


def test_what_fits_nowhere_is_given_in_its_smallest_form():
    long = message(reports=tuple(report(n) for n in range(60)))

    assert fit(long, plain, 10) == plain(list(views(long))[-1])


def test_a_position_without_a_sentence_names_its_source_alone():
    text = plain(view(message(positions=(position(evidence="", url=""),))))

    assert "(94%)\n    yna.co.kr\n" in text
    assert ">" not in text


def test_plain_text_tells_who_why_where_and_what_to_do():
    text = plain(view(message(links=(("Open", "https://m.example.org/a"), ("unsubscribe", "https://m.example.org/u")))))

    assert text.startswith(
        "North Korea is against Freedom Edge exercise — 2 outlets\nPyongyang condemns the drills · 22 Nov 2026"
    )
    for part in ("> North Korea said", "2 outlets:", "outlet1.example", "Why: 0.94", "Open: https://m.example.org/a"):
        assert part in text
    assert "https://m.example.org/u" not in text


def test_a_message_without_positions_or_reports_still_reads():
    assert "Why:" in plain(view(replace(message(), positions=(), reports=())))


def chapter(lines: int, *, ends_in_heading: bool = False) -> Chapter:
    told = [
        Passage(f"Line {n}", f"They said {n}.", "few", (("a.example", "https://a.example/1"), ("b.example", "")))
        for n in range(lines)
    ]
    return Chapter(
        "Positions", (*told, Passage("China", is_heading=True), Passage("after it")) if ends_in_heading else tuple(told)
    )


def test_a_briefing_is_told_with_its_quotations_and_outlets():
    text = plain(view(message(chapters=(chapter(2, ends_in_heading=True), Chapter("Nothing", ())))))

    assert "POSITIONS\n  - Line 0 “They said 0.” (few) [a.example, b.example]\n" in text
    assert "\nChina\n  - after it" in text
    assert "NOTHING" not in text


@given(st.integers(1, 40), st.booleans(), st.integers(1, 30))
def test_a_chapter_cut_short_counts_what_it_leaves_out_and_never_ends_in_a_heading(lines: int, ends_in_heading: bool, most: int):
    whole = chapter(lines, ends_in_heading=ends_in_heading)

    (shown,) = view(message(chapters=(whole,)), size=Size(lines=most)).chapters

    assert len(shown.passages) + shown.more == len(whole.passages)
    assert not shown.passages[-1].is_heading or len(shown.passages) == 1
    assert (f"{shown.more} more" in plain(view(message(chapters=(whole,)), size=Size(lines=most)))) is (shown.more > 0)


def test_an_alert_that_tells_others_tells_each_with_its_evidence_and_where_to_read_on():
    one = message(headline="Seoul welcomes it", links=(("Open", "https://m.example.org/a/1"),))
    two = message(headline="A count", positions=(position(), position("China")), reports=(report(1, url=""), report(2)))
    bare = message(headline="Nothing more", positions=(), reports=())
    text = plain(view(message(told=(one, two, bare) + (bare,) * 70, positions=(), reports=())))

    assert "▼ Seoul welcomes it\n    Pyongyang condemns the drills · 22 Nov 2026, 06:05 UTC\n    > North Korea said" in text
    assert "https://m.example.org/a/1" in text
    assert "\nA count\n" in text
    assert "… and 13 more alerts" in text
