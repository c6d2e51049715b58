"""kind: first — alert when a holder or a source is seen under the query for the first time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from monitor.core.alerts.firing import NOBODY, Evaluation, Firing, Outcome, group_names, grouped
from monitor.model import Hit

IS_PERIODIC = False
KINDS = ("holder", "source", "story")
EXAMPLE = {
    "title": "A new voice on the pact",
    "when": "topic:russia-dprk-pact -stance:neutral",
    "kind": "first",
    "of": "holder",
}


@dataclass(frozen=True, slots=True)
class Options:
    """`of` says what must be new: holder, source or story. What was seen within `memory` before is not new."""

    of: str = "holder"
    memory: timedelta = timedelta(days=365)

    def __post_init__(self) -> None:
        if self.of not in KINDS:
            raise ValueError(f"of must be one of {', '.join(KINDS)}")


def reach(options: Options) -> timedelta | None:
    """As long as the rule remembers."""
    return options.memory


def fire(evaluation: Evaluation) -> Outcome:
    """A name among the fresh hits that no earlier hit carries fires once."""
    options: Options = evaluation.options
    fresh_ids = {hit.article for hit in evaluation.fresh}
    new = {name: hits for name, hits in grouped(evaluation.fresh, options.of).items() if name != NOBODY}
    # Newest first: most names were carried a short while ago, and the rest of a year need not be looked through.
    for hit in reversed(evaluation.past):
        if not new:
            break
        if hit.article not in fresh_ids:
            for name in group_names(hit, options.of):
                new.pop(name, None)
    return Outcome(tuple(_firing(name, hits) for name, hits in new.items()))


def _firing(name: str, hits: list[Hit]) -> Firing:
    what, _, value = name.partition(":")
    return Firing(name, tuple(hits), f"first {what} under this rule: {value}", ("first",), "", {what: value})
