"""The form of rules/*.yaml: topics, actors, rules and receivers as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import timedelta
from functools import cache
from types import ModuleType
from typing import Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from monitor import kinds
from monitor.config.durations import Duration
from monitor.model import Severity

FORBID = ConfigDict(extra="forbid", frozen=True)


class TopicEntry(BaseModel):
    """What is watched."""

    model_config = FORBID

    name: str = Field(
        min_length=1, description="What the topic is called; a stance is toward what this names.", examples=["Freedom Edge"]
    )
    description: str = Field("", description="One or two sentences that tell the topic from its neighbours.")
    aliases: tuple[str, ...] = Field((), description="Other names, in any language.")
    examples: tuple[str, ...] = Field((), description="Headlines that belong to the topic.")
    threshold: float | None = Field(None, ge=0, le=1, description="Relevance from which an article is about it.")
    keep: Duration | None = Field(None, description="How long texts of its articles are kept; statements stay.")


class ActorEntry(BaseModel):
    """Who may hold a stance; the name itself is always an alias."""

    model_config = FORBID

    aliases: tuple[str, ...] = Field(
        (),
        description="Other words the press uses: capitals, leaders, ministries, in any language.",
        examples=[["Pyongyang"]],
    )


class RuleEntry(BaseModel):
    """What every rule may say; its kind may know more keys."""

    model_config = FORBID

    when: str = Field(
        min_length=1, description="The query: docs/query-language.md.", examples=["topic:freedom-edge stance:against"]
    )
    title: str = Field("", description="The rule in people's words.")
    kind: str = Field("match", description="What has to be true of the query's answers.")
    notify: tuple[str, ...] = Field((), description="Receivers; none: the alert is printed and written to db/outbox/.")
    group_by: Literal["story", "holder", "source"] = Field("story", description="What one alert speaks of.")
    cooldown: Duration = Field(timedelta(0), description="After an alert, how long its group stays quiet.")
    severity: Severity = Field(Severity.NORMAL, description="urgent passes quiet hours.")
    min_outlets: int = Field(1, ge=1, description="Independent outlets a story needs.")
    max_age: Duration = Field(timedelta(hours=48), description="Articles published longer ago never alert.")
    enabled: bool = Field(default=True, description="false keeps the rule and its history, and stops it.")


class ReceiverEntry(BaseModel):
    """What every receiver may say; its kind knows the rest."""

    model_config = FORBID

    kind: str = Field(description="The channel: email, slack, webhook, apprise, console or file.")
    quiet_hours: str = Field(
        "",
        pattern=r"^$|^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d( [A-Za-z_+\-/0-9]+)?$",
        description='Times when only urgent alerts are sent, such as "22:00-06:00 Asia/Seoul".',
        examples=["22:00-06:00 Asia/Seoul"],
    )
    rate_per_minute: float = Field(60.0, gt=0, description="At most so many messages a minute.")


SECTIONS: Mapping[str, type[BaseModel]] = {
    "topics": TopicEntry,
    "actors": ActorEntry,
    "rules": RuleEntry,
    "receivers": ReceiverEntry,
}


@cache
def rule_model(kind: str) -> type[RuleEntry]:
    """The pydantic form of a rule of this kind: the common keys and those of its Options.

    Raises:
        KeyError: no such kind.
    """
    trigger = kinds.load("rule", kind)
    hints = get_type_hints(trigger.Options)
    options: dict[str, Any] = {}
    for item in fields(trigger.Options):
        default = ... if item.default is MISSING else item.default
        annotation = Duration if hints[item.name] is timedelta else hints[item.name]
        options[item.name] = (annotation, default)
    return create_model(f"{kind.replace('-', ' ').title().replace(' ', '')}Rule", __base__=RuleEntry, **options)


def rule_options(kind: str, entry: BaseModel) -> Any:
    """The kind's own Options out of a validated rule.

    Raises:
        ValueError: the values do not fit together.
    """
    trigger: ModuleType = kinds.load("rule", kind)
    return trigger.Options(**{item.name: getattr(entry, item.name) for item in fields(trigger.Options)})
