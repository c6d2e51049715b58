"""`monitor check` and `monitor schema`: are feeds, rules and settings right, and what form must they have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import AsJson, Feeds, Rules, opened, print_json, writing


def check(
    *,
    without_secrets: Annotated[
        bool,
        typer.Option(
            "--without-secrets", help="Where they are not, such as in CI: variables and files of secrets may be missing."
        ),
    ] = False,
    feeds: Feeds = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Validate settings, feeds, rules and receivers; every mistake with its line; exit code 2 when there is one."""
    from monitor.errors import ConfigError
    from monitor.services.checking import check_configuration

    try:
        with opened(feeds=feeds, rules=rules) as app:
            summary = check_configuration(app, without_secrets=without_secrets)
    except ConfigError as error:
        if not as_json:
            raise
        keys = ("file", "line", "column", "message", "hint")
        print_json({"ok": False, "problems": [{key: getattr(problem, key) for key in keys} for problem in error.problems]})
        raise typer.Exit(2) from error
    if as_json:
        print_json({"ok": True, **summary})
    else:
        typer.echo("all well: " + ", ".join(f"{count} {name}" for name, count in summary.items()))


def schema(
    *,
    directory: Annotated[Path, typer.Argument(help="Where to write feeds.schema.json, rules.schema.json, settings.schema.json.")],
    as_json: AsJson = False,
) -> None:
    """Write the JSON Schemas that let editors complete and check the files."""
    from monitor.config.schema import write_schemas

    with writing(directory, "DIRECTORY"):
        written = [str(path) for path in write_schemas(directory)]
    if as_json:
        print_json({"written": written})
    else:
        typer.echo("\n".join(written))
