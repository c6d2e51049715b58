"""`monitor run` and `monitor once`: the worker."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import Archive, AsJson, Feeds, Rules

if TYPE_CHECKING:
    from monitor.app import App


def run(
    *,
    archive: Archive = None,
    feeds: Feeds = None,
    rules: Rules = None,
    web: Annotated[bool, typer.Option("--web/--no-web", help="Serve the web page too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Collect, analyse and deliver until stopped (Ctrl-C or SIGTERM)."""
    from monitor import logs
    from monitor.app import open_app
    from monitor.cli.progress import Progress
    from monitor.worker import run as work

    def beside() -> AbstractContextManager[object]:
        page = service.settings.web
        if not (web and page.enabled):
            return nullcontext()
        from monitor.web import serving, settle

        settle()
        remedy = "set web.port in monitor.yaml or MONITOR_WEB__PORT, or leave the pages out with --no-web"
        return serving(service, page.host, page.port, remedy)

    is_live = sys.stderr.isatty() and not as_json
    logs.configure(level="warning" if is_live else "info")
    flags = {"archive": archive, "feeds": feeds, "rules": rules}
    with open_app(flags) as service, Progress(is_live=is_live) as progress:
        service.prepare()
        work(service, on_progress=progress.note, beside=beside)


def once(*, archive: Archive = None, feeds: Feeds = None, rules: Rules = None, as_json: AsJson = False) -> None:
    """One whole pass over what is due; exit code 1 when a feed or a delivery failed."""
    from monitor import logs
    from monitor.app import open_app
    from monitor.cli.options import print_json
    from monitor.cli.progress import Progress
    from monitor.worker import Worker

    is_live = sys.stderr.isatty() and not as_json
    logs.configure(level="warning")
    with open_app({"archive": archive, "feeds": feeds, "rules": rules}) as app:
        app.prepare()
        with app.archive.hold("worker"), Progress(is_live=is_live) as progress:
            report = Worker(app, on_progress=progress.note).once()
        summary: dict[str, Any] = report.summary()
        idle = "" if report.collected.feeds else _idle(app)
    if as_json:
        print_json(summary)
    else:
        typer.echo("  ".join(f"{name.replace('_', ' ')}: {value}" for name, value in summary.items()))
        if idle:
            typer.echo(idle)
    raise typer.Exit(1 if report.has_failed else 0)


def _idle(app: App) -> str:
    """Why no feed was asked."""
    from monitor.services.subscriptions import next_asked

    found = next_asked(app.feeds, app.archive)
    if found is None:
        return "no feed is due: none is switched on"
    feed, at = found
    return f"no feed is due; the next ({feed.id}) at {at:%Y-%m-%d %H:%M} UTC"
