"""The YAML parser's complaints in people's words. No value is ever quoted: it may be a secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from monitor.errors import Problem

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError, StreamMark
    from ruamel.yaml.nodes import MappingNode, Node

QUOTED = "put the whole value in single quotes"
_ALIGNED = "begin in one column what belongs together, and put values with signs in quotes"
_CLOSED = "close it, put a comma between two items, or quote what holds signs"
_SLIPS = (
    (
        r"expected <block end>, but found '<scalar>'",
        "text goes on behind a value that has ended",
        f"{QUOTED}, such as when: '\"North Korea\" missile'",
    ),
    (r"expected <block end>, but found '-'", "an item of a list stands among keys", "indent it below the key it belongs to"),
    (r"expected <block end>", "is indented unlike what stands above it", _ALIGNED),
    (r"found character '\\t'", "the line is indented with a tab", "indent with spaces"),
    (r"found character '[@`%]'", "a value cannot begin with this sign", QUOTED),
    (r"mapping values are not allowed", "a second `key: value` stands on one line, or an indent is too deep", QUOTED),
    (r"could not find expected ':'", "a line without `key:`", "write key: value, and indent texts of several lines"),
    (r"found unexpected (end of stream|document separator)", "a quote is opened here and never closed", "close it"),
    (r"expected ',' or '\]'", "the list that [ opens goes on wrongly here", _CLOSED),
    (r"expected ',' or '\}'", "what { opens goes on wrongly here", _CLOSED),
    (r"found undefined alias", "a value that begins with * repeats an anchor (&), and there is none of this name", QUOTED),
    (r"chomping or indentation indicators", "after | or > the text begins on the next line", QUOTED),
    (r"unknown escape|hexdecimal", "in double quotes \\ begins a sign of its own", QUOTED),
    (r"found another document", "a second document begins here", "keep one document a file, without ---"),
)
"""What the library says, in a regular expression, and what is said instead."""
_FROM_THE_BEGINNING = re.compile(r"could not find expected ':'|found unexpected (end of stream|document separator)")
"""Complaints that come where a token ends, while the mistake lies where it begins."""


def told(error: Exception, text: str, file: str, compose: Callable[[str], Node]) -> Problem:
    """What is wrong with a text that the parser refused, where, and what to do; `compose` gives the text's nodes."""
    from ruamel.yaml.constructor import DuplicateKeyError  # noqa: PLC0415 - slow to load, and few files are wrong
    from ruamel.yaml.error import MarkedYAMLError  # noqa: PLC0415 - as above
    from ruamel.yaml.reader import ReaderError  # noqa: PLC0415 - as above

    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Problem(f"holds the control character U+{error.character:04X}", file, line, hint="take it out")
    if not isinstance(error, MarkedYAMLError):
        return Problem("is not readable YAML", file, hint="write plain keys, and quote values, dates among them")
    said = " ".join(str(error.problem or error.context or "").split())
    mark = _mark(error, said)
    root = compose(text) if isinstance(error, DuplicateKeyError) else None
    message, hint = _twice(root, mark) or _in_words(said)
    return Problem(message, file, mark.line + 1 if mark else None, mark.column + 1 if mark else None, hint)


def _mark(error: MarkedYAMLError, said: str) -> StreamMark | None:
    first: StreamMark | None = error.problem_mark
    second: StreamMark | None = error.context_mark
    return second or first if _FROM_THE_BEGINNING.search(said) else first or second


def _in_words(said: str) -> tuple[str, str]:
    found = ((message, hint) for pattern, message, hint in _SLIPS if re.search(pattern, said))
    return next(found, ("is not readable YAML from here", _ALIGNED))


def _twice(root: Node | None, mark: StreamMark | None) -> tuple[str, str] | None:
    """Words for the key at this place, when its mapping has it already."""
    for mapping in _mappings(root):
        keys = [key for key, _ in mapping.value]
        key = next((key for key in keys if mark is not None and key.start_mark.index == mark.index), None)
        first = next((one for one in keys if key is not None and one.value == key.value), None)
        if first is not None and first is not key:
            where = f"the key {first.value!r} stands here for the second time; first at line {first.start_mark.line + 1}"
            return where, "join the two"
    return None


def _mappings(node: Node | None) -> Iterator[MappingNode]:
    from ruamel.yaml.nodes import MappingNode, SequenceNode  # noqa: PLC0415 - as above

    if isinstance(node, MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from _mappings(item)
