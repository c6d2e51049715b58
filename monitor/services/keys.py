"""Keys that this service makes for itself, once, and keeps with the archive."""

from __future__ import annotations

import secrets

from monitor.ports import Archive


def kept_key(archive: Archive, name: str) -> str:
    """The key kept under this name among the rules' states; made when first asked for."""
    with archive.transaction():
        key = archive.states.load(name).get("key")
        if not key:
            key = secrets.token_urlsafe(32)
            archive.states.save(name, {"key": key})
    return str(key)
