"""`monitor search`, `show`, `stats`, `export`, `import`, `backup`, `vacuum` and `prune` as a person runs them."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from monitor.archives import sqlite
from monitor.cli import archive as upkeep
from monitor.cli.export import export
from monitor.cli.search import search
from monitor.cli.show import show
from monitor.cli.stats import stats
from monitor.errors import MonitorError, QueryError
from monitor.model import Alert, Article, Delivery, Evidence, Relevance, Scores, Severity, Stance, Statement, Voice

NOW = datetime.now(UTC)
app = typer.Typer()
for name, command in {
    "search": search,
    "show": show,
    "stats": stats,
    "export": export,
    "import": upkeep.import_,
    "backup": upkeep.backup,
    "vacuum": upkeep.vacuum,
    "prune": upkeep.prune,
}.items():
    app.command(name)(command)

RULES = """\
topics:
  freedom-edge: {name: Freedom Edge, keep: 30d}
actors:
  North Korea: {aliases: [DPRK]}
rules: {}
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "all.yaml").write_text(RULES)
    (tmp_path / "feeds.yaml").write_text("feeds:\n  - {id: yonhap, name: Yonhap, url: 'https://yna.example/rss'}\n")
    archive = sqlite.build(sqlite.Config(path="db/monitor.db"))
    numbers = archive.articles.add([_article(1), _article(2, title="훈련 시작", text="한미일 훈련을 시작했다.", language="ko")])
    said = Statement("freedom-edge", "North Korea", Stance.AGAINST, 0.05, 0.9, 0.05, Voice.QUOTED, Evidence("the drills", 16, 26))
    archive.scores.save(
        [
            Scores(
                numbers[0],
                "en",
                "m1",
                None,
                (Relevance("freedom-edge", 0.92, is_relevant=True), Relevance("chips", 0.1, False)),
                (said,),
            )
        ]
    )
    archive.stories.join(numbers[0], None)
    alert = Alert("abcdef", "r", "story:1", "North Korea against", "because", NOW, Severity.NORMAL, (numbers[0],), 1, (said,))
    archive.alerts.plan([(alert, [Delivery("d1", "abcdef", "desk")])], [])
    archive.close()
    return tmp_path


def _article(number: int, **changes) -> Article:
    values = {
        "title": "=Denounced: Freedom Edge",
        "text": "Pyongyang called the drills a rehearsal.",
        "language": "en",
        **changes,
    }
    moment = NOW - timedelta(days=40 * number)
    return Article(
        id=0, feed="yonhap", url=f"https://yna.example/{number}", keys=(f"k{number}",), content_hash="h", published=moment, seen=NOW,
        source="yna.example", **values,
    )  # fmt: skip


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


def test_search_as_json(place):
    told = json.loads(run("search", "drill topic:freedom-edge holder:dprk stance:against", "--json", "--facets"))
    assert (told["query"], told["total"]) == ("drill topic:freedom-edge holder:dprk stance:against", 1)
    (article,) = told["articles"]
    assert article["topics"] == {"freedom-edge": 0.92}
    assert article["snippet"] == "Pyongyang called the drills a rehearsal."
    assert {"id", "title", "source", "url", "published", "language", "story"} <= set(article)
    (statement,) = article["statements"]
    assert {key: statement[key] for key in ("topic", "holder", "stance", "confidence", "voice", "evidence")} == {
        "topic": "freedom-edge",
        "holder": "North Korea",
        "stance": "against",
        "confidence": 0.9,
        "voice": "quoted",
        "evidence": "the drills",
    }
    assert told["facets"]["holder"] == [{"value": "North Korea", "articles": 1}]


def test_search_as_table_lines_and_cells(place):
    assert "1 of 1 article" in run("search", "훈련")
    assert json.loads(run("search", "훈련", "--ndjson"))["language"] == "ko"
    rows = list(csv.DictReader(io.StringIO(run("search", "*", "--csv"))))
    assert [row["language"] for row in rows] == ["en", "ko"]
    assert rows[0]["title"].startswith("'=")
    first = json.loads(run("search", "*", "-n", "1", "--json"))
    assert json.loads(run("search", "*", "--json", "--cursor", first["cursor"]))["articles"][0]["language"] == "ko"


def test_a_mistake_is_pointed_at(place):
    with pytest.raises(QueryError) as caught:
        run("search", "topic:fredom-edge")
    assert caught.value.exit_code == 2
    assert str(caught.value).splitlines() == [
        "topic:fredom-edge",
        "      ^ there is no topic fredom-edge",
        "did you mean freedom-edge?",
    ]


@pytest.mark.parametrize("query", ["holder:DPRK", "holder=DPRK", "HOLDER=dprk", "stance:against holder=(ROK OR DPRK)"])
def test_an_alias_is_its_actor_however_the_field_is_written(place, query):
    assert json.loads(run("search", query, "--json"))["total"] == 1


def test_rules_that_cannot_be_read_are_told_beside_what_was_found(place):
    (place / "rules" / "all.yaml").write_text(RULES.replace("actors:", "actos:"))
    done = CliRunner().invoke(app, ["search", 'holder:"North Korea"', "--json"])

    assert json.loads(done.stdout)["total"] == 1
    assert "aliases" in done.stderr
    assert "rules/all.yaml:3:1: unknown key 'actos'" in done.stderr
    assert "monitor check" in done.stderr
    assert CliRunner().invoke(app, ["search", "drill", "--json"]).stderr == ""


def test_show(place):
    article = json.loads(run("show", "1", "--json"))
    assert (article["kind"], article["text"], article["model"]) == ("article", "Pyongyang called the drills a rehearsal.", "m1")
    assert article["relevances"] == {"freedom-edge": 0.92, "chips": 0.1}
    assert json.loads(run("show", "story:1", "--json"))["articles"][0]["id"] == 1
    alert = json.loads(run("show", "abc", "--json"))
    assert (alert["kind"], alert["deliveries"][0]["receiver"]) == ("alert", "desk")
    for name in ("1", "story:1", "abc"):
        assert "Freedom Edge" in run("show", name)
    with pytest.raises(MonitorError, match="there is no"):
        run("show", "999")


def test_stats(place):
    assert json.loads(run("stats", "--json"))["articles"] == 2
    assert "articles" in run("stats")


def test_export_and_import(place):
    assert len(run("export").splitlines()) == 2
    assert json.loads(run("export", "--query", "lang:ko"))["text"] == "한미일 훈련을 시작했다."
    assert json.loads(run("export", "--format", "sqlite", "-o", "out.db", "--json"))["articles"] == 2
    with closing(sqlite3.connect("out.db")) as db:
        assert db.execute("SELECT holder FROM statements").fetchall() == [("North Korea",)]
    run("export", "-o", "out.ndjson")
    run("export", "--format", "csv", "-o", "out.csv")
    with pytest.raises(MonitorError, match="exists already"):
        run("export", "-o", "out.ndjson")
    for file in ("out.ndjson", "out.csv"):
        told = json.loads(run("import", file, "--archive", f"{file}.db", "--json"))
        assert (told["new"], told["known"], told["faults"]) == (2, 0, [])
        assert json.loads(run("import", file, "--archive", f"{file}.db", "--json"))["known"] == 2
        assert json.loads(run("search", "훈련", "--archive", f"{file}.db", "--json"))["total"] == 1


def test_export_to_parquet(place):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (extra parquet)")
    run("export", "--format", "parquet", "-o", "out.parquet")
    table = parquet.read_table("out.parquet")
    assert table.column_names[:3] == ["id", "published", "seen"]
    told = {row["language"]: row for row in table.to_pylist()}
    assert told["ko"]["text"] == "한미일 훈련을 시작했다."
    said = [statement for row in told.values() for statement in json.loads(row["statements"])]
    assert [statement["holder"] for statement in said] == ["North Korea"]


def test_import_says_what_it_skipped(place):
    (place / "in.ndjson").write_text(
        '{"title": "One", "url": "https://a.example/1", "date": "2024-11-01"}\nnot json\n[]\n{"url": "x"}\n'
    )
    told = json.loads(run("import", "in.ndjson", "--feed", "old", "--json"))
    assert told["new"] == 1
    assert len(told["faults"]) == 3
    assert json.loads(run("search", "feed:old*", "--json"))["articles"][0]["published"] == "2024-11-01T00:00:00Z"


def test_upkeep(place):
    assert json.loads(run("backup", "copy.db", "--json"))["bytes"] > 0
    assert json.loads(run("prune", "--dry-run", "--json"))["forgotten"] == {"freedom-edge": 1}
    assert json.loads(run("prune", "--json"))["total"] == 1
    assert json.loads(run("vacuum", "--json"))["problems"] == []
    assert json.loads(run("show", "1", "--json"))["text"] == ""
    assert json.loads(run("show", "1", "--archive", "copy.db", "--json"))["text"]
