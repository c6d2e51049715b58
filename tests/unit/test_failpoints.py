"""Failpoints end the process where they are told to, and nowhere else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.failpoints import EXIT_CODE

CODE = "from monitor.failpoints import failpoint\nfor _ in range(3): failpoint('here'); print('passed', flush=True)"


@pytest.mark.parametrize(
    ("wanted", "status", "passed"), [("", 0, 3), ("there", 0, 3), ("here", EXIT_CODE, 0), ("here:3", EXIT_CODE, 2)]
)
def test_the_process_ends_at_the_named_point(wanted: str, status: int, passed: int):
    environment = {**os.environ, "CHAOS_POINT": wanted}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.count("passed")) == (status, passed)


def test_every_point_has_its_kills_counted_in_the_documentation():
    root = Path(__file__).parents[2]
    points = {
        name for file in (root / "monitor").rglob("*.py") for name in re.findall(r'failpoint\("([\w-]+)"\)', file.read_text())
    }
    rows = re.findall(
        r"^\| .*\(`([\w-]+)`\) \| .* \| \d+ \| \d+ \| 0 \|", (root / "docs/reliability.md").read_text(), re.MULTILINE
    )

    assert set(rows) == points
