"""Puts a text back together that a corpus stores as tokens with blanks between them."""

from __future__ import annotations

import re

_TOKENISED = re.compile(r"\w (?:[.,;:!?]|'s|n't) ")
_NATURAL = re.compile(r"\w[.,;:!?] ")
_IN_ADDRESS = frozenset("./-?=&_%~+:#")
_STEPS = (
    (re.compile(r" ([.,;:!?%)\]}])"), r"\1"),
    (re.compile(r"([(\[{$]) "), r"\1"),
    (re.compile(r"(\w) - (?=\w)"), r"\1-"),
    (re.compile(r"(\w) ?' ?(s|t|re|ve|ll|d|m)\b"), r"\1'\2"),
    (re.compile(r"(\d)\. (?=\d)"), r"\1."),
    (re.compile(r"(\d): (?=\d)"), r"\1:"),
    (re.compile(r"(\d), (?=\d{3}\b)"), r"\1,"),
    (re.compile(r"\b([A-Za-z])\. (?=[A-Za-z]\.)"), r"\1."),
)


def join_tokens(text: str) -> str:
    """The text as it was written, as far as can be told, without an address at its beginning; natural text is left as it is."""
    if len(_TOKENISED.findall(text)) <= len(_NATURAL.findall(text)):
        return text
    joined = " ".join(_without_address(text.split()))
    for pattern, replacement in _STEPS:
        joined = pattern.sub(replacement, joined)
    return joined


def _without_address(tokens: list[str]) -> list[str]:
    """The tokens after a leading address: it goes on as long as every second token is one of its marks."""
    if tokens[:1] not in (["http"], ["https"]):
        return tokens
    at = 1
    while at < len(tokens) and (tokens[at] in _IN_ADDRESS or tokens[at - 1] in _IN_ADDRESS):
        at += 1
    return tokens[at:]
