"""`monitor status`: what the service knows, waits for and failed at, in one screen."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json

_NOTHING = {"last_fetch": "never", "worker_seen": "never"}
"""What is said instead of none where nothing has happened yet."""


def status(
    *,
    archive: Archive = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when the worker was not seen for 5 minutes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Feeds, articles waiting, deliveries by receiver, and whether the rules in force are those in the files."""
    from monitor.services.status import is_alive, service_status

    with opened(archive=archive) as app:
        facts = service_status(app.archive, app.clock.now())
        is_well = not check or is_alive(app.archive, app.clock.now())
    if as_json:
        print_json(facts)
    else:
        for name, value in facts.items():
            typer.echo(f"{name.replace('_', ' '):>20}  {_shown(value) or _NOTHING.get(name, 'none')}")
    raise typer.Exit(0 if is_well else 1)


def _shown(value: Any) -> str:
    """The value as people write it, lists and mappings within each other too; nothing for nothing."""
    match value:
        case None:
            return ""
        case dict():
            groups = [f"{key}: {_shown(one)}" for key, one in value.items() if isinstance(one, dict)]
            return "; ".join(groups) or ", ".join(f"{one} {key}" for key, one in value.items())
        case list() | tuple():
            return ", ".join(_shown(one) for one in value)
        case _:
            return str(value)
