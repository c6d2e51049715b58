"""docs/archive.md and datasette.yaml know every table and view, and every ready question can be asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from monitor.archives import sqlite

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "archive.md").read_text(encoding="utf-8")
QUERIES = YAML(typ="safe").load((ROOT / "datasette.yaml").read_text(encoding="utf-8"))["databases"]["monitor"]["queries"]


@pytest.fixture(scope="module")
def database():
    archive = sqlite.build(sqlite.Config(path=":memory:"))
    with archive._connections.read() as db:
        yield db
    archive.close()


def test_every_table_and_view_is_in_the_page(database):
    rows = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    names = {row[0] for row in rows if not re.match(r"sqlite_|_sqlite_|words_", row[0])}
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == names


@pytest.mark.parametrize("view", ["stance_by_week", "share_of_voice", "coverage", "alert_log"])
def test_columns_of_views(database, view):
    columns = ", ".join(column[0] for column in database.execute("SELECT * FROM " + view).description)
    assert re.search(rf"^\| `{view}` \|.*\| {columns} \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", QUERIES)
def test_ready_questions_can_be_asked(database, name):
    sql = QUERIES[name]["sql"]
    database.execute(sql, dict.fromkeys(re.findall(r":([a-z]+)\b", sql), "x")).fetchall()
