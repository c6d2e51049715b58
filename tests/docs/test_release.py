"""What is released is what the changelog says."""

from __future__ import annotations

import re
from pathlib import Path

from monitor import __version__

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def test_the_program_calls_itself_what_the_newest_entry_does() -> None:
    newest = re.search(r"^## (\S+) \((?:unreleased|\d{4}-\d\d-\d\d)\)$", CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__
