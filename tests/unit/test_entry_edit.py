"""One entry of a rules file is changed; everything else in the file stays to the letter."""

import re

import pytest

from monitor.config.documents import parse_yaml
from monitor.config.entry_edit import put_entry
from monitor.errors import ConfigError
from tests.webstage import RULES

FILE = """# the desk
rules:
    # before the first
    first:   # why it is here
        when: "topic:a   # not a comment"   # kept
        title: >-
            A long
            title
        # the last word on it

    # before the second
    second: {when: b, enabled: false}

receivers:
    desk: {kind: console}
"""


def test_a_changed_entry_leaves_every_other_line():
    changed = put_entry(FILE, "rules", "first", {"cooldown": "6h", "notify": ["desk"]}, drop=["title"])
    assert changed.startswith("# the desk\nrules:\n    # before the first\n    first:")
    assert "# why it is here" in changed
    assert "# kept" in changed
    assert changed.endswith(FILE[FILE.index("    # before the second") :])
    data = parse_yaml(changed, __file__).data
    assert data["rules"]["first"] == {"when": "topic:a   # not a comment", "cooldown": "6h", "notify": ["desk"]}


def test_an_entry_in_braces_is_changed_in_braces():
    changed = put_entry(FILE, "rules", "second", {"enabled": True})
    assert changed == FILE.replace("enabled: false", "enabled: true")


def test_a_new_entry_comes_after_the_last():
    changed = put_entry(FILE, "rules", "third", {"title": "Ko: 한국", "when": "c"})
    assert changed == FILE.replace("\nreceivers:", "\n    third:\n      title: 'Ko: 한국'\n      when: c\n\nreceivers:")


@pytest.mark.parametrize("text", ["", "# nothing\n", "rules:\n", "rules: {}\n", "topics:\n  a: {name: A}\n", RULES])
def test_a_new_entry_finds_its_place_in_any_file(text: str):
    changed = put_entry(text, "rules", "new", {"when": "x"})
    assert parse_yaml(changed, __file__).data["rules"]["new"] == {"when": "x"}
    assert all(line in changed for line in re.findall(r"#.*", text))


def test_what_cannot_be_changed_alone_is_refused():
    for text in (
        "rules: {a: {when: x}, b: {when: y}}\n",
        "base: &base {when: x}\nrules:\n  a: *base\n",
        "rules:\n  b: &it {when: y}\n  a:\n    <<: *it\n",
    ):
        with pytest.raises(ConfigError, match="as YAML"):
            put_entry(text, "rules", "a", {"when": "z"})


HARD = (
    "a: b # c",
    "- x",
    "'\"",
    "*",
    "&a *b",
    "!x",
    "%y",
    "@z",
    "`",
    "null",
    "0x1F",
    "1:20",
    "<<",
    "2024-01-01",
    "{a: b}",
    "北韓 🚢",
    "\u202egnp",
    "?",
    "x" * 300,
)


def test_any_words_survive_the_way_into_the_file():
    values = {f"key{at}": words for at, words in enumerate(HARD)}
    for name in ("first", "other"):
        data = parse_yaml(put_entry(FILE, "rules", name, values), __file__).data
        assert data["rules"][name].items() >= values.items()
