"""`monitor web`: the pages and the API alone, beside a worker that runs elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.options import Archive, AsJson, Feeds, Rules


def web(
    *,
    archive: Archive = None,
    feeds: Feeds = None,
    rules: Rules = None,
    host: Annotated[str | None, typer.Option("--host", help="Where to listen; only 127.0.0.1 works without users.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65_535, help="0 takes any free port.")] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the pages until stopped (Ctrl-C or SIGTERM)."""
    import signal
    import threading

    from monitor.cli.options import opened, print_json
    from monitor.web import serving, settle

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with opened("make", archive=archive, feeds=feeds, rules=rules) as app:
        settings = app.settings.web
        with serving(app, host or settings.host, settings.port if port is None else port) as address:
            settle()
            if as_json:
                print_json({"address": address})
            else:
                typer.echo(f"News monitor at {address} (Ctrl-C stops it)")
            stop.wait()
