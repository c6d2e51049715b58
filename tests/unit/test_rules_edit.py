"""Switching a rule in its file: nothing else of the file changes, and no reader sees half of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config.rulebook import load_rulebook
from monitor.config.rules_edit import switch_rule
from monitor.config.writing import write_whole
from monitor.errors import ConfigError

TEXT = """# Who is told what.
rules:
  first:   # the oldest
    when: "drills"
    enabled: true

  second:
    when: 'a "quoted" word'  # kept
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/rules.yml").write_text(TEXT)
    (tmp_path / "topics.yaml").write_text("topics:\n  one: {name: One}\n")
    (tmp_path / "list.yaml").write_text("[]\n")
    return tmp_path


def test_a_rule_is_switched_and_comments_quotes_and_order_stay(rules: Path):
    file = switch_rule(rules, "first", is_enabled=False)

    assert file == rules / "deep/rules.yml"
    assert file.read_text() == TEXT.replace("enabled: true", "enabled: false")
    assert not load_rulebook(file).rules["first"].is_enabled


OTHERS = """topics:
    drills:   {name:   Harbour drill,  aliases: [ "Quay" ]}
rules:
    first: {when: a}
    second:
        when:  b
        notify:
        - desk
        - 'room'

receivers:
    desk: {kind: console,}   # the terminal
    room:
            kind: file
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_line_of_every_other_entry_stays_to_the_letter(tmp_path: Path, ends: str):
    file = tmp_path / "rules.yaml"
    file.write_bytes(OTHERS.replace("\n", ends).encode())

    switch_rule(file, "first", is_enabled=False)

    assert file.read_bytes() == OTHERS.replace("\n", ends).replace("{when: a}" + ends, "{when: a, enabled: false}\n").encode()


def test_an_entry_that_cannot_be_changed_alone_is_named_with_its_file(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("rules: {first: {when: a}, second: {when: b}}\n")
    with pytest.raises(ConfigError, match=r"a\.yaml: first is written in a way .*as YAML"):
        switch_rule(tmp_path, "first", is_enabled=False)


def test_off_and_on_again_gives_the_file_back_and_a_missing_key_is_added_once(rules: Path):
    switch_rule(rules / "deep/rules.yml", "second", is_enabled=False)
    off = (rules / "deep/rules.yml").read_text()
    switch_rule(rules / "deep/rules.yml", "second", is_enabled=True)

    assert "'a \"quoted\" word'  # kept\n    enabled: false" in off
    assert (rules / "deep/rules.yml").read_text() == off.replace("enabled: false", "enabled: true")


def test_a_rule_that_no_file_defines_is_named(rules: Path):
    with pytest.raises(ConfigError, match="no file defines the rule 'third'"):
        switch_rule(rules, "third", is_enabled=True)


def test_a_file_is_replaced_with_its_permissions_and_leaves_nothing_beside_it(tmp_path: Path):
    path = tmp_path / "a.yaml"
    write_whole(path, "one: 1\n")
    path.chmod(0o640)
    write_whole(path, "two: 2\n")

    assert path.read_text() == "two: 2\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"gone/a\.yaml.*cannot be written: No such file or directory.*write access"):
        write_whole(tmp_path / "gone" / "a.yaml", "one: 1\n")

    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        write_whole(tmp_path / "folder.yaml", "one: 1\n")
    assert [one.name for one in tmp_path.iterdir()] == ["folder.yaml"]
