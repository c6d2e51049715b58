"""A long run is judged by all that it claims: each bound, passed by a little, is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.judging import BATCH, CONNECTIONS, LOG_MEGABYTES, Sample, complaints, grown, growth, overflowed, unsound

FLAT = Sample(hours=0, memory=500, descriptors=140, threads=75, log=4.1, archive=70, waiting=0, pending=0)
SOUND: dict[str, Any] = {
    "deliveries": 1000, "hours_of_the_clock": 40, "lost": 0, "dead": 0, "repeated": 0, "quarantined": 0, "waiting": 0, "pending": 0,
    "integrity": [],
}  # fmt: skip
HOURLY = 25


def run(last: Callable[[int], Sample] = lambda _: FLAT) -> list[Sample]:
    """A flat run of 100 samples whose last quarter is as told."""
    return [FLAT] * 75 + [last(number) for number in range(25)]


def test_a_sound_run_has_nothing_against_it():
    assert complaints(run(), SOUND) == []


@pytest.mark.parametrize(
    ("name", "room"),
    [("memory", 60), ("descriptors", 2 * CONNECTIONS), ("threads", CONNECTIONS), ("waiting", BATCH), ("pending", HOURLY)],
)
def test_what_grows_from_quarter_to_quarter_is_told(name: str, room: int):
    start = getattr(FLAT, name)

    def ended_at(value: float) -> list[Sample]:
        return run(lambda _: replace(FLAT, **{name: value}))

    assert grown(ended_at(start + room), HOURLY) == []
    (told,) = grown(ended_at(start + room + 1), HOURLY)
    assert told.startswith(f"{name} grew from {start:.1f} to {start + room + 1:.1f}")
    assert complaints(ended_at(start + room + 1), SOUND) == [told]


def test_a_slow_leak_is_told_and_a_short_peak_is_not():
    leaking = [replace(FLAT, threads=75 + number // 4) for number in range(100)]
    peak = run(lambda number: replace(FLAT, waiting=5000 if number < 10 else 0))

    assert growth(leaking, "threads") == (84, 96)
    assert [told.split()[0] for told in grown(leaking, HOURLY)] == ["threads"]
    assert grown(peak, HOURLY) == []


def test_a_log_that_was_ever_longer_than_checkpoints_leave_it_is_told():
    at_the_bound = run(lambda number: replace(FLAT, log=LOG_MEGABYTES if number == 3 else 4.1))
    above = run(lambda number: replace(FLAT, log=LOG_MEGABYTES + 0.1 if number == 3 else 4.1))

    assert overflowed(at_the_bound) == []
    assert overflowed(above) == ["the write-ahead log reached 16.6 MB, more than 16.5"]
    assert complaints(above, SOUND) == overflowed(above)


@pytest.mark.parametrize("name", ["lost", "dead", "repeated", "quarantined", "waiting", "pending"])
def test_what_must_be_none_at_the_end_is_told(name: str):
    assert unsound({**SOUND, name: 1}) == [f"{name}: 1, not 0"]
    assert complaints(run(), {**SOUND, name: 1}) == [f"{name}: 1, not 0"]


def test_a_damaged_archive_is_told():
    assert complaints(run(), {**SOUND, "integrity": ["row 3 missing"]}) == ["integrity: row 3 missing"]
