"""kind: spike — alert when a query is answered far more often than it usually is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from monitor.core.alerts.firing import Evaluation, Firing, Outcome, stories, within
from monitor.core.alerts.render import plural

IS_PERIODIC = False
EXAMPLE = {
    "title": "Freedom Edge surges",
    "when": "topic:freedom-edge",
    "kind": "spike",
    "window": "6h",
    "baseline": "14d",
    "ratio": 3,
    "minimum": 5,
    "cooldown": "12h",
}


@dataclass(frozen=True, slots=True)
class Options:
    """Stories in the last `window` at least `ratio` times the mean of the windows in `baseline` before, and `minimum`."""

    window: timedelta = timedelta(hours=6)
    baseline: timedelta = timedelta(days=14)
    ratio: float = 3.0
    minimum: int = 5

    def __post_init__(self) -> None:
        if self.window <= timedelta(0) or self.baseline < 2 * self.window:
            raise ValueError("baseline must be at least two windows long")
        if not self.ratio > 1 or self.minimum < 1:
            raise ValueError("ratio must be above 1 and minimum above zero")


def reach(options: Options) -> timedelta | None:
    """The baseline and the window after it."""
    return options.baseline + options.window


def fire(evaluation: Evaluation) -> Outcome:
    """Compare the last window's stories with the mean of the windows before it."""
    if not evaluation.fresh:
        return Outcome()
    options: Options = evaluation.options
    edge = evaluation.now - options.window
    recent = within(evaluation.past, edge, evaluation.now)
    before = within(evaluation.past, edge - options.baseline, edge)
    count = stories(recent)
    usual = stories(before) * (options.window / options.baseline)
    if count < options.minimum or count < options.ratio * usual:
        return Outcome()
    hours = options.window.total_seconds() / 3600
    why = f"{plural(count, 'story')} within {hours:g} h; usual are {usual:.1f}"
    facts = {"stories": count, "usual": round(usual, 2), "ratio": options.ratio, "minimum": options.minimum}
    newest = max(hit.article for hit in recent)
    return Outcome((Firing("all", tuple(recent), why, (), f"{newest}", facts),))
