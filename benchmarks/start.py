"""Start: commands as a person meets them, each in a new process, and the time until a worker asks its first feed.

Files are in the memory of the system, as they are from the second start on.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.runs import ROOT, spread
from benchmarks.search import archive_of


def measure(*, runs: int) -> dict[str, Any]:
    """Seconds by the clock and of the processor for each command."""
    archive = str(archive_of(1000))
    commands = {
        "help": ["--help"],
        "check": ["check"],
        "search": ["search", "--archive", archive, "missile drill"],
    }
    found: dict[str, Any] = {}
    for name, words in commands.items():
        taken = [_run(words) for _ in range(runs + 1)][1:]
        found[f"{name}_s"] = spread([wall for wall, _ in taken])
        found[f"{name}_cpu_s"] = spread([cpu for _, cpu in taken])
    found["python_s"] = spread([_run([], bare=True)[0] for _ in range(runs)])
    found["first_fetch_s"] = spread([_first_fetch() for _ in range(runs)])
    return found


def _run(words: list[str], *, bare: bool = False) -> tuple[float, float]:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", "pass"] if bare else [sys.executable, "-m", "monitor", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _first_fetch() -> float:
    from monitor.demo.servers import feed_site

    with tempfile.TemporaryDirectory() as folder, feed_site({"/feed": ("application/rss+xml", b"<rss version='2.0'/>")}) as site:
        place = Path(folder)
        (place / "feeds.yaml").write_text(f"feeds:\n  - {{id: outlet, name: Outlet, url: '{site.address}/feed'}}\n")
        (place / "rules.yaml").write_text("rules: {}\n")
        (place / "monitor.yaml").write_text(
            f"feeds: {place}/feeds.yaml\nrules: {place}/rules.yaml\narchive: {place}/monitor.db\nallow: [127.0.0.1]\n"
        )
        began = time.perf_counter()
        words = [sys.executable, "-m", "monitor", "run", "--no-web"]
        environment = {"MONITOR_CONFIG": f"{place}/monitor.yaml", "PATH": "/usr/bin:/bin"}
        with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as worker:
            try:
                while not site.answers and time.perf_counter() - began < 120:
                    if worker.poll() is not None:
                        raise RuntimeError("the worker ended before its first fetch")
                    time.sleep(0.005)
                return time.perf_counter() - began
            finally:
                worker.terminate()
