"""docs/reliability.md names a test for every fault, and every test it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
ROWS = {int(number): row for number, row in re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE)}
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_is_there(file: str, name: str):
    assert name in functions_of(file)


def test_every_fault_has_a_row_with_a_test_or_a_command():
    assert list(ROWS) == list(range(1, 77))
    for number, row in ROWS.items():
        assert row.count(" | ") == 2, number
        assert re.search(r"`(tests/[\w/]+\.py::\w+|make \w+)`", row.split(" | ")[2]), number
