"""What of a configuration may be shown: everything but secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"
SECRET_KEYS = re.compile(r"password|token|secret|webhook|headers|api_?key|credential", re.IGNORECASE)
_PLACES = {"env", "file"}
_PASSWORD = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s]*@", re.IGNORECASE)


def without_password(address: str) -> str:
    """An address such as postgresql://me:word@host/name with the word replaced by three stars."""
    return _PASSWORD.sub(rf"\g<before>{HIDDEN}@", address)


def without_credentials(address: str) -> str:
    """A web address with the user and the password left out; of one that cannot be read, all before its last @."""
    if "@" not in address:
        return address
    try:
        parts = urlsplit(address)
        is_whole = parts.port is None or parts.port > 0
    except ValueError:
        is_whole = False
    if not is_whole:
        scheme, separator, rest = address.partition("://")
        return scheme + separator + rest.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else address


def without_secrets(value: Any, key: str = "") -> Any:
    """The same value, in which each secret is three stars; a name of a variable or a file that holds one stays."""
    if isinstance(value, Mapping):
        if len(value) == 1 and set(value) <= _PLACES:
            return dict(value)
        if set(value) == {"value"}:
            return {"value": HIDDEN}
        return {name: without_secrets(inner, _named(key, str(name))) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(inner, key) for inner in value]
    if isinstance(value, str):
        return HIDDEN if SECRET_KEYS.search(key) and value else without_password(value)
    return value


def _named(outer: str, name: str) -> str:
    """What stands below a secret key is a secret whatever it is called."""
    return outer if SECRET_KEYS.search(outer) else name
