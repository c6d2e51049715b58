"""`monitor config`: the settings in force, from flags, environment, monitor.yaml and defaults together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from monitor.cli.options import AsJson, print_json, served

if TYPE_CHECKING:
    from monitor.app import App

app = typer.Typer(help="Settings: see those in force.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Settings: see those in force."""


@app.command()
@served
def show(service: App, *, as_json: AsJson = False) -> None:
    """Every setting as it is in force now; secrets are three stars."""
    from monitor.config.adapters import shown_channels
    from monitor.core.shown import without_secrets

    # The kinds of channels have names that elsewhere are those of secrets.
    values = {**without_secrets(service.settings.model_dump(mode="json")), "channels": shown_channels(service.settings.channels)}
    if as_json:
        print_json(values)
        return
    for path, value in _lines(values, ""):
        typer.echo(f"{path} = {value}")


def _lines(value: object, path: str) -> list[tuple[str, str]]:
    if isinstance(value, dict) and value:
        return [line for key, inner in value.items() for line in _lines(inner, f"{path}.{key}" if path else str(key))]
    return [(path, "" if value in (None, "", [], {}) else str(value))]
