"""What a rule kind is given and what it gives back; grouping of hits, shared by all kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from monitor.model import Hit, Rule, Topic

NOBODY = "holder:-"
"""The group of hits in which no holder's statement answered."""


@dataclass(frozen=True, slots=True)
class Firing:
    """A group for which a rule's condition holds.

    `novelty` names what is said, one key per claim; a group alerts again only when a key is new.
    `occasion` tells repeated firings of counting rules apart, where the same claim may well be worth saying again.
    """

    group: str
    hits: tuple[Hit, ...]
    why: str
    novelty: tuple[str, ...] = ()
    occasion: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one evaluation of a rule looks at.

    `fresh` are the hits among what just arrived, oldest first; `past` all hits of the kind's `reach`, `fresh` included;
    `state` is what the rule remembered, {} at first.
    """

    rule: Rule
    options: Any
    fresh: Sequence[Hit]
    past: Sequence[Hit]
    state: Mapping[str, Any]
    now: datetime
    topics: Mapping[str, Topic] = field(default_factory=dict)

    def name(self, topic: str) -> str:
        """A topic as people call it; one that the rulebook has lost goes by its id."""
        return self.topics[topic].name if topic in self.topics else topic


@dataclass(frozen=True, slots=True)
class Outcome:
    """The groups that fired and what to remember (None keeps the old state)."""

    firings: tuple[Firing, ...] = ()
    state: Mapping[str, Any] | None = field(default=None)


def group_names(hit: Hit, group_by: str) -> list[str]:
    """The groups a hit belongs to: its story, its source, or each holder whose statement answered."""
    if group_by == "story":
        return [f"story:{hit.story}"]
    if group_by == "source":
        return [f"source:{hit.source}"]
    return list(dict.fromkeys(f"holder:{statement.holder}" for statement in hit.statements)) or [NOBODY]


def grouped(hits: Iterable[Hit], group_by: str) -> dict[str, list[Hit]]:
    """Hits by group, groups in order of their first hit; a holder's group holds that holder's statements only."""
    groups: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        for name in group_names(hit, group_by):
            groups[name].append(_narrowed(hit, name))
    return dict(groups)


def _narrowed(hit: Hit, group: str) -> Hit:
    kind, _, name = group.partition(":")
    if kind != "holder":
        return hit
    return replace(hit, statements=tuple(statement for statement in hit.statements if statement.holder == name))


def claims(group: str, hits: Iterable[Hit]) -> tuple[str, ...]:
    """What these hits say in their group, one sorted key per (topic, holder, stance); "match" when they speak of no stance.

    A story is said once, and so is a holder's stance; an outlet goes on telling stories, so its keys name the story.
    """
    is_once = group.startswith("story:") or (group.startswith("holder:") and group != NOBODY)
    said: set[str] = set()
    for hit in hits:
        keys = [f"{item.topic}|{item.holder}|{item.stance}" for item in hit.statements]
        said.update(keys if is_once else (f"{key}|story:{hit.story}" for key in keys or ["match"]))
    return tuple(sorted(said)) or ("match",)


def stories(hits: Iterable[Hit]) -> int:
    """How many different stories the hits tell."""
    return len({hit.story for hit in hits})


def within(hits: Iterable[Hit], since: datetime, until: datetime) -> list[Hit]:
    """Hits published after `since` and not after `until`."""
    return [hit for hit in hits if since < hit.published <= until]
