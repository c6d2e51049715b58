"""What a rule would have done: the live evaluator replayed over the archive, batch by batch, with the clock of then."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import accumulate, groupby
from typing import Any

from monitor import kinds
from monitor.core.queries.query import Query
from monitor.model import Alert, Hit, Rule, Rulebook, Silence, Suppression
from monitor.ports import Archive
from monitor.services.alerting import STORM_WINDOW, Evaluator
from monitor.services.silences import read

TICK = timedelta(hours=1)
"""How often rules are evaluated that watch for silence or wait for their hour."""
EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a rule would have done since a moment."""

    rule: str
    since: datetime
    until: datetime
    alerts: tuple[Alert, ...]
    suppressed: tuple[Suppression, ...]
    per_day: Mapping[date, int]

    @property
    def busiest(self) -> tuple[date, int] | None:
        """The day with most alerts, the first of several."""
        return max(self.per_day.items(), key=lambda item: item[1], default=None)

    @property
    def reasons(self) -> dict[str, int]:
        """How many alerts were suppressed, by reason."""
        return dict(Counter(str(one.reason) for one in self.suppressed).most_common())

    @property
    def examples(self) -> list[Alert]:
        """The ten alerts whose strongest statement is surest."""
        return sorted(self.alerts, key=lambda alert: -max((one.confidence for one in alert.statements), default=0.0))[:EXAMPLES]


Find = Callable[[Query, datetime, datetime], list[Hit]]
"""(query, since, now) -> the articles it finds, in any order."""


def backtest(
    archive: Archive, rulebook: Rulebook, rule: Rule, *, since: datetime, now: datetime, storm: int, find: Find | None = None
) -> Backtest:
    """Replay a rule from `since` to `now`: each batch of articles as it was analysed, judged by what was known then.

    Nothing is stored. Articles that are stored without the time of their analysis are replayed at the time they were seen.
    `find` looks for them in another way than this process alone: finding takes the time, judging is quick.
    """
    evaluator = Evaluator(rulebook, storm=storm)
    enabled = replace(rule, is_enabled=True)
    query = evaluator.query(rule.when)
    reach = kinds.load("rule", rule.kind).reach(rule.options) or timedelta(0)
    found = find(query, since - reach, now) if find else archive.search.hits(query, now=now, since=since - reach)
    view = _Replay(archive, evaluator, enabled, since, now, found)
    alerts: list[Alert] = []
    suppressed: list[Suppression] = []
    for _ in view.moments():
        plan = evaluator.plan(view, [enabled])
        view.remember(plan.states.get(rule.id), [alert for alert, _ in plan.alerts])
        alerts += [alert for alert, _ in plan.alerts if view.is_new(alert)]
        suppressed += plan.suppressed
    days = Counter(alert.created.date() for alert in alerts)
    return Backtest(rule.id, since, now, tuple(alerts), tuple(suppressed), dict(sorted(days.items())))


def moment_of(hit: Hit) -> datetime:
    """When a hit came to the rules."""
    return hit.analysed or hit.seen


@dataclass
class _Replay:
    """The archive as the rule saw it, moving from batch to batch; answers the evaluator's View for one rule's query."""

    archive: Archive
    evaluator: Evaluator
    rule: Rule
    start: datetime
    until: datetime
    found: Sequence[Hit]
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.start
        self._trigger = kinds.load("rule", self.rule.kind)
        self._hits = sorted(self.found, key=lambda hit: (moment_of(hit), hit.article))
        self._moments = [moment_of(hit) for hit in self._hits]
        # From each hit on, the moment after which all were published or seen: it only grows, so that it can be searched.
        latest = [max(hit.published, hit.seen) for hit in self._hits]
        self._all_after = list(accumulate(reversed(latest), min))[::-1]
        self._fresh: list[Hit] = []
        self._state: Mapping[str, Any] = {}
        self._last: dict[str, Alert] = {}
        self._times: list[datetime] = []
        self._known: set[str] = set()
        self._new: set[str] = set()
        self._silences = [(one, self._silenced_by(one)) for one in self.archive.silences.list(self.start)]
        self._titles: dict[int, str] = {}
        self._stories: dict[int, list[Hit]] = defaultdict(list)
        for hit in self._hits:
            if moment_of(hit) <= self.start:
                self._stories[hit.story].append(hit)

    def moments(self) -> Iterator[datetime]:
        """Every batch with hits, and for periodic rules every hour between, in order."""
        batches = {moment: list(group) for moment, group in groupby(self._hits, key=moment_of) if moment > self.start}
        times = set(batches)
        if self._trigger.IS_PERIODIC:
            steps = int((self.until - self.start) / TICK)
            times |= {self.start + TICK * step for step in range(steps + 1)}
        for moment in sorted(times):
            self.now, self._fresh = moment, batches.get(moment, [])
            for hit in self._fresh:
                self._stories[hit.story].append(hit)
            yield moment

    def remember(self, state: Mapping[str, Any] | None, alerts: Sequence[Alert]) -> None:
        """Take over what the evaluation leaves behind."""
        self._state = self._state if state is None else state
        self._new = {alert.id for alert in alerts} - self._known
        for alert in alerts:
            if alert.id in self._new:
                self._last[alert.group] = alert
                self._times.append(alert.created)
        self._known |= self._new

    def is_new(self, alert: Alert) -> bool:
        """Whether the last evaluation planned this alert for the first time."""
        return alert.id in self._new

    def fresh(self, query: Query) -> list[Hit]:  # noqa: ARG002 - one rule, one query
        return self._fresh

    def since(self, query: Query, moment: datetime) -> list[Hit]:  # noqa: ARG002
        # A hit is analysed after it was published and seen: what was analysed before `moment` cannot belong here.
        first, end = bisect_right(self._moments, moment), bisect_right(self._moments, self.now)
        certain = min(end, max(first, bisect_right(self._all_after, moment)))
        return [hit for hit in self._hits[first:certain] if max(hit.published, hit.seen) > moment] + self._hits[certain:end]

    def story(self, query: Query, story: int) -> tuple[list[Hit], str]:  # noqa: ARG002
        if story not in self._titles:
            found = self.archive.stories.get([story])
            self._titles[story] = found[0].title if found else ""
        return self._stories.get(story, []), self._titles[story]

    def is_silenced(self, articles: Sequence[int]) -> bool:
        wanted = set(articles)
        return any(one.created <= self.now < one.until and wanted & found for one, found in self._silences)

    def last(self, rule: str, groups: Sequence[str]) -> dict[str, Alert]:  # noqa: ARG002
        return {group: self._last[group] for group in groups if group in self._last}

    def recent(self, rule: str, limit: int) -> int:  # noqa: ARG002
        return min(limit, sum(moment > self.now - STORM_WINDOW for moment in self._times[-limit:]))

    def state(self, rule: str) -> Mapping[str, Any]:  # noqa: ARG002
        return self._state

    def _silenced_by(self, silence: Silence) -> set[int]:
        query, within = read(silence, self.evaluator.vocabulary), [hit.article for hit in self._hits]
        if query is None or not within:
            return set()
        return {hit.article for hit in self.archive.search.hits(query, now=self.until, within=within)}
