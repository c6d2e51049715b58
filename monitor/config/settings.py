"""Settings: flags over environment (MONITOR_, __ for nesting, _FILE for secrets) over monitor.yaml over defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import reduce
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from monitor import kinds
from monitor.config.archive_setting import DEFAULT_ADDRESS, archive_address, archive_values, joined
from monitor.config.documents import Document, no_document, parse_yaml, read_yaml
from monitor.config.durations import Duration
from monitor.config.overrides import Overridden
from monitor.config.problems import problems_of
from monitor.core.alerts.retry import GIVE_UP_AFTER
from monitor.errors import ConfigError, Problem

PREFIX = "MONITOR_"
DEFAULT_FILE = "monitor.yaml"
OUTSIDE = {"MONITOR_REWRITE_KEY", "MONITOR_TEST_POSTGRES"}
"""Names with our prefix that are not settings."""
SECRETS = {"password", "token", "webhook", "secret"}
"""Keys of channels whose values are never shown; in the environment they stand as they are."""
Variable: TypeAlias = tuple[str, tuple[str, ...], Any]
"""(name, path of the setting, value)."""
FORBID = ConfigDict(extra="forbid", frozen=True)


class WebSettings(BaseModel):
    """The web page the worker serves."""

    model_config = FORBID

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(8321, ge=0, le=65_535)
    proxies: tuple[str, ...] = Field((), description="Addresses and networks of reverse proxies whose headers are believed.")
    user_header: str = Field(
        "",
        pattern=r"^[A-Za-z0-9-]*$",
        description="The header in which those proxies name who is logged in, such as X-Forwarded-User.",
    )

    @field_validator("proxies", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ip_network(one, strict=False)
            except ValueError as error:
                raise ValueError(f"{one!r} is neither an address nor a network such as 10.0.0.0/8") from error
        return value

    @model_validator(mode="after")
    def _believed(self) -> Self:
        if self.user_header and not self.proxies:
            raise ValueError("user_header needs proxies: anybody could send this header otherwise")
        return self


class WorkerSettings(BaseModel):
    """How often the steps run and how much they take at once."""

    model_config = FORBID

    collect_every: Duration = timedelta(seconds=30)
    analyse_every: Duration = timedelta(seconds=10)
    deliver_every: Duration = timedelta(seconds=5)
    answer_within: Duration = Field(timedelta(minutes=10), description="How long the model may take for one batch of texts.")
    batch: int = Field(64, ge=1, le=1000, description="Articles analysed together.")
    lease: Duration = timedelta(minutes=5)
    interval: Duration = Field(timedelta(minutes=15), description="How often a feed is looked at when it names no interval.")
    give_up_after: Duration = Field(GIVE_UP_AFTER, description="How long an unreachable receiver is tried.")
    fail_after: int = Field(5, ge=1, description="Failures in a row after which a feed's owner is told.")
    storm: int = Field(25, ge=1, description="Alerts of one rule an hour after which the rest become one counted alert.")


class Settings(BaseModel):
    """Everything that is not a feed and not a rule."""

    model_config = FORBID

    feeds: Path = Path("feeds.yaml")
    rules: Path = Path("rules")
    archive: str | dict[str, Any] = Field(
        DEFAULT_ADDRESS,
        description="A file or the address of an engine (postgresql://…): alone, or as path: or url: among keys of its kind.",
        examples=["db/monitor.db", {"path": "db/monitor.db", "synchronous": "full"}],
    )
    outbox: Path = Field(Path("db/outbox"), description="Where alerts land that no receiver takes.")
    scorer: dict[str, Any] = Field({"kind": "onnx"}, description="The model engine and its settings.")
    fetcher: dict[str, Any] = Field({"kind": "http"}, description="The feed fetcher and its settings.")
    queue: dict[str, Any] = Field({"kind": "procrastinate"}, description="The queue of a cluster and its settings.")
    channels: dict[str, dict[str, Any]] = Field({}, description="By channel kind: what every receiver of the kind inherits.")
    allow: tuple[str, ...] = Field((), description="Hosts and networks of your own that may be reached although private.")
    keep: dict[str, Duration] = Field({}, description="By feed tag: how long texts of its articles are kept; statements stay.")
    operator: str = Field("", description="The receiver of alerts about the service itself.")
    traces: bool = Field(
        default=False, description="Send OpenTelemetry traces of the steps; the OTEL_… environment variables say where to."
    )
    public_url: str = Field("", description="Where the web page is reached from outside; makes links in alerts work.")
    web: WebSettings = WebSettings()
    worker: WorkerSettings = WorkerSettings()

    @property
    def archive_address(self) -> str:
        """The archive's file, or the address of its engine."""
        return archive_address(self.archive)

    @field_validator("archive", mode="before")
    @classmethod
    def _addressed(cls, value: Any) -> Any:
        if not isinstance(value, str | Mapping):
            form = "write a path or an address, or keys such as {path: db/monitor.db, synchronous: full}"
            raise ValueError(form)  # noqa: TRY004 - pydantic tells people of ValueErrors only
        return value

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not re.match(r"https?://[^\s/]", value):
            meant = "" if "://" in value else f"; write https://{value}"
            raise ValueError(f"{value!r} is not a web address{meant}")
        return value

    @field_validator("allow", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("scorer", "fetcher", "queue")
    @classmethod
    def _named(cls, value: dict[str, Any], info: Any) -> dict[str, Any]:
        kind = value.setdefault("kind", Settings.model_fields[info.field_name].default["kind"])
        if kind not in kinds.names(info.field_name):
            raise ValueError(f"there is no {info.field_name} kind {kind!r}; known: {', '.join(kinds.names(info.field_name))}")
        return value

    @field_validator("channels")
    @classmethod
    def _channels(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for kind in value:
            if kind not in kinds.names("channel"):
                raise ValueError(f"there is no channel kind {kind!r}; known: {', '.join(kinds.names('channel'))}")
        return value


def load_settings(environment: Mapping[str, str], flags: Mapping[str, Any] | None = None, file: Path | None = None) -> Settings:
    """The settings in force; `flags` override and may hold None for "not given".

    Raises:
        ConfigError: with every mistake, each naming the flag, variable or line it comes from.
    """
    return read_settings(environment, flags, file)[0]


def read_settings(
    environment: Mapping[str, str], flags: Mapping[str, Any] | None = None, file: Path | None = None
) -> tuple[Settings, Document]:
    """As `load_settings`, with the document that places mistakes which only show later."""
    document = _document(environment, file)
    if document.data is not None and not isinstance(document.data, Mapping):
        hint = "write one setting a line, such as `archive: db/monitor.db`"
        raise ConfigError([document.problem("settings are keys with values, this is something else", hint=hint)])
    variables = list(_variables(environment))
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    named = [(f"--{key.replace('_', '-')}", (key,), value) for key, value in given.items()]
    values = dict(document.data or {})
    archive = reduce(joined, [values.get("archive"), *_of_archive([*variables, *named])])
    _merge(values, _nested(variables))
    _merge(values, given)
    values |= {} if archive is None else {"archive": archive}
    said = Overridden.of(document, [_unfolded(one) for one in (*variables, *named)])
    try:
        return Settings.model_validate(values), said
    except ValidationError as error:
        raise ConfigError(problems_of(error, said, (), Settings)) from error


def _of_archive(overrides: list[Variable]) -> list[Any]:
    return [_nested([one])["archive"] for one in overrides if one[1][0] == "archive"]


def _unfolded(override: Variable) -> Variable:
    """An archive named by its address alone says nothing of the keys that may stand beside the address."""
    name, path, value = override
    return (name, path, archive_values(value)) if path == ("archive",) and isinstance(value, str) else override


def _variables(environment: Mapping[str, str]) -> Iterator[Variable]:
    """Each MONITOR_A__B=value; MONITOR_A__B_FILE=path reads the value from a file."""
    for name, raw in sorted(environment.items()):
        if not name.startswith(PREFIX) or name in OUTSIDE or name == f"{PREFIX}CONFIG":
            continue
        key, is_file = name.removeprefix(PREFIX).removesuffix("_FILE"), name.endswith("_FILE")
        text = _from_file(name, raw) if is_file else raw
        path = tuple(part.lower() for part in key.split("__"))
        if path[0] not in Settings.model_fields:
            raise ConfigError([Problem(f"the environment variable {name} names no setting")])
        is_secret = path[0] == "channels" and path[-1] in SECRETS and len(path) > 2  # noqa: PLR2004 - channels, kind, key
        yield name, path, {"value": text} if is_secret else _value(text, name)


def _document(environment: Mapping[str, str], file: Path | None) -> Document:
    named = file or (Path(environment[f"{PREFIX}CONFIG"]) if f"{PREFIX}CONFIG" in environment else None)
    if named is None and not Path(DEFAULT_FILE).exists():
        return no_document(Path("settings"))
    return read_yaml(named or Path(DEFAULT_FILE), f"name another with {PREFIX}CONFIG")


def _from_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise ConfigError([Problem(f"{name} names {path}, which cannot be read: {error.strerror}")]) from error


def _value(text: str, name: str) -> Any:
    if re.fullmatch(r"true|false", text, re.IGNORECASE):
        return text.lower() == "true"
    if text[:1] in "[{":
        return parse_yaml(text, Path(name)).data
    return text


def _nested(variables: list[Variable]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for _, path, value in variables:
        _put(values, path, value)
    return values


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        values = inner
    values[path[-1]] = value


def _merge(values: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(values.get(key), Mapping):
            inner = dict(values[key])
            _merge(inner, value)
            values[key] = inner
        else:
            values[key] = value
