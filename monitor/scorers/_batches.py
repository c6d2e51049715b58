"""Cuts texts into batches of like length, so that little is padded and no batch is larger than a budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUDGET = 1_280
"""Tokens in a batch, padding included; more fill the caches and gain nothing on CPU."""
MOST = 64
"""Texts in a batch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one batch: where they stood in the input, and their (n, length) int64 ids and mask."""

    rows: NDArray[np.intp]
    ids: NDArray[np.int64]
    mask: NDArray[np.int64]


def batches(encoded: Sequence[Sequence[int]], padding: int, *, budget: int = BUDGET, most: int = MOST) -> Iterator[Batch]:
    """Batches over all rows that have tokens, longest first (what needs most memory fails or succeeds at once)."""
    lengths = np.fromiter((len(ids) for ids in encoded), np.intp, len(encoded))
    order = np.argsort(-lengths, kind="stable")[: int((lengths > 0).sum())]
    start = 0
    while start < len(order):
        longest = int(lengths[order[start]])
        rows = order[start : start + max(1, min(most, budget // longest))]
        yield _batch(encoded, rows, lengths[rows], longest, padding)
        start += len(rows)


def _batch(
    encoded: Sequence[Sequence[int]], rows: NDArray[np.intp], lengths: NDArray[np.intp], longest: int, padding: int
) -> Batch:
    mask = np.arange(longest) < lengths[:, None]
    ids = np.full(mask.shape, padding, np.int64)
    ids[mask] = np.concatenate([np.asarray(encoded[row], np.int64) for row in rows])
    return Batch(rows, ids, mask.astype(np.int64))
