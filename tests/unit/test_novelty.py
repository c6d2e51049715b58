"""Identity and novelty: what is the same article, what is an edit, what is new."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.feeds.identity import canonical_link, identify, registered_domain, stable_id
from monitor.core.feeds.novelty import Dating, Verdict, judge, settle_date, text_of_edit
from monitor.model import Article, Entry

NOW = datetime(2024, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def entry(guid: str = "", link: str = "", title: str = "A title that is long enough", text: str = "", **more: object) -> Entry:
    return Entry(guid, link, title, text, **more)  # type: ignore[arg-type]


def stored(*entries: Entry, policy: str = "auto") -> dict[str, tuple[int, str]]:
    known: dict[str, tuple[int, str]] = {}
    for number, one in enumerate(identify(entries, policy), start=1):
        for key in one.keys:
            known.setdefault(key, (number, one.content_hash))
    return known


def verdicts(known: dict[str, tuple[int, str]], *entries: Entry, policy: str = "auto") -> list[Verdict]:
    return [novelty.verdict for novelty in judge(identify(entries, policy), known)]


LINK = "https://rig.example/a/1"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (entry("1", LINK), entry("1", LINK), Verdict.SEEN),
        (entry("1", LINK), entry("2", LINK), Verdict.SEEN),
        (entry("1", LINK), entry("1", LINK + "2"), Verdict.SEEN),
        (entry("1", LINK), entry("1", LINK, title="Another title"), Verdict.CHANGED),
        (entry("1", LINK), entry("2", LINK, text="An edited text"), Verdict.CHANGED),
        (entry("1", LINK), entry("2", LINK + "2"), Verdict.NEW),
        (entry("1", LINK), entry("1", LINK, title="A  title that is\nlong enough"), Verdict.SEEN),
        (entry("", LINK + "?utm_source=x"), entry("", LINK + "?utm_source=y#top"), Verdict.SEEN),
        (entry("", "", "Only a title"), entry("", "", "Only a title"), Verdict.SEEN),
        (entry("1", LINK, published=NOW), entry("2", LINK + "2", published=NOW), Verdict.SEEN),
        (entry("1", LINK, "Alert", published=NOW), entry("2", LINK + "2", "Alert", published=NOW + DAY), Verdict.NEW),
        (entry("1", "https://rig.example/"), entry("2", "https://rig.example/"), Verdict.NEW),
    ],
)
def test_an_entry_against_what_is_stored(before: Entry, after: Entry, verdict: Verdict) -> None:
    assert verdicts(stored(before), after) == [verdict]


def test_one_guid_on_every_item_tells_nothing() -> None:
    entries = [entry("same", f"{LINK}{number}", f"Title number {number}") for number in range(10)]
    assert len(identify(entries)) == 10
    assert verdicts(stored(*entries), *entries) == [Verdict.SEEN] * 10
    assert verdicts(stored(*entries[1:]), *entries)[0] is Verdict.NEW


def test_one_link_on_every_item_tells_nothing() -> None:
    entries = [entry("", LINK, f"Title number {number}") for number in range(3)]
    assert verdicts(stored(*entries[1:]), *entries) == [Verdict.NEW, Verdict.SEEN, Verdict.SEEN]


def test_an_exact_repetition_is_one_entry() -> None:
    assert len(identify([entry("1", LINK), entry("1", LINK)])) == 1


def test_two_versions_in_one_document_are_one_article_and_no_edit() -> None:
    first, second = entry("1", LINK, "New title"), entry("1", LINK, "Old title")
    assert len(identify([first, second])) == 1
    assert verdicts(stored(first), first, second) == [Verdict.SEEN]


def test_two_entries_that_lead_to_one_article_are_one_edit() -> None:
    known = stored(entry("1", LINK, "As it was"))
    edits = entry("1", LINK + "2", "A first correction"), entry("2", LINK, "A second correction")
    assert verdicts(known, *edits) == [Verdict.CHANGED, Verdict.SEEN]


@pytest.mark.parametrize(("policy", "verdict"), [("auto", Verdict.SEEN), ("guid", Verdict.NEW), ("link", Verdict.SEEN)])
def test_a_feed_may_name_its_key(policy: str, verdict: Verdict) -> None:
    assert verdicts(stored(entry("1", LINK), policy=policy), entry("2", LINK), policy=policy) == [verdict]


@given(
    st.lists(
        st.builds(entry, st.sampled_from(["", "1", "2"]), st.sampled_from(["", LINK, LINK + "2"]), st.text(max_size=3)),
        max_size=6,
    )
)
def test_a_second_poll_of_the_same_document_brings_nothing(entries: list[Entry]) -> None:
    assert set(verdicts(stored(*entries), *entries)) <= {Verdict.SEEN}
    assert len(identify(entries)) <= len(entries)
    assert all(stable_id(one) for one in entries)


@pytest.mark.parametrize(
    ("links", "canonical"),
    [
        (
            ["https://www.example.org/s?utm_source=a", "http://m.example.org/s#x", "https://amp.example.org/s/amp"],
            "//example.org/s",
        ),
        (["https://example.org/?p=12&fbclid=1"], "//example.org/?p=12"),
    ],
)
def test_all_ways_to_a_page_are_one(links: list[str], canonical: str) -> None:
    assert {canonical_link(link) for link in links} == {canonical}


@pytest.mark.parametrize(("link", "domain"), [("https://www.bbc.co.uk/x", "bbc.co.uk"), ("http://10.0.0.1/x", "10.0.0.1")])
def test_the_registered_domain(link: str, domain: str) -> None:
    assert registered_domain(link) == domain


@pytest.mark.parametrize(
    ("published", "updated", "expected"),
    [
        (NOW - DAY, None, (NOW - DAY, Dating.PUBLISHED)),
        (None, NOW - DAY, (NOW - DAY, Dating.UPDATED)),
        (None, None, (NOW, Dating.MISSING)),
        (NOW + DAY, None, (NOW, Dating.FUTURE)),
        (NOW + timedelta(minutes=5), None, (NOW, Dating.PUBLISHED)),
        (datetime(1970, 1, 1, tzinfo=UTC), None, (NOW, Dating.IMPOSSIBLE)),
    ],
)
def test_dates_that_lie(published: datetime | None, updated: datetime | None, expected: tuple[datetime, Dating]) -> None:
    assert settle_date(published, updated, NOW) == expected


@pytest.mark.parametrize(
    ("stored_text", "kept"), [("Said in short.", "Said anew."), ("The page in full.", "The page in full."), ("", "Said anew.")]
)
def test_an_edit_without_its_page_keeps_what_the_page_said(stored_text: str, kept: str) -> None:
    said, edited = entry("1", LINK, text="Said in short."), entry("1", LINK, "Corrected", text="Said anew.")
    (one,) = identify([said])
    before = Article(1, "f", LINK, said.title, stored_text, one.keys, one.content_hash, NOW, NOW)
    assert text_of_edit(before, edited) == kept
    again = replace(
        before, title=edited.title, text=text_of_edit(before, edited), content_hash=identify([edited])[0].content_hash
    )
    assert text_of_edit(again, edited) == kept
