"""Turns texts and pairs of texts into token ids, in the tokenizer's own threads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from monitor.errors import ScorerError
from monitor.scorers._private import stay_private
from monitor.scorers._text import plain

_FEWEST_LEFT = 24
"""Tokens that the text to be cut keeps at least, however long its partner is."""


class Tokens:
    """A fast tokenizer for one graph.

    `cut` says which of a pair is shortened, "only_first" or "only_second"; for single texts it is "longest_first".
    """

    def __init__(self, folder: Path, max_tokens: int, cut: str) -> None:
        tokenizer = load_tokenizer(folder)
        self.padding = int(tokenizer.pad_token_id or 0)
        self._cut, self._max_tokens = cut, max_tokens
        self._plain = _copy(tokenizer)
        self._engine = _copy(tokenizer)
        self._engine.enable_truncation(max_tokens, strategy=cut)
        self._shortened = lru_cache(maxsize=4_096)(self._shorten)

    def texts(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of single texts, cut at the end."""
        return self._encode([plain(text) for text in texts])

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> list[list[int]]:
        """Token ids of pairs; the partner of the text that is cut keeps room for it."""
        if self._cut == "only_first":
            return self._encode([(plain(first), self._shortened(plain(second))) for first, second in pairs])
        return self._encode([(self._shortened(plain(first)), plain(second)) for first, second in pairs])

    def _encode(self, items: Sequence[Any]) -> list[list[int]]:
        return [encoding.ids for encoding in self._engine.encode_batch_fast(items)]

    def _shorten(self, text: str) -> str:
        """The text without what would leave its partner too little room."""
        room = self._max_tokens - _FEWEST_LEFT
        encoding = self._plain.encode(text)
        return text[: encoding.offsets[room][0]] if len(encoding.ids) > room else text


@lru_cache(maxsize=8)
def load_tokenizer(folder: Path) -> Any:
    """The fast tokenizer saved in a folder.

    Raises:
        ScorerError: there is none, or it has no fast engine.
    """
    stay_private()
    from transformers import AutoTokenizer  # noqa: PLC0415 - takes seconds, and only scoring needs it

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # the library raises whatever a broken file makes it raise
        raise ScorerError(f"the tokenizer in {folder} cannot be loaded ({error}); reinstall the weights") from error
    if not getattr(tokenizer, "is_fast", False):
        raise ScorerError(f"the tokenizer in {folder} has no tokenizer.json; reinstall the weights")
    return tokenizer


def _copy(tokenizer: Any) -> Any:
    """An engine of its own, without truncation and padding set by anybody else."""
    engine = type(tokenizer.backend_tokenizer).from_str(tokenizer.backend_tokenizer.to_str())
    engine.no_truncation()
    engine.no_padding()
    return engine
