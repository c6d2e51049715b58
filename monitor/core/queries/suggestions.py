"""Names what somebody probably meant who wrote a word that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_ALIKE = 0.6


def nearest(word: str, known: Iterable[str], cutoff: float = _ALIKE) -> str:
    """The known word most like this one, or "" when none is as like as `cutoff` (0 to 1)."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return found[0] if found else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    """A question naming the nearest known word, or "" when none is near."""
    meant = nearest(word, known)
    return f"did you mean {meant}?" if meant else ""
