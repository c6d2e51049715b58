"""kind: match — alert when an article that answers the query arrives; the default."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from monitor.core.alerts.firing import Evaluation, Firing, Outcome, claims, grouped
from monitor.core.alerts.render import WORDS, percent
from monitor.model import OUTLET, Hit, Stance

IS_PERIODIC = False
OUTLET_WORDS = "the outlet itself"
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
    return Outcome(tuple(_firing(name, hits, evaluation) for name, hits in groups.items()))


def _firing(group: str, hits: list[Hit], evaluation: Evaluation) -> Firing:
    return Firing(group, tuple(hits), _why(hits, evaluation) or "the article answers the query", claims(group, hits))


def _why(hits: list[Hit], evaluation: Evaluation) -> str:
    """Each side that was found, once: in how many articles, and how sure."""
    found: dict[tuple[str, Stance, str], list[float]] = defaultdict(list)
    for hit in hits:
        for one in hit.statements:
            found[OUTLET_WORDS if one.holder == OUTLET else one.holder, one.stance, one.topic].append(one.confidence)
    return "; ".join(
        f"{holder} {WORDS[stance]} {evaluation.name(topic)}{_in(len(sure))}, {_between(sure)}"
        for (holder, stance, topic), sure in found.items()
    )


def _in(articles: int) -> str:
    return f" in {articles} articles" if articles > 1 else ""


def _between(sure: list[float]) -> str:
    least, most = percent(min(sure)), percent(max(sure))
    return most if least == most else f"{least.removesuffix('%')} to {most}"
