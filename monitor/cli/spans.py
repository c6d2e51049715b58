"""Reads `--since`: a span before now, or a day."""

from __future__ import annotations

from datetime import datetime

import typer


def read_since(text: str, now: datetime) -> datetime:
    """The moment, in UTC, that "14d", "36h" or "2024-11-01" names.

    Raises:
        typer.BadParameter: it names none, or one that lies ahead.
    """
    from monitor.config.durations import beginning

    try:
        return beginning(text, now)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error
