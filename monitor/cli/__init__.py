"""The command line: one command, one service call; heavy imports happen inside the command."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from keyword import iskeyword
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "run": "worker",
    "once": "worker",
    "schedule": "cluster",
    "worker": "cluster",
    "demo": "demo",
    "check": "check",
    "schema": "check",
    "doctor": "doctor",
    "status": "status",
    "score": "score",
    "label": "tune",
    "tune": "tune",
    "rescore": "tune",
    "search": "search",
    "show": "show",
    "stats": "stats",
    "trends": "trends",
    "briefing": "briefing",
    "web": "web",
    "mcp": "mcp",
    "export": "export",
    "import": "archive",
    "backup": "archive",
    "prune": "archive",
    "vacuum": "archive",
}
GROUPS = {
    "archive": ("copying", "app"),
    "config": ("config", "app"),
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

HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class OnDemand(TyperGroup):
    """A group that loads a command's module when that command is named, and all of them for the list in --help."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class says what is given
        return [*COMMANDS, *GROUPS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        is_known = cmd_name in COMMANDS or cmd_name in GROUPS
        # An unknown name is answered with the names it resembles, so every name must be there.
        for name in [cmd_name] if is_known else self.list_commands(ctx):
            if name not in self.commands:
                self.commands[name] = _load(name)
        return self.commands.get(cmd_name)


def _load(name: str) -> Any:
    if name in GROUPS:
        module, group = GROUPS[name]
        found = getattr(import_module(f"monitor.cli.{module}"), group)
        found.info.name = name
        return typer.main.get_group(found)
    single = typer.Typer(rich_markup_mode=None, add_completion=False, context_settings=HELP_NAMES)
    # `import` is a word of the language, so its function has an underscore behind it.
    attribute = f"{name}_" if iskeyword(name) else name
    single.command(name)(getattr(import_module(f"monitor.cli.{COMMANDS[name]}"), attribute))
    return typer.main.get_command(single)


app = typer.Typer(
    cls=OnDemand,
    help="News-monitoring alerts: who takes which side on what, how sure we are, and which sentence shows it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=HELP_NAMES,
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if wanted:
        from monitor import __version__

        typer.echo(f"monitor {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")]


@app.callback()
def _main(*, version: Version = False) -> None:
    """Watch the news and be told when somebody takes a side."""


def _open_closed_streams() -> None:
    """Let the standard streams that whoever started us has closed lead nowhere.

    Otherwise the next file or connection takes their number, and what a library prints ends up in it.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest free number is given, and these are opened from the lowest on.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - it takes no keyword
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - it stays open


def main() -> None:
    """Run the command line; mistakes end with one readable message and their exit code."""
    from monitor.errors import MonitorError

    _open_closed_streams()
    # pydantic would look through every installed package for plugins of its own, at each start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        app()
    except MonitorError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
