"""Pydantic's errors turned into Problems at the line they speak of, with a suggestion where one is plain."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ValidationError

from monitor.config.documents import Document, KeyPath
from monitor.core.queries.suggestions import suggestion
from monitor.errors import Problem


def problems_of(error: ValidationError, document: Document, at: KeyPath, known: Iterable[str] = ()) -> list[Problem]:
    """One Problem for each of pydantic's errors; `at` is where the validated value stands in the document."""
    known = list(known)
    return [_problem(detail, document, at, known) for detail in error.errors(include_url=False)]


def field_names(model: type[BaseModel]) -> list[str]:
    """The keys that a model's YAML form may have."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _problem(detail: object, document: Document, at: KeyPath, known: list[str]) -> Problem:
    kind, location, message = detail["type"], tuple(detail["loc"]), str(detail["msg"])  # type: ignore[index]
    path = (*at, *location)
    if kind == "extra_forbidden":
        key = str(location[-1])
        return document.problem(f"unknown key {key!r}", path, hint=suggestion(key, known) or _listed(known), on_key=True)
    if kind == "missing":
        return document.problem(f"{location[-1]!r} is missing", path[:-1])
    name = ".".join(str(part) for part in location)
    text = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return document.problem(f"{name}: {text}" if name else text, path)


def _listed(known: list[str]) -> str:
    return f"known here: {', '.join(known)}" if known else ""
