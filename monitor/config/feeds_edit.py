"""Edits to feeds.yaml that keep its comments, order and style, and never leave a file that cannot be read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from monitor.config.documents import parse_yaml, read_yaml
from monitor.config.feeds import read_feeds, slug
from monitor.config.writing import write_whole
from monitor.errors import ConfigError, Problem
from monitor.model import Feed

SHOWN = ("id", "name", "url", "language", "tags", "interval", "full_text", "owner", "identity", "enabled")


def add_feeds(path: Path, feeds: Sequence[dict[str, Any]]) -> list[Feed]:
    """Append feeds, given as feeds.yaml writes them; those whose address is there already are left out.

    A feed without `id` gets one made from its name, with a number when that is taken. The feeds added, in order.

    Raises:
        ConfigError: the file, or what it would become, is wrong; the file is then as it was.
    """
    known = read_feeds(read_yaml(path)) if path.exists() else ()
    addresses, ids = {feed.url for feed in known}, {feed.id for feed in known}
    fresh: list[dict[str, Any]] = []
    for feed in feeds:
        if feed["url"] in addresses:
            continue
        one = {**feed, "id": _free(feed.get("id") or slug(feed["name"]), ids)}
        fresh.append({key: one[key] for key in SHOWN if one.get(key) not in (None, "", [], ())})
        addresses.add(one["url"])
        ids.add(one["id"])
    if not fresh:
        return []
    edited = _edit(path, lambda data: _append(data, fresh))
    names = {feed["id"] for feed in fresh}
    return [feed for feed in edited if feed.id in names]


def set_enabled(path: Path, id_: str, *, is_enabled: bool) -> Feed:
    """Switch a feed on or off; the feed as it is now.

    Raises:
        ConfigError: there is no such feed, or the file is wrong.
    """
    index = _index(path, id_)

    def switch(data: CommentedMap) -> None:
        entry = data["feeds"][index]
        default = (data.get("defaults") or {}).get("enabled", True)
        if is_enabled == default:
            entry.pop("enabled", None)
        else:
            entry["enabled"] = is_enabled

    return _edit(path, switch)[index]


def remove_feed(path: Path, id_: str) -> Feed:
    """Take a feed out; the feed that was there. What is stored of it stays.

    Raises:
        ConfigError: there is no such feed, or the file is wrong.
    """
    index = _index(path, id_)
    document = read_yaml(path)
    feeds = read_feeds(document)
    # Cut as text: the comments that stand between two feeds belong to the next one, and ruamel would drop them.
    lines = document.text.splitlines(keepends=True)
    first = document.places["feeds", index][0] - 1
    indent = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    while last < len(lines) and lines[last].strip() and len(lines[last]) - len(lines[last].lstrip()) > indent:
        last += 1
    text = "".join(lines[:first] + lines[last:])
    if len(feeds) == 1:
        text = re.sub(r"^feeds:[ \t]*$", "feeds: []", text, flags=re.MULTILINE)
    kept = read_feeds(parse_yaml(text, path))
    if [feed.id for feed in kept] != [feed.id for feed in feeds if feed.id != id_]:
        raise ConfigError([Problem(f"feed {id_!r} is written in a way that cannot be taken out alone", str(path), first + 1)])
    write_whole(path, text)
    return feeds[index]


def _index(path: Path, id_: str) -> int:
    feeds = read_feeds(read_yaml(path))
    for index, feed in enumerate(feeds):
        if feed.id == id_:
            return index
    raise ConfigError([Problem(f"there is no feed {id_!r}", str(path), hint="`monitor feeds list` shows them")])


def _free(wanted: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9-]+", "-", wanted.lower()).strip("-") or "feed"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _append(data: CommentedMap, fresh: Sequence[dict[str, Any]]) -> None:
    if not data.get("feeds"):
        data["feeds"] = CommentedSeq()
    listed: CommentedSeq = data["feeds"]
    is_flow = bool(listed) and isinstance(listed[-1], CommentedMap) and bool(listed[-1].fa.flow_style())
    for feed in fresh:
        entry = CommentedMap(feed)
        for key, value in feed.items():
            if isinstance(value, list | tuple):
                entry[key] = CommentedSeq(value)
                entry[key].fa.set_flow_style()
        if is_flow:
            entry.fa.set_flow_style()
        listed.append(entry)


def _edit(path: Path, change: Callable[[CommentedMap], None]) -> tuple[Feed, ...]:
    text = path.read_text(encoding="utf-8-sig") if path.exists() else "feeds: []\n"
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 100_000
    offset = 2 if re.search(r"^feeds:[^\n]*\n(?:\s*(?:#[^\n]*)?\n)*  +-", text, re.MULTILINE) or "- " not in text else 0
    yaml.indent(mapping=2, sequence=2 + offset, offset=offset)
    data = yaml.load(text)
    data = CommentedMap() if data is None else data
    change(data)
    out = io.StringIO()
    yaml.dump(data, out)
    feeds = read_feeds(parse_yaml(out.getvalue(), path))
    write_whole(path, out.getvalue())
    return feeds
