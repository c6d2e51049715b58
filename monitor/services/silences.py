"""Silences: checked when they are made, so that a typing mistake never keeps quiet about everything or nothing."""

from __future__ import annotations

from datetime import datetime

from monitor.config.durations import parse_duration
from monitor.core.queries.query import Vocabulary, parse
from monitor.errors import ConfigError, Problem
from monitor.model import Rulebook, Silence
from monitor.ports import Archive


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
