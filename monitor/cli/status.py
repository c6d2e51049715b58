"""`monitor status`: what the service knows, waits for and failed at, in one screen."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json


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
            typer.echo(f"{name.replace('_', ' '):>20}  {value}")
    raise typer.Exit(0 if is_well else 1)
