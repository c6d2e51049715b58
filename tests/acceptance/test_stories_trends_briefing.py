"""Stories, trends and briefings through the command line, on an archive in a file; none of them needs feeds.yaml."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from monitor.cli.briefing import briefing
from monitor.cli.stories import app as stories
from monitor.cli.trends import trends
from monitor.errors import ConfigError
from tests.newsroom import open_newsroom

RULES = """
topics:
  freedom-edge:
    name: Freedom Edge exercise
    description: The trilateral military exercise of the United States, Japan and South Korea.
    aliases: [Freedom Edge, 프리덤 에지]
actors:
  China: {aliases: [Beijing, 中国]}
  Ukraine: {aliases: [Kyiv]}
rules: {}
"""
app = typer.Typer()
app.command("trends")(trends)
app.command("briefing")(briefing)
app.add_typer(stories, name="stories")
run = CliRunner()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("newsroom")
    open_newsroom(str(directory / "monitor.db")).close()
    (directory / "rules").mkdir()
    (directory / "rules" / "all.yaml").write_text(RULES, encoding="utf-8")
    return directory


def ask(place: Path, *words: str, code: int = 0) -> str:
    where = ["--archive", str(place / "monitor.db")]
    if words[0] != "stories":
        where += ["--rules", str(place / "rules")]
    result = run.invoke(app, [*words, *where], env={"MONITOR_FEEDS": str(place / "no-such-feeds.yaml")})
    assert result.exit_code == code, result.output
    return result.stdout


def test_trends_as_json_and_chart(place: Path):
    facts = json.loads(ask(place, "trends", "freedom-edge", "--since", "2024-10-01", "--json"))
    china = next(holder for holder in facts["holders"] if holder["holder"] == "China")
    assert (china["total"]["neutral"], china["total"]["against"], china["total"]["is_small"]) == (2, 2, True)
    assert facts["stories"] == 8
    chart = place / "chart.svg"
    shown = ask(place, "trends", "Freedom Edge exercise", "--since", "2024-10-01", "--by", "week", "--svg", str(chart))
    assert "North Korea" in shown
    assert chart.read_text("utf-8").startswith("<svg")


def test_one_holder(place: Path):
    facts = json.loads(ask(place, "trends", "freedom-edge", "--holder", "japan", "--since", "2024-10-01", "--json"))
    assert [holder["holder"] for holder in facts["holders"]] == ["Japan"]


def test_a_briefing_in_each_format(place: Path):
    text = ask(place, "briefing", "freedom-edge", "--since", "2024-11-06")
    assert "**North Korea: against**" in text
    page = place / "briefing.html"
    ask(place, "briefing", "freedom-edge", "--since", "2024-11-06", "--format", "html", "--lang", "ko", "-o", str(page))
    assert '<html lang="ko">' in page.read_text("utf-8")
    facts = json.loads(ask(place, "briefing", "freedom-edge", "--since", "2024-11-06", "--json"))
    assert [section["key"] for section in facts["sections"]][:2] == ["summary", "positions"]


@pytest.mark.parametrize("since", ["yesterday", "2999-01-01"])
def test_a_span_that_is_none_is_refused(place: Path, since: str):
    ask(place, "briefing", "freedom-edge", "--since", since, code=2)


def test_an_unknown_topic_is_named(place: Path):
    result = run.invoke(app, ["trends", "x", "--archive", str(place / "monitor.db"), "--rules", str(place / "rules")])
    assert isinstance(result.exception, ConfigError)
    assert "freedom-edge" in str(result.exception)


def test_stories_by_hand(place: Path):
    listed = json.loads(ask(place, "stories", "list", "--since", "2024-11-01", "--json"))["stories"]
    first = listed[0]
    assert first["outlets"] == 3
    told = json.loads(ask(place, "stories", "show", str(first["id"]), "--json"))["told"]
    assert told[0]["reason"] == "first report"
    assert "near duplicate" in ask(place, "stories", "show", str(first["id"]))
    moved = str(told[-1]["article"])
    new = json.loads(ask(place, "stories", "split", str(first["id"]), moved, "--json"))["new"]
    merged = json.loads(ask(place, "stories", "merge", str(first["id"]), str(new), "--json"))
    assert len(merged["articles"]) == len(told)
