"""`monitor export`: take what a query finds out of the archive."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import Archive, AsJson, Feeds, Rules, counting, opened, print_json


def export(
    *,
    query: Annotated[str, typer.Option("--query", "-q", metavar="QUERY", help="What to export; everything by default.")] = "*",
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="csv, ndjson, parquet or sqlite.")] = "ndjson",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The new file; csv and ndjson go to standard output without it."),
    ] = None,
    archive: Archive = None,
    rules: Rules = None,
    feeds: Feeds = None,
    as_json: AsJson = False,
) -> None:
    """Write every article a query finds to a file, with its scores and statements."""
    from monitor.cli.search import vocabulary
    from monitor.core.alerts.render import plural
    from monitor.core.queries.query import parse
    from monitor.services import export as exporting
    from monitor.services.search import everything

    with opened(archive=archive, rules=rules, feeds=feeds) as service:
        parsed = parse(query, vocabulary(service, query))
        now = service.clock.now()
        if output is None:
            if form not in {"csv", "ndjson"}:
                raise typer.BadParameter(f"{form} needs a file", param_hint="--output")
            write = exporting.write_csv if form == "csv" else exporting.write_ndjson
            write((found for found, _ in everything(service.archive, parsed, now)), sys.stdout)
            return
        with counting("articles") as note:
            count = exporting.export(service.archive, parsed, now, form, output, note)
    if as_json:
        print_json({"articles": count, "format": form, "file": str(output)})
    else:
        typer.echo(f"{plural(count, 'article')} written to {output}", err=True)
