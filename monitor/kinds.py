"""Kind name to module: the module's name is the kind, and YAML can name only the modules listed here, never a path."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType

FAMILIES = {
    "fetcher": "monitor.fetchers",
    "scorer": "monitor.scorers",
    "archive": "monitor.archives",
    "channel": "monitor.channels",
    "queue": "monitor.queues",
    "rule": "monitor.core.triggers",
}


@cache
def names(family: str) -> tuple[str, ...]:
    """The kinds of a family, sorted; modules whose name starts with an underscore are shared parts, not kinds."""
    package = import_module(FAMILIES[family])
    found = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))


def load(family: str, kind: str) -> ModuleType:
    """The module of a kind.

    Raises:
        KeyError: no such kind in the family.
    """
    if kind not in names(family):
        raise KeyError(kind)
    return import_module(f"{FAMILIES[family]}.{kind.replace('-', '_')}")
