"""Pydantic's errors turned into Problems at the line they speak of, with what to write where that is plain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from monitor.config.documents import Document, KeyPath
from monitor.core.queries.suggestions import suggestion
from monitor.core.shown import SECRET_KEYS
from monitor.errors import Problem

_NO_LIST = {"tuple_type", "list_type"}
_NO_KEYS = {"model_type", "model_attributes_type", "dict_type", "mapping_type"}
_PLAIN_WORDS = re.compile(r"\w[\w .-]{0,60}")


def problems_of(error: ValidationError | Iterable[Any], document: Document, at: KeyPath, form: type[BaseModel]) -> list[Problem]:
    """One Problem for each of pydantic's errors, or of those given; `at` is where what should have this form stands."""
    details = error.errors(include_url=False) if isinstance(error, ValidationError) else error
    return [_problem(detail, document, at, form) for detail in details]


def field_names(model: type[BaseModel]) -> list[str]:
    """The keys that a model's YAML form may have."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _problem(detail: Any, document: Document, at: KeyPath, form: type[BaseModel]) -> Problem:
    kind, location, message = detail["type"], tuple(detail["loc"]), str(detail["msg"])
    path = (*at, *location)
    if kind == "extra_forbidden":
        key, around = str(location[-1]), _form_at(form, location[:-1])
        known = field_names(around) if around else []
        return document.problem(f"unknown key {key!r}", path, hint=suggestion(key, known) or _listed(known), on_key=True)
    if kind == "missing":
        return document.problem(f"{location[-1]!r} is missing", path[:-1])
    text, hint = _in_words(kind, message, detail["input"], form, location)
    name = ".".join(str(part) for part in location)
    return document.problem(f"{name}: {text}" if name else text, path, hint=hint)


def _in_words(kind: str, message: str, given: Any, form: type[BaseModel], location: Sequence[str | int]) -> tuple[str, str]:
    """(what is wrong, what to write)."""
    if kind in _NO_LIST:
        return "must be a list", f"write a list: {_as_list(given, location)}"
    if kind in _NO_KEYS:
        wanted = _form_at(form, location)
        return "must be keys and values", f"write keys, such as {_sample(wanted)}" if wanted else ""
    if kind == "string_pattern_mismatch":
        field = _field_at(form, location)
        example = field.examples[0] if field and field.examples else ""
        return "is not written as it must be", f"such as {example}" if example else ""
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, "), ""


def _as_list(given: Any, location: Sequence[str | int]) -> str:
    """The value as a list of one; what may be a secret is not repeated."""
    if not isinstance(given, str) or SECRET_KEYS.search(".".join(str(part) for part in location)):
        return "[one, another]"
    return f"[{given}]" if _PLAIN_WORDS.fullmatch(given) else json.dumps([given], ensure_ascii=False)


def _sample(form: type[BaseModel]) -> str:
    """The keys that a form needs, or its first one, with their examples."""
    needed = [name for name, field in form.model_fields.items() if field.is_required()] or list(form.model_fields)[:1]
    examples = {name: (form.model_fields[name].examples or ["…"])[0] for name in needed}
    written = {name: f"[{', '.join(one)}]" if isinstance(one, list) else one for name, one in examples.items()}
    return "{" + ", ".join(f"{name}: {example}" for name, example in written.items()) + "}"


def _field_at(form: type[BaseModel], location: Sequence[str | int]) -> FieldInfo | None:
    around = _form_at(form, location[:-1])
    return around.model_fields.get(str(location[-1])) if around and location else None


def _form_at(form: type[BaseModel], location: Sequence[str | int]) -> type[BaseModel] | None:
    """The form of what stands there below this one; None where it has none of its own."""
    if not location:
        return form
    field = form.model_fields.get(str(location[0]))
    inner = _forms(field.annotation) if field else []
    rest = [part for part in location[1:] if not isinstance(part, int)]
    return _form_at(inner[0], rest) if inner else None


def _forms(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [form for part in get_args(annotation) for form in _forms(part)]


def _listed(known: list[str]) -> str:
    return f"known here: {', '.join(known)}" if known else ""
