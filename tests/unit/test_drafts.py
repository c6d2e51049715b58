"""A rules file while it is edited: tried as if it were saved, and saved only as it was when editing began."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config.rulebook import load_rulebook
from monitor.errors import ConfigError
from monitor.services.drafts import NEW_RULE, Words, drafted, listed, mark, named, save, with_rule

WORDS = Words({}, ("wire",), ("agency",))
TEXT = "# the desk\ntopics:\n  toll: {name: Toll}\nrules:\n  # stays\n  one: {when: topic:toll}\n"
OTHER = "rules:\n  two: {when: topic:toll feed:wire tag:agency}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rules = tmp_path / "rules"
    (rules / "deep").mkdir(parents=True)
    (rules / "desk.yaml").write_text(TEXT)
    (rules / "deep/other.yml").write_text(OTHER)
    return rules


def test_files_go_by_their_place_below_the_folder_and_a_lone_file_by_its_name(root: Path):
    assert list(listed(root)) == ["deep/other.yml", "desk.yaml"]
    assert listed(root / "desk.yaml") == {"desk.yaml": root / "desk.yaml"}
    assert named(root, "deep/other.yml") == root / "deep/other.yml"
    with pytest.raises(ConfigError, match=r"no rules file '\.\./feeds\.yaml' \(known: deep/other\.yml, desk\.yaml\)"):
        named(root, "../feeds.yaml")
    with pytest.raises(ConfigError, match=r"no rules file 'desk\.yaml' \(known: none\)"):
        named(root / "deep/nothing", "desk.yaml")


@pytest.mark.parametrize("text", [TEXT, "rules:\n", "topics:\n  toll: {name: Toll}", "# nothing yet\n", ""])
def test_a_query_becomes_the_first_rule_of_a_file(tmp_path: Path, text: str):
    (tmp_path / "rules.yaml").write_text(with_rule(text, 'bridge "harbour toll"'))

    rules = load_rulebook(tmp_path).rules
    assert next(iter(rules)) == NEW_RULE
    assert rules[NEW_RULE].when == rules[NEW_RULE].title == 'bridge "harbour toll"'
    assert "# stays" in with_rule(TEXT, "bridge")


def test_a_draft_is_judged_with_the_other_files_and_nothing_is_written(root: Path):
    book = drafted(root, "desk.yaml", TEXT.replace("one:", "uno:"), WORDS)

    assert set(book.rules) == {"uno", "two"}
    assert (root / "desk.yaml").read_text() == TEXT
    with pytest.raises(ConfigError) as caught:
        drafted(root, "desk.yaml", "rules:\n  one: {wen: x}\n", WORDS)
    assert {problem.file for problem in caught.value.problems} <= {str(root / "desk.yaml"), str(root / "deep/other.yml")}
    assert any(problem.file == str(root / "desk.yaml") and problem.line == 2 for problem in caught.value.problems)


def test_a_service_with_a_single_file_of_rules_can_edit_it_too(root: Path):
    file = root / "desk.yaml"
    changed = TEXT.replace("topic:toll}", "topic:toll bridge}")

    assert drafted(file, "desk.yaml", changed, WORDS).rules["one"].when == "topic:toll bridge"
    with pytest.raises(ConfigError, match=rf"^{file}:6:"):
        drafted(file, "desk.yaml", TEXT.replace("when:", "wen:"), WORDS)
    assert save(file, "desk.yaml", changed, mark(TEXT), WORDS) == file
    assert file.read_text() == changed


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(root: Path):
    begun = mark(TEXT)
    (root / "desk.yaml").write_text(TEXT + "# theirs\n")

    with pytest.raises(ConfigError, match="somebody changed this file meanwhile"):
        save(root, "desk.yaml", TEXT + "# mine\n", begun, WORDS)
    with pytest.raises(ConfigError, match="wen"):
        save(root, "desk.yaml", "rules:\n  one: {wen: x}\n", mark(TEXT + "# theirs\n"), WORDS)
    assert (root / "desk.yaml").read_text() == TEXT + "# theirs\n"
