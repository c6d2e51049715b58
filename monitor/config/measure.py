"""How deep and how large a YAML text is with every alias written out, known before anything is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, MappingStartEvent, ScalarEvent

MAX_DEPTH = 30
MAX_VALUES = 200_000
MAX_ALIASES = 1_000


@dataclass(slots=True)
class _Collection:
    """An open list or mapping: how many keys and values stand in it, how many nodes below it, how many levels deep."""

    anchor: str | None
    is_mapping: bool
    entries: int = 0
    nodes: int = 1
    levels: int = 1

    @property
    def values(self) -> int:
        """The values in it, itself included; keys are none."""
        return self.nodes - (self.entries // 2 if self.is_mapping else 0)


@dataclass(slots=True)
class Measure:
    """Follows a text event by event, in time that grows with the text and not with what it stands for."""

    open: list[_Collection] = field(default_factory=list)
    anchors: dict[str | None, tuple[int, int]] = field(default_factory=dict)
    """(values, levels) of the collections that an alias may name."""
    aliases: int = 0
    values: int = 0
    levels: int = 0

    def take(self, event: Any) -> None:
        """Follow one event of ruamel's parser."""
        if isinstance(event, CollectionStartEvent):
            self.open.append(_Collection(event.anchor, isinstance(event, MappingStartEvent)))
        elif isinstance(event, CollectionEndEvent):
            closed = self.open.pop()
            self.anchors[closed.anchor] = (closed.values, closed.levels)
            self._add(closed.values, closed.levels)
        elif isinstance(event, AliasEvent):
            self.aliases += 1
            self._add(*self.anchors.get(event.anchor, (1, 0)))
        elif isinstance(event, ScalarEvent):
            self._add(1, 0)
        if self.open:
            self.levels = max(self.levels, len(self.open) - 1 + self.open[-1].levels)

    def complaint(self) -> tuple[str, str] | None:
        """(what is wrong, what to do) with what was followed so far."""
        if self.levels > MAX_DEPTH:
            return f"is nested deeper than {MAX_DEPTH} levels", ""
        if self.values > MAX_VALUES:
            return f"expands to more than {MAX_VALUES:,} values", "remove aliases"
        return (f"uses more than {MAX_ALIASES:,} aliases", "") if self.aliases > MAX_ALIASES else None

    def _add(self, values: int, levels: int) -> None:
        if self.open:
            around = self.open[-1]
            around.entries += 1
            around.nodes += values
            around.levels = max(around.levels, levels + 1)
            self.values = max(self.values, around.values)
