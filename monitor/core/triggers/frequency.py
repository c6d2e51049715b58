"""kind: frequency — alert when a query is answered by at least `threshold` stories within `window`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from monitor.core.alerts.firing import Evaluation, Firing, Outcome, grouped, stories, within
from monitor.core.alerts.render import plural
from monitor.model import Hit

IS_PERIODIC = False
EXAMPLE = {
    "title": "The pact is everywhere",
    "when": "topic:russia-dprk-pact",
    "kind": "frequency",
    "threshold": 5,
    "window": "24h",
    "cooldown": "12h",
}


@dataclass(frozen=True, slots=True)
class Options:
    """At least `threshold` stories (of each holder or source when grouped by one) published within `window`."""

    threshold: int
    window: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise ValueError("threshold must be at least 1")


def reach(options: Options) -> timedelta | None:
    """One window back."""
    return options.window


def fire(evaluation: Evaluation) -> Outcome:
    """Groups with a fresh hit whose window holds enough stories; grouped by story means all stories together."""
    options: Options = evaluation.options
    group_by = evaluation.rule.group_by
    recent = within(evaluation.past, evaluation.now - options.window, evaluation.now)
    counted = {"all": recent} if group_by == "story" else grouped(recent, group_by)
    fresh = {"all"} if group_by == "story" and evaluation.fresh else set(grouped(evaluation.fresh, group_by))
    return Outcome(
        tuple(
            _firing(name, hits, options) for name, hits in counted.items() if name in fresh and stories(hits) >= options.threshold
        )
    )


def _firing(group: str, hits: list[Hit], options: Options) -> Firing:
    count = stories(hits)
    hours = options.window.total_seconds() / 3600
    newest = max(hit.article for hit in hits)
    facts = {"stories": count, "threshold": options.threshold, "window hours": hours}
    return Firing(
        group, tuple(hits), f"{plural(count, 'story')} within {hours:g} h (threshold {options.threshold})", (), f"{newest}", facts
    )
