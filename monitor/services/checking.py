"""Is the configuration right, and would it run: the checks behind `monitor check` and `monitor doctor`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from monitor.config.documents import Document
from monitor.config.settings import Settings
from monitor.core.queries.suggestions import suggestion
from monitor.errors import ConfigError, MonitorError, Problem
from monitor.model import Feed, Rulebook
from monitor.ports import Archive, Scorer

LOW_DISK_BYTES = 500_000_000
IN_MEMORY = ":memory:"
MEND_LINES = "mend the lines named; `monitor check` lists all"
MEND_ARCHIVE = "name another with --archive, or restore a backup (docs/operating.md)"
MEND_DAMAGE = "stop the service and restore a backup (docs/archive.md); an index alone is mended by `monitor vacuum`"
MEND_RECEIVERS = "set the variables, or mend the lines, that are named"
MEND_MODEL = "reinstall the package, or `git checkout monitor/scorers/weights`"


class Checked(Protocol):
    """What is looked at: an App."""

    settings: Settings
    said: Document

    def mistakes(self) -> list[Problem]: ...
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
    def channels_of(self, rulebook: Rulebook) -> object: ...
    def receiver_mistakes(self, rulebook: Rulebook, *, without_secrets: bool = False) -> list[Problem]: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: is it well, what was seen, how to mend it."""

    name: str
    is_well: bool
    seen: str
    remedy: str = ""


def check_configuration(app: Checked, *, without_secrets: bool = False) -> dict[str, int]:
    """How many feeds, topics, actors, rules and receivers there are; `without_secrets` lets what holds secrets be missing.

    Raises:
        ConfigError: with every mistake of settings, feeds, rules and receivers together.
    """
    in_rules = _mistakes(lambda: _rulebook(app))
    problems = app.mistakes() + _mistakes(lambda: app.feeds) + in_rules
    if not in_rules:
        book = _rulebook(app)
        problems += _operator_mistakes(app, book.receivers)
        problems += app.receiver_mistakes(book, without_secrets=without_secrets)
    if problems:
        # What receivers inherit is looked at in the settings and with each receiver.
        raise ConfigError(list(dict.fromkeys(problems)))
    book = app.rulebook
    return {
        "feeds": len(app.feeds),
        "topics": len(book.topics),
        "actors": len(book.actors),
        "rules": len(book.rules),
        "receivers": len(book.receivers),
    }


def _operator_mistakes(app: Checked, receivers: Collection[str]) -> list[Problem]:
    name = app.settings.operator
    if not name or name in receivers:
        return []
    hint = suggestion(name, receivers) or "define it under receivers: in the rules"
    return [app.said.problem(f"operator: there is no receiver {name!r}", ("operator",), hint=hint)]


def _mistakes(read: Callable[[], object]) -> list[Problem]:
    try:
        read()
    except ConfigError as error:
        return list(error.problems)
    return []


def examine(app: Checked) -> Iterator[Finding]:
    """Everything a newcomer gets wrong, one finding each, cheap ones first."""
    yield _finding("feeds", lambda: f"{len(app.feeds)} feeds in {app.settings.feeds}", MEND_LINES)
    yield _finding("rules", lambda: _rules_seen(_rulebook(app), app.settings.rules), MEND_LINES)
    address = app.settings.archive_address
    directory = Path(address).parent if "://" not in address else Path()
    yield _writable(directory)
    yield _disk(directory)
    yield _finding("archive", lambda: _archive_seen(app.archive, address), MEND_ARCHIVE)
    yield _finding("integrity", lambda: _integrity_seen(app.archive, address), MEND_DAMAGE)
    yield (
        Finding("receivers", is_well=False, seen="not looked at while the rules are wrong")
        if _mistakes(lambda: _rulebook(app))
        else _finding("receivers", lambda: _receivers_seen(app), MEND_RECEIVERS)
    )
    yield _finding("model", lambda: _model_seen(app.scorer), MEND_MODEL)


def _finding(name: str, look: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(name, is_well=True, seen=look())
    except MonitorError as error:
        return Finding(name, is_well=False, seen=str(error), remedy=remedy)


def _rulebook(app: Checked) -> Rulebook:
    """The rulebook; where the feeds are wrong, whatever it calls a feed is believed, so that one mistake is told once."""
    return app.rulebook_alone if _mistakes(lambda: app.feeds) else app.rulebook


def _rules_seen(book: Rulebook, where: Path) -> str:
    return f"{len(book.rules)} rules on {len(book.topics)} topics and {len(book.actors)} actors in {where}"


def _archive_seen(archive: Archive, address: str) -> str:
    stats = archive.stats()
    is_missing = _stands_for_none(stats, address)
    return f"none at {address} yet: `monitor run` makes it" if is_missing else f"{stats.get('articles', 0):,} articles"


def _stands_for_none(stats: Mapping[str, Any], address: str) -> bool:
    """An archive in memory was opened because there is none at the address."""
    return bool(stats.get("path") == IN_MEMORY != address)


def _integrity_seen(archive: Archive, address: str) -> str:
    if _stands_for_none(archive.stats(), address):
        return "nothing to check yet"
    problems = archive.upkeep.problems()
    if problems:
        raise MonitorError("; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else ""))  # noqa: PLR2004
    return "tables, references and the full-text index are sound"


def _receivers_seen(app: Checked) -> str:
    book = _rulebook(app)
    named = {name for rule in book.rules.values() if rule.is_enabled for name in rule.notify}
    app.channels_of(book)
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
