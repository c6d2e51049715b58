"""Run the rules over what just arrived and plan the alerts: one evaluator for the live run and for backtests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor import kinds
from monitor.core import alerting
from monitor.core.firing import Evaluation, Firing
from monitor.core.query import Query, Vocabulary, parse
from monitor.model import Alert, Delivery, Reason, Rule, Rulebook, Suppression
from monitor.ports import Archive

STORM_WINDOW = timedelta(hours=1)


@dataclass(slots=True)
class Plan:
    """What one evaluation of rules leads to."""

    alerts: list[tuple[Alert, list[Delivery]]] = field(default_factory=list)
    suppressed: list[Suppression] = field(default_factory=list)
    states: dict[str, Mapping[str, object]] = field(default_factory=dict)


class Evaluator:
    """Evaluates a rulebook's rules on an archive; queries are parsed once."""

    def __init__(self, rulebook: Rulebook, archive: Archive, *, storm: int) -> None:
        self._rulebook = rulebook
        self._archive = archive
        self._storm = storm
        self._vocabulary = Vocabulary.of(rulebook)
        self._queries: dict[str, Query] = {}

    def plan(self, articles: Sequence[int], now: datetime, rules: Iterable[Rule] | None = None) -> Plan:
        """The alerts that these articles (ids, just analysed) lead to, with the reasons for those that are not sent."""
        plan = Plan()
        chosen = self._rulebook.rules.values() if rules is None else rules
        silences = [self._query(silence.query) for silence in self._archive.alerts.silences(now)]
        for rule in chosen:
            if rule.is_enabled:
                self._evaluate(rule, articles, silences, now, plan)
        return plan

    def _query(self, text: str) -> Query:
        if text not in self._queries:
            self._queries[text] = parse(text, self._vocabulary)
        return self._queries[text]

    def _evaluate(self, rule: Rule, articles: Sequence[int], silences: Sequence[Query], now: datetime, plan: Plan) -> None:
        trigger = kinds.load("rule", rule.kind)
        query = self._query(rule.when)
        search = self._archive.search
        fresh = search.hits(query, now=now, within=articles) if articles else []
        if not fresh and not trigger.IS_PERIODIC:
            return
        reach = trigger.reach(rule.options)
        past = search.hits(query, now=now, since=now - reach) if reach is not None else fresh
        state = self._archive.states.load(rule.id)
        outcome = trigger.fire(Evaluation(rule, rule.options, fresh, past, state, now))
        if outcome.state is not None and dict(outcome.state) != state:
            plan.states[rule.id] = outcome.state
        self._judge(rule, query, outcome.firings, silences, now, plan)

    def _judge(
        self, rule: Rule, query: Query, firings: Sequence[Firing], silences: Sequence[Query], now: datetime, plan: Plan
    ) -> None:
        if not firings:
            return
        last = self._archive.alerts.last(rule.id, [firing.group for firing in firings])
        sending: list[tuple[Firing, Alert]] = []
        for firing in firings:
            before = last.get(firing.group)
            verdict = alerting.decide(rule, firing, before, is_silenced=self._is_silenced(firing, silences, now), now=now)
            if verdict.reason is Reason.SEND:
                whole, title = self._with_story(firing, query, now)
                alert = alerting.alert_of(rule, whole, verdict, before, now)
                sending.append((whole, replace(alert, title=title or alert.title)))
            else:
                plan.suppressed.append(alerting.suppression(rule, firing, verdict, now))
        self._send(rule, sending, now, plan)

    def _send(self, rule: Rule, sending: Sequence[tuple[Firing, Alert]], now: datetime, plan: Plan) -> None:
        if not sending:
            return
        recent = len(self._archive.alerts.recent(now - STORM_WINDOW, rule=rule.id, limit=self._storm + 1))
        alerts = [alert for _, alert in sending]
        if recent + len(alerts) > self._storm:
            alerts = [alerting.storm_alert(rule, [firing for firing, _ in sending], now)]
            verdict = alerting.Verdict(Reason.STORM, f"more than {self._storm} alerts within an hour")
            plan.suppressed += [alerting.suppression(rule, firing, verdict, now) for firing, _ in sending]
        receivers = [self._rulebook.receivers[name] for name in rule.notify]
        plan.alerts += [(alert, alerting.deliveries(alert, rule, receivers, now)) for alert in alerts]

    def _is_silenced(self, firing: Firing, silences: Sequence[Query], now: datetime) -> bool:
        within = [hit.article for hit in firing.hits]
        return bool(within) and any(self._archive.search.hits(query, now=now, within=within) for query in silences)

    def _with_story(self, firing: Firing, query: Query, now: datetime) -> tuple[Firing, str]:
        """The firing with every article of its story that answers too, so that an alert names all outlets; the story's title."""
        if not firing.group.startswith("story:"):
            return firing, ""
        story = self._archive.stories.get([firing.hits[-1].story])[0]
        hits = self._archive.search.hits(query, now=now, within=story.articles)
        fresh = {hit.article for hit in firing.hits}
        earlier = [hit for hit in hits if hit.article not in fresh]
        return replace(firing, hits=(*earlier, *firing.hits)), story.title
