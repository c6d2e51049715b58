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
    as_json: AsJson = False,
) -> None:
    """Show the main job on bundled news: collect, score, match, deliver; then print what happened."""
    from rich.console import Console

    from monitor import logs
    from monitor.cli.options import print_json
    from monitor.config.rulebook import load_rulebook
    from monitor.demo.run import run_demo
    from monitor.demo.screen import opening, show, steps

    logs.configure(level="error")
    console = Console(stderr=as_json)
    if as_json:
        print_json(run_demo(directory).as_json())
        return
    opening(console)
    with steps(console) as bars:
        report = run_demo(directory, progress=bars.note)
    show(console, report, load_rulebook(report.place.rules))
