"""`monitor alerts …`: what was sent, how a rule's alert would look, and everything one alert rests on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json, served

if TYPE_CHECKING:
    from monitor.app import App

app = typer.Typer(help="Alerts: list, preview, export.", no_args_is_help=True, rich_markup_mode=None)
AlertId = Annotated[str, typer.Argument(help="The alert's id; its beginning is enough.")]


@app.command("list")
def list_alerts(
    *,
    since: Annotated[str, typer.Option("--since", metavar="SPAN", help="How far back, such as 7d, or a day.")] = "7d",
    rule: Annotated[str | None, typer.Option("--rule", help="Only of this rule.")] = None,
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Alerts, newest first."""
    from monitor.cli.spans import read_since

    with opened(archive=archive) as service:
        found = service.archive.alerts.recent(read_since(since, service.clock.now()), rule=rule)
    if as_json:
        rows = [{"id": one.id, "at": one.created, "rule": one.rule, "title": one.title, "why": one.why} for one in found]
        print_json(rows)
        return
    for one in found:
        typer.echo(f"{one.created:%Y-%m-%d %H:%M}  {one.id[:8]}  {one.rule:<24}  {one.title}")
    if not found:
        typer.echo("no alerts")


@app.command("preview")
@served
def preview(
    service: App,
    rule: Annotated[str, typer.Argument(help="The rule's id.")],
    *,
    receiver: Annotated[str, typer.Option("--receiver", help="For this receiver.")] = "terminal",
    directory: Annotated[Path | None, typer.Option("--directory", help="Also write it as .html, .txt and .json here.")] = None,
    as_json: AsJson = False,
) -> None:
    """How the rule's latest alert reads; nothing is sent."""
    from dataclasses import asdict

    from monitor.services.audit import preview as previewed

    storm = service.settings.worker.storm
    message = previewed(service.archive, service.rulebook, rule, receiver, service.clock, storm=storm)
    if directory is not None:
        service.channel("file", directory=directory).send(message)
    if as_json:
        print_json(asdict(message))
    else:
        service.channel("console").send(message)


@app.command("export")
@served
def export(service: App, alert: AlertId, *, as_json: AsJson = False) -> None:
    """Everything one alert rests on, as JSON: texts, scores, evidence, model revisions, rule, deliveries."""
    from monitor.services.audit import audit_bundle

    bundle = audit_bundle(service.archive, service.rulebook, alert)
    typer.echo(json.dumps(bundle, ensure_ascii=False, default=str, indent=None if as_json else 2))
