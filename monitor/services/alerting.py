"""Run the rules over what just arrived and plan the alerts: one evaluator for the live run and for backtests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from monitor import kinds
from monitor.core.alerts import alerting
from monitor.core.alerts.firing import Evaluation, Firing
from monitor.core.queries.query import Query, Vocabulary, parse
from monitor.model import Alert, Delivery, Hit, Reason, Rule, Rulebook, Suppression
from monitor.ports import Archive
from monitor.services.silences import in_force

STORM_WINDOW = timedelta(hours=1)
_Sending: TypeAlias = tuple[Firing, alerting.Verdict, Alert | None]
"""A firing that may be sent, its verdict, and its group's last alert."""


class View(Protocol):
    """What rules look at and what they remember, at one moment: the archive now, or as it was."""

    now: datetime

    def fresh(self, query: Query) -> list[Hit]:
        """Hits among what just arrived, oldest first."""
        ...

    def since(self, query: Query, moment: datetime) -> list[Hit]:
        """All hits published or seen after a moment."""
        ...

    def story(self, query: Query, story: int) -> tuple[list[Hit], str]:
        """The story's hits and its title."""
        ...

    def is_silenced(self, articles: Sequence[int]) -> bool:
        """Whether a silence in force answers for one of these articles."""
        ...

    def last(self, rule: str, groups: Sequence[str]) -> dict[str, Alert]:
        """The newest alert of each group."""
        ...

    def recent(self, rule: str, limit: int) -> int:
        """Alerts of the rule within the storm window, counted up to `limit`."""
        ...

    def state(self, rule: str) -> Mapping[str, Any]:
        """What the rule remembers."""
        ...


@dataclass(slots=True)
class Plan:
    """What one evaluation of rules leads to."""

    alerts: list[tuple[Alert, list[Delivery]]] = field(default_factory=list)
    suppressed: list[Suppression] = field(default_factory=list)
    states: dict[str, Mapping[str, object]] = field(default_factory=dict)


class Evaluator:
    """Evaluates a rulebook's rules; queries are parsed once."""

    def __init__(self, rulebook: Rulebook, *, storm: int) -> None:
        self._rulebook = rulebook
        self._storm = storm
        self.vocabulary = Vocabulary.of(rulebook)
        self._queries: dict[str, Query] = {}

    def query(self, text: str) -> Query:
        """The parsed query of a text that this rulebook's names may stand in."""
        if text not in self._queries:
            self._queries[text] = parse(text, self.vocabulary)
        return self._queries[text]

    def plan(self, view: View, rules: Iterable[Rule] | None = None) -> Plan:
        """The alerts that what just arrived leads to, with the reasons for those that are not sent."""
        plan = Plan()
        for rule in self._rulebook.rules.values() if rules is None else rules:
            if rule.is_enabled:
                self._evaluate(rule, view, plan)
        return plan

    def _evaluate(self, rule: Rule, view: View, plan: Plan) -> None:
        trigger = kinds.load("rule", rule.kind)
        query = self.query(rule.when)
        arrived = view.fresh(query)
        fresh = _dated(arrived)
        plan.suppressed += [alerting.backlog(rule, hit, view.now) for hit in arrived if alerting.is_undated_backlog(hit)]
        if not fresh and not trigger.IS_PERIODIC:
            return
        reach = trigger.reach(rule.options)
        past = _dated(view.since(query, view.now - reach)) if reach is not None else fresh
        state = view.state(rule.id)
        outcome = trigger.fire(Evaluation(rule, rule.options, fresh, past, state, view.now, self._rulebook.topics))
        if outcome.state is not None and dict(outcome.state) != dict(state):
            plan.states[rule.id] = outcome.state
        if outcome.firings:
            self._judge(rule, outcome.firings, view, plan)

    def _judge(self, rule: Rule, firings: Sequence[Firing], view: View, plan: Plan) -> None:
        last = view.last(rule.id, [firing.group for firing in firings])
        sending: list[_Sending] = []
        for firing in firings:
            before = last.get(firing.group)
            is_silenced = bool(firing.hits) and view.is_silenced([hit.article for hit in firing.hits])
            verdict = alerting.decide(rule, firing, before, is_silenced=is_silenced, now=view.now)
            if verdict.reason is Reason.SEND:
                sending.append((firing, verdict, before))
            else:
                plan.suppressed.append(alerting.suppression(rule, firing, verdict, view.now))
        if sending:
            self._send(rule, sending, view, plan)

    def _send(self, rule: Rule, sending: Sequence[_Sending], view: View, plan: Plan) -> None:
        if view.recent(rule.id, self._storm + 1) + len(sending) > self._storm:
            firings = [firing for firing, _, _ in sending]
            alerts = [alerting.storm_alert(rule, firings, view.now)]
            verdict = alerting.Verdict(Reason.STORM, f"more than {self._storm} alerts within an hour")
            plan.suppressed += [alerting.suppression(rule, firing, verdict, view.now) for firing in firings]
        else:
            alerts = [self._alert(rule, *one, view) for one in sending]
        receivers = [self._rulebook.receivers[name] for name in rule.notify]
        for alert in alerts:
            planned = alerting.deliveries(alert, rule, receivers, view.now)
            plan.alerts.append((alert, planned))
            plan.suppressed += alerting.holding(alert, rule, planned, view.now)

    def _alert(self, rule: Rule, firing: Firing, verdict: alerting.Verdict, before: Alert | None, view: View) -> Alert:
        whole, title = self._with_story(firing, self.query(rule.when), view)
        alert = alerting.alert_of(rule, whole, verdict, before, view.now)
        return replace(alert, title=title or alert.title)

    def _with_story(self, firing: Firing, query: Query, view: View) -> tuple[Firing, str]:
        """The firing with every article of its story that answers too, so that an alert names all outlets; the story's title."""
        if not firing.group.startswith("story:"):
            return firing, ""
        hits, title = view.story(query, firing.hits[-1].story)
        fresh = {hit.article for hit in firing.hits}
        earlier = [hit for hit in hits if hit.article not in fresh]
        return replace(firing, hits=(*earlier, *firing.hits)), title


def _dated(hits: Sequence[Hit]) -> list[Hit]:
    # Hardly a hit is of a backlog; a call for each would be much of a long backtest.
    return [hit for hit in hits if not hit.is_backfill or not alerting.is_undated_backlog(hit)]


class ArchiveView:
    """The archive as it is now, with the articles (ids) that were just analysed."""

    def __init__(self, archive: Archive, articles: Sequence[int], now: datetime, evaluator: Evaluator) -> None:
        self.now = now
        self._archive, self._articles = archive, articles
        self._silences = in_force(archive, evaluator.vocabulary, now)

    def fresh(self, query: Query) -> list[Hit]:
        return self._archive.search.hits(query, now=self.now, within=self._articles) if self._articles else []

    def since(self, query: Query, moment: datetime) -> list[Hit]:
        return self._archive.search.hits(query, now=self.now, since=moment)

    def story(self, query: Query, story: int) -> tuple[list[Hit], str]:
        found = self._archive.stories.get([story])[0]
        return self._archive.search.hits(query, now=self.now, within=found.articles), found.title

    def is_silenced(self, articles: Sequence[int]) -> bool:
        return any(self._archive.search.hits(query, now=self.now, within=articles) for query in self._silences)

    def last(self, rule: str, groups: Sequence[str]) -> dict[str, Alert]:
        return self._archive.alerts.last(rule, groups)

    def recent(self, rule: str, limit: int) -> int:
        return len(self._archive.alerts.recent(self.now - STORM_WINDOW, rule=rule, limit=limit))

    def state(self, rule: str) -> Mapping[str, Any]:
        return self._archive.states.load(rule)
