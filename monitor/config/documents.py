"""YAML files read safely, with the line and column of every key and value kept for messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from monitor.errors import ConfigError, Problem

if TYPE_CHECKING:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

MAX_BYTES = 2_000_000
PLAIN_TAGS = {"!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq"))}

KeyPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values; `places` maps a path of keys to the 1-based (line, column) of its value."""

    path: Path
    data: Any
    places: Mapping[KeyPath, tuple[int, int]]
    keys: Mapping[KeyPath, tuple[int, int]]
    text: str

    def problem(self, message: str, at: KeyPath = (), *, hint: str = "", on_key: bool = False) -> Problem:
        """A Problem placed at the deepest known part of `at`."""
        places = self.keys if on_key else self.places
        known = (places.get(at[:length]) or self.places.get(at[:length]) for length in range(len(at), -1, -1))
        line, column = next((place for place in known if place), (None, None))
        return Problem(message, str(self.path), line, column, hint)


def no_document(path: Path) -> Document:
    """What an empty file at `path` gives."""
    return Document(path, {}, {(): (1, 1)}, {}, "")


def read_yaml(path: Path) -> Document:
    """The document in a file; an empty file gives {}.

    Raises:
        ConfigError: the file is missing, too large, not YAML, or built to exhaust memory.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        hint = "name another with a flag or in the environment" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError([Problem(f"cannot be read: {error.strerror}", str(path), hint=hint)]) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError([Problem(f"is larger than {MAX_BYTES:,} bytes", str(path))])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError([Problem("is not UTF-8 text", str(path), line, hint="save the file as UTF-8")]) from error
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> Document:
    """The document in a text; `path` is only named in messages.

    Raises:
        ConfigError: as `read_yaml`.
    """
    from ruamel.yaml.error import MarkedYAMLError  # noqa: PLC0415 - slow to load, and no file is read on many a way

    try:
        _refuse_hostile(text, path)
        data = _yaml().load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise ConfigError([Problem(_in_words(error), str(path), *place)]) from error
    except ConfigError:
        raise
    except Exception as error:  # odd files, such as a list for a key, make the library raise exceptions of every class
        words = " ".join(str(error).split())[:200]
        hint = "write plain keys, and quote values"
        raise ConfigError([Problem(f"is not readable YAML: {words}", str(path), hint=hint)]) from error
    reader = _Reader()
    plain = reader.plain({} if data is None else data, ())
    return Document(path, plain, reader.places, reader.keys, text)


def _yaml() -> YAML:
    from ruamel.yaml import YAML  # noqa: PLC0415 - as above

    return YAML(typ="rt", pure=True)


def _in_words(error: MarkedYAMLError) -> str:
    first_line = str(error.problem or error.context or "is not readable YAML").splitlines()[0]
    return first_line if "duplicate key" not in first_line else first_line.replace("found duplicate key", "duplicate key")


def _refuse_hostile(text: str, path: Path) -> None:
    """Refuse, before anything is built, what would be huge or endless with its aliases written out, and values of other types."""
    from monitor.config.measure import Measure  # noqa: PLC0415 - as above

    measure = Measure()
    for event in _yaml().parse(text):
        measure.take(event)
        tag = str(getattr(event, "tag", None) or "")
        is_plain = not tag or tag in PLAIN_TAGS
        found = measure.complaint() if is_plain else (f"the tag {tag} is not allowed", "write plain values")
        if found:
            mark = event.start_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
            raise ConfigError([Problem(found[0], str(path), line, column, found[1])])


class _Reader:
    """Turns ruamel's commented values into plain ones, noting where each stood."""

    def __init__(self) -> None:
        self.places: dict[KeyPath, tuple[int, int]] = {(): (1, 1)}
        self.keys: dict[KeyPath, tuple[int, int]] = {}

    def plain(self, value: Any, at: KeyPath) -> Any:
        # The library's own mappings and lists, which know where everything stood.
        if isinstance(value, dict):
            return {self._key(value, key, at): self.plain(item, (*at, str(key))) for key, item in value.items()}
        if isinstance(value, list):
            return [self._item(value, index, item, at) for index, item in enumerate(value)]
        return str(value) if isinstance(value, str) else value

    def _key(self, mapping: Any, key: Any, at: KeyPath) -> str:
        path = (*at, str(key))
        place = (mapping.lc.data or {}).get(key)
        if place:
            self.keys[path] = (place[0] + 1, place[1] + 1)
            self.places[path] = (place[2] + 1, place[3] + 1)
        return str(key)

    def _item(self, sequence: Any, index: int, item: Any, at: KeyPath) -> Any:
        place = (sequence.lc.data or {}).get(index)
        if place:
            self.places[*at, index] = (place[0] + 1, place[1] + 1)
        return self.plain(item, (*at, index))
