"""Makes texts fit for tokenizers."""

from __future__ import annotations


def plain(text: str) -> str:
    """The text with lone surrogates replaced, which no tokenizer takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
