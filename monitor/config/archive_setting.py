"""`archive:`, the one setting that is an address alone or keys of the archive's kind with the address among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT_ADDRESS = "db/monitor.db"
_ENGINES = {"postgres": "postgres", "postgresql": "postgres"}
_ADDRESS_KEYS = ("path", "url")


def archive_kind(address: str) -> str:
    """The kind of archive that an address means: a known engine's before ://, otherwise a file."""
    scheme, _, rest = address.partition("://")
    return _ENGINES.get(scheme, "sqlite") if rest else "sqlite"


def archive_address(setting: str | Mapping[str, Any]) -> str:
    """The file or the engine's address that the setting names."""
    return _split(setting)[0] or DEFAULT_ADDRESS


def archive_values(setting: str | Mapping[str, Any]) -> dict[str, Any]:
    """What the kind's Config takes."""
    address = archive_address(setting)
    return {"path" if archive_kind(address) == "sqlite" else "url": address, **_split(setting)[1]}


def joined(before: Any, after: Any) -> Any:
    """The setting when `after` is said over `before` (None: nothing): options stay as long as the kind does.

    What is neither an address nor keys is given back for others to complain of.
    """
    if before is None or not isinstance(before, str | Mapping) or not isinstance(after, str | Mapping):
        return before if after is None else after
    (first, options), (second, own) = _split(before), _split(after)
    is_of_another_kind = second and archive_kind(second) != archive_kind(first or DEFAULT_ADDRESS)
    address, kept = second or first, {**({} if is_of_another_kind else options), **own}
    if not kept:
        return address
    return {**({"path" if archive_kind(address) == "sqlite" else "url": address} if address else {}), **kept}


def _split(setting: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(address or "", the other keys)."""
    if isinstance(setting, str):
        return setting, {}
    address = next((str(setting[key]) for key in _ADDRESS_KEYS if setting.get(key)), "")
    return address, {key: value for key, value in setting.items() if key not in _ADDRESS_KEYS}
