"""COLLECT: fetch what is due, parse it, tell new from known, and store each feed's articles and state in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor import tracing
from monitor.config.settings import WorkerSettings
from monitor.core.feeds.feedhealth import FAILURES_TO_TELL, FeedEvent, after_failure, after_success, noted
from monitor.core.feeds.identity import Identified, identify, source_of
from monitor.core.feeds.novelty import Novelty, Verdict, judge, settle_date, text_of_edit
from monitor.core.feeds.parse import IS_CUT, not_a_feed
from monitor.core.feeds.schedule import Bounds, after_push, begun, failed, is_catch_up, succeeded, without_validators
from monitor.failpoints import failpoint
from monitor.logs import logger
from monitor.model import Article, Feed, FeedState, Fetched, PageText, ParsedFeed
from monitor.ports import Archive, Clock, Fetcher, Parser, Queue
from monitor.services.fulltext import PageReader

log = logger(__name__)

NOT_A_FEED = "not-a-feed"
_NO_PAGE = PageText()


@dataclass(frozen=True, slots=True)
class Policy:
    """How often feeds are asked, and after how many failures in a row their owner is told."""

    bounds: Bounds = field(default_factory=Bounds)
    fail_after: int = FAILURES_TO_TELL

    @classmethod
    def of(cls, worker: WorkerSettings) -> Policy:
        """The policy that the settings ask for."""
        return cls(Bounds(first=worker.interval), worker.fail_after)


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What one pass did: numbers of feeds (asked, unchanged, failed) and articles (new, changed, seen), and what to tell."""

    feeds: int = 0
    unchanged: int = 0
    failed: int = 0
    new: int = 0
    changed: int = 0
    seen: int = 0
    events: tuple[FeedEvent, ...] = ()

    def __add__(self, other: CollectReport) -> CollectReport:
        return CollectReport(
            self.feeds + other.feeds,
            self.unchanged + other.unchanged,
            self.failed + other.failed,
            self.new + other.new,
            self.changed + other.changed,
            self.seen + other.seen,
            self.events + other.events,
        )


def collect(
    wanted: Iterable[tuple[Feed, FeedState]],
    fetcher: Fetcher,
    parser: Parser,
    archive: Archive,
    clock: Clock,
    policy: Policy | None = None,
    queue: Queue | None = None,
    pages: PageReader | None = None,
) -> CollectReport:
    """One pass over the wanted feeds (usually `archive.feeds.due`), each stored as its answer arrives.

    Answers that are there together are stored together. A feed that fails changes nothing but its schedule and failure count,
    and keeps no other feed waiting.
    A queue is told of what is new or changed in the transaction that stores it. `pages` remembers from pass to pass what sites
    allow.
    """
    now = clock.now()
    asked = {feed.id: (feed, begun(feed, state)) for feed, state in wanted}
    intake = _Intake(asked, archive, clock, policy or Policy(), queue)
    answers = fetcher.fetch((feed, without_validators(state, now)) for feed, state in asked.values())
    later: list[tuple[Fetched, ParsedFeed]] = []
    report = CollectReport()
    for group in parser.parse_together(intake.recognised(answers)):
        at_once: list[tuple[Fetched, ParsedFeed | None]] = []
        for fetched, parsed in group:
            if parsed is not None and parsed.entries and asked[fetched.feed][0].full_text:
                later.append((fetched, parsed))
            else:
                at_once.append((fetched, parsed))
        report += intake.take_together(at_once)
    # Article pages are many and slow; feeds that want them wait until every other feed is stored.
    pages = pages or PageReader(fetcher, parser, clock)
    for fetched, parsed in later:
        feed = asked[fetched.feed][0]
        fresh = [one.identified.entry for one in intake.judged(feed, parsed) if one.verdict is not Verdict.SEEN]
        report += intake.take(fetched, parsed, pages.read(fresh))
    if report.feeds:
        log.info(
            "collected",
            feeds=report.feeds,
            unchanged=report.unchanged,
            failed=report.failed,
            new=report.new,
            changed=report.changed,
        )
    return report


def collect_pushed(
    feed: Feed, state: FeedState, pushed: Fetched, parser: Parser, archive: Archive, clock: Clock, queue: Queue | None = None
) -> CollectReport:
    """Store the articles that a hub pushed; what is known of the feed's own document, and when it is due, stays as it is.

    A feed that wants its articles' pages is due at once instead, so that they are collected with them. A push that is no feed
    changes nothing.
    """
    state = begun(feed, state)
    if feed.full_text:
        now = clock.now()
        archive.feeds.record(replace(state, next_due=now), replace(pushed, body=None, is_unchanged=True, reason="pushed"), now, 0)
        return CollectReport()
    intake = _Intake({feed.id: (feed, state)}, archive, clock, Policy(), queue)
    report = CollectReport()
    for fetched, parsed in parser.parse([pushed]):
        report += intake.take_pushed(fetched, parsed or not_a_feed("the push is empty"))
    return report


class _Intake:
    """Takes the answers of one pass into the archive."""

    def __init__(
        self,
        asked: dict[str, tuple[Feed, FeedState]],
        archive: Archive,
        clock: Clock,
        policy: Policy,
        queue: Queue | None = None,
    ) -> None:
        self._asked, self._archive, self._clock, self._policy, self._queue = asked, archive, clock, policy, queue
        self._hashes: dict[str, str] = {}
        self._heard: dict[str, int] = {}

    def recognised(self, answers: Iterable[Fetched]) -> Iterator[Fetched]:
        """The answers, those whose body is byte for byte the last one marked as unchanged."""
        for fetched in answers:
            failpoint("post-fetch")
            self._heard[fetched.feed] = tracing.now()
            if fetched.body is None:
                yield fetched
                continue
            digest = hashlib.sha256(fetched.body).hexdigest()
            self._hashes[fetched.feed] = digest
            is_known = digest == self._asked[fetched.feed][1].body_hash
            yield replace(fetched, body=None, is_unchanged=True) if is_known else fetched

    def take_together(self, answers: Sequence[tuple[Fetched, ParsedFeed | None]]) -> CollectReport:
        """Store the answers of several feeds in one transaction; one that cannot be stored takes none before it along."""
        report, failure = CollectReport(), None
        with self._archive.transaction() if answers else nullcontext():
            for fetched, parsed in answers:
                try:
                    report += self.take(fetched, parsed, {})
                except Exception as error:  # noqa: BLE001 (raised again when the others are committed)
                    failure = error
                    break
        if failure is not None:
            raise failure
        return report

    def take(self, fetched: Fetched, parsed: ParsedFeed | None, pages: dict[str, PageText]) -> CollectReport:
        """Store one feed's answer; what came of it."""
        heard = self._heard.get(fetched.feed) or tracing.now()
        began = heard - round(fetched.seconds * 1e9)
        with tracing.root("collect", began, feed=fetched.feed):
            tracing.past("fetch", began, heard, status=fetched.status, error=fetched.error)
            tracing.past("parse", heard, tracing.now())
            report = self._take(fetched, parsed, pages)
            tracing.note(new=report.new, changed=report.changed, failed=report.failed)
        return report

    def take_pushed(self, fetched: Fetched, parsed: ParsedFeed) -> CollectReport:
        """Store what a hub pushed of one feed; what came of it."""
        feed, state = self._asked[fetched.feed]
        if parsed.format is None:
            log.warning("push cannot be read", feed=feed.id, error="; ".join(parsed.errors))
            return CollectReport()
        now = self._clock.now()
        with tracing.root("collect", tracing.now(), feed=feed.id), self._archive.transaction():
            report = self._stored(feed, parsed, {}, now, is_backfill=False)
            self._archive.feeds.record(after_push(state, report.new, now), fetched, now, report.new)
            tracing.note(new=report.new, changed=report.changed)
        return report

    def _take(self, fetched: Fetched, parsed: ParsedFeed | None, pages: dict[str, PageText]) -> CollectReport:
        failpoint("post-parse")
        feed, state = self._asked[fetched.feed]
        if parsed is not None and parsed.format is None:
            fetched = replace(fetched, body=None, error="; ".join(parsed.errors), reason=NOT_A_FEED)
        if fetched.error is not None:
            return self._failure(feed, state, fetched)
        if parsed is None:
            return self._unchanged(feed, state, fetched)
        return self._document(feed, state, fetched, parsed, pages)

    def judged(self, feed: Feed, parsed: ParsedFeed) -> list[Novelty]:
        """A verdict on each distinct entry of a document."""
        identified = identify(parsed.entries, feed.identity)
        known = self._archive.articles.known(feed.id, [key for one in identified for key in one.keys])
        return judge(identified, known)

    def _failure(self, feed: Feed, state: FeedState, fetched: Fetched) -> CollectReport:
        now = self._clock.now()
        after = failed(state, feed, fetched, fetched.error or "", now, self._policy.bounds)
        events = after_failure(state, after, fetched.reason, self._policy.fail_after)
        with self._archive.transaction():
            self._archive.feeds.record(noted(after, events), fetched, now, 0)
        log.warning("feed failed", feed=feed.id, error=fetched.error, reason=fetched.reason, failures=after.failures)
        return CollectReport(feeds=1, failed=1, events=tuple(events))

    def _unchanged(self, feed: Feed, state: FeedState, fetched: Fetched) -> CollectReport:
        now = self._clock.now()
        after = succeeded(state, feed, fetched, None, 0, now, self._policy.bounds)
        events = after_success(state, after, None, now)
        with self._archive.transaction():
            self._archive.feeds.record(noted(after, events), fetched, now, 0)
        return CollectReport(feeds=1, unchanged=1, events=tuple(events))

    def _document(
        self, feed: Feed, state: FeedState, fetched: Fetched, parsed: ParsedFeed, pages: dict[str, PageText]
    ) -> CollectReport:
        now = self._clock.now()
        is_backfill = is_catch_up(state, now, self._policy.bounds)
        with self._archive.transaction():
            report = self._stored(feed, parsed, pages, now, is_backfill=is_backfill)
            after = succeeded(state, feed, fetched, parsed, report.new, now, self._policy.bounds)
            after = replace(after, body_hash=self._hashes.get(feed.id, state.body_hash))
            events = after_success(state, after, parsed, now)
            self._archive.feeds.record(noted(after, events), fetched, now, report.new)
        failpoint("post-insert")
        for error in parsed.errors:
            # What is cut is lost; what is ill-formed was read all the same.
            tell = log.warning if error == IS_CUT else log.info
            tell("feed is faulty", feed=feed.id, fault=error)
        return replace(report, events=tuple(events))

    def _stored(
        self, feed: Feed, parsed: ParsedFeed, pages: dict[str, PageText], now: datetime, *, is_backfill: bool
    ) -> CollectReport:
        """Store what is new or changed in a document, inside the caller's transaction, and tell the queue."""
        novelties = self.judged(feed, parsed)
        new = [one.identified for one in novelties if one.verdict is Verdict.NEW]
        stored = self._archive.articles.add([_article(one, feed, parsed, now, pages, is_backfill=is_backfill) for one in new])
        failpoint("mid-insert")
        changed = [one for one in novelties if one.verdict is Verdict.CHANGED]
        self._revise(feed, changed, pages, now)
        if self._queue is not None and (new or changed):
            revised = [one.article for one in changed if one.article is not None]
            self._queue.analyse([*stored, *revised], is_fresh=not is_backfill)
        return CollectReport(feeds=1, new=len(new), changed=len(changed), seen=len(novelties) - len(new) - len(changed))

    def _revise(self, feed: Feed, changed: Sequence[Novelty], pages: dict[str, PageText], now: datetime) -> None:
        edited = [one.article for one in changed if one.article is not None] if feed.full_text else []
        before = {article.id: article for article in self._archive.articles.get(edited)}
        for one in changed:
            if one.article is None:
                continue
            entry = one.identified.entry
            text = _full_text(one.identified, pages).text or entry.text
            if one.article in before and entry.link not in pages:
                text = text_of_edit(before[one.article], entry)
            self._archive.articles.revise(one.article, entry.title, text, one.identified.content_hash, now)


def _article(
    one: Identified, feed: Feed, parsed: ParsedFeed, now: datetime, pages: dict[str, PageText], *, is_backfill: bool
) -> Article:
    entry, page = one.entry, _full_text(one, pages)
    published, _ = settle_date(entry.published or page.published, entry.updated, now)
    return Article(
        id=0,
        feed=feed.id,
        url=entry.link,
        title=entry.title,
        text=page.text or entry.text,
        keys=one.keys,
        content_hash=one.content_hash,
        published=published,
        seen=now,
        author=entry.author or page.author,
        language=entry.language or page.language or parsed.language or feed.language,
        source=source_of(entry, feed),
        tags=feed.tags,
        is_backfill=is_backfill,
    )


def _full_text(one: Identified, pages: dict[str, PageText]) -> PageText:
    """What the article's page says where that is more than the feed does; the summary stays when extraction failed."""
    page = pages.get(one.entry.link, _NO_PAGE)
    return page if not page.text or len(page.text) > len(one.entry.text) else replace(page, text="")
