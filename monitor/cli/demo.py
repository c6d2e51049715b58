"""`monitor demo`: the main job on bundled news, with no account and no network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import AsJson


def demo(
    *,
    directory: Annotated[Path, typer.Option("--directory", metavar="PATH", help="Where the demo keeps everything.")] = Path(
        "db/demo"
    ),
    serve: Annotated[bool, typer.Option("--serve", help="Then serve the web page on it until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the main job on bundled news: collect, score, match, deliver; then print what happened."""
    from monitor import logs
    from monitor.cli.options import print_json
    from monitor.config.rulebook import load_rulebook
    from monitor.demo.run import run_demo
    from monitor.demo.screen import console_of, opening, show, steps

    logs.configure(level="error")
    console = console_of(is_error=as_json)
    if as_json:
        report = run_demo(directory)
        print_json(report.as_json())
    else:
        opening(console)
        with steps(console) as bars:
            report = run_demo(directory, progress=bars.note)
        show(console, report, load_rulebook(report.place.rules))
    if serve:
        from monitor.demo.pages import serve_demo

        serve_demo(report.place, lambda address: console.print(f"  The web page: [bold]{address}[/]  (Ctrl-C to stop)\n"))
