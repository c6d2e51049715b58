"""What the services ask of the outside world: Protocols of at most six methods, one per need.

An archive offers several small stores that share one transaction; any adapter that answers them can take its place,
and `tests/contracts` runs over every kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from monitor.core.queries.query import Query
from monitor.model import (
    Alert,
    Article,
    Delivery,
    Feed,
    FeedState,
    Fetched,
    Hit,
    Label,
    Limits,
    Message,
    PageText,
    ParsedFeed,
    Receipt,
    Scores,
    Silence,
    Story,
    Suppression,
    Vector,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime:
        """The present as an aware UTC datetime."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for measuring spans."""
        ...


class Fetcher(Protocol):
    """Gets feed documents; a feed that is down is an answer, not an exception."""

    def fetch(self, wanted: Iterable[tuple[Feed, FeedState]]) -> Iterator[Fetched]:
        """One answer for each wanted feed, in the order they arrive, politely and in parallel."""
        ...

    def page(self, url: str) -> Fetched:
        """A single web page (an article, a site to discover feeds on) under the same guard and politeness."""
        ...

    def post(self, url: str, form: dict[str, str]) -> Fetched:
        """The answer to a form, such as a WebSub subscription, under the same guard and politeness; no redirect is followed."""
        ...

    def close(self) -> None:
        """Give back connections and threads."""
        ...


class Parser(Protocol):
    """Reads documents from strangers where they can do no harm; a document that cannot be read is an answer."""

    def parse(self, documents: Iterable[Fetched]) -> Iterator[tuple[Fetched, ParsedFeed | None]]:
        """Each document with what it says, in the order they are done; None where there is no body to read."""
        ...

    def parse_together(self, documents: Iterable[Fetched]) -> Iterator[list[tuple[Fetched, ParsedFeed | None]]]:
        """The same, as many at a time as are done already, at most a few dozen: what is stored together costs less."""
        ...

    def extract(self, page: Fetched) -> PageText:
        """The article on a web page, and the feeds that the page announces."""
        ...

    def close(self) -> None:
        """End the processes."""
        ...


class Scorer(Protocol):
    """A model engine. Arrays are float32; a batch is sorted by length inside."""

    @property
    def revision(self) -> str:
        """Names weights and calibration; stored with every score."""
        ...

    @property
    def limits(self) -> Limits:
        """The gates and the default threshold of relevance."""
        ...

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> Vector:
        """(n, d) unit vectors of article texts, or of topic texts."""
        ...

    def second_look(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """(n,) logits that the second text (an article) is about the first (a topic text)."""
        ...

    def relevance(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) calibrated probabilities from (n, 7) rows, columns as `FEATURES` in `core/scoring/relevance.py` names them."""
        ...

    def stance(self, pairs: Sequence[tuple[str, str]], languages: Sequence[str]) -> NDArray[np.float32]:
        """(n, 3) calibrated probabilities of against, neutral, favor for (sentence in context, "HOLDER toward TARGET")."""
        ...


class Channel(Protocol):
    """A way to reach a receiver."""

    def send(self, message: Message) -> Receipt:
        """Deliver one message; refusals and outages are receipts, never exceptions."""
        ...


# -- the archive -----------------------------------------------------------------------------------------------------


class FeedStore(Protocol):
    """Configured feeds and what is known of each."""

    def configure(self, feeds: Sequence[Feed]) -> None:
        """Make these the configured feeds; others stay stored but are no longer due."""
        ...

    def due(self, now: datetime, limit: int, among: Sequence[str] | None = None) -> list[tuple[Feed, FeedState]]:
        """Enabled feeds whose time has come, longest waiting first; `among` keeps to these."""
        ...

    def list(self) -> list[tuple[Feed, FeedState]]:
        """Every stored feed with its state, by name."""
        ...

    def record(self, state: FeedState, fetched: Fetched, at: datetime, new: int) -> None:
        """Store a feed's new state and one line in the fetch log."""
        ...

    def keep(self, state: FeedState) -> None:
        """Store a feed's new state where nothing was fetched; a feed that is not stored is passed over."""
        ...


class ArticleStore(Protocol):
    """Articles as stored; every text is free of NUL and lone surrogates."""

    def known(self, feed: str, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
        """For each key already stored for this feed: (article id, content hash)."""
        ...

    def add(self, articles: Sequence[Article]) -> list[int]:
        """Store new articles (their `id` is ignored) and return ids in order; a known (feed, key) gives the old id."""
        ...

    def revise(self, article: int, title: str, text: str, content_hash: str, at: datetime) -> None:
        """Keep the old text as a revision and store the new one; scores follow at the next analysis."""
        ...

    def unscored(self, limit: int) -> list[Article]:
        """Articles that wait for analysis, fresh ones before backfill, oldest first; quarantined ones are left out."""
        ...

    def get(self, ids: Sequence[int]) -> list[Article]:
        """The articles with these ids, in this order; unknown ids are skipped."""
        ...

    def quarantine(self, article: int, error: str, limit: int) -> bool:
        """Count one more failed analysis; True when the article has now failed `limit` times and is set aside."""
        ...


class ScoreStore(Protocol):
    """What models said of articles."""

    def save(self, scores: Sequence[Scores]) -> None:
        """Store scores, replacing an earlier revision's for the same article, and mark the articles analysed."""
        ...

    def get(self, article: int) -> Scores | None:
        """The current scores of an article (without its embedding), or None when unscored."""
        ...

    def waiting(self, limit: int, among: Sequence[int] | None = None) -> list[int]:
        """The ids of articles that wait for analysis, in the order of `ArticleStore.unscored`; `among` keeps to these."""
        ...

    def requeue(self) -> int:
        """Make articles whose scoring failed wait again, unless they are quarantined; how many."""
        ...


class StoryStore(Protocol):
    """Articles grouped by event."""

    def window(self, since: datetime, until: datetime) -> list[tuple[int, int, Vector | None, str, str, datetime]]:
        """(story, article, embedding, title, source, published) of articles published in the window."""
        ...

    def join(self, article: int, story: int | None) -> int:
        """Put an article in a story, or in a new one of its own; returns the story's id. Counts of outlets follow."""
        ...

    def get(self, ids: Sequence[int]) -> list[Story]:
        """The stories with these ids, in this order."""
        ...

    def largest(self, since: datetime, until: datetime, limit: int) -> list[Story]:
        """Stories with articles published in the span: most outlets first, then most articles, then newest."""
        ...

    def describe(self, story: int, title: str, outlets: int) -> None:
        """Store a story's best title and how many of its outlets are independent, in place of the plain count."""
        ...


class Trends(Protocol):
    """What is told of one topic over time; series and briefings are computed from it."""

    def told(self, topic: str, since: datetime, until: datetime) -> list[Hit]:
        """Every article published in the span that is relevant to the topic, with all its statements on it, oldest first."""
        ...

    def per_day(self, topic: str, since: datetime, until: datetime) -> dict[date, int]:
        """How many articles relevant to the topic were published on each day (UTC) of the span; days without any are left out."""
        ...

    def first_seen(self, topic: str) -> dict[str, tuple[datetime, int]]:
        """Holder -> (published, article) of the first relevant article ever in which it has a stance on the topic."""
        ...

    def vectors(self, articles: Sequence[int]) -> dict[int, Vector]:
        """The embeddings of these articles, where stored."""
        ...


class Search(Protocol):
    """The query language, run by the archive."""

    def search(
        self, query: Query, *, now: datetime, limit: int = 50, sort: str = "published", cursor: str = ""
    ) -> tuple[list[Article], int, str]:
        """(articles, total, next cursor or ""); `sort` is published, seen (both newest first) or relevance."""
        ...

    def hits(
        self, query: Query, *, now: datetime, within: Sequence[int] | None = None, since: datetime | None = None
    ) -> list[Hit]:
        """Articles answering the query, with the statements that made them answer, oldest seen first.

        `within` limits it to these articles, `since` to articles published or seen after that moment.
        """
        ...

    def with_text(self, query: Query, *, now: datetime) -> list[int]:
        """The ids of articles that answer the query and whose text is still kept (`Upkeep.forget`), lowest first."""
        ...

    def snippets(self, query: Query, articles: Sequence[Article]) -> list[str]:
        """For each article a stretch of its original text, found words between U+0002 and U+0003."""
        ...

    def facets(self, query: Query, *, now: datetime, names: Sequence[str], limit: int = 20) -> dict[str, list[tuple[str, int]]]:
        """For each of topic, stance, holder, source, language, day asked for: (value, number of articles), most first."""
        ...

    def explain(self, query: Query, article: int, *, now: datetime) -> list[tuple[str, bool]]:
        """Each clause of the query as written, and whether the article answers it."""
        ...


class AlertStore(Protocol):
    """Alerts, and what was suppressed and why."""

    def plan(self, alerts: Sequence[tuple[Alert, Sequence[Delivery]]], suppressed: Sequence[Suppression]) -> int:
        """Store alerts with their deliveries (known ids are left as they are) and suppressions; number of new alerts."""
        ...

    def last(self, rule: str, groups: Sequence[str]) -> dict[str, Alert]:
        """The newest alert of a rule for each of these groups."""
        ...

    def recent(self, since: datetime, *, rule: str | None = None, article: int | None = None, limit: int = 1000) -> list[Alert]:
        """Alerts created since, of a rule or of all, that name an article or any, newest first."""
        ...

    def counts(self, since: datetime) -> tuple[int, Mapping[str, int]]:
        """How many alerts were created since, and how many were suppressed since for each reason, most first."""
        ...

    def get(self, alert: str) -> Alert | None:
        """One alert by id (a unique prefix is enough), or None."""
        ...

    def suppressions(
        self,
        *,
        rule: str | None = None,
        since: datetime | None = None,
        article: int | None = None,
        groups: Sequence[str] = (),
        limit: int = 1000,
    ) -> list[Suppression]:
        """What was suppressed and why, newest first; with an article or groups, only what is of one of these."""
        ...


class Silences(Protocol):
    """Silences, in force or over."""

    def list(self, since: datetime) -> list[Silence]:
        """Silences that end after a moment, those that end first coming first."""
        ...

    def add(self, query: str, until: datetime, comment: str, now: datetime) -> Silence:
        """Add a silence."""
        ...

    def end(self, silence: int, at: datetime) -> bool:
        """End a silence early; False when there is none in force with this id."""
        ...


class Outbox(Protocol):
    """Deliveries: planned with their alert, sent afterwards, settled by what the receiver said."""

    def claim(self, now: datetime, lease: timedelta, limit: int, receivers: Sequence[str] | None = None) -> list[Delivery]:
        """Pending deliveries that are due, in the order they were planned, now leased to the caller.

        A lease that runs out makes a delivery due again. `receivers` limits the claim to these.
        """
        ...

    def settle(self, delivery: Delivery, at: datetime) -> None:
        """Store a delivery's new state (sent, dead, or pending with a later due time) and end its lease."""
        ...

    def thread(self, receiver: str, thread: str) -> str:
        """The remote id of the first message sent to this receiver in this thread (`Alert.thread`), or ""."""
        ...

    def held(self, now: datetime) -> list[Delivery]:
        """Held deliveries whose time has come, in the order they were planned."""
        ...

    def of(self, alerts: Sequence[str]) -> list[Delivery]:
        """All deliveries of these alerts, newest first."""
        ...

    def list(self, *, state: str | None = None, receiver: str | None = None, limit: int = 100) -> list[Delivery]:
        """Deliveries of a state, of a receiver or of all, newest first."""
        ...

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Receiver -> state -> number of deliveries."""
        ...


class RuleStates(Protocol):
    """What rules remember between evaluations: counters, baselines, what was seen first, revisions.

    Under the name `receiver:ID` a receiver's health is kept: its failures in a row, and when to try it again; under `spread:…`
    work that is spread over the workers of a cluster, and what came of its parts; under `websub:ID` how often a feed's hub was
    asked in vain.
    """

    def load(self, rule: str) -> dict[str, Any]:
        """The state last saved for a rule, a JSON object; {} at first."""
        ...

    def save(self, rule: str, state: Mapping[str, Any]) -> None:
        """Replace a rule's state."""
        ...

    def names(self, beginning: str) -> list[str]:
        """The names with this beginning under which something is kept, sorted."""
        ...

    def forget(self, names: Sequence[str]) -> None:
        """Keep nothing under these names any more."""
        ...


class Labels(Protocol):
    """What people said of articles, for tuning and for `label:` in queries."""

    def add(self, label: Label) -> None:
        """Store a label; the same one again only takes its time and author."""
        ...

    def remove(self, article: int, label: str, topic: str, holder: str) -> bool:
        """Take a label back; False when there is none."""
        ...

    def of(self, article: int) -> list[Label]:
        """The labels of an article, oldest first."""
        ...

    def list(self, limit: int = 1000) -> list[Label]:
        """All labels, newest first."""
        ...


class Upkeep(Protocol):
    """Keeping what is stored sound, safe and small."""

    def backup(self, path: str) -> int:
        """Write a complete copy to a new file while others go on working; its size in bytes.

        Raises:
            ArchiveError: it cannot be written, or the file exists.
        """
        ...

    def vacuum(self) -> int:
        """Put indexes in order and give unused space back; bytes gained."""
        ...

    def problems(self) -> list[str]:
        """What is wrong with the stored data, in words; nothing when it is sound."""
        ...

    def forget(self, articles: Sequence[int]) -> int:
        """Drop the texts, old revisions and vectors of articles; titles, scores and evidence stay. How many had a text."""
        ...


class Transfer(Protocol):
    """Whole tables as plain rows, for moving to another archive."""

    def tables(self) -> list[str]:
        """The names of all tables, each after those whose rows it names."""
        ...

    def rows(self, table: str, after: Sequence[object], limit: int) -> list[list[Any]]:
        """Rows in the order of their keys, beginning after a key ([] for the first)."""
        ...

    def key(self, table: str, row: list[Any]) -> list[object]:
        """The key of a row."""
        ...

    def put(self, table: str, rows: Sequence[list[Any]]) -> None:
        """Store rows; those stored before are left as they are."""
        ...

    def settle(self) -> None:
        """Go on numbering after what was copied."""
        ...


class Archive(Protocol):
    """Everything stored, as small stores that share one transaction."""

    feeds: FeedStore
    articles: ArticleStore
    scores: ScoreStore
    stories: StoryStore
    trends: Trends
    search: Search
    alerts: AlertStore
    silences: Silences
    outbox: Outbox
    states: RuleStates
    labels: Labels
    upkeep: Upkeep
    transfer: Transfer

    def transaction(self, alone_as: str = "") -> AbstractContextManager[None]:
        """All writes inside are committed together or not at all; nests. Of those with one name one is under way at a time."""
        ...

    def hold(self, name: str) -> AbstractContextManager[Callable[[], bool]]:
        """Be the only worker on this archive while inside; raises ArchiveBusy when another one is.

        What it gives says whether that still holds: an archive on another machine can be lost on the way.
        """
        ...

    def claim(self, name: str, numbers: Sequence[int], limit: int) -> AbstractContextManager[list[int]]:
        """The first so many of these numbers that nobody else has claimed under this name; claimed while inside."""
        ...

    def stats(self) -> Mapping[str, Any]:
        """Counts of what is stored, sizes and versions, for people and health checks."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


@runtime_checkable
class Joinable(Protocol):
    """An archive whose transactions others can write in, such as a queue in the same database."""

    def joined(self) -> AbstractContextManager[Any]:
        """The connection of the transaction that this thread is in, or of a new one."""
        ...


# -- the queue -------------------------------------------------------------------------------------------------------


class Queue(Protocol):
    """Tells workers on any machine what there is to do.

    What is told inside an archive's transaction is committed with it. Every job can be repeated, and a job told twice is done
    once or finds nothing to do.
    """

    def collect(self, hosts: Mapping[str, Sequence[str]]) -> int:
        """Feeds (ids) to be fetched, by the host they are asked at; one host's feeds are with one worker at a time. New jobs."""
        ...

    def analyse(self, articles: Sequence[int], *, is_fresh: bool = True) -> None:
        """Stored articles that wait for analysis, fresh ones before others; none means the rules that watch for silence."""
        ...

    def deliver(self, receivers: Iterable[str]) -> None:
        """Receivers with something due; one receiver is with one worker at a time, so that its messages keep their order."""
        ...

    def maintain(self, after: timedelta) -> int:
        """Give the jobs of workers not heard of for so long to others, and forget old ones; how many were given on."""
        ...

    def depths(self) -> Mapping[str, int]:
        """Queue -> jobs that wait or are under way."""
        ...

    def work(self, steps: Mapping[str, Callable[..., object]], concurrency: int, stopping: Event) -> None:
        """Do the jobs of these queues (name -> what does a job), so many at once, until told to stop."""
        ...


@runtime_checkable
class Sharing(Protocol):
    """A queue whose workers can share one large piece of work; what is fresh goes before it."""

    def workers(self) -> int:
        """Workers that were heard of lately, whatever their queues."""
        ...

    def share(self, order: str, parts: Mapping[int, Any]) -> None:
        """Tell of parts (number -> JSON value) of a piece of work with this name."""
        ...

    def left(self, order: str) -> int:
        """Parts that wait or are under way."""
        ...

    def withdraw(self, order: str) -> None:
        """Forget the parts that nobody has begun."""
        ...
