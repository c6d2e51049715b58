"""Writes the site's reference page from the code: commands, settings, query fields, kinds, tables and views, endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from typer.main import get_command

from monitor import kinds
from monitor.archives._sqlite_migrations import TABLES, VIEWS
from monitor.cli import app
from monitor.config.settings import Settings
from monitor.core.queries.clauses import FIELDS

HIDDEN_OPTIONS = {"help", "version"}


def on_files(files: Any, config: Any) -> Any:
    """MkDocs asks which pages there are: one more, made here."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - only a build of the site has MkDocs

    files.append(File.generated(config, "reference.md", content=reference()))
    return files


def reference() -> str:
    """The whole page in Markdown."""
    parts = ["# Reference\n\nMade from the code when the site is built.\n"]
    parts += ["\n## Commands\n", *commands(), "\n## Settings\n", *settings(), "\n## Query fields\n", *fields()]
    parts += ["\n## Kinds\n", *every_kind(), "\n## Tables and views\n", *tables(), "\n## Endpoints\n", *endpoints()]
    return "\n".join(parts) + "\n"


def commands() -> Iterator[str]:
    """Every command with its options."""
    for path, command in _walk(get_command(app), ()):
        yield f"\n### `monitor {' '.join(path)}`\n\n{_told(command.help)}\n"
        rows = [_option(one) for one in command.params if one.name not in HIDDEN_OPTIONS]
        if rows:
            yield "| | |\n|---|---|\n" + "\n".join(rows) + "\n"


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield from _walk(command.get_command(None, name), (*path, name))
    else:
        yield path, command


def _option(one: Any) -> str:
    """A row for an option with all its names, or for an argument."""
    is_option = one.param_type_name == "option"
    names = ", ".join(f"`{name}`" for name in [*one.opts, *one.secondary_opts]) if is_option else f"`{one.name.upper()}`"
    return f"| {names} | {_told(getattr(one, 'help', None))} |"


def _told(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def settings() -> Iterator[str]:
    """Every setting with its environment variable, default and meaning."""
    yield "| setting | environment | default | meaning |\n|---|---|---|---|\n" + "\n".join(_settings(Settings, ())) + "\n"


def _settings(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        here = (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _settings(field.annotation, here)
            continue
        default = field.get_default(call_default_factory=True)
        shown = "" if default in ("", None, (), {}) else f"`{default}`"
        yield f"| `{'.'.join(here)}` | `MONITOR_{'__'.join(here).upper()}` | {shown} | {_told(field.description)} |"


def fields() -> Iterator[str]:
    """Every field of the query language."""
    rows = [f"| `{one.name}` | {_told(one.meaning)} | `{_told(one.example)}` |" for one in FIELDS.values()]
    yield "| field | meaning | example |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def every_kind() -> Iterator[str]:
    """Every kind of every family, with its first line and keys."""
    for family in kinds.FAMILIES:
        rows = []
        for kind in kinds.names(family):
            module = kinds.load(family, kind)
            keys = getattr(getattr(module, "Config", None) or getattr(module, "Options", None), "__annotations__", {})
            shown = ", ".join(f"`{key}`" for key in keys if key not in {"model_config", "kind"})
            rows.append(f"| `{kind}` | {_told((module.__doc__ or '').splitlines()[0])} | {shown} |")
        if rows:
            yield f"\n### {family}\n\n| kind | what it is | keys |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def tables() -> Iterator[str]:
    """The archive's tables and views, as SQLite is told of them."""
    yield f"[The archive](archive.md) explains them.\n\n```sql\n{TABLES.strip()}\n{VIEWS.strip()}\n```\n"


def endpoints() -> Iterator[str]:
    """Every address that the page and the API answer."""
    from monitor.web import api, pages  # noqa: PLC0415 - heavy, and only this part needs it

    for title, router in (("API", api.router), ("Pages", pages.router)):
        found = {(route.path, ", ".join(sorted(route.methods or ())), _told(_first(route))) for route in _routes(router.routes)}
        rows = "\n".join(f"| `{path}` | {methods} | {told} |" for path, methods, told in sorted(found))
        yield f"\n### {title}\n\n| path | method | |\n|---|---|---|\n{rows}\n"


def _routes(found: Any) -> Iterator[Any]:
    for route in found:
        if hasattr(route, "endpoint") and hasattr(route, "methods"):
            yield route
        else:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            yield from _routes(inner.routes if inner is not None else getattr(route, "routes", ()))


def _first(route: Any) -> str:
    return (route.endpoint.__doc__ or "").strip().split("\n")[0]
