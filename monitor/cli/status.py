"""`monitor status`: what the service knows, waits for and failed at, in one screen."""

from __future__ import annotations

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json


def status(*, archive: Archive = None, as_json: AsJson = False) -> None:
    """Feeds, articles waiting, deliveries by receiver, and whether the rules in force are those in the files."""
    from monitor.services.status import service_status

    with opened(archive=archive) as app:
        facts = service_status(app.archive, app.clock.now())
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        typer.echo(f"{name.replace('_', ' '):>20}  {value}")
