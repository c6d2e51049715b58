"""The frozen values that travel between the parts; one word per concept, as docs/glossary.md defines them.

Times are aware UTC datetimes. Probabilities lie in [0, 1]. Offsets count characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Vector: TypeAlias = "NDArray[np.float32]"
OUTLET = "outlet"
"""The holder name of an article's own voice."""


class Stance(StrEnum):
    """What a holder thinks of a target."""

    FAVOR = "favor"
    AGAINST = "against"
    NEUTRAL = "neutral"


class Voice(StrEnum):
    """Whose words show a stance: the outlet's own, or somebody's it quotes."""

    OUTLET = "outlet"
    QUOTED = "quoted"


class Severity(StrEnum):
    """How much an alert may disturb; `urgent` passes quiet hours."""

    LOW = "low"
    NORMAL = "normal"
    URGENT = "urgent"


# -- what is watched -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Topic:
    """What is watched. `threshold` overrides the model's default relevance threshold."""

    id: str
    name: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    threshold: float | None = None
    keep: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who may hold a stance: a name and the other words the press uses for it."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A saved query with a trigger and receivers. `options` belong to the rule's kind and are already validated."""

    id: str
    when: str
    title: str = ""
    kind: str = "match"
    notify: tuple[str, ...] = ()
    group_by: str = "story"
    cooldown: timedelta = timedelta(0)
    severity: Severity = Severity.NORMAL
    min_outlets: int = 1
    max_age: timedelta = timedelta(hours=48)
    is_enabled: bool = True
    options: Any = None
    text: str = ""
    """The rule as its file has it, for audit and diff."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A configured destination: `config` is the validated Config of the channel kind (a frozen value)."""

    id: str
    kind: str
    config: Any
    quiet_hours: tuple[str, str, str] | None = None
    """(start "HH:MM", end "HH:MM", IANA zone) during which only urgent alerts are sent."""
    rate_per_minute: float = 60.0


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything `rules/*.yaml` says, validated; mappings are keyed by id (actors by name)."""

    topics: Mapping[str, Topic]
    actors: Mapping[str, Actor]
    rules: Mapping[str, Rule]
    receivers: Mapping[str, Receiver]


# -- feeds and articles ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Feed:
    """A configured source. `id` is stable across edits of its URL; `owner` groups outlets of one publisher."""

    id: str
    url: str
    name: str
    tags: tuple[str, ...] = ()
    language: str | None = None
    interval: timedelta | None = None
    full_text: bool = False
    is_enabled: bool = True
    owner: str = ""
    identity: str = "auto"
    """Which key tells articles apart: auto, guid, link or content."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of a feed between fetches. A failed fetch changes only the schedule and the failure fields."""

    feed: str
    url: str = ""
    """The address now used: the configured one, or where a confirmed permanent redirect leads."""
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    next_due: datetime | None = None
    interval: timedelta | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None
    failures: int = 0
    last_error: str | None = None
    redirect_to: str | None = None
    redirects_seen: int = 0
    is_gone: bool = False
    is_reported: bool = False
    """The owner has been told that the feed is failing and has not yet been told that it recovered."""
    arrivals: tuple[float, ...] = ()
    """Recent gaps between new articles, in hours, newest last; the feed's own rhythm."""
    configured: str = ""
    """The configured address that `url` stands for; when the owner edits it, everything else here starts anew."""
    ttl: timedelta | None = None
    """How long the feed asked to be left alone."""
    skip_hours: tuple[int, ...] = ()
    """UTC hours in which the feed asked not to be polled."""
    skip_days: tuple[int, ...] = ()
    """UTC weekdays on which the feed asked not to be polled; Monday is 0."""
    hub: str | None = None
    """The WebSub hub the feed advertises."""
    hub_topic: str | None = None
    subscribed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one fetch of one feed gave: `status` is the last HTTP status, 0 when there was none.

    Exactly one of these holds: `body` is bytes (something to parse), `is_unchanged`, or `error` is set.
    """

    feed: str
    url: str
    status: int
    body: bytes | None = None
    is_unchanged: bool = False
    error: str | None = None
    reason: str = ""
    """A short stable word for the error: timeout, dns, blocked, tls, too-large, status, redirect, protocol, gone."""
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    retry_after: timedelta | None = None
    max_age: timedelta | None = None
    permanent_url: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as its feed brings it, cleaned: text without markup, http(s) links only, no control characters."""

    guid: str
    link: str
    title: str
    text: str
    author: str = ""
    language: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    summary: str = ""
    """The short form, where the feed gives one beside the full text."""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed document: `format` is None when the bytes are not a feed; `errors` are in words."""

    format: str | None
    title: str = ""
    entries: tuple[Entry, ...] = ()
    errors: tuple[str, ...] = ()
    language: str | None = None
    ttl: timedelta | None = None
    hub: str | None = None
    topic_url: str | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PageText:
    """What a web page says when its furniture is taken away; `text` is empty when nothing could be extracted."""

    text: str = ""
    author: str = ""
    published: datetime | None = None
    language: str | None = None
    feeds: tuple[tuple[str, str], ...] = ()
    """(address, title) of feeds that the page announces."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One stored entry. `keys` are its identities in its feed, strongest first."""

    id: int
    feed: str
    url: str
    title: str
    text: str
    keys: tuple[str, ...]
    content_hash: str
    published: datetime
    seen: datetime
    author: str = ""
    language: str | None = None
    source: str = ""
    """The registered domain of the outlet, such as reuters.com."""
    tags: tuple[str, ...] = ()
    revision: int = 0
    story: int | None = None
    is_backfill: bool = False
    """It came with the first fetch of its feed or the catch-up after an outage."""


# -- scores ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentence that shows a stance: `part` ("title" or "text") sliced [start:end] equals `text`."""

    text: str
    start: int
    end: int
    part: str = "text"


@dataclass(frozen=True, slots=True)
class Limits:
    """A scorer's calibration of relevance.

    Pairs whose cosine is under `gate` are not looked at again unless the topic is named; `threshold` is the probability from
    which an article is about a topic that sets none of its own. A long article that names a topic, or whose cosine with one is
    `read_on` or more, is read passage by passage, and has a gate of its own; None: the scorer knows only whole articles.
    """

    gate: float
    threshold: float
    read_on: float | None = None
    gate_of_passages: float = 1.0


@dataclass(frozen=True, slots=True)
class Relevance:
    """The calibrated probability that an article is about a topic."""

    topic: str
    probability: float
    is_relevant: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """One holder's stance toward one topic in one article; favor + against + neutral = 1."""

    topic: str
    holder: str
    stance: Stance
    favor: float
    against: float
    neutral: float
    voice: Voice
    evidence: Evidence | None
    is_found: bool = False
    """The holder is configured by nobody; the text proposed it."""
    article: int | None = None
    """Where it was said; set on statements that the archive gives back."""

    @property
    def confidence(self) -> float:
        """The calibrated probability of the stance given."""
        if self.stance is Stance.NEUTRAL:
            return self.neutral
        return self.favor if self.stance is Stance.FAVOR else self.against


@dataclass(frozen=True, slots=True)
class Scores:
    """All that one model revision says of one article. `relevances` holds pairs past the gate only."""

    article: int
    language: str
    model: str
    embedding: Vector | None
    relevances: tuple[Relevance, ...] = ()
    statements: tuple[Statement, ...] = ()
    error: str = ""
    """Why the article is unscored (a poison text, a missing model), else empty."""
    at: datetime | None = None
    """When it was analysed; articles of one batch share it, so that a backtest can replay the batches."""


# -- rules at work ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Story:
    """Articles about one event, across outlets; `outlets` counts independent ones."""

    id: int
    title: str
    first_published: datetime
    last_published: datetime
    outlets: int
    articles: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that answers a query, with the statements that made it answer (none when it asks for no stance)."""

    article: int
    story: int
    published: datetime
    seen: datetime
    source: str
    outlets: int
    statements: tuple[Statement, ...] = ()
    is_backfill: bool = False
    analysed: datetime | None = None
    """When its batch was analysed; None for articles stored before this was kept."""


class Reason(StrEnum):
    """Why an alert was sent, or was not."""

    SEND = "send"
    COOLDOWN = "cooldown"
    SILENCE = "silence"
    QUIET_HOURS = "quiet hours"
    TOO_OLD = "too old"
    ALREADY_ALERTED = "already alerted"
    FEW_OUTLETS = "few outlets"
    STORM = "storm"


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule fired on a group (a story, a holder, a source or a window). `id` = hash(rule, group, what is new)."""

    id: str
    rule: str
    group: str
    title: str
    why: str
    created: datetime
    severity: Severity
    articles: tuple[int, ...]
    story: int | None = None
    statements: tuple[Statement, ...] = ()
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def thread(self) -> str:
        """The key of the conversation the alert belongs to: its story, else its rule and whom or what the group names.

        A digest, a storm or a count has no subject of its own and is never the answer to an earlier one.
        """
        if self.story is not None:
            return f"story:{self.story}"
        return f"{self.rule}:{self.group}" if ":" in self.group else f"alert:{self.id}"


@dataclass(frozen=True, slots=True)
class Suppression:
    """An alert that did not happen, and the reason; stored when it happens."""

    rule: str
    group: str
    reason: Reason
    at: datetime
    article: int | None = None
    note: str = ""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    HELD = "held"
    """It waits for its receiver's quiet hours to end."""
    SENT = "sent"
    GATHERED = "gathered"
    """It is told in the digest after quiet hours, which has a delivery of its own."""
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert to one receiver: an outbox row. `id` = hash(alert, receiver), so planning twice plans once."""

    id: str
    alert: str
    receiver: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    due: datetime | None = None
    last_error: str = ""
    remote_id: str = ""
    """What the far side calls the message: Message-ID, Slack's ts; threads and updates need it."""
    remaining: tuple[str, ...] = ()
    """Recipients still to be reached after an attempt that reached only some; empty means everybody."""
    refused: tuple[str, ...] = ()
    """Recipients lost for good, over all attempts."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel says of one send. A permanent failure is never tried again; `refused` names lost recipients.

    `remaining` names the recipients to try again when others have the message already or are lost.
    """

    is_sent: bool
    remote_id: str = ""
    error: str = ""
    is_permanent: bool = False
    retry_after: timedelta | None = None
    refused: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts answering `query` are not sent until `until`."""

    id: int
    query: str
    until: datetime
    comment: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody said of an article: relevant, not-relevant, wrong-stance, or the stance it should be (favor, ...).

    `topic` and `holder` say of what; "" where the label is about the whole article.
    """

    article: int
    label: str
    topic: str
    holder: str
    at: datetime
    author: str = ""


# -- what a channel is given -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Position:
    """One holder's stance as an alert tells it, with where the evidence stands."""

    holder: str
    topic: str
    stance: Stance
    confidence: float
    voice: Voice
    evidence: str
    source: str
    url: str
    article: int


@dataclass(frozen=True, slots=True)
class Report:
    """One article of an alert, as a reader sees it."""

    article: int
    title: str
    source: str
    url: str
    published: datetime
    language: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A line of a chapter: our own words, a quotation or both, with the (outlet, address) pairs that carry it."""

    text: str = ""
    quote: str = ""
    note: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a briefing that goes with a digest."""

    heading: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """An alert made ready to read, before any channel gives it its own form. All text is untrusted plain text.

    `thread` is equal for alerts of one story; `reply_to` is the remote id of the thread's first message at this receiver.
    """

    delivery: str
    receiver: str
    alert: str
    rule: str
    rule_title: str
    severity: Severity
    headline: str
    why: str
    created: datetime
    thread: str
    outlets: int
    positions: tuple[Position, ...] = ()
    reports: tuple[Report, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """(label, address) pairs of what the reader can do: open, relevant, not relevant, wrong stance, mute."""
    facts: tuple[tuple[str, str], ...] = ()
    """(name, value) pairs that say which values made the rule fire."""
    reply_to: str = ""
    is_sample: bool = False
    recipients: tuple[str, ...] = ()
    """Send to these of the receiver's addresses only (a second attempt); empty means all of them."""
    attempted: datetime | None = None
    """When this attempt is made, which signatures and receivers need to tell a repeat from a replay."""
    root: Message | None = None
    """The thread's first message as it would read now, with all outlets so far; channels that can, update it."""
    told: tuple[Message, ...] = ()
    """Alerts that this message tells together, oldest first, each as it would read alone."""
    chapters: tuple[Chapter, ...] = ()
    """The briefing that goes with a digest."""
