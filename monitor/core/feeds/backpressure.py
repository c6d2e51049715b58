"""How much is collected while analysis is behind: all of it, less and less, nothing."""

from __future__ import annotations


def share(waiting: int, limit: int) -> float:
    """The part of the due feeds to fetch now: 1 up to `limit` articles that wait, falling to 0 at twice as many."""
    if waiting <= limit:
        return 1.0
    return max(0.0, 2.0 - waiting / limit)
