"""kind: silence — alert when expected coverage is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.alerts.firing import Evaluation, Firing, Outcome, stories, within
from monitor.core.alerts.render import plural

IS_PERIODIC = True
EXAMPLE = {
    "title": "KCNA has gone quiet",
    "when": 'holder:"North Korea"',
    "kind": "silence",
    "window": "3d",
    "minimum": 1,
}


@dataclass(frozen=True, slots=True)
class Options:
    """Fewer than `minimum` stories published within `window`."""

    window: timedelta = timedelta(days=1)
    minimum: int = 1

    def __post_init__(self) -> None:
        if self.minimum < 1 or self.window <= timedelta(0):
            raise ValueError("minimum and window must be above zero")


def reach(options: Options) -> timedelta | None:
    """One window back."""
    return options.window


def fire(evaluation: Evaluation) -> Outcome:
    """Fire once when the window runs dry, and again only after coverage has come back.

    The window starts no earlier than the rule's first evaluation: a new rule does not complain of the time before it.
    """
    options: Options = evaluation.options
    state = dict(evaluation.state)
    since = datetime.fromisoformat(state.setdefault("since", evaluation.now.isoformat()))
    found = within(evaluation.past, evaluation.now - options.window, evaluation.now)
    if stories(found) >= options.minimum:
        return Outcome((), {**state, "is_silent": False})
    if state.get("is_silent") or evaluation.now - since < options.window:
        return Outcome((), state)
    hours = options.window.total_seconds() / 3600
    why = f"{plural(stories(found), 'story')} within {hours:g} h; expected at least {options.minimum}"
    facts = {"stories": stories(found), "minimum": options.minimum, "window hours": hours}
    firing = Firing("all", tuple(found), why, (), evaluation.now.isoformat(), facts)
    return Outcome((firing,), {**state, "is_silent": True})
