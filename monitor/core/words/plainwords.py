"""The words of plain text at once: most news is written in letters, digits and punctuation that nobody could read in two ways."""

from __future__ import annotations

import re

_LOWERED = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(0x80)}
# Punctuation of typesetters: it separates words, as its plain sisters do.
_TYPESET = re.compile("[\u00a0\u00ab\u00bb\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2022\u2026]+")
_MAYBE_JOINED_BY_DOTS = re.compile(r"\.[A-Za-z]\.")


def plain_words(text: str) -> list[str] | None:
    """Each word in lower case, in order; None when there is more in the text than plain words, so that it wants a closer look."""
    if not text.isascii():
        text = _TYPESET.sub(" ", text)
        if not text.isascii():
            return None
    return None if _MAYBE_JOINED_BY_DOTS.search(text) else text.translate(_LOWERED).split()
