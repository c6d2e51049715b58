"""Decides which story a telling belongs to: one pass, in the order of arrival, with a reason for each decision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.stories.fingerprints import Fingerprint, resemblance
from monitor.core.stories.gazetteer import share_place

WINDOW = timedelta(hours=72)
"""How far apart two tellings of one event may be published."""
SPAN = timedelta(days=7)
"""How long a story stays open, so that a chain of follow-ups does not swallow a month."""
NEIGHBOURS = 12
"""How many of the nearest tellings are looked at, in the newcomer's own script and in other scripts each."""
FLOOR = 0.68
"""Cosines below this are not looked at."""

_COPIED = 0.5
_SAME_TITLE_COSINE = 0.75
_MEMBERS_WEIGHED = 8
_SHARED_FIGURES = 2
_FAR_DAYS = 4
_NEARBY_YEARS = 3
_VETO = 12.0

# A logistic model of "these two tell of one event", fitted on pairs of ECB+ documents and of written near misses; the weights
# belong to one encoder, whose cosines another one does not share: those of the encoder they were fitted with are about 0.233 plus
# 0.751 times the present one's (1,295 pairs of like articles, residual 0.012), which is what was put in.
_WEIGHTS = {
    "cosine": 39.0,
    "other language": 2.7,
    "figures shared": 2.0,
    "figures differ": -1.5,
    "places shared": 0.6,
    "places differ": -1.0,
    "titles' places differ": -1.8,
    "day shared": 1.7,
    "days differ": -1.2,
    "hours apart": -2.5,
}
_BIAS = -33.0


class Reason(StrEnum):
    """Why a telling joined a story, or began one."""

    SAME_ADDRESS = "same address"
    SAME_TITLE = "same title"
    NEAR_DUPLICATE = "near duplicate"
    SAME_EVENT = "same event"
    NOTHING_LIKE_IT = "nothing like it"
    OTHER_EVENT = "another event"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two tellings are: `score` is the log-odds that they tell of one event, `conflict` what speaks against it."""

    reason: Reason
    score: float
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A stored telling near the newcomer; `cosine` is None when either has no embedding."""

    article: int
    story: int
    fingerprint: Fingerprint
    cosine: float | None
    began: datetime | None = None
    """When the story's first telling was published."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The decision: `story` is None for a new one; `near` is the article that decided it, `score` a probability."""

    story: int | None
    reason: Reason
    score: float = 0.0
    near: int | None = None
    conflict: str = ""


def place(newcomer: Fingerprint, neighbours: Sequence[Neighbour]) -> Placement:
    """The story that the newcomer belongs to, or a new one."""
    stories: dict[int, list[tuple[Likeness, Neighbour]]] = {}
    for neighbour in neighbours:
        if _is_closed(neighbour.began, newcomer.published):
            continue
        likeness = compare(newcomer, neighbour.fingerprint, neighbour.cosine)
        stories.setdefault(neighbour.story, []).append((likeness, neighbour))
    ranked = sorted((_weigh(pairs) for pairs in stories.values()), key=lambda found: (-found[0], found[2].story))
    if not ranked:
        return Placement(None, Reason.NOTHING_LIKE_IT)
    score, likeness, nearest = ranked[0]
    joins = score > 0
    refused = Reason.OTHER_EVENT if likeness.conflict else Reason.NOTHING_LIKE_IT
    return Placement(
        story=nearest.story if joins else None,
        reason=likeness.reason if joins else refused,
        score=_probability(score),
        near=nearest.article,
        conflict="" if joins else likeness.conflict,
    )


def _is_closed(began: datetime | None, published: datetime | None) -> bool:
    return began is not None and published is not None and abs(published - began) > SPAN


def _weigh(pairs: Sequence[tuple[Likeness, Neighbour]]) -> tuple[float, Likeness, Neighbour]:
    """A story's score: the best member must be alike, and the others must not speak against it."""
    ordered = sorted(pairs, key=lambda pair: (-pair[0].score, pair[1].article))
    best, nearest = ordered[0]
    if best.reason is not Reason.SAME_EVENT:
        return best.score, best, nearest
    scores = [likeness.score for likeness, _ in ordered[:_MEMBERS_WEIGHED]]
    return min(best.score, (best.score + sum(scores) / len(scores)) / 2), best, nearest


def compare(one: Fingerprint, other: Fingerprint, cosine: float | None) -> Likeness:
    """What two tellings have in common, strongest reason first."""
    if one.published and other.published and abs(one.published - other.published) > WINDOW:
        return Likeness(Reason.SAME_EVENT, -_VETO, "published too far apart")
    if one.address and one.address == other.address:
        return Likeness(Reason.SAME_ADDRESS, 2 * _VETO)
    conflict = find_conflict(one, other)
    copied = resemblance(one.signature, other.signature)
    if copied >= _COPIED and not conflict:
        return Likeness(Reason.NEAR_DUPLICATE, _VETO + copied)
    is_title_shared = bool(one.title) and one.title == other.title
    if is_title_shared and not conflict and (cosine is None or cosine >= _SAME_TITLE_COSINE):
        return Likeness(Reason.SAME_TITLE, _VETO)
    if cosine is None:
        return Likeness(Reason.SAME_EVENT, -_VETO)
    if one.is_opinion or other.is_opinion:
        # Near in meaning by nature: an editorial speaks about what the reports of the day, and other editorials, tell.
        conflict = conflict or "an opinion speaks for itself"
    return Likeness(Reason.SAME_EVENT, weigh_evidence(one, other, cosine) - (_VETO if conflict else 0.0), conflict)


def find_conflict(one: Fingerprint, other: Fingerprint) -> str:
    """What makes two similar tellings two events, in words; "" when nothing does."""
    for counted, number in one.editions:
        theirs = {n for what, n in other.editions if what == counted}
        if theirs and number not in theirs and not any((counted, n) in one.editions for n in theirs):
            return f"{counted}: number {number} here, {min(theirs)} there"
    if one.years and other.years and not one.years & other.years and abs(max(one.years) - max(other.years)) <= _NEARBY_YEARS:
        return f"the year {max(one.years)} here, {max(other.years)} there"
    apart = bool(days_apart(one, other))
    if apart and share_place(one.title_places, other.title_places) is False:
        return "another place on another day"
    if apart and min(len(one.figures), len(other.figures)) >= _SHARED_FIGURES and not one.figures & other.figures:
        return "other figures on another day"
    return ""


def days_apart(one: Fingerprint, other: Fingerprint) -> int | None:
    """Days between the nearest two days that both name, or None when one names none; weekdays must do for the undated."""
    if one.days and other.days:
        return min(abs((here - there).days) for here in one.days for there in other.days)
    if one.weekdays and other.weekdays and not (one.published and other.published):
        return min(abs(here - there) for here in one.weekdays for there in other.weekdays)
    return None


def weigh_evidence(one: Fingerprint, other: Fingerprint, cosine: float) -> float:
    """The log-odds that two tellings are of one event, from their embeddings' cosine and what they name."""
    return _BIAS + sum(_WEIGHTS[name] * value for name, value in evidence(one, other, cosine).items())


def evidence(one: Fingerprint, other: Fingerprint, cosine: float) -> dict[str, float]:
    """The features of a pair, by the names of their weights; each but the cosine lies in [0, 1]."""
    found = {"cosine": cosine, "other language": float(one.language != other.language)}
    fewest = min(len(one.figures), len(other.figures))
    shared = len(one.figures & other.figures)
    found["figures shared"] = min(shared, _SHARED_FIGURES) / _SHARED_FIGURES
    found["figures differ"] = 0.0 if shared else min(fewest, _SHARED_FIGURES) / _SHARED_FIGURES
    place, title_place = share_place(one.places, other.places), share_place(one.title_places, other.title_places)
    found["places shared"] = _containment(one.places, other.places) if place else 0.0
    found["places differ"] = float(place is False)
    found["titles' places differ"] = float(title_place is False)
    apart = days_apart(one, other)
    if apart is not None:
        found["day shared"] = float(apart == 0)
        found["days differ"] = min(apart, _FAR_DAYS) / _FAR_DAYS
    if one.published and other.published:
        found["hours apart"] = min(1.0, abs(one.published - other.published) / WINDOW)
    return found


def _containment(some: frozenset[str], others: frozenset[str]) -> float:
    return len(some & others) / max(1, min(len(some), len(others)))


def _probability(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))
