"""Silences: checked when they are made, so that a typing mistake never keeps quiet about everything or nothing."""

from __future__ import annotations

from datetime import datetime

from monitor.config.durations import parse_duration
from monitor.core.queries.query import Query, Vocabulary, parse
from monitor.errors import ConfigError, Problem, QueryError
from monitor.logs import logger
from monitor.model import Rulebook, Silence
from monitor.ports import Archive

log = logger(__name__)


def add_silence(archive: Archive, rulebook: Rulebook, query: str, span: str, comment: str, now: datetime) -> Silence:
    """Silence what answers a query for a span of time.

    Raises:
        QueryError: the query cannot be read.
        ConfigError: the span is none.
    """
    parse(query, Vocabulary.of(rulebook))
    try:
        until = now + parse_duration(span)
    except ValueError as error:
        raise ConfigError([Problem(f"--for: {error}")]) from error
    return archive.silences.add(query, until, comment, now)


def in_force(archive: Archive, vocabulary: Vocabulary, now: datetime) -> list[Query]:
    """What is kept quiet about at a moment."""
    return [query for silence in archive.silences.list(now) if (query := read(silence, vocabulary)) is not None]


def read(silence: Silence, vocabulary: Vocabulary) -> Query | None:
    """What a silence asks for, None where it cannot be read any more; it was read when it was made.

    A topic or rule that has left the rulebook since still stands for what the archive knows of it.
    """
    try:
        return parse(silence.query, vocabulary)
    except QueryError:
        pass
    try:
        return parse(silence.query)
    except QueryError as error:
        log.warning("a silence cannot be read and keeps nothing quiet", silence=silence.id, query=silence.query, error=str(error))
        return None
