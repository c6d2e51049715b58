"""`monitor notify`: send a real sample to a receiver."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.options import AsJson, Rules, opened, print_json

app = typer.Typer(help="Prove the way to a receiver.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Prove the way to a receiver."""


@app.command("test")
def try_out(
    receiver: Annotated[str, typer.Argument(help="A receiver of the rulebook.", metavar="RECEIVER")],
    *,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Send a sample alert, marked as one, and say what the receiver answered; exit code 1 when it was not taken."""
    from monitor.services.notify import send_sample

    with opened(rules=rules) as service:
        receivers = service.receivers_of(service.rulebook_alone)
        if receiver not in receivers:
            known = ", ".join(sorted(receivers))
            raise typer.BadParameter(f"there is no receiver {receiver!r}; known: {known}", param_hint="RECEIVER")
        receipt = send_sample(service.channel_to(receivers[receiver]), receiver, service.clock.now())
    if as_json:
        facts = {"receiver": receiver, "sent": receipt.is_sent, "remote_id": receipt.remote_id}
        print_json({**facts, "error": receipt.error, "refused": list(receipt.refused), "put_off": list(receipt.remaining)})
    elif receipt.is_sent and not receipt.refused:
        typer.echo(f"{receiver} took the sample")
    else:
        is_partly = receipt.is_sent or receipt.remaining
        missed = f"{receiver}: the sample did not reach everybody" if is_partly else f"the sample did not reach {receiver}"
        typer.echo(f"{missed}: {receipt.error}", err=True)
    if not receipt.is_sent or receipt.refused:
        raise typer.Exit(1)
