"""The stored tellings a newcomer may join, kept as one matrix so that looking for neighbours is one product."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from monitor.core.stories.fingerprints import fold_title
from monitor.core.stories.joining import FLOOR, NEIGHBOURS, WINDOW
from monitor.model import Vector

_UNDATED = 0.0
_SCRIPTS = ((0x3040, 0x30FF), (0xAC00, 0xD7A3), (0x4E00, 0x9FFF), (0x0400, 0x04FF), (0x0600, 0x06FF))


class Window:
    """Members are added as they are placed, and never change."""

    def __init__(self) -> None:
        self._articles: list[int] = []
        self._stories: list[int] = []
        self._titles: dict[str, list[int]] = {}
        self._times = np.zeros(0)
        self._scripts = np.zeros(0, np.int8)
        self._vectors: NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def __len__(self) -> int:
        return len(self._articles)

    def add(self, article: int, story: int, title: str, published: datetime | None, embedding: Vector | None) -> None:
        """Take one more telling in; its unit vector may be missing."""
        row = len(self._articles)
        self._grow(row + 1, 0 if embedding is None else len(embedding))
        self._articles.append(article)
        self._stories.append(story)
        self._times[row] = _seconds(published)
        self._scripts[row] = script_of(title)
        if embedding is not None:
            self._vectors[row] = embedding
        if folded := fold_title(title):
            self._titles.setdefault(folded, []).append(row)

    def _grow(self, rows: int, width: int) -> None:
        if width and width != self._vectors.shape[1]:
            # Vectors of another model say nothing to this one's; the newest model's are kept.
            self._vectors = np.zeros((len(self._times), width), np.float32)
        if rows > len(self._times):
            more = max(256, 2 * rows)
            self._times = np.resize(self._times, more) if len(self._times) else np.zeros(more)
            self._scripts = np.resize(self._scripts, more) if len(self._scripts) else np.zeros(more, np.int8)
            vectors = np.zeros((more, self._vectors.shape[1]), np.float32)
            vectors[: len(self._vectors)] = self._vectors
            self._vectors = vectors

    def near(self, title: str, published: datetime | None, embedding: Vector | None) -> list[tuple[int, int, float | None]]:
        """(article, story, cosine) of the tellings worth comparing: those of the same title and the nearest by meaning."""
        count = len(self)
        if not count:
            return []
        if embedding is not None and len(embedding) != self._vectors.shape[1]:
            embedding = None
        cosines = np.zeros(count, np.float32) if embedding is None else self._vectors[:count] @ embedding
        is_open = self._is_open(_seconds(published))
        rows = [row for row in self._titles.get(fold_title(title), ()) if is_open[row]]
        if embedding is not None:
            own = self._scripts[:count] == script_of(title)
            rows += _nearest(np.where(is_open & own, cosines, 0.0))
            rows += _nearest(np.where(is_open & ~own, cosines, 0.0))
        known = np.any(self._vectors[rows] != 0, axis=1) if rows else []
        found = {row: None if embedding is None or not has else float(cosines[row]) for row, has in zip(rows, known, strict=True)}
        return [(self._articles[row], self._stories[row], cosine) for row, cosine in sorted(found.items())]

    def _is_open(self, when: float) -> NDArray[np.bool_]:
        times = self._times[: len(self)]
        is_open: NDArray[np.bool_] = (np.abs(times - when) <= WINDOW.total_seconds()) | (times == _UNDATED) | (when == _UNDATED)
        return is_open


def _nearest(cosines: NDArray[np.float32]) -> list[int]:
    """The rows of the largest cosines above the floor; ties go to the row that came first."""
    rows = np.flatnonzero(cosines >= FLOOR)
    if len(rows) > NEIGHBOURS:
        rows = rows[np.argsort(-cosines[rows], kind="stable")[:NEIGHBOURS]]
    return [int(row) for row in rows]


def _seconds(moment: datetime | None) -> float:
    return _UNDATED if moment is None else moment.timestamp()


def script_of(title: str) -> int:
    """A number for the script a title is mostly written in, 0 for Latin and what is not told apart."""
    letters = [letter for letter in title if letter.isalpha()]
    counts = [sum(low <= ord(letter) <= high for letter in letters) for low, high in _SCRIPTS]
    best = max(range(len(counts)), key=lambda at: (counts[at], -at))
    if counts[0] and counts[2]:
        return 1
    return best + 1 if counts[best] * 4 > len(letters) else 0
