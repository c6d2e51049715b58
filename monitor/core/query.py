"""The query language: text in, a tree out; the archive compiles the tree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: `text` as written and the root of its tree."""

    text: str
