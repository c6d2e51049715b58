"""Values of the model as columns of any archive, and back.

Times are ISO-8601 UTC text of one width, so that the order of texts is the order of times.
"""

from __future__ import annotations

import dataclasses
import json
import struct
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar, cast

from monitor.model import Evidence, Stance, Statement, Vector, Voice

Record = TypeVar("Record")

CLOCKS_DIFFER = timedelta(minutes=5)
"""So far two clocks may differ before a time stored ahead of the present one is taken for a mistake."""


def time_text(at: datetime) -> str:
    """An aware time as 2024-11-01T09:30:00.000000Z."""
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(timespec="microseconds")[:-6] + "Z"


def optional_time_text(at: datetime | None) -> str | None:
    """The same for a time that may be missing."""
    return None if at is None else time_text(at)


def read_time(stored: str | datetime) -> datetime:
    """The aware UTC time that `time_text` wrote, or that an archive with times of its own gives."""
    return stored.astimezone(UTC) if isinstance(stored, datetime) else datetime.fromisoformat(stored)


def read_optional_time(stored: str | datetime | None) -> datetime | None:
    """The same for a time that may be missing."""
    return None if stored is None else read_time(stored)


def clean(text: str) -> str:
    """A text that every archive can hold: no NUL, no lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def dump(value: object) -> str:
    """A value as JSON; times become text, spans seconds, frozen records objects."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def load_record(record: type[Record], stored: Mapping[str, Any], **known: Any) -> Record:
    """A frozen record from the JSON object that `dump` made of it; fields it does not know are left out."""
    readers = _readers(cast("Any", record))
    values = {name: read(stored[name]) for name, read in readers.items() if name in stored}
    return record(**(values | known))


@cache
def _readers(record: Any) -> dict[str, typing.Callable[[Any], Any]]:
    hints = typing.get_type_hints(record)
    return {field.name: _reader(hints[field.name]) for field in dataclasses.fields(record)}


def _reader(hint: Any) -> typing.Callable[[Any], Any]:
    options = [hint] if typing.get_origin(hint) is not types.UnionType else typing.get_args(hint)
    for option in options:
        if option is datetime:
            return read_optional_time
        if option is timedelta:
            return lambda seconds: None if seconds is None else timedelta(seconds=seconds)
        if typing.get_origin(option) is tuple:
            return tuple
    return lambda value: value


def pack(vector: Vector) -> bytes:
    """A vector as the size of one step (float32, little endian) and one byte a dimension, of -127 to 127 steps.

    A cosine of two such vectors is off by less than 0.003.
    """
    step = float(abs(vector).max()) / 127 or 1.0
    return struct.pack("<f", step) + (vector / step).round().astype("i1").tobytes()


def unpack(stored: bytes | None) -> Vector | None:
    """The vector that `pack` wrote, as float32."""
    if stored is None:
        return None
    import numpy as np  # noqa: PLC0415  # slow to load, and most commands read no vectors

    (step,) = struct.unpack_from("<f", stored)
    return np.frombuffer(stored, dtype="i1", offset=4).astype(np.float32) * np.float32(step)


def repack(stored: bytes) -> bytes:
    """What `pack` makes of a vector that the first release stored in half precision."""
    import numpy as np  # noqa: PLC0415  # as above

    return pack(np.frombuffer(stored, dtype="<f2").astype(np.float32))


def statement_of(row: Mapping[str, Any]) -> Statement:
    """A statement from its columns."""
    has_evidence = row["evidence"] is not None
    return Statement(
        topic=row["topic"],
        holder=row["holder"],
        stance=Stance(row["stance"]),
        favor=row["favor"],
        against=row["against"],
        neutral=row["neutral"],
        voice=Voice(row["voice"]),
        evidence=Evidence(row["evidence"], row["start"], row["end"], row["part"]) if has_evidence else None,
        is_found=bool(row["is_found"]),
        article=row["article"],
    )


def statement_from_json(stored: Mapping[str, Any]) -> Statement:
    """A statement from the JSON object that an alert keeps of it."""
    evidence = stored.get("evidence")
    return Statement(
        topic=stored["topic"],
        holder=stored["holder"],
        stance=Stance(stored["stance"]),
        favor=stored["favor"],
        against=stored["against"],
        neutral=stored["neutral"],
        voice=Voice(stored["voice"]),
        evidence=Evidence(**evidence) if evidence else None,
        is_found=stored.get("is_found", False),
        article=stored.get("article"),
    )
