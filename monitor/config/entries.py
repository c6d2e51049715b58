"""Entries of YAML files: checked against their form, every mistake with its line, and taken over into values."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from monitor.config.documents import Document, KeyPath
from monitor.config.problems import problems_of
from monitor.errors import Problem

Form = TypeVar("Form", bound=BaseModel)


def validated(form: type[Form], raw: Any, document: Document, at: KeyPath, problems: list[Problem]) -> Form | None:
    """The entry that stands at this place, or None when it is wrong; its mistakes are appended to `problems`."""
    try:
        return form.model_validate(raw)
    except ValidationError as error:
        problems += problems_of(error, document, at, form)
        return None


def same_named(entry: BaseModel, value: type[Any]) -> dict[str, Any]:
    """What an entry says under the names that a frozen value has too."""
    wanted = {field.name for field in fields(value)}
    return {name: getattr(entry, name) for name in type(entry).model_fields if name in wanted}
