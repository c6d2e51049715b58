"""Options that several commands share, and how a command opens the service."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from monitor.app import App

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Archive = Annotated[str | None, typer.Option("--archive", metavar="PATH", help="The archive, instead of db/monitor.db.")]
Feeds = Annotated[str | None, typer.Option("--feeds", metavar="PATH", help="The feeds, instead of feeds.yaml.")]
Rules = Annotated[
    str | None, typer.Option("--rules", metavar="PATH", help="The rules, a file or a directory, instead of rules/.")
]


@contextmanager
def opened(**flags: Any) -> Iterator[App]:
    """The service on the settings in force, with quiet logs; `flags` given as None are not given."""
    from monitor import logs
    from monitor.app import open_app

    logs.configure(level="warning")
    with open_app(flags) as app:
        yield app


def print_json(value: Any) -> None:
    """One JSON document on standard output; times in ISO 8601."""
    json.dump(value, sys.stdout, ensure_ascii=False, default=str, indent=None)
    sys.stdout.write("\n")
    # A command that goes on working behind its answer (`demo --serve`) must not keep it in a buffer.
    sys.stdout.flush()
