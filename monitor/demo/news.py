"""The bundled news: what invented outlets wrote, dated relative to any moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML


@dataclass(frozen=True, slots=True)
class Item:
    """One news item as its outlet publishes it; paragraphs of `text` are set apart by an empty line."""

    id: str
    link: str
    title: str
    author: str
    text: str
    published: datetime


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented outlet with the feed it serves: `format` is rss, atom, rdf or json; items are newest first."""

    id: str
    name: str
    domain: str
    format: str
    language: str
    tags: tuple[str, ...]
    owner: str
    items: tuple[Item, ...]


def bundled_news(now: datetime) -> tuple[Outlet, ...]:
    """Every outlet with its items, dated as if the demo's day ended at `now`."""
    documents = _documents()
    return tuple(_outlet(name, document, documents, now) for name, document in documents.items())


@cache
def _documents() -> dict[str, dict[str, Any]]:
    yaml = YAML(typ="safe", pure=True)
    folder = files("monitor.demo") / "news"
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {file.name.removesuffix(".yaml"): yaml.load(file.read_text(encoding="utf-8")) for file in found}


def _outlet(name: str, document: dict[str, Any], documents: dict[str, dict[str, Any]], now: datetime) -> Outlet:
    items = (_item(raw, document["domain"], documents, now) for raw in document["items"])
    return Outlet(
        id=name,
        name=document["name"],
        domain=document["domain"],
        format=document["format"],
        language=document["language"],
        tags=tuple(document["tags"]),
        owner=document.get("owner", document["name"]),
        items=tuple(sorted(items, key=lambda item: item.published, reverse=True)),
    )


def _item(raw: dict[str, Any], domain: str, documents: dict[str, dict[str, Any]], now: datetime) -> Item:
    published = (now - timedelta(minutes=raw["minutes_ago"])).replace(microsecond=0)
    return Item(
        id=raw["id"],
        link=f"https://{domain}/{published:%Y/%m}/{raw['id']}",
        title=raw["title"],
        author=raw["author"],
        text=_text(raw, documents),
        published=published,
    )


def _text(raw: dict[str, Any], documents: dict[str, dict[str, Any]]) -> str:
    """The item's own text, or word for word that of the agency it copies."""
    if "copy_of" not in raw:
        return str(raw["text"]).strip()
    outlet, _, item = raw["copy_of"].partition("/")
    return next(_text(other, documents) for other in documents[outlet]["items"] if other["id"] == item)
