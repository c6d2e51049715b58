"""What languages are called in feeds, on pages and in queries."""

from __future__ import annotations

import re

_TAG = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_].*)?\s*")


def primary_language(tag: str | None) -> str | None:
    """The language of a tag such as en-US or zh_Hant, in lower case; None when it names none."""
    found = _TAG.fullmatch(tag or "")
    return found[1].lower() if found else None
