"""A rule as a form for people who write no YAML, and the file that the filled form makes: the same one an editor would."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import timedelta
from typing import Any, get_type_hints

from pydantic import BaseModel, ValidationError

from monitor import kinds
from monitor.config.durations import format_duration
from monitor.config.entry_edit import put_entry
from monitor.config.rulefile import RuleEntry, rule_model
from monitor.core.queries.query_form import QueryForm, as_form, as_query
from monitor.errors import ConfigError, Problem
from monitor.model import Rule

COMMON = ("title", "kind", "severity", "group_by", "cooldown", "min_outlets", "max_age")
"""Keys of every rule that a form holds as plain text; the query, the receivers and whether it is on stand apart."""


@dataclass(frozen=True, slots=True)
class OptionField:
    """One option of a rule kind: its default as people write it ("" when it must be given), and the words to choose from."""

    name: str
    default: str
    is_number: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KindChoice:
    """A rule kind with what it is for and what it asks."""

    kind: str
    meaning: str
    options: tuple[OptionField, ...]


@dataclass(frozen=True, slots=True)
class RuleForm:
    """What the form holds, all as text; `options` are those of every kind by "kind.option"."""

    query: QueryForm = field(default_factory=QueryForm)
    common: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    notify: tuple[str, ...] = ()
    is_enabled: bool = True
    new_topic: str = ""
    new_topic_description: str = ""

    @property
    def kind(self) -> str:
        """The kind chosen."""
        return self.common.get("kind") or "match"

    @property
    def title(self) -> str:
        """The rule in people's words."""
        return self.common.get("title", "").strip()


def kind_choices() -> tuple[KindChoice, ...]:
    """Every rule kind, the plain one first."""
    ordered = sorted(kinds.names("rule"), key=lambda kind: (kind != "match", kind))
    return tuple(KindChoice(kind, _meaning(kind), tuple(_option_fields(kind))) for kind in ordered)


def blank(query: str = "") -> RuleForm:
    """An empty form, the query filled in where one is known."""
    return RuleForm(as_form(query), {**_common_defaults(), "cooldown": "6h"}, _option_defaults())


def of_rule(rule: Rule) -> RuleForm:
    """The form of a rule in force."""
    common = {
        "title": "" if rule.title == rule.id else rule.title,
        "kind": rule.kind,
        "severity": str(rule.severity),
        "group_by": rule.group_by,
        "cooldown": format_duration(rule.cooldown),
        "min_outlets": str(rule.min_outlets),
        "max_age": format_duration(rule.max_age),
    }
    own = {f"{rule.kind}.{one.name}": _text(getattr(rule.options, one.name)) for one in fields(rule.options)}
    return RuleForm(as_form(rule.when), common, {**_option_defaults(), **own}, rule.notify, rule.is_enabled)


def written(text: str, form: RuleForm, rule: Rule | None, name: str, topics: Collection[str] = ()) -> str:
    """The text of a rules file with the form's rule in it under this name, and its new topic where it describes one.

    Raises:
        ConfigError: with every mistake in the form.
    """
    if form.new_topic.strip():
        topic = slug(form.new_topic, topics, "topic")
        described = {"name": _one_line(form.new_topic), "description": _one_line(form.new_topic_description)}
        text = put_entry(text, "topics", topic, {key: value for key, value in described.items() if value})
        form = _about(form, topic)
    given = _given(form)
    model = rule_model(form.kind)
    entry = _checked(model, given)
    when = _one_line(as_query(form.query))
    if not when:
        raise ConfigError([Problem("nothing to look for", hint="choose a topic, or write words")])
    wanted = {"when": when, **given, "notify": list(form.notify), "enabled": form.is_enabled}
    before = _in_force(rule)
    values = {key: value for key, value in wanted.items() if _typed(key, value, entry) != before.get(key, _default(model, key))}
    if rule is not None and as_form(rule.when) == form.query:
        values.pop("when", None)
    back_to_default = {key for key in values if _typed(key, values[key], entry) == _default(model, key)}
    gone = {key for key in before if key not in wanted or key in back_to_default}
    put = {key: _plain(value, entry, key) for key, value in values.items() if key not in back_to_default}
    return put_entry(text, "rules", name, put, drop=gone)


def slug(title: str, taken: Collection[str], otherwise: str) -> str:
    """A short id made from a title: letters, digits and hyphens, with a number when it is taken."""
    folded = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = "-".join(re.sub(r"[^a-z0-9]+", " ", folded).split()[:6]) or otherwise
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


# -- the form's words and the file's -----------------------------------------------------------------------------------


def _given(form: RuleForm) -> dict[str, str]:
    own = {key.partition(".")[2]: value for key, value in form.options.items() if key.partition(".")[0] == form.kind}
    known = {one.name for one in _option_fields(form.kind)} | set(COMMON)
    said = {**form.common, **own}
    return {key: words for key, value in said.items() if key in known and (words := _one_line(value))}


def _checked(model: type[BaseModel], given: Mapping[str, str]) -> BaseModel:
    try:
        return model.model_validate({"when": "*", **given})
    except ValidationError as error:
        raise ConfigError([_problem(detail) for detail in error.errors(include_url=False)]) from error


def _problem(detail: Any) -> Problem:
    name = str(detail["loc"][0]).replace("_", " ") if detail["loc"] else ""
    words = "is needed" if detail["type"] == "missing" else str(detail["msg"]).removeprefix("Value error, ")
    return Problem(f"{name}: {words}" if name else words)


def _typed(key: str, value: Any, entry: BaseModel) -> Any:
    """A value as the rulebook would hold it."""
    if key in {"when", "enabled"}:
        return value
    return tuple(value) if key == "notify" else getattr(entry, key)


def _plain(value: Any, entry: BaseModel, key: str) -> Any:
    """A value as YAML writes it: spans of time and words as they were given, numbers as numbers."""
    typed = _typed(key, value, entry)
    return typed if isinstance(typed, int | float) else value


def _in_force(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    common = {
        "when": rule.when,
        "title": rule.title,
        "kind": rule.kind,
        "notify": rule.notify,
        "group_by": rule.group_by,
        "cooldown": rule.cooldown,
        "severity": rule.severity,
        "min_outlets": rule.min_outlets,
        "max_age": rule.max_age,
        "enabled": rule.is_enabled,
    }
    return {**common, **{one.name: getattr(rule.options, one.name) for one in fields(rule.options)}}


def _default(model: type[BaseModel], key: str) -> Any:
    known = model.model_fields.get(key)
    return None if known is None or known.is_required() else known.default


def _about(form: RuleForm, topic: str) -> RuleForm:
    return replace(form, query=replace(form.query, topic=topic))


# -- what kinds ask ----------------------------------------------------------------------------------------------------


def _meaning(kind: str) -> str:
    first = (kinds.load("rule", kind).__doc__ or "").strip().splitlines()[0]
    words = first.partition("—")[2].strip().rstrip(".")
    return words[:1].upper() + words[1:]


def _option_fields(kind: str) -> Iterator[OptionField]:
    trigger = kinds.load("rule", kind)
    hints = get_type_hints(trigger.Options)
    for one in fields(trigger.Options):
        default = "" if one.default is MISSING else _text(one.default)
        choices = tuple(getattr(trigger, "KINDS", ())) if one.name == "of" else ()
        yield OptionField(one.name, default, hints[one.name] in {int, float}, choices)


def _option_defaults() -> dict[str, str]:
    return {f"{kind}.{one.name}": one.default for kind in kinds.names("rule") for one in _option_fields(kind)}


def _common_defaults() -> dict[str, str]:
    return {key: _text(RuleEntry.model_fields[key].default) for key in COMMON}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(value: Any) -> str:
    return format_duration(value) if isinstance(value, timedelta) else str(value)
