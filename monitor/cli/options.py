"""Options that several commands share, and how a command opens the service."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from monitor.errors import cannot_be_written

if TYPE_CHECKING:
    from monitor.app import App, IfMissing

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Archive = Annotated[str | None, typer.Option("--archive", metavar="PATH", help="The archive, instead of db/monitor.db.")]
Feeds = Annotated[str | None, typer.Option("--feeds", metavar="PATH", help="The feeds, instead of feeds.yaml.")]
Rules = Annotated[
    str | None, typer.Option("--rules", metavar="PATH", help="The rules, a file or a directory, instead of rules/.")
]

Alone = Annotated[bool, typer.Option("--alone", help="Work in this process, also where a cluster's workers could.")]


@contextmanager
def opened(if_missing: IfMissing = "refuse", **flags: Any) -> Iterator[App]:
    """The service on the settings in force, with quiet logs; `flags` given as None are not given.

    A command that reads says so when there is no archive: a new one would hold nothing, and hide that a path is wrong.
    """
    from monitor import logs
    from monitor.app import open_app

    logs.configure(level="warning")
    with open_app(flags, if_missing=if_missing) as app:
        yield app


def served(command: Callable[..., None], if_missing: IfMissing = "refuse") -> Callable[..., None]:
    """The command with --archive, --rules and --feeds behind its own options; it is given the opened service first."""
    hints = get_type_hints(command, localns={"App": object}, include_extras=True)
    own = [one.replace(annotation=hints[one.name]) for one in list(signature(command).parameters.values())[1:]]
    shared = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in (("archive", Archive), ("rules", Rules), ("feeds", Feeds))
    ]

    @wraps(command)
    def run(*given: Any, archive: str | None = None, rules: str | None = None, feeds: str | None = None, **named: Any) -> None:
        with opened(if_missing, archive=archive, rules=rules, feeds=feeds) as service:
            command(service, *given, **named)

    run.__dict__["__signature__"] = signature(command).replace(parameters=[*own, *shared])
    run.__annotations__ = {one.name: one.annotation for one in (*own, *shared)}
    return run


@contextmanager
def counting(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal's standard error; what it gives is called with (done, all)."""
    with typer.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def note(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield note


@contextmanager
def writing(path: Path, option: str) -> Iterator[None]:
    """Around the writing of a file or folder that an option or argument named.

    Raises:
        typer.BadParameter: the system does not let it be written.
    """
    try:
        yield
    except OSError as error:
        raise typer.BadParameter(cannot_be_written(path, error), param_hint=option) from error


def warn(words: str) -> None:
    """A line on standard error for whoever waits."""
    typer.echo(f"\n{words}", err=True)


def print_json(value: Any) -> None:
    """One JSON document on standard output; times in ISO 8601."""
    json.dump(value, sys.stdout, ensure_ascii=False, default=str, indent=None)
    sys.stdout.write("\n")
    # A command that goes on working behind its answer (`demo --serve`) must not keep it in a buffer.
    sys.stdout.flush()
