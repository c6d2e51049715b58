"""YAML files read safely, with the line and column of every key and value kept for messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from monitor.errors import ConfigError, Problem

if TYPE_CHECKING:
    from ruamel.yaml import YAML

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


def yaml_files(root: Path) -> list[Path]:
    """`root` when it is a file, or every *.yaml and *.yml file below it, sorted; none where it is missing."""
    if root.is_file():
        return [root]
    return sorted(file for pattern in ("*.yaml", "*.yml") for file in root.rglob(pattern) if file.is_file())


def no_document(path: Path) -> Document:
    """What an empty file at `path` gives."""
    return Document(path, {}, {(): (1, 1)}, {}, "")


def read_yaml(path: Path, elsewhere: str = "name another with a flag or in the environment") -> Document:
    """The document in a file; an empty file gives {}. `elsewhere` is what to do when there is none.

    Raises:
        ConfigError: the file is missing, too large, not YAML, or built to exhaust memory.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        hint = elsewhere if isinstance(error, FileNotFoundError) else ""
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
    try:
        _refuse_hostile(text, path)
        data = _yaml().load(text)
    except ConfigError:
        raise
    # Odd files, such as a list for a key, make the library raise exceptions of every class.
    except Exception as error:  # noqa: BLE001
        from monitor.config.slips import told  # noqa: PLC0415 - few files are wrong

        # Not chained: the library's own words quote values, and a traceback would show them.
        raise ConfigError([told(error, text, str(path), _yaml().compose)]) from None
    reader = _Reader()
    plain = reader.plain({} if data is None else data, ())
    return Document(path, plain, reader.places, reader.keys, text)


def _yaml() -> YAML:
    from ruamel.yaml import YAML  # noqa: PLC0415 - slow to load, and no file is read on many a way

    yaml = YAML(typ="rt", pure=True)
    # The warning would print the lines with both anchors, secrets and all.
    yaml.composer.warn_double_anchors = False
    return yaml


def _refuse_hostile(text: str, path: Path) -> None:
    """Refuse, before anything is built, what would be huge or endless with its aliases written out, and values of other types."""
    from monitor.config.measure import Measure  # noqa: PLC0415 - as above

    measure = Measure()
    for event in _yaml().parse(text):
        measure.take(event)
        tag = str(getattr(event, "tag", None) or "")
        is_plain = not tag or tag in PLAIN_TAGS
        found = measure.complaint() if is_plain else ("a tag is not allowed", "put a value that begins with ! in quotes")
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
