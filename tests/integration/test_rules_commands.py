"""`monitor rules …` over a filled archive: what each command prints for programs, and that one set of options serves all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.errors import ArchiveError, ConfigError
from monitor.services.rules import explain, rulebook_at
from tests.webstage import NOW, article, stage

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("rules") / "desk"
    with stage(place):
        yield place


@pytest.fixture
def ask(root: Path) -> Ask:
    places = ("--archive", str(root / "monitor.db"), "--rules", str(root / "rules"), "--feeds", str(root / "feeds.yaml"))

    def run(command: str, *words: str) -> Any:
        done = CliRunner().invoke(app, ["rules", command, *words, *places, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    return run


def test_list_and_show(ask: Ask):
    listed = {row["id"]: row for row in ask("list")}
    assert (listed["toll-opposed"]["enabled"], listed["everything"]["enabled"]) == (True, False)
    assert ask("show", "toll-opposed")["when"] == "topic:toll stance:against"


def test_backtest_and_test_replay_the_same_rule_over_their_own_spans(ask: Ask):
    long, short = ask("backtest", "toll-opposed", "--since", "3000d"), ask("test", "toll-opposed", "--since", "3000d")

    assert set(long) == {"rule", "since", "alerts", "per_day", "suppressed", "examples"}
    assert {**long, "since": ""} == {**short, "since": ""}


def test_diff_against_a_file(ask: Ask, root: Path, tmp_path: Path):
    before = (root / "rules/desk.yaml").read_text().replace("stance:against", "stance:favor")
    (tmp_path / "before.yaml").write_text(before)

    (found,) = ask("diff", "--against", str(tmp_path / "before.yaml"), "--since", "3000d")

    assert (found["rule"], set(found)) == ("toll-opposed", {"rule", "gained", "lost", "kept"})


def test_explain(ask: Ask):
    found = ask("explain", "1", "toll-opposed")

    assert found["clauses"] == [["topic:toll", True], ["stance:against", True], ["topic:toll stance:against", True]]
    assert found["alerts"] == ["a1b2c3d4e5"]


def test_explain_says_what_keeps_an_article_from_an_alert(tmp_path: Path):
    with stage(tmp_path / "desk") as made:
        archive, book = made.archive, made.rulebook
        (waiting,) = archive.articles.add([article(90, title="A bell was stolen", text="")])

        off = explain(archive, book, book.rules["everything"], 1, NOW)
        stranger = explain(archive, book, book.rules["toll-opposed"], waiting, NOW)

        assert (off.is_match, off.verdict) == (True, "the rule is disabled")
        assert off.values["relevance"] == {"toll": 0.93}
        assert off.values["statements"][0] == "Freedonia against toll 0.88 (quoted)"
        assert (stranger.is_match, stranger.verdict, stranger.values) == (False, "the article does not answer the query", {})
        with pytest.raises(ArchiveError, match="there is no article 999; find one with `monitor search`"):
            explain(archive, book, book.rules["everything"], 999, NOW)


def test_a_rule_is_switched_in_its_file(ask: Ask, root: Path):
    assert ask("enable", "everything")["enabled"] is True
    assert {row["id"]: row["enabled"] for row in ask("list")}["everything"] is True
    assert ask("disable", "everything")["enabled"] is False
    assert "# the comment that must stay" in (root / "rules/desk.yaml").read_text()


def test_a_rule_that_is_not_there_is_named_with_its_neighbour(ask: Ask):
    with pytest.raises(ConfigError, match="toll-opposed"):
        ask("show", "toll-oposed")


def test_rules_are_read_as_a_revision_a_file_or_a_directory_has_them(tmp_path: Path):
    rules = tmp_path / "rules"
    (rules / "deep").mkdir(parents=True)
    (rules / "deep/a.yaml").write_text("rules:\n  one: {when: old}\n")

    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True, capture_output=True
        )

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    (rules / "deep/a.yaml").write_text("rules:\n  one: {when: new}\n")

    assert rulebook_at("HEAD", rules).rules["one"].when == "old"
    assert rulebook_at("HEAD", rules / "deep/a.yaml").rules["one"].when == "old"
    assert rulebook_at(str(rules), rules).rules["one"].when == "new"
    for wrong in ("no-such-revision", "--output=taken"):
        with pytest.raises(ConfigError, match="git cannot read it"):
            rulebook_at(wrong, rules)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="HEAD holds no rules"):
        rulebook_at("HEAD", tmp_path / "empty")
