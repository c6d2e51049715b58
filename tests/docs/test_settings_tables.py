"""The tables of settings say what the code does: every setting stands in one, with the default that is in force."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from monitor import __version__
from monitor.archives import postgres, sqlite
from monitor.config.durations import format_duration
from monitor.config.settings import Settings
from monitor.fetchers import http

ROOT = Path(__file__).parents[2]
NOTHING = {"keep": "for ever", "operator": "terminal and outbox"}
"""What a setting that is empty means, where that is more than "none"."""
INSIDE = {"archive.kind", "archive.path", "archive.url"}
"""Keys of the archive that are its address and stand in the row of `archive` itself."""


def cells(page: str, heading: str) -> Iterator[list[str]]:
    """The rows of the first table below a heading or sentence."""
    below = (ROOT / page).read_text(encoding="utf-8").partition(heading)[2]
    table = re.search(r"^\|.*\n\|[-| ]+\n((?:\|.*\n)+)", below, re.MULTILINE)
    assert table, heading
    for row in table[1].splitlines():
        yield [cell.strip() for cell in row.strip("|").split(" | ")]


def listed(names: str, defaults: str) -> dict[str, str]:
    """Setting to default: several of a row share one, or have one each in their order."""
    found = re.findall(r"`([^`]+)`", names)
    given = re.sub(r"(?<=\d),(?=\d)", "", defaults).split(", ")
    assert len(given) in (1, len(found)), names
    return dict(zip(found, (one.strip("`") for one in (given if len(given) > 1 else given * len(found))), strict=True))


def written(name: str, default: Any) -> str:
    """A default as people write it."""
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, timedelta):
        return format_duration(default)
    if isinstance(default, float):
        return f"{default:g}"
    if isinstance(default, dict) and default:
        return "{" + ", ".join(f"{key}: {value}" for key, value in default.items()) + "}"
    return str(default) if default or default == 0 else NOTHING.get(name, "none")


def defaults(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from defaults(type(field.default), f"{prefix}{name}.")
        elif f"{prefix}{name}" not in INSIDE:
            yield f"{prefix}{name}", written(name, field.default)


def test_every_setting_stands_in_the_table_with_its_default():
    said = [one for row in cells("docs/operating.md", "## Settings") for one in listed(row[0], row[-1]).items()]
    meant = {
        **dict(defaults(Settings)),
        **dict(defaults(sqlite.Config, "archive.")),
        **dict(defaults(postgres.Config, "archive.")),
    }
    assert len(said) == len(dict(said))
    assert dict(said) == meant


def test_every_setting_of_the_fetcher_stands_in_the_table_with_its_default():
    said = {
        name: default
        for row in cells("docs/collecting.md", "The fetcher's settings")
        for name, default in listed(*row[:2]).items()
    }
    meant = dict(defaults(http.Config))
    assert {name: default.replace("VERSION", __version__) for name, default in said.items()} == meant


@pytest.mark.parametrize(
    ("default", "text"),
    [(True, "on"), (timedelta(minutes=90), "1h30m"), (0.5, "0.5"), (8321, "8321"), ({"kind": "http"}, "{kind: http}")],
)
def test_a_default_is_written_as_people_do(default: object, text: str):
    assert written("x", default) == text
