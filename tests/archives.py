"""Archives of every kind for tests: `KINDS` names them, `opened` gives an empty one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor import kinds
from monitor.ports import Archive
from tests.postgres import empty_database

MEMORY = "sqlite-memory"
KINDS = [*kinds.names("archive"), MEMORY]


@contextmanager
def opened(name: str, root: Path) -> Iterator[Archive]:
    """An empty archive of a kind; one in a file has it in the directory `root`."""
    kind = name.removesuffix("-memory")
    if kind == "postgres":
        with empty_database() as url, _built(kind, url=url, connections=4) as archive:
            yield archive
        return
    with _built(kind, path=":memory:" if name == MEMORY else str(root / "monitor.db")) as archive:
        yield archive


@contextmanager
def _built(kind: str, **values: object) -> Iterator[Archive]:
    module = kinds.load("archive", kind)
    archive = module.build(module.Config(**values))
    try:
        yield archive
    finally:
        archive.close()
