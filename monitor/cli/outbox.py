"""`monitor outbox`: see what was sent, what waits and what was given up; try again or drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json

if TYPE_CHECKING:
    from monitor.model import Delivery
    from monitor.services.outbox import Line

app = typer.Typer(help="Deliveries: list, try again, drop.", no_args_is_help=True, rich_markup_mode=None)

Names = Annotated[
    list[str] | None, typer.Argument(help="Deliveries (the beginning of an id is enough), or all.", metavar="ID...")
]
Receiver = Annotated[str | None, typer.Option("--receiver", metavar="ID", help="Only deliveries to this receiver.")]


@app.command("list")
def list_(
    *,
    state: Annotated[str | None, typer.Option("--state", help="pending, held, sent, gathered or dead.")] = None,
    receiver: Receiver = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 50,
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Deliveries, newest first, with what their receivers said."""
    from monitor.model import DeliveryState
    from monitor.services.outbox import listing

    if state is not None and state not in set(DeliveryState):
        raise typer.BadParameter(f"{state!r} is none of {', '.join(DeliveryState)}", param_hint="--state")
    with opened(archive=archive) as service:
        lines = listing(service.archive, state=state, receiver=receiver, limit=limit)
    if as_json:
        print_json([_facts(line) for line in lines])
    else:
        _print(lines)


@app.command()
def retry(*, names: Names = None, receiver: Receiver = None, archive: Archive = None, as_json: AsJson = False) -> None:
    """Make dead, waiting and held deliveries due now; the worker, or `monitor once`, sends them."""
    from monitor.services.outbox import retry as again

    with opened(archive=archive) as service:
        done = again(service.archive, names or [], service.clock.now(), receiver=receiver)
    _tell(done, "due now", as_json=as_json)


@app.command()
def drop(*, names: Names = None, receiver: Receiver = None, archive: Archive = None, as_json: AsJson = False) -> None:
    """Give deliveries up for good; they stay listed as dead."""
    from monitor.services.outbox import drop as give_up

    with opened(archive=archive) as service:
        done = give_up(service.archive, names or [], service.clock.now(), receiver=receiver)
    _tell(done, "dropped", as_json=as_json)


def _tell(done: list[Delivery], what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"deliveries": [delivery.id for delivery in done]})
    else:
        typer.echo(f"{len(done)} {'delivery' if len(done) == 1 else 'deliveries'} {what}")


def _facts(line: Line) -> dict[str, Any]:
    from dataclasses import asdict

    health = line.waits_for
    return {
        **asdict(line.delivery),
        "rule": line.rule,
        "title": line.title,
        "created": line.created,
        "receiver_failures": health.failures,
        "receiver_waits_until": health.until,
    }


def _print(lines: list[Line]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from monitor.core.alerts.render import clean

    table = Table(box=None, pad_edge=False)
    for heading in ("id", "state", "receiver", "tries", "next", "alert", "what was said"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        delivery = line.delivery
        due = f"{delivery.due:%d %b %H:%M:%S}" if delivery.due else ""
        said = clean(delivery.last_error, 200)
        cells = (delivery.id[:10], delivery.state, delivery.receiver, str(delivery.attempts), due, clean(line.title, 80), said)
        table.add_row(*(Text(cell) for cell in cells))
    if lines:
        Console().print(table)
    else:
        typer.echo("no deliveries")
