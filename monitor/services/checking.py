"""Is the configuration right, and would it run: the checks behind `monitor check` and `monitor doctor`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from monitor.config.settings import Settings
from monitor.errors import ConfigError, MonitorError, Problem
from monitor.model import Feed, Rulebook
from monitor.ports import Archive, Scorer

LOW_DISK_BYTES = 500_000_000
MEND_LINES = "mend the lines named; `monitor check` lists all"
MEND_ARCHIVE = "name another with --archive, or restore a backup (docs/operating.md)"
MEND_DAMAGE = "stop the service and restore a backup (docs/archive.md); an index alone is mended by `monitor vacuum`"
MEND_RECEIVERS = "set the variable named, or mend the receiver in rules/"
MEND_MODEL = "reinstall the package, or `git checkout monitor/scorers/weights`"


class Checked(Protocol):
    """What is looked at: an App."""

    settings: Settings

    @property
    def feeds(self) -> tuple[Feed, ...]: ...
    @property
    def rulebook(self) -> Rulebook: ...
    @property
    def rulebook_alone(self) -> Rulebook: ...
    @property
    def archive(self) -> Archive: ...
    @property
    def scorer(self) -> Scorer: ...
    @property
    def channels(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: is it well, what was seen, how to mend it."""

    name: str
    is_well: bool
    seen: str
    remedy: str = ""


def check_configuration(app: Checked) -> dict[str, int]:
    """How many feeds, topics, actors, rules and receivers there are.

    Raises:
        ConfigError: with every mistake of feeds and rules together.
    """
    problems = _mistakes(lambda: app.feeds)
    if problems:
        raise ConfigError(problems + _mistakes(lambda: app.rulebook_alone))
    book = app.rulebook
    return {
        "feeds": len(app.feeds),
        "topics": len(book.topics),
        "actors": len(book.actors),
        "rules": len(book.rules),
        "receivers": len(book.receivers),
    }


def _mistakes(read: Callable[[], object]) -> list[Problem]:
    try:
        read()
    except ConfigError as error:
        return list(error.problems)
    return []


def examine(app: Checked) -> Iterator[Finding]:
    """Everything a newcomer gets wrong, one finding each, cheap ones first."""
    yield _finding("feeds", lambda: f"{len(app.feeds)} feeds in {app.settings.feeds}", MEND_LINES)
    yield _finding("rules", lambda: _rules_seen(app), MEND_LINES)
    directory = Path(app.settings.archive).parent if "://" not in app.settings.archive else Path()
    yield _writable(directory)
    yield _disk(directory)
    yield _finding("archive", lambda: _archive_seen(app.archive), MEND_ARCHIVE)
    yield _finding("integrity", lambda: _integrity_seen(app.archive), MEND_DAMAGE)
    yield _finding("receivers", lambda: _receivers_seen(app), MEND_RECEIVERS)
    yield _finding("model", lambda: _model_seen(app.scorer), MEND_MODEL)


def _finding(name: str, look: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(name, is_well=True, seen=look())
    except MonitorError as error:
        return Finding(name, is_well=False, seen=str(error), remedy=remedy)


def _rules_seen(app: Checked) -> str:
    book = app.rulebook
    return f"{len(book.rules)} rules on {len(book.topics)} topics and {len(book.actors)} actors in {app.settings.rules}"


def _archive_seen(archive: Archive) -> str:
    stats = archive.stats()
    return f"{stats.get('articles', 0):,} articles"


def _integrity_seen(archive: Archive) -> str:
    problems = archive.upkeep.problems()
    if problems:
        raise MonitorError("; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else ""))  # noqa: PLR2004
    return "tables, references and the full-text index are sound"


def _receivers_seen(app: Checked) -> str:
    named = {name for rule in app.rulebook.rules.values() if rule.is_enabled for name in rule.notify}
    _ = app.channels
    return f"{len(named)} receivers in use" if named else f"none configured: alerts are printed and land in {app.settings.outbox}"


def _model_seen(scorer: Scorer) -> str:
    vectors = scorer.embed(["An allied exercise began on Monday."])
    return f"revision {scorer.revision}, {vectors.shape[1]} dimensions"


def _writable(directory: Path) -> Finding:
    existing = _existing(directory)
    is_well = os.access(existing, os.W_OK)
    return Finding("write access", is_well, str(directory), "" if is_well else f"give this user write access to {existing}")


def _disk(directory: Path) -> Finding:
    free = shutil.disk_usage(_existing(directory)).free
    return Finding("disk", free > LOW_DISK_BYTES, f"{free / 1e9:.1f} GB free", "" if free > LOW_DISK_BYTES else "make room")


def _existing(directory: Path) -> Path:
    """The directory, or the nearest one above it that is there already."""
    return next(parent for parent in (directory, *directory.absolute().parents) if parent.exists())
