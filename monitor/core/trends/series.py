"""Turns what was told of a topic into series: volume, stances with intervals, share of voice, first appearances, shifts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import log, sqrt
from operator import attrgetter
from typing import Literal

from monitor.model import OUTLET, Hit, Stance, Statement

STEPS = {"day": 1, "week": 7}
FEW = 5
"""Fewer independent stories than this say little; views mark them."""
Z = 1.96
"""The normal quantile of a 95 % interval."""

_FEWEST_BEFORE_AND_AFTER = 2
_SELDOM = 8
"""A side is not believed where neutral is shown so many times as much."""
_LEAST_EVIDENCE = 6.0
"""Twice the log-likelihood ratio that a split must reach; 3.84 would be the 5 % point if the day of the split were known."""

Step = Literal["day", "week"]


@dataclass(frozen=True, slots=True)
class Volume:
    """One day or week of coverage; `stories` counts a story in each period that told of it."""

    start: date
    articles: int
    stories: int
    outlets: int


@dataclass(frozen=True, slots=True)
class Balance:
    """A holder's stances in a span, each independent story counted once; `intervals` are 95 % Wilson intervals of the shares."""

    start: date
    favor: int
    against: int
    neutral: int

    @property
    def stories(self) -> int:
        """The number of independent stories behind the shares."""
        return self.favor + self.against + self.neutral

    @property
    def is_small(self) -> bool:
        """Too few stories to lean on."""
        return self.stories < FEW

    def count(self, stance: Stance) -> int:
        """The stories in which the holder took this stance."""
        return {Stance.FAVOR: self.favor, Stance.AGAINST: self.against, Stance.NEUTRAL: self.neutral}[stance]

    def interval(self, stance: Stance) -> tuple[float, float]:
        """The 95 % interval of the share of this stance."""
        return wilson(self.count(stance), self.stories)

    @property
    def leading(self) -> Stance | None:
        """The stance that the stories show on the whole (`leading`); None when they are divided."""
        return leading({stance: self.count(stance) for stance in Stance})


@dataclass(frozen=True, slots=True)
class Shift:
    """A holder's stance changed on a day: from one to another, with the articles that carried the new one first."""

    on: date
    before: Stance
    after: Stance
    stories_before: int
    stories_after: int
    evidence: float
    articles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """One holder over the span. `share` is its part of all (holder, story) pairs; `first` is ever, not only in the span."""

    holder: str
    share: float
    total: Balance
    series: tuple[Balance, ...]
    first: datetime | None = None
    first_article: int | None = None
    is_new: bool = False
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class TopicTrends:
    """All series of one topic; periods without coverage are there, with zeros."""

    topic: str
    since: datetime
    until: datetime
    step: Step
    volume: tuple[Volume, ...]
    voices: tuple[Voice, ...]
    articles: int
    stories: int
    outlets: int


@dataclass(frozen=True, slots=True)
class _Side:
    """What a holder thinks in one story: the stance of the mean probabilities of its statements there."""

    day: date
    stance: Stance
    articles: tuple[int, ...]


def wilson(successes: int, trials: int, z: float = Z) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927); (0, 1) when there were no trials."""
    if not trials:
        return 0.0, 1.0
    share = successes / trials
    width = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    middle, scale = share + z * z / (2 * trials), 1 + z * z / trials
    return max(0.0, (middle - width) / scale), min(1.0, (middle + width) / scale)


def compute(
    topic: str,
    told: Sequence[Hit],
    firsts: Mapping[str, tuple[datetime, int]],
    *,
    since: datetime,
    until: datetime,
    step: Step = "week",
    holder: str | None = None,
) -> TopicTrends:
    """The trends of a topic; with `holder`, only that voice is kept (its share is still among all)."""
    starts = periods(since, until, step)
    sides = _sides(told)
    pairs = sum(len(found) for found in sides.values())
    voices = [_voice(name, found, pairs, starts, firsts.get(name), since, step) for name, found in sides.items()]
    kept = [voice for voice in voices if holder is None or voice.holder.casefold() == holder.casefold()]
    return TopicTrends(
        topic=topic,
        since=since,
        until=until,
        step=step,
        volume=_volume(told, starts, step),
        voices=tuple(sorted(kept, key=lambda voice: (voice.holder == OUTLET, -voice.total.stories, voice.holder))),
        articles=len(told),
        stories=len({hit.story for hit in told}),
        outlets=len({hit.source for hit in told}),
    )


def balances(told: Sequence[Hit], since: datetime) -> dict[str, Balance]:
    """Each holder's stances over all that was told since then, one side for each independent story."""
    return {holder: _balance(since.astimezone(UTC).date(), found) for holder, found in _sides(told).items()}


def periods(since: datetime, until: datetime, step: Step) -> list[date]:
    """The first days of the periods that cover the span; weeks begin on Monday."""
    start, last = start_of(since, step), start_of(until, step)
    return [start + timedelta(days=days) for days in range(0, (last - start).days + 1, STEPS[step])]


def start_of(moment: datetime, step: Step) -> date:
    """The first day of the period that a moment lies in."""
    return _period_of(moment.astimezone(UTC).date(), step)


def _period_of(day: date, step: Step) -> date:
    return day - timedelta(days=day.weekday()) if step == "week" else day


def _volume(told: Sequence[Hit], starts: Sequence[date], step: Step) -> tuple[Volume, ...]:
    grouped: dict[date, list[Hit]] = defaultdict(list)
    for hit in told:
        grouped[start_of(hit.published, step)].append(hit)
    return tuple(
        Volume(start, len(hits), len({hit.story for hit in hits}), len({hit.source for hit in hits}))
        for start, hits in ((start, grouped.get(start, [])) for start in starts)
    )


def _sides(told: Sequence[Hit]) -> dict[str, list[_Side]]:
    """Each holder's side in each story, oldest first; a wire report in forty papers is one story and speaks once.

    The outlets' own voices are not one holder: each outlet speaks for itself within a story.
    """
    grouped: dict[str, dict[object, list[tuple[Hit, Statement]]]] = {}
    for hit in told:
        for statement in hit.statements:
            holder = statement.holder
            key = (hit.story, hit.source) if holder == OUTLET else hit.story
            grouped.setdefault(holder, {}).setdefault(key, []).append((hit, statement))
    return {holder: sorted(map(_side, grouped[holder].values()), key=attrgetter("day", "articles")) for holder in sorted(grouped)}


def _side(said: Sequence[tuple[Hit, Statement]]) -> _Side:
    first = min(hit.published for hit, _ in said)
    stance = leading_of([statement for _, statement in said]) or Stance.NEUTRAL
    return _Side(first.astimezone(UTC).date(), stance, tuple(dict.fromkeys(hit.article for hit, _ in said)))


def leading_of(said: Sequence[Statement]) -> Stance | None:
    """The side that statements of one holder show on the whole, each counted as it is sure; None where they are divided.

    A sentence that several papers print after one wire report is said once.
    """
    shown = dict.fromkeys(Stance, 0.0)
    printed: set[str] = set()
    for statement in said:
        words = " ".join(statement.evidence.text.split()) if statement.evidence else ""
        if words not in printed:
            shown[statement.stance] += statement.confidence
        printed |= {words} - {""}
    return leading(shown)


def leading(shown: Mapping[Stance, float]) -> Stance | None:
    """The side shown more, unless it is shown so seldom that it may be a mistake; None where both sides are shown alike.

    Most of what names a holder shows no side of it, which is no evidence against the side that something else shows.
    """
    favor, against = shown[Stance.FAVOR], shown[Stance.AGAINST]
    if _SELDOM * max(favor, against) < shown[Stance.NEUTRAL] or not favor + against:
        return Stance.NEUTRAL
    return None if favor == against else Stance.FAVOR if favor > against else Stance.AGAINST


def _voice(
    holder: str,
    sides: Sequence[_Side],
    pairs: int,
    starts: Sequence[date],
    first: tuple[datetime, int] | None,
    since: datetime,
    step: Step,
) -> Voice:
    by_period: dict[date, list[_Side]] = defaultdict(list)
    for side in sides:
        by_period[_period_of(side.day, step)].append(side)
    return Voice(
        holder=holder,
        share=len(sides) / pairs,
        total=_balance(starts[0], sides),
        series=tuple(_balance(start, by_period.get(start, [])) for start in starts),
        first=first[0] if first else None,
        first_article=first[1] if first else None,
        is_new=first is not None and first[0] >= since,
        shift=None if holder == OUTLET else find_shift([(side.day, side.stance, side.articles) for side in sides]),
    )


def _balance(start: date, sides: Iterable[_Side]) -> Balance:
    counts = Counter(side.stance for side in sides)
    return Balance(start, counts[Stance.FAVOR], counts[Stance.AGAINST], counts[Stance.NEUTRAL])


def find_shift(sides: Sequence[tuple[date, Stance, tuple[int, ...]]]) -> Shift | None:
    """The strongest change of stance in a series ordered by day, or None when the series can do without one.

    Every day is tried as the split; the likelihood of one stance mixture before and another after is compared with that of
    one mixture throughout (a likelihood-ratio test), and the leading stances must differ.
    """
    best: Shift | None = None
    before: Counter[Stance] = Counter()
    after = Counter(side[1] for side in sides)
    whole = _likelihood(after)
    for at in range(1, len(sides) - _FEWEST_BEFORE_AND_AFTER + 1):
        before[sides[at - 1][1]] += 1
        after[sides[at - 1][1]] -= 1
        if at < _FEWEST_BEFORE_AND_AFTER or sides[at - 1][0] == sides[at][0]:
            continue
        evidence = 2 * (_likelihood(before) + _likelihood(after) - whole)
        old, new = leading(before), leading(after)
        if old is None or new is None or old is new or evidence < _LEAST_EVIDENCE or (best and evidence <= best.evidence):
            continue
        carriers = [article for _, stance, articles in sides[at:] if stance is new for article in articles]
        best = Shift(sides[at][0], old, new, at, len(sides) - at, evidence, tuple(carriers[:5]))
    return best


def _likelihood(counts: Counter[Stance]) -> float:
    total = counts.total()
    return sum(count * log(count / total) for count in counts.values() if count)
