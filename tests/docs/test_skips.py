"""docs/reliability.md says which tests are skipped where: every file that may skip one is named, and the counts are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hostile import ENCODED, NAUGHTY, SCRIPTS

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "docs/reliability.md").read_text(encoding="utf-8").partition("### What is skipped")[2].partition("\n<!--")[0]
MAY_SKIP = re.compile(r"pytest\.skip\(|skipif\(|importorskip\(|needs_chromium")


def test_every_file_that_may_skip_a_test_is_named():
    files = {path.name for path in (ROOT / "tests").rglob("test_*.py") if MAY_SKIP.search(path.read_text(encoding="utf-8"))}
    assert set(re.findall(r"test_\w+\.py", SECTION)) >= files - {Path(__file__).name}


def test_the_vectors_of_our_own_are_counted_right():
    counted = f"{len(SCRIPTS)} of script, {len(NAUGHTY)} naughty strings, {len(ENCODED)} encodings"
    assert counted in SECTION
