"""The one exception tree of the service.

Expected failures (a feed that is down, a refused email) travel as values; these are for surprises and for people's mistakes.

MonitorError
├── ConfigError      settings, feeds or rules are wrong; carries every problem found      (exit 2)
├── QueryError       a query that cannot be read; carries column and suggestion            (exit 2)
├── InputError       a word, a name or a choice given to a command or a page is no good     (exit 2)
├── NotFoundError    nothing stored has the name or number asked for                       (exit 1)
├── ArchiveError     the archive cannot be read or written                                 (exit 1)
│   ├── ArchiveBusy      another worker holds it
│   └── ArchiveTooNew    written by a newer release
├── FetchError       an address that must not or cannot be fetched                         (exit 1)
├── ParseError       bytes that are not a feed                                             (exit 1)
├── ScorerError      a model that is missing, broken or answers nonsense                   (exit 1)
└── ChannelError     a channel that cannot be built or used                                (exit 1)
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_REMEDIES = {
    errno.ENOENT: "make the folder {folder} first, or name another",
    errno.ENOTDIR: "{folder} is no folder: name another",
    errno.EISDIR: "name a file in it",
    errno.EACCES: "give this user write access to {folder}, or name another folder",
    errno.EPERM: "give this user write access to {folder}, or name another folder",
    errno.EROFS: "name a folder on another disk",
    errno.ENOSPC: "make room, or name a folder on another disk",
}


class MonitorError(Exception):
    """Anything this service raises on purpose; `exit_code` is what a command ends with."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file a person wrote: where it is (1-based line and column), what it is, how to mend it."""

    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} ({self.hint})" if self.hint else text


def how_to_install(extra: str) -> str:
    """What to type for an optional part that is missing; `extra` is its name in pyproject.toml, such as `cluster`."""
    return f"in the checkout: .venv/bin/python -m pip install -e '.[{extra}]'"


def in_words(error: Exception) -> str:
    """What happened, without the number that the system gives it."""
    return getattr(error, "strerror", None) or str(error)


def cannot_be_written(path: Path, error: OSError) -> str:
    """What the system said of a file or folder that was to be written, and what to do where that is plain."""
    remedy = _REMEDIES.get(error.errno or 0, "").format(folder=path.parent)
    return f"{path} cannot be written: {in_words(error)}{f'; {remedy}' if remedy else ''}"


class ConfigError(MonitorError):
    """Every problem found in the configuration, in the order of the files."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class QueryError(MonitorError):
    """A query that cannot be read: `column` is 0-based into `query`, `hint` says what was probably meant."""

    exit_code = 2

    def __init__(self, message: str, query: str, column: int, hint: str = "") -> None:
        self.message, self.query, self.column, self.hint = message, query, column, hint
        super().__init__(self.pointed())

    def pointed(self) -> str:
        """The query with a caret under the mistake, the message and the hint, as lines of text."""
        lines = [self.query.replace("\n", " "), " " * self.column + "^ " + self.message]
        return "\n".join([*lines, self.hint] if self.hint else lines)


class InputError(MonitorError):
    """What somebody gave cannot be taken: a word that is none of those known, nothing where something must be named."""

    exit_code = 2


class NotFoundError(MonitorError):
    """No article, story, alert or delivery has this name or number."""


class ArchiveError(MonitorError):
    """The archive cannot be opened, read or written."""


class ArchiveBusy(ArchiveError):
    """Another worker holds this archive."""


class ArchiveTooNew(ArchiveError):
    """The archive was written by a newer release than this one."""


class FetchError(MonitorError):
    """An address that must not be fetched, or an answer that cannot be used; `reason` is a short stable word."""

    def __init__(self, message: str, reason: str = "error") -> None:
        self.reason = reason
        super().__init__(message)


class ParseError(MonitorError):
    """A document that is not a feed, or one that a parser could not survive."""


class ScorerError(MonitorError):
    """Model files are missing, do not match their hashes, or answered nonsense."""


class ChannelError(MonitorError):
    """A receiver that cannot be built from its configuration."""
