"""One entry of a rules file changed or added as text: every other line of the file stays as it is, comments and all."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from monitor.config.documents import Document, parse_yaml
from monitor.errors import ConfigError, Problem

_EMPTY = re.compile(r"^(\w+:)\s*(?:\{\s*\}|~|null)\s*$")


def put_entry(text: str, section: str, name: str, values: Mapping[str, Any], drop: Collection[str] = ()) -> str:
    """The text with these keys of an entry set and those in `drop` taken out; an entry that is missing is added at the end.

    Raises:
        ConfigError: the text cannot be read, or the entry is written in a way that cannot be changed alone.
    """
    path = Path(section)
    document = parse_yaml(text, path)
    before = document.data if isinstance(document.data, Mapping) else {}
    entries = before.get(section) or {}
    kept = {key: value for key, value in (entries.get(name) or {}).items() if key not in drop}
    wanted = {**before, section: {**entries, name: {**kept, **values}}}
    lines = [f"{line}\n" for line in text.rstrip("\n").split("\n")] if text.strip() else []
    changed = (
        _changed(lines, document, section, name, values, drop)
        if name in entries
        else _added(lines, document, section, name, values)
    )
    if parse_yaml(changed, path).data != wanted:
        hint = "open the file as YAML and change it there"
        raise ConfigError([Problem(f"{name} is written in a way that cannot be changed alone", hint=hint)])
    return changed


def _changed(
    lines: list[str], document: Document, section: str, name: str, values: Mapping[str, Any], drop: Collection[str]
) -> str:
    line, column = document.keys[section, name]
    first, indent = line - 1, column - 1
    last = _end(lines, first, indent)
    yaml = _yaml()
    try:
        data = yaml.load("".join(one[indent:] for one in lines[first:last]))
    except YAMLError:
        return "".join(lines)
    entry = data[name] if isinstance(data, CommentedMap) and isinstance(data.get(name), CommentedMap) else CommentedMap()
    for key in drop:
        entry.pop(key, None)
    for key, value in values.items():
        entry[key] = _flowing(value)
    data[name] = entry
    return "".join([*lines[:first], *_dumped(yaml, data, indent), *lines[last:]])


def _added(lines: list[str], document: Document, section: str, name: str, values: Mapping[str, Any]) -> str:
    indent = 2
    entry = {name: CommentedMap({key: _flowing(value) for key, value in values.items()})}
    if (section,) not in document.keys:
        lines += ["\n"] * bool(lines) + [f"{section}:\n"]
        return "".join([*lines, *_dumped(_yaml(), entry, indent)])
    known = [place for path, place in document.keys.items() if len(path) == 2 and path[0] == section]  # noqa: PLR2004 - section and name
    if known:
        line, column = max(known)
        at, indent = _end(lines, line - 1, column - 1), column - 1
        return "".join([*lines[:at], "\n", *_dumped(_yaml(), entry, indent), *lines[at:]])
    at = document.keys[section,][0]
    lines[at - 1] = _EMPTY.sub(r"\1\n", lines[at - 1])
    return "".join([*lines[:at], *_dumped(_yaml(), entry, indent), *lines[at:]])


def _end(lines: list[str], first: int, indent: int) -> int:
    """The line after an entry; comments that stand before the next entry belong to that one."""
    last = end = first + 1
    while last < len(lines) and (not lines[last].strip() or lines[last].lstrip().startswith("#") or _depth(lines[last]) > indent):
        last += 1
        if lines[last - 1].strip() and _depth(lines[last - 1]) > indent:
            end = last
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _dumped(yaml: YAML, data: Any, indent: int) -> list[str]:
    out = io.StringIO()
    yaml.dump(data, out)
    return [" " * indent + line if line.strip() else line for line in out.getvalue().splitlines(keepends=True)]


def _flowing(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    listed = CommentedSeq(value)
    listed.fa.set_flow_style()
    return listed


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
