"""rules/*.yaml read together into one validated Rulebook, with every mistake of every file reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from monitor import kinds
from monitor.config.documents import Document, KeyPath, read_yaml, yaml_files
from monitor.config.entries import Form, same_named, validated
from monitor.config.problems import problems_of
from monitor.config.rulefile import SECTIONS, ActorEntry, ReceiverEntry, RuleEntry, TopicEntry, rule_model, rule_options
from monitor.core.queries import query
from monitor.core.queries.suggestions import suggestion
from monitor.errors import ConfigError, Problem, QueryError
from monitor.model import Actor, Receiver, Rule, Rulebook, Topic

Places = dict[str, tuple[Document, KeyPath]]


def load_rulebook(
    path: Path,
    *,
    channels: Mapping[str, Mapping[str, Any]] | None = None,
    said: Document | None = None,
    feeds: Iterable[str] = (),
    tags: Iterable[str] = (),
) -> Rulebook:
    """The rulebook in a file, or in all *.yaml files below a directory.

    `channels` holds settings by channel kind that receivers inherit, and `said` is the document that places what is wrong
    with them; `feeds` and `tags` are the words queries may use.

    Raises:
        ConfigError: with every mistake of every file.
    """
    documents, problems = _documents(path)
    reader = _Reader(problems, channels or {}, tuple(feeds), tuple(tags), said)
    # A name that no file defines may stand in one that could not be read.
    reader.is_whole = not problems
    for document in documents:
        reader.gather(document)
    rulebook = reader.rulebook()
    if problems:
        # What several receivers inherit is wrong once.
        raise ConfigError(list(dict.fromkeys(problems)))
    return rulebook


def receiver_documents(path: Path) -> dict[str, Document]:
    """The document that defines each receiver, of a file or of all *.yaml files below a directory.

    Raises:
        ConfigError: there are no files.
    """
    documents, _ = _documents(path)
    found: dict[str, Document] = {}
    for document in documents:
        section = document.data.get("receivers") if isinstance(document.data, Mapping) else None
        entries = section.items() if isinstance(section, Mapping) else ()
        found |= {name: document for name, entry in entries if isinstance(entry, Mapping)}
    return found


def _documents(path: Path) -> tuple[list[Document], list[Problem]]:
    files = yaml_files(path)
    if not files:
        raise ConfigError([Problem("no rules here", str(path), hint="create a .yaml file, or name another place with --rules")])
    documents: list[Document] = []
    problems: list[Problem] = []
    for file in files:
        try:
            documents.append(read_yaml(file))
        except ConfigError as error:
            problems += error.problems
    return documents, problems


class _Reader:
    """Gathers entries of all files, then turns them into values section by section."""

    def __init__(
        self,
        problems: list[Problem],
        channels: Mapping[str, Mapping[str, Any]],
        feeds: tuple[str, ...],
        tags: tuple[str, ...],
        said: Document | None,
    ) -> None:
        self.problems = problems
        self.channels = channels
        self.feeds, self.tags = feeds, tags
        self.said = said
        self.is_whole = True
        self.places: dict[str, Places] = {section: {} for section in SECTIONS}

    def gather(self, document: Document) -> None:
        """Note every entry of a file by section and name; names must be unique across files."""
        if not isinstance(document.data, Mapping):
            self.problems.append(document.problem("must be a mapping with topics:, actors:, rules: or receivers:"))
            return
        for section, entries in document.data.items():
            if section not in SECTIONS:
                hint = suggestion(section, SECTIONS) or f"known here: {', '.join(SECTIONS)}"
                self.problems.append(document.problem(f"unknown key {section!r}", (section,), hint=hint, on_key=True))
            elif entries is not None and not isinstance(entries, Mapping):
                self.problems.append(document.problem(f"{section} must be a mapping of names", (section,)))
            else:
                for name in entries or {}:
                    self._note(document, section, name)

    def _note(self, document: Document, section: str, name: str) -> None:
        earlier = self.places[section].get(name)
        if earlier is not None:
            first = earlier[0].problem("", earlier[1], on_key=True)
            message = f"{section.removesuffix('s')} {name!r} is defined twice; first at {first.file}:{first.line}"
            self.problems.append(document.problem(message, (section, name), on_key=True))
            return
        self.places[section][name] = (document, (section, name))

    def rulebook(self) -> Rulebook:
        """Everything gathered, validated; problems are appended to the list given."""
        topics = {name: topic for name in self.places["topics"] if (topic := self._topic(name))}
        actors = {name: actor for name in self.places["actors"] if (actor := self._actor(name))}
        receivers = {name: receiver for name in self.places["receivers"] if (receiver := self._receiver(name))}
        vocabulary = self._vocabulary(topics, actors)
        rules = {name: rule for name in self.places["rules"] if (rule := self._rule(name, vocabulary))}
        return Rulebook(topics, actors, rules, receivers)

    def _vocabulary(self, topics: Mapping[str, Topic], actors: Mapping[str, Actor]) -> query.Vocabulary:
        """What queries may name; entries that are themselves wrong count, so that one mistake is told once."""
        if not self.is_whole:
            return query.Vocabulary()
        whole = Rulebook(
            topics={name: topics.get(name) or Topic(name, name) for name in self.places["topics"]},
            actors={name: actors.get(name) or Actor(name) for name in self.places["actors"]},
            rules={name: Rule(name, "") for name in self.places["rules"]},
            receivers={},
        )
        return query.Vocabulary.of(whole, feeds=self.feeds or None, tags=self.tags or None)

    def _entry(self, section: str, name: str, form: type[Form], raw: Any = None) -> Form | None:
        document, at = self.places[section][name]
        return validated(form, raw if raw is not None else self._raw(section, name), document, at, self.problems)

    def _raw(self, section: str, name: str) -> Any:
        document, _ = self.places[section][name]
        value = document.data[section][name]
        return {} if value is None else value

    def _problem(self, section: str, name: str, message: str, *keys: str | int, hint: str = "") -> None:
        document, at = self.places[section][name]
        self.problems.append(document.problem(message, (*at, *keys), hint=hint))

    def _topic(self, name: str) -> Topic | None:
        entry = self._entry("topics", name, TopicEntry)
        return None if entry is None else Topic(name, **same_named(entry, Topic))

    def _actor(self, name: str) -> Actor | None:
        entry = self._entry("actors", name, ActorEntry)
        return None if entry is None else Actor(name, entry.aliases)

    def _receiver(self, name: str) -> Receiver | None:
        raw = self._raw("receivers", name)
        if not isinstance(raw, Mapping):
            self._problem("receivers", name, "must be a mapping with kind:")
            return None
        common = {key: value for key, value in raw.items() if key in ReceiverEntry.model_fields}
        entry = self._entry("receivers", name, ReceiverEntry, common)
        if entry is None or not self._is_kind("channel", "receivers", name, entry.kind):
            return None
        own = {key: value for key, value in raw.items() if key not in ReceiverEntry.model_fields}
        config = self._config(name, entry.kind, own)
        if config is None:
            return None
        return Receiver(name, entry.kind, config, self._quiet_hours(name, entry.quiet_hours), entry.rate_per_minute)

    def _config(self, name: str, kind: str, own: Mapping[str, Any]) -> BaseModel | None:
        """The kind's Config of what a receiver says and inherits; what is wrong is placed where it was said."""
        form: type[BaseModel] = kinds.load("channel", kind).Config
        inherited = self.channels.get(kind, {})
        try:
            return form.model_validate({**inherited, **own})
        except ValidationError as error:
            document, at = self.places["receivers"][name]
            for detail in error.errors(include_url=False):
                is_inherited = detail["loc"] and detail["loc"][0] in inherited.keys() - own.keys()
                place = (self.said, ("channels", kind)) if self.said and is_inherited else (document, at)
                self.problems += problems_of([detail], *place, form)
            return None

    def _quiet_hours(self, name: str, text: str) -> tuple[str, str, str] | None:
        if not text:
            return None
        hours, _, zone = text.partition(" ")
        start, _, end = hours.partition("-")
        try:
            ZoneInfo(zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            self._problem("receivers", name, f"{zone!r} is not an IANA time zone", "quiet_hours", hint="such as Asia/Seoul")
        return start, end, zone or "UTC"

    def _is_kind(self, family: str, section: str, name: str, kind: str) -> bool:
        known = kinds.names(family)
        if kind in known:
            return True
        hint = suggestion(kind, known) or f"known: {', '.join(known)}"
        self._problem(section, name, f"there is no {family} kind {kind!r}", "kind", hint=hint)
        return False

    def _rule(self, name: str, vocabulary: query.Vocabulary) -> Rule | None:
        raw = self._raw("rules", name)
        kind = str(raw.get("kind", "match")) if isinstance(raw, Mapping) else "match"
        if not self._is_kind("rule", "rules", name, kind):
            return None
        entry = self._entry("rules", name, rule_model(kind), raw)
        if entry is None:
            return None
        try:
            options = rule_options(kind, entry)
        except ValueError as error:
            self._problem("rules", name, str(error))
            return None
        if self.is_whole:
            self._check_receivers(name, entry)
            self._check_briefing(name, getattr(options, "briefing", ""))
        self._check_query(name, entry.when, vocabulary)
        return _rule_value(name, entry, options, raw)

    def _check_receivers(self, name: str, entry: RuleEntry) -> None:
        known = self.places["receivers"]
        for index, receiver in enumerate(entry.notify):
            if receiver not in known:
                hint = suggestion(receiver, known) or "define it under receivers:"
                self._problem("rules", name, f"there is no receiver {receiver!r}", "notify", index, hint=hint)

    def _check_briefing(self, name: str, topic: str) -> None:
        known = self.places["topics"]
        if topic and topic not in known:
            hint = suggestion(topic, known) or "define it under topics:"
            self._problem("rules", name, f"there is no topic {topic!r}", "briefing", hint=hint)

    def _check_query(self, name: str, when: str, vocabulary: query.Vocabulary) -> None:
        try:
            query.parse(when, vocabulary)
        except QueryError as error:
            document, at = self.places["rules"][name]
            place = document.problem(
                f"{error.message}, in the query\n    {error.query}\n    {' ' * error.column}^", (*at, "when")
            )
            self.problems.append(Problem(place.message, place.file, place.line, place.column, error.hint))


def _rule_value(name: str, entry: RuleEntry, options: Any, raw: Mapping[str, Any]) -> Rule:
    text = "\n".join(f"{key}: {value}" for key, value in raw.items())
    own = {"title": entry.title or name, "is_enabled": entry.enabled, "options": options, "text": text}
    return Rule(name, **{**same_named(entry, Rule), **own})
