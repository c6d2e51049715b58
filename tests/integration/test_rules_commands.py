"""`monitor rules …` over a filled archive: what each command prints for programs, and that one set of options serves all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.core.alerts.alerting import MEMORY
from monitor.errors import ConfigError, NotFoundError
from monitor.model import Alert, Reason, Severity, Suppression
from monitor.services.alerting import ArchiveView, Evaluator
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


def test_a_day_is_as_good_as_a_span(ask: Ask, root: Path, tmp_path: Path):
    (tmp_path / "before.yaml").write_text((root / "rules/desk.yaml").read_text().replace("stance:against", "stance:favor"))
    against = ("diff", "--against", str(tmp_path / "before.yaml"), "--since")

    assert ask("backtest", "toll-opposed", "--since", "2020-01-01")["since"] == "2020-01-01 00:00:00+00:00"
    assert ask(*against, "2020-01-01") == ask(*against, "3000d")


@pytest.mark.parametrize("command", ["alerts list", "rules test toll-opposed", "rules backtest toll-opposed", "rules diff"])
@pytest.mark.parametrize(("since", "said"), [("lately", "neither a span such as"), ("2999-01-01", "lies ahead")])
def test_a_beginning_that_is_none_is_told(root: Path, command: str, since: str, said: str):
    places = ["--archive", str(root / "monitor.db")]
    if command.startswith("rules"):
        places += ["--rules", str(root / "rules"), "--feeds", str(root / "feeds.yaml")]

    done = CliRunner().invoke(app, [*command.split(), "--since", since, *places])

    assert (done.exit_code, said in " ".join(done.stderr.replace("│", " ").split())) == (2, True), done.stderr


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
        with pytest.raises(NotFoundError, match="there is no article 999; find one with `monitor search`"):
            explain(archive, book, book.rules["everything"], 999, NOW)


def test_explain_looks_at_every_holder_as_the_live_rule_does(tmp_path: Path):
    with stage(tmp_path / "desk") as made:
        archive, book = made.archive, made.rulebook
        rule = replace(book.rules["everything"], is_enabled=True, when="topic:toll confidence>=0.5", group_by="holder")
        said = {MEMORY: {"said": ["toll|Freedonia|against"]}}
        last = Alert("f1", rule.id, "holder:Freedonia", "T", "w", NOW - timedelta(days=1), Severity.NORMAL, (9,), details=said)
        archive.alerts.plan([(last, [])], [])
        evaluator = Evaluator(book, storm=25)

        live = evaluator.plan(ArchiveView(archive, [1], NOW, evaluator), [rule])
        explained = explain(archive, book, rule, 1, NOW)

        assert [alert.group for alert, _ in live.alerts] == ["holder:Sylvania"]
        assert [(one.group, one.reason) for one in live.suppressed] == [("holder:Freedonia", Reason.ALREADY_ALERTED)]
        assert explained.verdict == "Freedonia: already alerted: f1; Sylvania: it would be sent now"


def test_explain_remembers_what_became_of_an_article_that_much_has_followed(tmp_path: Path):
    with stage(tmp_path / "desk") as made:
        archive, rule = made.archive, made.rulebook.rules["toll-opposed"]
        followed = [Suppression(rule.id, f"story:{n}", Reason.COOLDOWN, NOW, n, "") for n in range(100, 1101)]
        alerts = [(Alert(f"z{n}", rule.id, f"story:{n}", "T", "w", NOW, Severity.NORMAL, (n,)), []) for n in range(100, 1101)]
        archive.alerts.plan(alerts, followed)

        found = explain(archive, made.rulebook, rule, 1, NOW)

        assert [alert.id for alert in found.alerts] == ["a1b2c3d4e5"]
        assert [(one.reason, one.note) for one in found.recorded] == [(Reason.COOLDOWN, "6h")]


def test_explain_tells_the_article_s_own_story_and_the_newest_of_a_group_that_has_very_many(tmp_path: Path):
    with stage(tmp_path / "desk") as made:
        archive, book = made.archive, made.rulebook
        rule = replace(book.rules["everything"], is_enabled=True, group_by="source")
        (source,) = (one.source for one in archive.articles.get([1]))
        own = Suppression(rule.id, f"source:{source}", Reason.STORM, NOW - timedelta(days=9), 1, "")
        many = [replace(own, at=NOW + timedelta(seconds=n), article=100 + n) for n in range(500)]
        archive.alerts.plan([], [own, *many])

        recorded = explain(archive, book, rule, 1, NOW).recorded

        assert recorded[-1] == own
        assert recorded[:-1] == (*reversed(many[-200:]),)


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
