"""Writes the demo's configuration: feeds on loopback, the shipped rules, and receivers that are the demo's own servers."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from monitor.demo.news import Outlet
from monitor.errors import ConfigError, Problem

RECEIVERS = "receivers.yaml"
EXTENSIONS = {"rss": "xml", "atom": "atom", "rdf": "rdf", "json": "json"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a demo keeps everything; all of it may be deleted."""

    root: Path

    @property
    def settings(self) -> Path:
        """The settings that make any command work on the demo's archive."""
        return self.root / "monitor.yaml"

    @property
    def feeds(self) -> Path:
        """The demo's feeds.yaml."""
        return self.root / "feeds.yaml"

    @property
    def rules(self) -> Path:
        """The demo's rules."""
        return self.root / "rules"

    @property
    def archive(self) -> Path:
        """The archive the demo fills."""
        return self.root / "monitor.db"

    @property
    def outbox(self) -> Path:
        """Where alerts of rules without receivers land."""
        return self.root / "outbox"

    @property
    def mail(self) -> Path:
        """The emails as received."""
        return self.root / "mail"

    @property
    def slack(self) -> Path:
        """What Slack was sent."""
        return self.root / "slack"


def clear(place: Place) -> None:
    """Make room for a new demo in an empty directory or in that of an earlier one.

    Raises:
        ConfigError: the directory holds something else.
    """
    root = place.root
    if root.exists() and any(root.iterdir()) and not place.settings.exists():
        raise ConfigError([Problem(f"{root} is not empty and not from an earlier demo", hint="name another with --directory")])
    shutil.rmtree(root, ignore_errors=True)
    for folder in (root, place.rules, place.mail, place.slack):
        folder.mkdir(parents=True, exist_ok=True)


def shipped_rules() -> Path:
    """The rules that come with the service: packed beside the demo when installed, else those of the checkout.

    Raises:
        ConfigError: neither is there.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "rules", here.parent.parent / "rules"):
        if folder.is_dir():
            return folder
    raise ConfigError([Problem("the shipped rules are missing from this installation", hint="install it again")])


def write_feeds(place: Place, outlets: Sequence[Outlet], address: str, *, enabled: bool = True) -> None:
    """The demo's feeds.yaml, with every outlet's feed below `address`; not enabled once nobody serves them any more."""
    feeds = [
        {
            "id": outlet.id,
            "name": outlet.name,
            "url": f"{address}{path_of(outlet)}",
            "language": outlet.language,
            "tags": list(outlet.tags),
            "owner": outlet.owner,
        }
        for outlet in outlets
    ]
    _write(place.feeds, {"defaults": {"interval": "15m", "enabled": enabled}, "feeds": feeds})


def write_rules(place: Place, *, mail_host: str, mail_port: int, webhook: str) -> None:
    """The shipped rules as they are, with the receivers they name standing on this machine."""
    for file in sorted(shipped_rules().glob("*.yaml")):
        if file.name != RECEIVERS:
            shutil.copyfile(file, place.rules / file.name)
    desk = {
        "kind": "email",
        "host": mail_host,
        "port": mail_port,
        "security": "none",
        "sender": "News monitor <monitor@example.org>",
        "to": ["desk@example.org"],
        "rate_per_minute": 6000,
    }
    channel = {"kind": "slack", "webhook": {"value": webhook}, "rate_per_minute": 6000}
    _write(place.rules / RECEIVERS, {"receivers": {"desk": desk, "korea-channel": channel}})


def write_settings(place: Place, allow: Sequence[str]) -> None:
    """Settings that name the demo's places; `allow` opens the loopback servers to the guard, which need no politeness."""
    settings = {
        "feeds": str(place.feeds),
        "rules": str(place.rules),
        "archive": str(place.archive),
        "outbox": str(place.outbox),
        "allow": list(allow),
        "fetcher": {"kind": "http", "spacing_seconds": 0, "per_host": 20},
    }
    _write(place.settings, settings)


def path_of(outlet: Outlet) -> str:
    """Where an outlet's feed lies on its site."""
    return f"/{outlet.id}/feed.{EXTENSIONS[outlet.format]}"


def _write(file: Path, values: Any) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(values, stream)
