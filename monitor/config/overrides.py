"""Which flag or environment variable said a setting, so that a mistake is told where it was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from monitor.config.documents import Document, KeyPath
from monitor.errors import Problem


@dataclass(frozen=True)
class Overridden(Document):
    """A document that flags and variables override in part; `names` maps the path of each value they gave to the one that did."""

    names: Mapping[KeyPath, str]

    @classmethod
    def of(cls, document: Document, overrides: Iterable[tuple[str, KeyPath, Any]]) -> Self:
        """The document under (name, path, value) of what overrides it, later ones over earlier ones."""
        names = {path: name for name, at, value in overrides for path in _values(value, at)}
        return cls(document.path, document.data, document.places, document.keys, document.text, names)

    def problem(self, message: str, at: KeyPath = (), *, hint: str = "", on_key: bool = False) -> Problem:
        """A Problem that names who gave the value at `at`; where parts of it were given, the document with them as a hint."""
        above = (self.names.get(at[:length]) for length in range(len(at), 0, -1))
        name = next((name for name in above if name), "")
        parts = ", ".join(dict.fromkeys(given for path, given in self.names.items() if path[: len(at)] == at))
        if name or (parts and at not in self.places):
            return Problem(message, name or parts, hint=hint)
        mixed = f"parts of it are set by {parts}" if parts else ""
        return super().problem(message, at, hint="; ".join(filter(None, (hint, mixed))), on_key=on_key)


def _values(value: Any, at: KeyPath) -> Iterator[KeyPath]:
    """The paths of the single values in one that may hold several."""
    if not (isinstance(value, Mapping) and value):
        yield at
        return
    for key, inner in value.items():
        yield from _values(inner, (*at, str(key)))
