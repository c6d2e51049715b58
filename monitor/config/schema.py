"""JSON Schemas of feeds.yaml, rules/*.yaml and monitor.yaml, so that editors complete and check them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from monitor import kinds
from monitor.config.feeds import FeedsFile
from monitor.config.rulefile import ActorEntry, ReceiverEntry, TopicEntry, rule_model
from monitor.config.settings import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def write_schemas(directory: Path) -> list[Path]:
    """Write all schemas below a directory; the files written.

    Raises:
        OSError: the directory cannot be made or written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in (("feeds", feeds_schema()), ("rules", rules_schema()), ("settings", settings_schema())):
        path = directory / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


def feeds_schema() -> dict[str, Any]:
    """The schema of feeds.yaml."""
    return {"$schema": DIALECT, "title": "feeds.yaml", **_without_title(FeedsFile.model_json_schema())}


def settings_schema() -> dict[str, Any]:
    """The schema of monitor.yaml."""
    return {"$schema": DIALECT, "title": "monitor.yaml", **_without_title(Settings.model_json_schema())}


def rules_schema() -> dict[str, Any]:
    """The schema of a rules file: a rule's and a receiver's keys depend on their kind."""
    rules = {kind: rule_model(kind) for kind in kinds.names("rule")}
    channels = {kind: kinds.load("channel", kind).Config for kind in kinds.names("channel")}
    models: list[type[BaseModel]] = [TopicEntry, ActorEntry, ReceiverEntry, *rules.values(), *channels.values()]
    references, definitions = models_json_schema([(model, "validation") for model in models], ref_template="#/$defs/{model}")
    pointed = {model: references[model, "validation"] for model in models}
    return {
        "$schema": DIALECT,
        "title": "rules/*.yaml",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "topics": _named(pointed[TopicEntry]),
            "actors": _named(pointed[ActorEntry]),
            "rules": _named(_by_kind({kind: pointed[model] for kind, model in rules.items()}, default="match")),
            "receivers": _named(
                _by_kind({kind: _joined(pointed[ReceiverEntry], pointed[model], definitions) for kind, model in channels.items()})
            ),
        },
        "$defs": definitions["$defs"],
    }


def _named(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": ["object", "null"], "additionalProperties": schema}


def _by_kind(schemas: dict[str, dict[str, Any]], *, default: str = "") -> dict[str, Any]:
    cases = []
    for kind, schema in schemas.items():
        condition: dict[str, Any] = {"properties": {"kind": {"const": kind}}}
        if kind != default:
            condition["required"] = ["kind"]
        cases.append({"if": condition, "then": schema})
    return {"type": "object", "properties": {"kind": {"enum": list(schemas)}}, "allOf": cases}


def _joined(first: dict[str, Any], second: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    one, two = (definitions["$defs"][part["$ref"].rsplit("/", 1)[-1]] for part in (first, second))
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**one["properties"], **two["properties"]},
        "required": one.get("required", []),
    }


def _without_title(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "title"}
