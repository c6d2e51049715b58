"""`monitor stats`: what the archive holds."""

from __future__ import annotations

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json


def stats(*, archive: Archive = None, as_json: AsJson = False) -> None:
    """Count what is stored."""
    with opened(archive=archive) as service:
        found = service.archive.stats()
    if as_json:
        print_json(found)
        return
    width = max(len(name) for name in found)
    for name, value in found.items():
        shown = " ".join(value) if isinstance(value, list) else f"{value:,}" if isinstance(value, int) else str(value or "none")
        typer.echo(f"{name.replace('_', ' '):<{width}}  {shown}")
