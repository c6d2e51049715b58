"""How costs grow: of two amounts of work measured in one test, for the machines are too noisy to trust in seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

REPEATS = 3


def times_dearer(large: Callable[[], object], small: Callable[[], object]) -> float:
    """How often the small work could have been done in the processor time of the large one, each at its best of a few."""
    return min(_seconds(large) for _ in range(REPEATS)) / min(_seconds(small) for _ in range(REPEATS))


def _seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return max(time.thread_time() - began, 1e-6)
