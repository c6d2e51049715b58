"""kind: stance-shift — alert when a holder's stance toward a topic has moved.

Each independent story in which the holder takes a side counts once: for or against. The share of "for" before and within
the window has a Beta(1 + favor, 1 + against) posterior (the Beta-Binomial model with a uniform prior); the rule fires when
the probability that the share moved by at least `change` in one direction is at least `probability`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from monitor.core.alerts.firing import Evaluation, Firing, Outcome, within
from monitor.core.alerts.render import percent, plural
from monitor.core.trends.series import leading_of
from monitor.model import Hit, Stance, Statement

IS_PERIODIC = False
GRID = 400
EXAMPLE = {
    "title": "Beijing moves on the pact",
    "when": "topic:russia-dprk-pact holder:China",
    "kind": "stance-shift",
    "window": "7d",
    "baseline": "60d",
    "minimum": 4,
    "cooldown": "3d",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How long the windows are, how many stories each needs (`minimum`), how large a `change` of the share counts."""

    window: timedelta = timedelta(days=7)
    baseline: timedelta = timedelta(days=60)
    minimum: int = 4
    change: float = 0.25
    probability: float = 0.95

    def __post_init__(self) -> None:
        if not 0 <= self.change < 1 or not 0.5 < self.probability < 1:  # noqa: PLR2004
            raise ValueError("change must be in [0, 1) and probability in (0.5, 1)")
        if self.minimum < 1:
            raise ValueError("minimum must be above zero")


def reach(options: Options) -> timedelta | None:
    """The baseline and the window after it."""
    return options.baseline + options.window


def fire(evaluation: Evaluation) -> Outcome:
    """Every (holder, topic) among the fresh hits whose share of "for" has moved fires."""
    options: Options = evaluation.options
    edge = evaluation.now - options.window
    recent = within(evaluation.past, edge, evaluation.now)
    before, after = _sides(within(evaluation.past, edge - options.baseline, edge)), _sides(recent)
    firings = []
    for key in sorted({(item.holder, item.topic) for hit in evaluation.fresh for item in hit.statements}):
        old, new = before.get(key, (0, 0)), after.get(key, (0, 0))
        if min(sum(old), sum(new)) < options.minimum:
            continue
        probability = max(moved(old, new, options.change), moved(new, old, options.change))
        if probability >= options.probability:
            firings.append(_firing(key, evaluation.name(key[1]), old, new, probability, recent))
    return Outcome(tuple(firings))


def moved(before: tuple[int, int], after: tuple[int, int], change: float) -> float:
    """Probability that the share of "for" rose by at least `change`, from (favor, against) counts before and after."""
    grid = (np.arange(GRID, dtype=np.float64) + 0.5) / GRID
    old, new = _posterior(grid, *before), _posterior(grid, *after)
    above = np.cumsum(new[::-1])[::-1]
    start = np.searchsorted(grid, grid + change)
    return float(np.sum(old * np.where(start < GRID, above[np.minimum(start, GRID - 1)], 0.0)))


def _posterior(grid: NDArray[np.float64], favor: int, against: int) -> NDArray[np.float64]:
    a, b = 1 + favor, 1 + against
    log_density = (a - 1) * np.log(grid) + (b - 1) * np.log1p(-grid) + lgamma(a + b) - lgamma(a) - lgamma(b)
    density = np.exp(log_density)
    return np.asarray(density / density.sum())


def _sides(hits: Iterable[Hit]) -> dict[tuple[str, str], tuple[int, int]]:
    by_story: dict[tuple[str, str], dict[int, list[Statement]]] = defaultdict(lambda: defaultdict(list))
    for hit in hits:
        for item in hit.statements:
            if item.stance is not Stance.NEUTRAL:
                by_story[item.holder, item.topic][hit.story].append(item)
    sides = {key: Counter(map(leading_of, told.values())) for key, told in by_story.items()}
    return {key: (counted[Stance.FAVOR], counted[Stance.AGAINST]) for key, counted in sides.items()}


def _firing(
    key: tuple[str, str],
    topic_name: str,
    before: tuple[int, int],
    after: tuple[int, int],
    probability: float,
    recent: list[Hit],
) -> Firing:
    holder, topic = key
    hits = tuple(hit for hit in recent if any((item.holder, item.topic) == key for item in hit.statements))
    old, new = (side[0] / sum(side) for side in (before, after))
    why = (
        f"{holder} on {topic_name}: in favour in {before[0]} of {plural(sum(before), 'story')} before, "
        f"{after[0]} of {sum(after)} now (moved with a probability of {percent(probability)})"
    )
    facts = {"holder": holder, "before": round(old, 2), "after": round(new, 2), "probability": round(probability, 3)}
    newest = max(hit.article for hit in hits)
    return Firing(f"shift:{holder}|{topic}", hits, why, (), f"{newest}", facts)
