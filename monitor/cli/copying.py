"""`monitor archive copy`: moving to another archive."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.options import AsJson, print_json

app = typer.Typer(help="The archive as a whole.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """The archive as a whole."""


@app.command()
def copy(
    *,
    source: Annotated[str, typer.Option("--from", metavar="ARCHIVE", help="A file, or postgresql://…")],
    target: Annotated[str, typer.Option("--to", metavar="ARCHIVE", help="A new archive: a file, or postgresql://…")],
    as_json: AsJson = False,
) -> None:
    """Copy everything into a new archive and compare both; started again it goes on where it was broken off."""
    import sys

    from monitor import logs
    from monitor.app import open_app
    from monitor.services.copying import copy_archive

    logs.configure(level="warning")

    def tell(table: str, rows: int) -> None:
        if sys.stderr.isatty() and not as_json:
            sys.stderr.write(f"\r{table}: {rows:,} rows\033[K")

    with (
        open_app({"archive": source}, if_missing="refuse") as old,
        old.archive.hold("worker"),
        open_app({"archive": target}) as new,
    ):
        done = copy_archive(old.archive, new.archive, tell)
    if as_json:
        print_json([{"table": one.table, "new": one.new, "rows": one.rows, "checksum": one.checksum} for one in done])
        return
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    for one in done:
        typer.echo(f"{one.table:16} {one.rows:>12,} rows  {one.checksum[:12]}")
    typer.echo("both archives hold the same")
