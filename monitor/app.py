"""The composition root: settings in, a working service out; the only importer of adapters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

from monitor import kinds
from monitor.clock import SystemClock
from monitor.config.adapters import adapter_config, adapter_mistakes, channel_mistakes
from monitor.config.archive_setting import archive_kind, archive_values
from monitor.config.documents import Document
from monitor.config.settings import Settings, read_settings
from monitor.core.alerts.render import plain, view
from monitor.errors import ConfigError, Problem
from monitor.model import Feed, Message, Receiver, Rulebook
from monitor.ports import Archive, Channel, Clock, Fetcher, Joinable, Parser, Queue, Scorer, Sharing

IfMissing: TypeAlias = Literal["make", "refuse", "empty"]
"""What stands for an archive whose file is not there: a new one, a mistake, or an empty one in memory."""


@dataclass
class App:
    """Everything a command or the worker needs, built when first asked for and closed together."""

    settings: Settings
    clock: Clock
    said: Document
    """Where each setting was said, for mistakes that show only when it is used."""
    if_missing: IfMissing = "make"
    _closing: ExitStack = field(default_factory=ExitStack)
    _archive: Archive | None = None

    @cached_property
    def feeds(self) -> tuple[Feed, ...]:
        """What feeds.yaml configured when first asked."""
        return self.read_feeds()

    def read_feeds(self) -> tuple[Feed, ...]:
        """The feeds as their file stands now."""
        from monitor.config.feeds import load_feeds  # noqa: PLC0415 - a search without names needs no configuration

        return load_feeds(self.settings.feeds)

    @cached_property
    def rulebook(self) -> Rulebook:
        """What rules/*.yaml said when first asked."""
        return self.read_rulebook()

    @cached_property
    def rulebook_alone(self) -> Rulebook:
        """The rulebook for a command that has no use for feeds: whatever its queries call a feed or a tag is believed."""
        return self.read_rulebook(feeds=())

    def read_rulebook(self, feeds: Sequence[Feed] | None = None) -> Rulebook:
        """The rulebook as its files stand now, whole and validated; queries may name these feeds and their tags."""
        from monitor.config.rulebook import load_rulebook  # noqa: PLC0415 - as for the feeds

        known = self.feeds if feeds is None else feeds
        tags = sorted({tag for feed in known for tag in feed.tags})
        words = {"feeds": [feed.id for feed in known], "tags": tags}
        return load_rulebook(self.settings.rules, channels=self.settings.channels, said=self.said, **words)

    @cached_property
    def archive(self) -> Archive:
        """The archive the settings name: a file, or the address of an engine.

        Raises:
            ConfigError: its settings are wrong, or there is no such file where one is to be there already.
        """
        if self._archive is not None:
            return self._archive
        address, values = self.settings.archive_address, archive_values(self.settings.archive)
        if self.if_missing != "make" and _is_missing(address):
            if self.if_missing == "refuse":
                hint = "start `monitor run` here, or name one with --archive"
                raise ConfigError([Problem(f"no archive at {address}", hint=hint)])
            archive = self.scratch()
        else:
            archive = self._build("archive", archive_kind(address), values)
        self._closing.callback(archive.close)
        return archive

    @cached_property
    def queue(self) -> Queue:
        """What tells the workers of a cluster what there is to do; it lives in the archive's database.

        Raises:
            ConfigError: the archive is a file, which is one machine's.
        """
        archive = self.archive
        if not isinstance(archive, Joinable):
            hint = "set archive: postgresql://… (docs/scaling.md), or run everything in one process with `monitor run`"
            raise ConfigError([Problem("several workers need an archive in PostgreSQL", "settings", hint=hint)])
        values = {"url": self.settings.archive_address, **self._own("queue")}
        queue = self._build("queue", self._kind("queue"), values, joined=archive.joined)
        self._closing.callback(queue.close)
        made: Queue = queue
        return made

    @property
    def sharing(self) -> Sharing | None:
        """The queue whose workers can share large work; None where this process is alone, or no worker was heard of lately."""
        if not isinstance(self.archive, Joinable):
            return None
        return self.queue if isinstance(self.queue, Sharing) and self.queue.workers() else None

    @property
    def heartbeat(self) -> timedelta:
        """How often a worker of a cluster says that it is alive."""
        return timedelta(seconds=float(self._own("queue").get("heartbeat_seconds", 10)))

    def scratch(self) -> Archive:
        """An empty archive in memory, for a trial; who asks closes it."""
        archive: Archive = self._build("archive", "sqlite", {"path": ":memory:"})
        return archive

    @cached_property
    def fetcher(self) -> Fetcher:
        """Gets feeds, guarded."""
        values = {"allow": self.settings.allow, **self._own("fetcher")}
        fetcher: Fetcher = self._build("fetcher", self._kind("fetcher"), values, clock=self.clock)
        if any(feed.url.startswith("file:") for feed in self.feeds):
            fetcher = self._build("fetcher", "file", {"root": self.settings.feeds.absolute().parent}, behind=fetcher)
        self._closing.callback(fetcher.close)
        return fetcher

    @cached_property
    def parser(self) -> Parser:
        """Reads feeds in processes that may be killed."""
        from monitor.sandbox import Sandbox  # noqa: PLC0415 - only where feeds are read

        parser: Parser = Sandbox()
        self._closing.callback(parser.close)
        return parser

    @cached_property
    def scorer(self) -> Scorer:
        """The model engine, whose every answer comes in time or is given up."""
        from monitor.scorers._punctual import PunctualScorer  # noqa: PLC0415 - numpy is loaded only where something is scored

        scorer: Scorer = self._build("scorer", self._kind("scorer"), self._own("scorer"))
        return PunctualScorer(scorer, self.settings.worker.answer_within.total_seconds())

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """A channel for each receiver, and those that take what no receiver takes."""
        return self.channels_of(self.rulebook)

    def channels_of(self, rulebook: Rulebook) -> Mapping[str, Channel]:
        """Channels for the receivers of any rulebook, such as one just edited.

        Raises:
            ConfigError: with everything that keeps a receiver from being built.
        """
        return self._built(self.receivers_of(rulebook).values())

    def channel_to(self, receiver: Receiver) -> Channel:
        """The channel for one receiver, whatever is wrong with the others.

        Raises:
            ConfigError: with everything that keeps it from being built.
        """
        return self._built([receiver])[receiver.id]

    def receivers_of(self, rulebook: Rulebook) -> dict[str, Receiver]:
        """The receivers of a rulebook by name, and those that take what no receiver takes."""
        from monitor.core.alerts.alerting import OUTBOX, TERMINAL  # noqa: PLC0415 - only where something is sent

        kept = {name: self._standing(name, kind) for name, kind in ((OUTBOX, "file"), (TERMINAL, "console"))}
        return {**kept, **rulebook.receivers}

    def receiver_mistakes(self, rulebook: Rulebook, *, without_secrets: bool = False) -> list[Problem]:
        """Everything that keeps receivers from being built; secrets that are not there do not count `without_secrets`."""
        return self._try_to_build(rulebook.receivers.values(), without_secrets=without_secrets)[1]

    def channel(self, kind: str, **values: Any) -> Channel:
        """A channel that no receiver configures, such as the terminal for a preview."""
        channel: Channel = self._build("channel", kind, values)
        return channel

    def preview(self, receiver: Receiver, message: Message) -> tuple[str, str]:
        """(media type, text) of a message as its receiver would get it; plain text where the kind has no form of its own."""
        shown = getattr(kinds.load("channel", receiver.kind), "preview", None)
        written: tuple[str, str] = shown(receiver.config, message) if shown else ("text/plain", plain(view(message)))
        return written

    def mistakes(self) -> list[Problem]:
        """Everything wrong with the settings of adapters, most of which are looked at only when they are built."""
        return adapter_mistakes(self.settings, self.said) + channel_mistakes(self.settings, self.said)

    def prepare(self) -> None:
        """Read feeds and rules and build the channels, so that what is wrong there is told before anything is opened."""
        _ = self.channels

    def close(self) -> None:
        """Give back connections, threads and processes."""
        self._closing.close()

    def _built(self, receivers: Iterable[Receiver]) -> dict[str, Channel]:
        built, problems = self._try_to_build(receivers)
        if problems:
            raise ConfigError(problems)
        return built

    def _try_to_build(
        self, receivers: Iterable[Receiver], *, without_secrets: bool = False
    ) -> tuple[dict[str, Channel], list[Problem]]:
        from monitor.config.receivers import Said, build_channels  # noqa: PLC0415 - only where something is sent

        said = Said(self.settings.rules, self.settings.channels, self.said)
        return build_channels(receivers, self._channel, said, without_secrets=without_secrets)

    def _channel(self, receiver: Receiver) -> Channel:
        module = kinds.load("channel", receiver.kind)
        channel: Channel = module.build(receiver.config, allow=self.settings.allow, outbox=self.settings.outbox)
        return channel

    def _standing(self, name: str, kind: str) -> Receiver:
        return Receiver(name, kind, adapter_config("channel", kind, {}, self.said, ("channels",)))

    def _build(self, family: str, kind: str, values: Mapping[str, Any], **given: Any) -> Any:
        config = adapter_config(family, kind, values, self.said, (family,))
        return kinds.load(family, kind).build(config, **given)

    def _kind(self, family: str) -> str:
        return str(getattr(self.settings, family)["kind"])

    def _own(self, family: str) -> dict[str, Any]:
        return {key: value for key, value in getattr(self.settings, family).items() if key != "kind"}


@contextmanager
def open_app(
    flags: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
    clock: Clock | None = None,
    archive: Archive | None = None,
    if_missing: IfMissing = "make",
) -> Iterator[App]:
    """An App on the settings in force; `flags` override them, `clock` and `archive` replace the real ones.

    Raises:
        ConfigError: the settings are wrong.
    """
    settings, said = read_settings(os.environ if environment is None else environment, flags, file)
    app = App(settings, clock or SystemClock(), said, if_missing, _archive=archive)
    try:
        yield app
    finally:
        app.close()


def _is_missing(address: str) -> bool:
    return archive_kind(address) == "sqlite" and address != ":memory:" and not Path(address).exists()
