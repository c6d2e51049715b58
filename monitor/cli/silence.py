"""`monitor silence …`: keep quiet about something for a while."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json, served

if TYPE_CHECKING:
    from monitor.app import App

app = typer.Typer(
    help="Silences: alerts that answer a query are not sent until they end.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("add")
@partial(served, if_missing="make")
def add(
    service: App,
    query: Annotated[str, typer.Argument(help="What to be silent about.")],
    *,
    span: Annotated[str, typer.Option("--for", metavar="SPAN", help="How long, such as 3d.")] = "1d",
    comment: Annotated[str, typer.Option("--comment", help="Why, for the others.")] = "",
    as_json: AsJson = False,
) -> None:
    """Silence what answers a query."""
    from monitor.services.silences import add_silence

    silence = add_silence(service.archive, service.rulebook, query, span, comment, service.clock.now())
    if as_json:
        print_json({"id": silence.id, "query": silence.query, "until": silence.until, "comment": silence.comment})
    else:
        typer.echo(f"silence {silence.id} until {silence.until:%Y-%m-%d %H:%M} UTC")


@app.command("list")
def list_silences(*, archive: Archive = None, as_json: AsJson = False) -> None:
    """Silences in force."""
    with opened(archive=archive) as service:
        found = service.archive.silences.list(service.clock.now())
    if as_json:
        print_json([{"id": one.id, "query": one.query, "until": one.until, "comment": one.comment} for one in found])
        return
    for one in found:
        typer.echo(f"{one.id:>4}  until {one.until:%Y-%m-%d %H:%M} UTC  {one.query}  {one.comment}")
    if not found:
        typer.echo("nothing is silenced")


@app.command("end")
def end(silence: Annotated[int, typer.Argument(help="Its number.")], *, archive: Archive = None, as_json: AsJson = False) -> None:
    """End a silence now."""
    with opened(archive=archive) as service:
        is_ended = service.archive.silences.end(silence, service.clock.now())
    if as_json:
        print_json({"id": silence, "ended": is_ended})
    else:
        typer.echo(f"silence {silence} is over" if is_ended else f"there is no silence {silence} in force")
    raise typer.Exit(0 if is_ended else 1)
