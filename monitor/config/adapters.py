"""The settings of adapters, each checked against its kind's own Config at the place where it was said, with nothing opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from monitor import kinds
from monitor.config.archive_setting import archive_kind, archive_values
from monitor.config.documents import Document, KeyPath
from monitor.config.problems import problems_of
from monitor.config.settings import Settings
from monitor.core.shown import without_secrets
from monitor.errors import ConfigError, Problem
from monitor.secret import Secret


def adapter_config(family: str, kind: str, values: Mapping[str, Any], document: Document, at: KeyPath) -> BaseModel:
    """The Config of a kind; `at` is where its values stand in the settings' document.

    Raises:
        ConfigError: values are wrong, or the kind needs a package that is not installed.
    """
    form: type[BaseModel] = kinds.load(family, kind).Config
    try:
        return form.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError(problems_of(error, document, at, form)) from error


def adapter_mistakes(settings: Settings, document: Document) -> list[Problem]:
    """Everything wrong with the settings of archive, scorer, fetcher and queue."""
    address = settings.archive_address
    named = {family: getattr(settings, family) for family in ("scorer", "fetcher", "queue")}
    own = {family: {key: value for key, value in values.items() if key != "kind"} for family, values in named.items()}
    looks: list[tuple[str, str, Mapping[str, Any], KeyPath]] = [
        ("archive", archive_kind(address), archive_values(settings.archive), ("archive",)),
        ("scorer", named["scorer"]["kind"], own["scorer"], ("scorer",)),
        ("fetcher", named["fetcher"]["kind"], own["fetcher"], ("fetcher",)),
        ("fetcher", "http", {"allow": settings.allow}, ()),
    ]
    # Without settings of its own the queue is none of a single machine's concern, and needs a package that it may lack.
    if own["queue"]:
        looks.append(("queue", named["queue"]["kind"], {"url": address, **own["queue"]}, ("queue",)))
    return [problem for look in looks for problem in _mistakes(look, document)]


def channel_mistakes(settings: Settings, document: Document) -> list[Problem]:
    """Everything wrong with what receivers inherit; what is missing there a receiver may add."""
    found: list[Problem] = []
    for kind, values in settings.channels.items():
        form: type[BaseModel] = kinds.load("channel", kind).Config
        try:
            form.model_validate(values)
        except ValidationError as error:
            wrong = [one for one in error.errors(include_url=False) if one["loc"] and one["type"] != "missing"]
            found += problems_of(wrong, document, ("channels", kind), form)
    return found


def shown_channels(channels: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The same channels, in which each secret is three stars; a name of a variable or a file that holds one stays.

    A secret is what the kind's Config calls one, and what it does not know: a key misspelt may hold one.
    """
    return {
        kind: without_secrets({key: {"value": one} if _may_be_secret(kind, key, one) else one for key, one in values.items()})
        for kind, values in channels.items()
    }


def _may_be_secret(kind: str, key: str, value: Any) -> bool:
    fields: Mapping[str, FieldInfo] = kinds.load("channel", kind).Config.model_fields
    is_place = isinstance(value, Mapping) and len(value) == 1 and set(value) <= {"env", "file", "value"}
    return not is_place and (key not in fields or _takes_secret(fields[key].annotation))


def _takes_secret(annotation: Any) -> bool:
    return annotation is Secret or any(_takes_secret(part) for part in get_args(annotation))


def _mistakes(look: tuple[str, str, Mapping[str, Any], KeyPath], document: Document) -> list[Problem]:
    family, kind, values, at = look
    try:
        adapter_config(family, kind, values, document, at)
    except ConfigError as error:
        return list(error.problems)
    return []
