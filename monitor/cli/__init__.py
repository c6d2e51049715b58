"""The command line: one command, one service call; heavy imports happen inside the command."""

from __future__ import annotations

import sys
from importlib import import_module
from keyword import iskeyword
from typing import Annotated

import typer

COMMANDS = {
    "run": "worker",
    "once": "worker",
    "demo": "demo",
    "check": "check",
    "schema": "check",
    "doctor": "doctor",
    "status": "status",
    "score": "score",
    "search": "search",
    "show": "show",
    "stats": "stats",
    "trends": "trends",
    "briefing": "briefing",
    "web": "web",
    "export": "export",
    "import": "archive",
    "backup": "archive",
    "prune": "archive",
    "vacuum": "archive",
}
GROUPS = {
    "rules": ("rules", "app"),
    "feeds": ("feeds", "app"),
    "alerts": ("alerts", "app"),
    "silence": ("silence", "app"),
    "stories": ("stories", "app"),
    "notify": ("notify", "app"),
    "outbox": ("outbox", "app"),
    "token": ("token", "app"),
    "user": ("token", "users"),
    "eval": ("evaluate", "app"),
}

app = typer.Typer(
    help="News-monitoring alerts: who takes which side on what, how sure we are, and which sentence shows it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _module in COMMANDS.items():
    # `import` is a word of the language, so its function has an underscore behind it.
    app.command(_name)(getattr(import_module(f"monitor.cli.{_module}"), f"{_name}_" if iskeyword(_name) else _name))
for _name, (_module, _group) in GROUPS.items():
    app.add_typer(getattr(import_module(f"monitor.cli.{_module}"), _group), name=_name)


def _version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if wanted:
        from monitor import __version__

        typer.echo(f"monitor {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")]


@app.callback()
def _main(*, version: Version = False) -> None:
    """Watch the news and be told when somebody takes a side."""


def main() -> None:
    """Run the command line; mistakes end with one readable message and their exit code."""
    from monitor.errors import MonitorError

    try:
        app()
    except MonitorError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
