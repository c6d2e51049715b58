"""What a long run must show: nothing grows, nothing is left over, lost, given up or sent twice. Pure: samples in, complaints out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

MEMORY_SHARE, MEMORY_MEGABYTES = 0.10, 10
"""What memory may grow by: the receivers' log of deliveries is in the process, and allocators keep what they once had."""
CONNECTIONS = 10
"""Kept connections may be so many more: the feeds' server is in the process, so each has two descriptors and a thread.
What leaks one of them in each pass is past this in the first minute."""
CHECKPOINT_MEGABYTES = 1000 * (4096 + 24) / 1e6
"""SQLite's default, which the archive leaves as it is: the commit that makes the log longer than 1,000 pages copies it back."""
LOG_MEGABYTES = 4 * CHECKPOINT_MEGABYTES
"""The log's file keeps its greatest length: a checkpoint's, and on top that of the commit that passes it. With batches of 64 articles
and merges of the word index half an hour came to 7.8 MB; a reader that keeps checkpoints from ending is past this in minutes."""
BATCH = 64
"""An article waits until the batch before it is done."""
MUST_BE_ZERO = ("lost", "dead", "repeated", "quarantined", "waiting", "pending")
"""Of the result. Receivers are away for an hour, and deliveries are tried for far longer: none may be given up."""


@dataclass(frozen=True)
class Sample:
    """What was seen at one moment; `hours` are those of the fast clock, sizes in megabytes."""

    hours: float
    memory: float
    descriptors: int
    threads: int
    log: float
    archive: float
    waiting: int
    pending: int


def growth(samples: Sequence[Sample], name: str) -> tuple[float, float]:
    """The median of the second quarter of the run and that of the last quarter; at least four samples are needed."""
    values = [float(getattr(sample, name)) for sample in samples]
    quarter = len(values) // 4
    return median(values[quarter : 2 * quarter]), median(values[3 * quarter :])


def grown(samples: Sequence[Sample], hourly: float) -> list[str]:
    """What grew from quarter to quarter by more than it may; `hourly` is how many deliveries an hour of the clock brings."""
    room = {
        "memory": MEMORY_SHARE * growth(samples, "memory")[0] + MEMORY_MEGABYTES,
        "descriptors": 2 * CONNECTIONS,
        "threads": CONNECTIONS,
        "waiting": BATCH,
        # A receiver is away for an hour at a time: what that hour brings may wait at the end of any quarter.
        "pending": hourly,
    }
    ends = {name: growth(samples, name) for name in room}
    return [
        f"{name} grew from {before:.1f} to {after:.1f}, by more than {room[name]:.1f}"
        for name, (before, after) in ends.items()
        if after - before > room[name]
    ]


def overflowed(samples: Sequence[Sample]) -> list[str]:
    """Whether the write-ahead log was ever longer than checkpoints leave it."""
    longest = max(sample.log for sample in samples)
    return [f"the write-ahead log reached {longest:.1f} MB, more than {LOG_MEGABYTES:.1f}"] if longest > LOG_MEGABYTES else []


def unsound(result: Mapping[str, Any]) -> list[str]:
    """What is left over at the end, or not as it should be, with everything settled."""
    counted = [f"{name}: {result[name]}, not 0" for name in MUST_BE_ZERO if result[name]]
    return counted + [f"integrity: {problem}" for problem in result["integrity"]]


def complaints(samples: Sequence[Sample], result: Mapping[str, Any]) -> list[str]:
    """Everything that speaks against the run, in words; nothing for a sound one."""
    hourly = result["deliveries"] / max(1.0, result["hours_of_the_clock"])
    return [*grown(samples, hourly), *overflowed(samples), *unsound(result)]
