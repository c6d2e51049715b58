"""feeds.yaml read into Feeds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.config.documents import Document, read_yaml
from monitor.config.durations import Duration
from monitor.config.entries import same_named, validated
from monitor.core.queries.suggestions import suggestion
from monitor.core.shown import without_credentials
from monitor.errors import ConfigError, Problem
from monitor.model import Feed

SHORTEST_INTERVAL = timedelta(minutes=1)


class FeedDefaults(BaseModel):
    """What a feed has when it does not say otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tags: tuple[str, ...] = Field((), description="Words to find the feed's articles by: tag:wire.")
    language: str | None = Field(
        None,
        pattern=r"^[a-z]{2,3}$",
        description="A hint, such as ko; each article is detected all the same.",
        examples=["ko"],
    )
    interval: Duration | None = Field(None, description="How often to look at most; the feed's own rhythm may make it rarer.")
    full_text: bool = Field(default=False, description="Fetch each article's page and store its full text.")
    enabled: bool = Field(default=True, description="false keeps what is stored and stops fetching.")
    owner: str = Field("", description="The publisher; outlets of one owner count as one independent source.")
    identity: Literal["auto", "guid", "link", "content"] = Field(
        "auto", description="Which key tells articles of this feed apart."
    )

    @field_validator("interval")
    @classmethod
    def _not_too_often(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < SHORTEST_INTERVAL:
            raise ValueError("a feed may not be asked more often than once a minute")
        return value


class FeedEntry(FeedDefaults):
    """One feed."""

    url: str = Field(
        description="http(s) address of the feed; a file: address needs `files: true` at the top.",
        examples=["https://example.org/feed"],
    )
    name: str = Field(min_length=1, description="What people call the outlet.", examples=["Example News"])
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")] | None = Field(
        None, description="Stable short name; made from `name` if missing.", examples=["example-news"]
    )

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, value: str) -> str:
        if not re.match(r"^(https?|file)://\S+$", value):
            raise ValueError("not an http or https address")
        return value


class FeedsFile(BaseModel):
    """The whole of feeds.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    defaults: FeedDefaults = FeedDefaults()
    files: bool = Field(default=False, description="Allow file: addresses below the folder of feeds.yaml.")
    feeds: tuple[FeedEntry, ...] = ()


def load_feeds(path: Path) -> tuple[Feed, ...]:
    """The feeds a file configures, in its order.

    Raises:
        ConfigError: with every mistake in the file.
    """
    return read_feeds(read_yaml(path, "name another with --feeds, or add a feed with `monitor feeds add`"))


def read_feeds(document: Document) -> tuple[Feed, ...]:
    """As `load_feeds`, from a document already read."""
    if not isinstance(document.data, Mapping):
        raise ConfigError([document.problem("must be a mapping with `feeds:`")])
    problems: list[Problem] = []
    problems += [
        document.problem(f"unknown key {key!r}", (key,), hint=suggestion(key, FeedsFile.model_fields), on_key=True)
        for key in document.data
        if key not in FeedsFile.model_fields
    ]
    defaults = _defaults(document, problems)
    is_file_allowed = document.data.get("files") is True
    feeds: dict[str, Feed] = {}
    listed = [] if document.data.get("feeds") is None else document.data["feeds"]
    if not isinstance(listed, list):
        raise ConfigError([document.problem("must be a list", ("feeds",))])
    for index, raw in enumerate(listed):
        feed = _feed(document, index, {**defaults, **raw} if isinstance(raw, Mapping) else raw, problems)
        if feed is None:
            continue
        if feed.url.startswith("file:") and not is_file_allowed:
            problems.append(document.problem("file: addresses need `files: true` at the top", ("feeds", index, "url")))
        same = next((other for other in feeds.values() if other.id == feed.id or other.url == feed.url), None)
        if same is not None:
            what, value = ("id", feed.id) if same.id == feed.id else ("url", without_credentials(feed.url))
            hint = f"{same.name!r} has it already" + ("; give one of them an id" if what == "id" else "")
            problems.append(document.problem(f"{what} {value!r} is used twice", ("feeds", index, what), hint=hint))
        feeds[feed.id] = feed
    if problems:
        raise ConfigError(problems)
    return tuple(feeds.values())


def slug(name: str) -> str:
    """A short stable id made from a name: lower-case letters and digits of any script, joined by hyphens."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-") or "feed"


def _defaults(document: Document, problems: list[Problem]) -> dict[str, Any]:
    raw = document.data.get("defaults") or {}
    return dict(raw) if validated(FeedDefaults, raw, document, ("defaults",), problems) else {}


def _feed(document: Document, index: int, raw: Any, problems: list[Problem]) -> Feed | None:
    entry = validated(FeedEntry, raw, document, ("feeds", index), problems)
    if entry is None:
        return None
    return Feed(**{**same_named(entry, Feed), "id": entry.id or slug(entry.name), "is_enabled": entry.enabled})
