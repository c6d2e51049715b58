"""kind: match — alert when an article that answers the query arrives; the default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from monitor.core.alerts.firing import Evaluation, Firing, Outcome, claims, grouped
from monitor.model import Hit

IS_PERIODIC = False
EXAMPLE = {
    "title": "Pyongyang condemns the drills",
    "when": 'topic:freedom-edge holder:"North Korea" stance:against',
    "cooldown": "6h",
}


@dataclass(frozen=True, slots=True)
class Options:
    """A match needs nothing beyond the common keys."""


def reach(options: Options) -> timedelta | None:  # noqa: ARG001
    """Fresh hits are enough."""
    return None


def fire(evaluation: Evaluation) -> Outcome:
    """Every group with a fresh hit fires, and says again only what is new in it."""
    groups = grouped(evaluation.fresh, evaluation.rule.group_by)
    return Outcome(tuple(_firing(name, hits) for name, hits in groups.items()))


def _firing(group: str, hits: list[Hit]) -> Firing:
    said = [f"{item.holder} {item.stance} {item.topic} {item.confidence:.2f}" for hit in hits for item in hit.statements]
    why = "; ".join(dict.fromkeys(said)) or "the article answers the query"
    return Firing(group, tuple(hits), why, claims(group, hits))
