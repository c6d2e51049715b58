"""Figures of several runs: their median and spread, and what a process and its children used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
RUNS = 5


def spread(values: list[float]) -> dict[str, float]:
    """Median, lowest and highest of several runs, and how many there were."""
    return {"median": _short(median(values)), "low": _short(min(values)), "high": _short(max(values)), "runs": len(values)}


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-round(share * len(ordered) * 1000) // 1000) - 1))]


def _short(value: float) -> float:
    """Four digits that mean something."""
    return float(f"{value:.4g}")


@dataclass
class Used:
    """Seconds by the clock, and processor seconds of this process and of its children."""

    wall: float = 0.0
    own: float = 0.0
    children: float = 0.0

    @property
    def cpu(self) -> float:
        """Processor seconds of all."""
        return self.own + self.children


@contextmanager
def used() -> Iterator[Used]:
    """What happens inside, measured; children that live on are counted too."""
    found = Used()
    began, own, children = time.perf_counter(), time.process_time(), _children_seconds()
    yield found
    found.wall = time.perf_counter() - began
    found.own = time.process_time() - own
    found.children = _children_seconds() - children


def peak_megabytes() -> float:
    """The largest memory that this process held, plus the largest that each living child did: at least what was held at once."""
    me = psutil.Process()
    return sum(_peak(one.pid) for one in (me, *me.children(recursive=True)))


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        row = next((row for row in status.read_text().splitlines() if row.startswith("VmHWM")), "VmHWM: 0 kB")
        return int(row.split()[1]) / 1024
    return float(psutil.Process(pid).memory_info().rss) / 1_048_576


def _children_seconds() -> float:
    ended = os.times()
    alive = (child.cpu_times() for child in psutil.Process().children(recursive=True))
    return ended.children_user + ended.children_system + sum(times.user + times.system for times in alive)


def ask(module: str, *arguments: object) -> Any:
    """The JSON that a benchmark module prints when it runs in a process of its own, so that memory and imports are its own."""
    words = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[2:])} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])
