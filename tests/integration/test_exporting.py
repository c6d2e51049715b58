"""What leaves the archive: every article that a query finds, in four forms, whole or not at all."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.app import App
from monitor.core.queries.query import parse
from monitor.errors import ConfigError, MonitorError
from monitor.services.export import COLUMNS, FORMATS, export
from tests.webstage import NOW, TEXT, article, stage

SAID = "Freedonia against 0.88 (toll, quoted): Freedonia called the toll an insult to every sailor."


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with stage(tmp_path_factory.mktemp("export") / "desk") as made:
        made.archive.articles.add([article(90, title="=cmd|' /C calc'!A0", text="-1 and\nmore", author="@home", language=None)])
        yield made


def written(app: App, form: str, path: Path, query: str = "*") -> int:
    return export(app.archive, parse(query), NOW, form, path)


def test_a_spreadsheet_has_a_row_for_each_article_and_no_formula(app: App, tmp_path: Path):
    assert written(app, "csv", tmp_path / "out.csv") == 7

    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), tuple(rows[0])) == (7, COLUMNS)
    (formula,) = [row for row in rows if "cmd" in row["title"]]
    assert (formula["title"], formula["text"], formula["author"]) == ("'=cmd|' /C calc'!A0", "'-1 and\nmore", "'@home")
    (first,) = [row for row in rows if row["id"] == "1"]
    assert (first["topics"], first["text"]) == ("toll 0.93", TEXT)
    assert SAID in first["statements"].split("\n")


def test_one_object_a_line(app: App, tmp_path: Path):
    assert written(app, "ndjson", tmp_path / "out.ndjson", "topic:toll") == 6

    rows = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text(encoding="utf-8").splitlines()]
    assert [row["title"] for row in rows] == [f"Toll on the harbour bridge, day {day}" for day in range(1, 7)]
    assert {one["holder"] for row in rows for one in row["statements"]} == {"Freedonia", "Sylvania"}


def test_a_database_of_their_own(app: App, tmp_path: Path):
    assert written(app, "sqlite", tmp_path / "out.db") == 7

    with closing(sqlite3.connect(tmp_path / "out.db")) as database:
        assert database.execute("SELECT count(*) FROM articles").fetchone() == (7,)
        joined = "SELECT count(*) FROM statements JOIN articles ON articles.id = article WHERE stance = 'against'"
        assert database.execute(joined).fetchone() == (6,)


def test_articles_in_which_nobody_says_anything_make_a_database_too(app: App, tmp_path: Path):
    assert written(app, "sqlite", tmp_path / "out.db", "-topic:toll") == 1

    with closing(sqlite3.connect(tmp_path / "out.db")) as database:
        assert database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall() == [("articles",)]


def test_columns_of_parquet(app: App, tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (extra parquet)")
    assert written(app, "parquet", tmp_path / "out.parquet", "topic:toll") == 6

    table = parquet.read_table(tmp_path / "out.parquet")
    assert tuple(table.column_names) == COLUMNS
    assert {json.loads(row["statements"])[0]["topic"] for row in table.to_pylist()} == {"toll"}


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_query_that_finds_nothing_makes_a_file_with_nothing_in_it(app: App, tmp_path: Path, form: str):
    assert written(app, form, tmp_path / "out", "nowhere") == 0
    assert (tmp_path / "out").read_text(encoding="utf-8") == (",".join(COLUMNS) + "\n" if form == "csv" else "")


def test_how_far_it_is_is_told(app: App, tmp_path: Path):
    told: list[tuple[int, int]] = []
    export(app.archive, parse("topic:toll"), NOW, "csv", tmp_path / "out.csv", lambda done, whole: told.append((done, whole)))

    assert told == [(number, 6) for number in range(1, 7)]


def test_no_file_is_overwritten_and_no_form_invented(app: App, tmp_path: Path):
    (tmp_path / "out.csv").write_text("mine")

    with pytest.raises(ConfigError, match=r"out\.csv exists already \(name another file\)"):
        written(app, "csv", tmp_path / "out.csv")
    with pytest.raises(ConfigError, match=f"--format: xlsx is none of {', '.join(FORMATS)}"):
        written(app, "xlsx", tmp_path / "out.xlsx")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("out.csv", "mine")]


def test_what_breaks_off_leaves_no_half_file(app: App, tmp_path: Path):
    def breaks(_done: int, _whole: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(MonitorError, match=r"out\.csv cannot be written: No space left on device"):
        export(app.archive, parse("*"), NOW, "csv", tmp_path / "out.csv", breaks)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "ndjson", "sqlite"])
@pytest.mark.parametrize("place", ["none/out", "file/out", "o" * 300])
def test_a_place_that_takes_no_file_is_told(app: App, tmp_path: Path, form: str, place: str):
    (tmp_path / "file").write_text("mine")

    remedy = {"none/out": "make the folder .*none first", "file/out": "file is no folder"}.get(place, "")
    with pytest.raises(MonitorError, match=f"{place} cannot be written: [A-Z].*{remedy}"):
        written(app, form, tmp_path / place)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("file", "mine")]


def test_columns_of_parquet_go_nowhere_else_either(app: App, tmp_path: Path):
    pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (extra parquet)")
    with pytest.raises(MonitorError, match="none/out cannot be written: .*No such file"):
        written(app, "parquet", tmp_path / "none/out")
