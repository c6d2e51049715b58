"""Reads `--since`: a span before now, or a day."""

from __future__ import annotations

from datetime import UTC, datetime

import typer


def read_since(text: str, now: datetime, option: str = "--since") -> datetime:
    """The moment that "14d", "36h" or "2024-11-01" names.

    Raises:
        typer.BadParameter: it names none, or one that lies ahead.
    """
    from monitor.config.durations import parse_duration

    try:
        moment = now - parse_duration(text)
    except ValueError:
        moment = _read_day(text, option)
    if moment > now:
        raise typer.BadParameter(f"{text!r} lies ahead", param_hint=option)
    return moment


def _read_day(text: str, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is neither a span such as 36h or 14d nor a day such as 2024-11-01", param_hint=option
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
