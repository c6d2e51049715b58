"""Every archive kind answers the archive ports."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from monitor.core.queries.query import parse
from monitor.errors import ArchiveBusy, QueryError
from monitor.model import (
    Alert,
    Article,
    Delivery,
    DeliveryState,
    Evidence,
    Feed,
    FeedState,
    Fetched,
    Label,
    Reason,
    Relevance,
    Scores,
    Severity,
    Stance,
    Statement,
    Suppression,
    Voice,
)
from tests.archives import KINDS, opened

NOW = datetime(2024, 11, 15, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(params=KINDS)
def archive(request, tmp_path):
    with opened(request.param, tmp_path) as built:
        yield built


def article(number: int, **changes) -> Article:
    made = Article(
        id=0,
        feed="yonhap",
        url=f"https://example.com/{number}",
        title=f"Title {number}",
        text=f"The missile number {number} flew.",
        keys=(f"guid-{number}", f"https://example.com/{number}"),
        content_hash=f"hash-{number}",
        published=NOW - number * HOUR,
        seen=NOW,
        source="yna.co.kr",
        language="en",
    )
    return replace(made, **changes)


def statement(holder: str = "North Korea", stance: Stance = Stance.AGAINST, topic: str = "edge", **changes) -> Statement:
    share = {Stance.FAVOR: 0.05, Stance.AGAINST: 0.05, Stance.NEUTRAL: 0.05} | {stance: 0.9}
    made = Statement(
        topic,
        holder,
        stance,
        share[Stance.FAVOR],
        share[Stance.AGAINST],
        share[Stance.NEUTRAL],
        Voice.QUOTED,
        Evidence("missile", 4, 11),
    )
    return replace(made, **changes)


def scores(number: int, *statements: Statement, probability: float = 0.9, **changes) -> Scores:
    topics = dict.fromkeys(said.topic for said in statements) or {"edge": None}
    made = Scores(
        number,
        "en",
        "m1",
        np.ones(4, dtype=np.float32) / 2,
        tuple(Relevance(t, probability, probability > 0.5) for t in topics),
        statements,
    )
    return replace(made, **changes)


def found(archive, text: str, **how) -> list[int]:
    return [one.id for one in archive.search.search(parse(text), now=NOW, **how)[0]]


# -- feeds -----------------------------------------------------------------------------------------------------------


def test_feeds_are_due_longest_waiting_first(archive):
    feeds = [Feed(id=name, url=f"https://{name}.example/", name=name.upper(), tags=("wire",), interval=HOUR) for name in "abc"]
    archive.feeds.configure([*feeds, Feed(id="off", url="https://off.example/", name="Off", is_enabled=False)])
    fetched = Fetched("a", "https://a.example/", 200, body=b"x")
    archive.feeds.record(FeedState("a", next_due=NOW - HOUR), fetched, NOW, 3)
    archive.feeds.record(FeedState("b", next_due=NOW + HOUR), fetched, NOW, 0)
    assert [feed.id for feed, _ in archive.feeds.due(NOW, 10)] == ["c", "a"]
    assert archive.feeds.due(NOW, 1)[0][0] == feeds[2]


def test_feed_state_survives(archive):
    archive.feeds.configure([Feed(id="a", url="https://a.example/", name="A")])
    state = FeedState(
        "a",
        url="https://a.example/x",
        etag='"1"',
        next_due=NOW,
        interval=HOUR,
        failures=2,
        arrivals=(1.5, 2.0),
        skip_hours=(1,),
        skip_days=(5, 6),
        last_success=NOW,
    )
    archive.feeds.record(state, Fetched("a", "https://a.example/", 0, error="no \ud800 answer", reason="timeout"), NOW, 0)
    assert archive.feeds.list()[0][1] == state


def test_a_state_may_be_kept_without_a_fetch(archive):
    archive.feeds.configure([Feed(id="a", url="https://a.example/", name="A")])
    archive.feeds.record(FeedState("a", failures=3, next_due=NOW + HOUR), Fetched("a", "https://a.example/", 503), NOW, 0)
    before = archive.stats()["last_fetch"]

    archive.feeds.keep(FeedState("a", etag='"1"'))
    archive.feeds.keep(FeedState("gone"))

    assert archive.feeds.due(NOW, 10) == archive.feeds.list()
    assert [state for _, state in archive.feeds.list()] == [FeedState("a", etag='"1"')]
    assert archive.stats()["last_fetch"] == before


def test_unconfigured_feeds_stay_but_are_not_due(archive):
    archive.feeds.configure([Feed(id="a", url="https://a.example/", name="A")])
    archive.feeds.configure([Feed(id="b", url="https://b.example/", name="B")])
    assert [feed.id for feed, _ in archive.feeds.due(NOW, 10)] == ["b"]
    assert len(archive.feeds.list()) == 2


# -- articles --------------------------------------------------------------------------------------------------------


def test_adding_twice_stores_once(archive):
    first = archive.articles.add([article(1), article(2), article(1, title="again")])
    assert first[0] == first[2] != first[1]
    assert archive.articles.add([article(2, keys=("https://example.com/2",))]) == [first[1]]
    assert archive.articles.add([article(2, feed="other")]) not in ([first[0]], [first[1]])
    assert archive.articles.known("yonhap", ["guid-1", "guid-9"]) == {"guid-1": (first[0], "hash-1")}


def test_articles_come_back_as_given(archive):
    given = article(1, author="Kim", tags=("wire", "한국"), is_backfill=True, language=None)
    (number,) = archive.articles.add([given])
    assert archive.articles.get([999, number]) == [replace(given, id=number)]


def test_texts_are_cleaned(archive):
    (number,) = archive.articles.add([article(1, title="a\x00b \ud800", text="\x00")])
    assert archive.articles.get([number])[0].title == "ab \ufffd"


def test_unscored_fresh_before_backfill(archive):
    numbers = archive.articles.add([article(1, is_backfill=True), article(2, seen=NOW + HOUR), article(3)])
    assert [one.id for one in archive.articles.unscored(10)] == [numbers[2], numbers[1], numbers[0]]
    archive.scores.save([scores(numbers[2])])
    assert [one.id for one in archive.articles.unscored(1)] == [numbers[1]]


def test_quarantine_after_the_limit(archive):
    (number,) = archive.articles.add([article(1)])
    assert [archive.articles.quarantine(number, "poison", 2) for _ in range(2)] == [False, True]
    assert archive.articles.unscored(10) == []


def test_revision_changes_text_and_search_and_waits_again(archive):
    (number,) = archive.articles.add([article(1)])
    archive.scores.save([scores(number)])
    archive.articles.revise(number, "Summit", "Leaders met.", "hash-b", NOW)
    assert found(archive, "missile") == []
    assert found(archive, "title:summit leader") == [number]
    stored = archive.articles.get([number])[0]
    assert (stored.revision, stored.content_hash) == (1, "hash-b")
    assert [one.id for one in archive.articles.unscored(10)] == [number]


# -- scores and stories ----------------------------------------------------------------------------------------------


def test_scores_replace_and_come_back(archive):
    (number,) = archive.articles.add([article(1)])
    archive.scores.save([scores(number, statement("Japan"))])
    given = scores(number, statement(is_found=True), at=NOW)
    archive.scores.save([given])
    stored = archive.scores.get(number)
    assert stored == replace(given, embedding=None, statements=(statement(is_found=True, article=number),))
    assert archive.scores.get(999) is None


def test_scores_give_the_language_and_its_stems(archive):
    (number,) = archive.articles.add([article(1, language=None, text="missiles flew")])
    assert found(archive, "missile") == []
    archive.scores.save([scores(number)])
    assert found(archive, "missile lang:en") == [number]


def test_failed_scores_can_be_asked_for_again(archive):
    (number,) = archive.articles.add([article(1)])
    archive.scores.save([scores(number, error="model missing")])
    assert archive.articles.unscored(1) == []
    assert archive.scores.requeue() == 1
    assert archive.articles.unscored(1)


def test_stories_count_outlets(archive):
    numbers = archive.articles.add([article(3), article(2, source="reuters.com"), article(1)])
    story = archive.stories.join(numbers[0], None)
    assert [archive.stories.join(number, story) for number in numbers[1:]] == [story, story]
    (told,) = archive.stories.get([story])
    assert (told.outlets, told.articles, told.title) == (2, tuple(numbers), "Title 3")
    assert (told.first_published, told.last_published) == (NOW - 3 * HOUR, NOW - HOUR)
    archive.stories.describe(story, "Better", 1)
    assert (archive.stories.get([story])[0].title, archive.stories.get([story])[0].outlets) == ("Better", 1)


def test_an_article_leaves_its_story(archive):
    numbers = archive.articles.add([article(1), article(2)])
    first = archive.stories.join(numbers[0], None)
    second = archive.stories.join(numbers[0], None)
    assert archive.stories.get([first, second])[0].id == second
    assert archive.articles.get([numbers[0]])[0].story == second


def test_window_of_stories(archive):
    numbers = archive.articles.add([article(1), article(50), article(2)])
    archive.scores.save([scores(numbers[0])])
    story = archive.stories.join(numbers[0], None)
    archive.stories.join(numbers[1], story)
    window = archive.stories.window(NOW - 5 * HOUR, NOW)
    assert [row[:2] for row in window] == [(story, numbers[0])]
    assert np.allclose(window[0][2], 0.5)
    assert window[0][3:] == ("Title 1", "yna.co.kr", NOW - HOUR)


# -- search ----------------------------------------------------------------------------------------------------------


def test_pages_follow_one_another(archive):
    numbers = archive.articles.add([article(number) for number in range(25)])
    for sort in ("published", "seen", "relevance"):
        seen, cursor = [], ""
        while True:
            page, total, cursor = archive.search.search(parse("missile"), now=NOW, limit=7, sort=sort, cursor=cursor)
            assert total == 25
            seen += [one.id for one in page]
            if not cursor:
                break
        assert sorted(seen) == numbers
        if sort == "published":
            assert seen == numbers


@pytest.mark.parametrize("sort", ["published", "seen"])
def test_pages_of_many_articles_are_the_same_small_and_large(archive, sort):
    # Every third is old news that came late, some are dated far ahead, and one word stands in the oldest alone.
    many = [
        article(
            number,
            text="The missile flew." + " An old drill." * (number < 700) + " Both." * (number % 2),
            published=NOW + (number * HOUR if number % 3 else -number * HOUR) + (9000 * HOUR if number % 97 == 5 else 0 * HOUR),
            seen=NOW + number * timedelta(minutes=1) + (900 * HOUR if number % 101 == 7 else 0 * HOUR),
        )
        for number in range(1300)
    ]
    numbers = archive.articles.add(many)
    archive.scores.save([scores(number) for number in numbers if number % 2])
    for query in (
        "missile",
        "both -drill",
        "drill",
        "missile topic:edge",
        "topic:edge",
        "lang:en -topic:edge",
        "missile both lang:en",
    ):
        whole, total, _ = archive.search.search(parse(query), now=NOW, limit=2000, sort=sort)
        key = {one.id: (getattr(one, sort), one.id) for one in whole}
        assert [one.id for one in whole] == sorted(key, key=key.get, reverse=True)
        seen, cursor = [], ""
        for _ in range(12):
            page, again, cursor = archive.search.search(parse(query), now=NOW, limit=3, sort=sort, cursor=cursor)
            assert again == total == len(whole)
            seen += [one.id for one in page]
        assert seen == [one.id for one in whole[:36]]


def test_a_strange_cursor_is_refused(archive):
    archive.articles.add([article(number) for number in range(3)])
    cursor = archive.search.search(parse("*"), now=NOW, limit=1)[2]
    for strange in ("x", "Zm9v", cursor[:-4], cursor + "A"):
        with pytest.raises(QueryError):
            archive.search.search(parse("*"), now=NOW, limit=1, sort="seen", cursor=strange)


def test_relevance_prefers_titles_and_news(archive):
    old, new, title = archive.articles.add(
        [
            article(24 * 60, text="missile"),
            article(1, text="missile"),
            article(2, title="Missile", text="missile and more words that say nothing of it"),
        ]
    )
    assert found(archive, "missile", sort="relevance") == [title, new, old]


def test_hits_carry_the_statements_that_answer(archive):
    numbers = archive.articles.add([article(2), article(1, seen=NOW - HOUR)])
    for number in numbers:
        archive.scores.save([scores(number, statement(), statement("Japan", Stance.FAVOR), at=NOW)])
    hits = archive.search.hits(parse("topic:edge stance:against -holder:China"), now=NOW)
    assert [hit.article for hit in hits] == numbers[::-1]
    assert [said.holder for said in hits[0].statements] == ["North Korea"]
    assert (hits[0].analysed, hits[0].source, hits[0].outlets, hits[0].story) == (NOW, "yna.co.kr", 1, 0)
    assert archive.search.hits(parse("topic:edge"), now=NOW)[0].statements == ()


def test_hits_within_and_since(archive):
    numbers = archive.articles.add([article(n, seen=NOW - n * HOUR) for n in range(6)])
    assert [hit.article for hit in archive.search.hits(parse("missile"), now=NOW, within=numbers[1:3])] == numbers[2:0:-1]
    assert [hit.article for hit in archive.search.hits(parse("missile"), now=NOW, within=[])] == []
    assert [hit.article for hit in archive.search.hits(parse("*"), now=NOW, since=NOW - 2 * HOUR)] == numbers[1::-1]
    archive.articles.revise(numbers[1], "Summit", "Leaders met.", "b", NOW)
    assert [hit.article for hit in archive.search.hits(parse("missile"), now=NOW, within=numbers[1:3])] == [numbers[2]]


def test_articles_with_a_text_are_told_from_those_whose_text_is_forgotten(archive):
    first, second, empty = archive.articles.add([article(1), article(2), article(3, text="")])
    assert archive.search.with_text(parse("*"), now=NOW) == [first, second]
    assert archive.upkeep.forget([first, empty]) == 1
    for query, found in (("*", [second]), ("missile", [second]), ("text:/missile/", [second]), ("-missile", []), ("cricket", [])):
        assert archive.search.with_text(parse(query), now=NOW) == found, query


def test_snippets_mark_original_words(archive):
    archive.articles.add([article(1, text="Before. " + "word " * 100 + "Two MISSILES flew over 北朝鮮.", title="x")])
    page = archive.search.search(parse("missile 北朝鮮"), now=NOW)[0]
    (snippet,) = archive.search.snippets(parse("missile 北朝鮮"), page)
    assert "\x02MISSILES\x03" in snippet
    assert "\x02北朝鮮\x03" in snippet


def test_facets(archive):
    numbers = archive.articles.add([article(1), article(2, source="reuters.com", language=None)])
    archive.scores.save([scores(numbers[0], statement(), statement("Japan"))])
    names = ["topic", "stance", "holder", "source", "language", "day"]
    for text in ("*", "missile"):
        counted = archive.search.facets(parse(text), now=NOW, names=names)
        assert counted["topic"] == [("edge", 1)]
        assert counted["stance"] == [("against", 1)]
        assert counted["holder"] == [("Japan", 1), ("North Korea", 1)]
        assert sorted(counted["source"]) == [("reuters.com", 1), ("yna.co.kr", 1)]
        assert sorted(counted["language"]) == [("", 1), ("en", 1)]
        assert counted["day"] == [("2024-11-15", 2)]
    assert list(archive.search.facets(parse("*"), now=NOW, names=["source", "nonsense"])) == ["source"]


def test_explain_says_which_clause_fails(archive):
    (number,) = archive.articles.add([article(1)])
    archive.scores.save([scores(number, statement())])
    explained = archive.search.explain(parse("missile -cricket topic:edge stance:favor"), number, now=NOW)
    assert explained == [
        ("missile", True),
        ("-cricket", True),
        ("topic:edge", True),
        ("stance:favor", False),
        ("topic:edge stance:favor", False),
    ]


# -- alerts ----------------------------------------------------------------------------------------------------------


def alert(name: str = "abc", **changes) -> Alert:
    made = Alert(name, "rule", "story:1", "Title", "because", NOW, Severity.NORMAL, (2, 1), 1, (statement(),), {"outlets": 2})
    return replace(made, **changes)


def test_planning_twice_plans_once(archive):
    planned = [(alert(), [Delivery("d1", "abc", "desk", due=NOW), Delivery("d2", "abc", "chief")])]
    suppressed = [Suppression("rule", "g", Reason.COOLDOWN, NOW, 1, "note")]
    assert archive.alerts.plan(planned, suppressed) == 1
    assert archive.alerts.plan(planned, suppressed) == 0
    assert archive.alerts.get("ab") == alert()
    assert archive.alerts.get("") is None
    assert len(archive.outbox.list()) == 2
    assert archive.alerts.suppressions(rule="rule") == suppressed
    assert archive.alerts.suppressions(since=NOW + HOUR) == []


def test_last_and_recent(archive):
    later = alert("def", created=NOW + HOUR)
    archive.alerts.plan([(alert(), []), (later, []), (alert("ghi", group="other"), [])], [])
    assert archive.alerts.last("rule", ["story:1", "nothing"]) == {"story:1": later}
    assert [one.id for one in archive.alerts.recent(NOW)] == ["def", "ghi", "abc"]
    assert archive.alerts.recent(NOW, rule="other") == []
    archive.alerts.plan([(alert("abd"), [])], [])
    assert archive.alerts.get("ab") is None


def test_alerts_and_suppressions_are_counted_without_an_end(archive):
    planned = [(alert(f"a{number:04}", created=NOW + number * HOUR), []) for number in range(-1, 600)]
    held = [Suppression("rule", f"g{number}", Reason.STORM, NOW + number * HOUR, 1, "") for number in range(-1, 4)]
    archive.alerts.plan(planned, [*held, Suppression("rule", "g", Reason.COOLDOWN, NOW, 1, "")])
    assert archive.alerts.counts(NOW) == (600, {"storm": 4, "cooldown": 1})
    assert archive.alerts.counts(NOW + 1000 * HOUR) == (0, {})


def test_what_became_of_an_article_is_found_among_much_that_is_newer(archive):
    def of(number: int, group: str = "g", article: int | None = None) -> Suppression:
        return Suppression("rule", group, Reason.COOLDOWN, NOW + number * timedelta(minutes=1), article, "")

    old = [of(0, article=1), of(1, "source:a"), of(2, "source:b", 2)]
    newer = [of(number, article=number) for number in range(10, 14)]
    alerts = [alert(), *(alert(f"later{number}", articles=(number,), created=NOW + HOUR) for number in range(10, 14))]
    archive.alerts.plan([(one, []) for one in alerts], [*old, *newer, replace(old[0], rule="other")])

    def found(**asked) -> list[Suppression]:
        return archive.alerts.suppressions(rule="rule", limit=3, **asked)

    assert found(article=1) == old[:1]
    assert found(groups=["source:a", "source:b\ud800"]) == [old[1]]
    assert found(article=2, groups=["source:a"]) == [old[2], old[1]]
    assert found(article=99) == []
    assert archive.alerts.recent(NOW, article=1, limit=1) == [alert()]
    assert archive.alerts.recent(NOW, rule="other", article=1) == archive.alerts.recent(NOW + HOUR, article=1) == []


def test_deliveries_are_leased_in_order_and_settled(archive):
    deliveries = [Delivery(f"d{n}", "abc", "desk" if n < 3 else "chief", due=NOW) for n in range(4)]
    archive.alerts.plan([(alert(), [*deliveries, Delivery("later", "abc", "desk", due=NOW + HOUR)])], [])
    assert [one.id for one in archive.outbox.claim(NOW, HOUR, 2)] == ["d0", "d1"]
    assert [one.id for one in archive.outbox.claim(NOW, HOUR, 9, receivers=["chief"])] == ["d3"]
    assert [one.id for one in archive.outbox.claim(NOW, HOUR, 9)] == ["d2"]
    sent = replace(deliveries[0], state=DeliveryState.SENT, attempts=1, remote_id="ts1", refused=("x@example.com",))
    archive.outbox.settle(sent, NOW)
    assert {one.id for one in archive.outbox.claim(NOW + HOUR, HOUR, 9)} == {"d1", "d2", "d3", "later"}
    assert archive.outbox.list(state="sent") == [sent]
    assert [one.id for one in archive.outbox.list(receiver="desk", limit=2)] == ["later", "d2"]
    assert archive.outbox.list(state="sent", receiver="chief") == []
    assert archive.outbox.thread("desk", alert().thread) == "ts1"
    assert archive.outbox.thread("chief", alert().thread) == ""
    assert archive.outbox.counts() == {"chief": {"pending": 1}, "desk": {"pending": 3, "sent": 1}}


def test_an_alert_tells_its_own_deliveries(archive):
    others = [(alert(name), [Delivery(f"{name}-{n}", name, "desk") for n in range(2)]) for name in ("abd", "abe")]
    archive.alerts.plan([(alert(), [Delivery("d1", "abc", "desk"), Delivery("d2", "abc", "chief")]), *others], [])

    assert [one.id for one in archive.outbox.of(["abc"])] == ["d2", "d1"]
    assert [one.id for one in archive.outbox.of(["abe", "abc"])] == ["abe-1", "abe-0", "d2", "d1"]
    assert archive.outbox.of([]) == archive.outbox.of(["nobody\ud800"]) == []


def test_silences_end(archive):
    silence = archive.silences.add("topic:edge", NOW + HOUR, "quiet", NOW)
    assert archive.silences.list(NOW) == [silence]
    assert archive.silences.end(silence.id, NOW)
    assert not archive.silences.end(silence.id, NOW)
    assert archive.silences.list(NOW) == []


def test_labels(archive):
    numbers = archive.articles.add([article(1), article(2)])
    label = Label(numbers[0], "relevant", "edge", "", NOW, "me")
    archive.labels.add(label)
    archive.labels.add(replace(label, author="you"))
    assert archive.labels.of(numbers[0]) == [replace(label, author="you")]
    assert found(archive, "label:relevant") == [numbers[0]]
    assert archive.labels.remove(numbers[0], "relevant", "edge", "")
    assert archive.labels.list() == []


def test_rule_states(archive):
    assert archive.states.load("rule") == {}
    archive.states.save("rule", {"seen": ["a"], "count": 2})
    archive.states.save("rule", {"count": 3})
    assert archive.states.load("rule") == {"count": 3}
    archive.states.save("rule:b\U0010ffff", {"count": 1})
    archive.states.save("rule:a", {"count": 1})
    archive.states.save("rulf", {"count": 1})
    assert archive.states.names("rule:") == ["rule:a", "rule:b\U0010ffff"]
    archive.states.forget([*archive.states.names("rule:"), "nothing"])
    assert archive.states.names("ru") == ["rule", "rulf"]


# -- the whole -------------------------------------------------------------------------------------------------------


def test_a_transaction_is_all_or_nothing(archive):
    with pytest.raises(ZeroDivisionError):
        _broken_off(archive, inner=False)
    assert archive.stats()["articles"] == 0
    assert archive.states.load("rule") == {}
    assert found(archive, "missile") == []
    with archive.transaction():
        archive.articles.add([article(1)])
        with pytest.raises(ZeroDivisionError):
            _broken_off(archive, inner=True)
    assert archive.stats()["articles"] == 1
    assert archive.states.load("rule") == {}


def _broken_off(archive, *, inner: bool) -> None:
    with archive.transaction():
        if not inner:
            archive.articles.add([article(1)])
        with archive.transaction():
            archive.states.save("rule", {"a": 1})
        raise ZeroDivisionError


def test_threads_share_an_archive(archive):
    def add(start: int) -> None:
        for number in range(start, start + 10):
            archive.articles.add([article(number)])
            archive.search.search(parse("missile"), now=NOW)

    threads = [threading.Thread(target=add, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert archive.stats()["articles"] == 40


def test_one_worker_holds_it(archive):
    with archive.hold("worker"):
        with pytest.raises(ArchiveBusy), archive.hold("worker"):
            pass
        with archive.hold("other"):
            pass
    with archive.hold("worker"):
        pass
