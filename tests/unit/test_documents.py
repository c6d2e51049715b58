"""YAML files: read whole or refused with the place of the mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from monitor.config.documents import MAX_BYTES, parse_yaml, read_yaml, yaml_files
from monitor.config.measure import Measure
from monitor.errors import ConfigError


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_yaml(path)
    return str(caught.value)


def test_what_is_no_text_is_refused_with_its_line(tmp_path: Path):
    (tmp_path / "latin.yaml").write_bytes("topics:\n  a:\n    name: Málaga\n".encode("latin-1"))

    assert ":3: is not UTF-8 text (save the file as UTF-8)" in refused(tmp_path / "latin.yaml")


def test_a_mark_at_the_beginning_is_no_part_of_the_first_key(tmp_path: Path):
    (tmp_path / "mark.yaml").write_bytes(b"\xef\xbb\xbffeeds: []\n")

    assert read_yaml(tmp_path / "mark.yaml").data == {"feeds": []}


def test_a_file_beyond_the_limit_is_not_parsed(tmp_path: Path):
    (tmp_path / "large.yaml").write_bytes(b"#" * (MAX_BYTES + 1))

    assert "is larger than 2,000,000 bytes" in refused(tmp_path / "large.yaml")


def test_a_missing_file_says_how_to_name_another_and_an_unreadable_one_why(tmp_path: Path):
    assert "No such file" in refused(tmp_path / "none.yaml")
    assert "name another with a flag" in refused(tmp_path / "none.yaml")
    assert refused(tmp_path) == f"{tmp_path}: cannot be read: Is a directory"


def test_more_than_a_thousand_aliases_are_refused():
    text = "a: &a 1\nb: [" + ", ".join(["*a"] * 1001) + "]\n"

    with pytest.raises(ConfigError, match="more than 1,000 aliases"):
        parse_yaml(text, Path("rules.yaml"))


def test_a_chain_of_aliases_is_as_deep_as_what_it_stands_for():
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 500))

    with pytest.raises(ConfigError, match=r":30:\d+: is nested deeper than 30 levels"):
        parse_yaml(text, Path("rules.yaml"))


VALUES = st.recursive(
    st.integers(0, 9), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
)


def size(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(size(one) for one in inner)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_what_aliases_stand_for_comes_out_in_full_and_is_measured_before(values: list[Any]):
    """JSON is YAML; an alias of each value stands beside it."""
    names = range(len(values))
    text = "".join(f"k{number}: &x{number} {json.dumps(values[number])}\n" for number in names)
    text += f"all: [{', '.join(f'*x{number}' for number in names)}]\n"
    measure = Measure()
    for event in YAML(pure=True).parse(text):
        measure.take(event)

    data = parse_yaml(text, Path("rules.yaml")).data

    assert data == {**{f"k{number}": values[number] for number in names}, "all": values}
    assert measure.values == size(data)
    assert measure.complaint() is None


def test_a_problem_stands_at_the_deepest_place_that_is_known():
    document = parse_yaml("topics:\n  one:\n    name: [x, y]\n", Path("rules.yaml"))

    placed = {
        (at, on_key): (problem.line, problem.column)
        for at in (("topics", "one", "name", 1), ("topics", "one", "nothing", "below"), ("elsewhere",), ())
        for on_key in (False, True)
        if (problem := document.problem("m", at, on_key=on_key))
    }

    assert placed[("topics", "one", "name", 1), False] == (3, 15)
    assert placed[("topics", "one", "nothing", "below"), False] == (3, 5)
    assert placed[("topics", "one", "nothing", "below"), True] == (2, 3)
    assert {place for (at, _), place in placed.items() if at in {("elsewhere",), ()}} == {(1, 1)}


def test_merged_keys_are_plain_values_too():
    document = parse_yaml("base: &b {kind: match}\nrule:\n  <<: *b\n  when: x\n", Path("rules.yaml"))

    assert document.data["rule"] == {"kind": "match", "when": "x"}


CANARY = "c4n4ry"
RECEIVERS = f"""receivers: &all
  room: &one {{kind: slack, webhook: {{value: "https://hooks.example/{CANARY}"}}}}
  hook:
    kind: webhook
    url: https://hooks.example/{CANARY}
    headers: {{X-Key: '{CANARY}', list: [{CANARY}, 2]}}
"""


@given(st.integers(0, len(RECEIVERS)), st.integers(0, 12), st.text("\t\n :-*&!|>@%{[\"'\\\x07", max_size=3))
def test_no_complaint_shows_a_value(at: int, gone: int, put: str):
    told = ""
    try:
        parse_yaml(RECEIVERS[:at] + put + RECEIVERS[at + gone :], Path("rules.yaml"))
    except ConfigError as error:
        told = str(error)
    assert CANARY not in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a: {k: CANARY}\nb: 1\na: {k: CANARY}\n",
            "f:3:1: the key 'a' stands here for the second time; first at line 1 (join the two)",
        ),
        ("- x\n- in:\n    a: CANARY\n    a: 2\n", "f:4:5: the key 'a' stands here for the second time; first at line 3"),
        ("a: *CANARY\n", "f:1:4: a value that begins with * repeats an anchor"),
        ("a: !CANARY\n", "f:1:4: a tag is not allowed (put a value that begins with ! in quotes)"),
        ("a: !!int CANARY\n", "f: is not readable YAML (write plain keys"),
        ("a: b\nc: CAN\x07ARY\n", "f:2: holds the control character U+0007"),
        ("a: topic:x stance: CANARY\n", "f:1:18: a second `key: value` stands on one line"),
        ("a:\n  b: 1\n  CANARY\n", "f:3:3: a line without `key:`"),
        ('a: 1\nb: "CANARY\nc: 2\n', "f:2:4: a quote is opened here and never closed"),
        ("a: 1\n---\nb: CANARY\n", "f:2:1: a second document begins here"),
        ("a:\n   b: 1\n  c: CANARY\n", "f:3:3: is indented unlike what stands above it"),
    ],
)
def test_what_the_parser_complains_of_is_told_in_words(text: str, told: str):
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, Path("f"))

    assert str(caught.value).startswith(told)
    assert "CANARY" not in str(caught.value)


def test_an_anchor_named_twice_is_no_reason_to_print_its_lines(capsys: pytest.CaptureFixture[str]):
    assert parse_yaml("a: &x CANARY\nb: &x 2\nc: *x\n", Path("f")).data == {"a": "CANARY", "b": 2, "c": 2}
    assert "CANARY" not in capsys.readouterr().err


def test_the_files_of_a_place_are_those_that_end_in_yaml_sorted(tmp_path: Path):
    for name in ("b.yml", "a/z.yaml", "c.txt", ".d.yaml.swp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "folder.yaml").mkdir()

    assert [str(one.relative_to(tmp_path)) for one in yaml_files(tmp_path)] == ["a/z.yaml", "b.yml"]
    assert yaml_files(tmp_path / "c.txt") == [tmp_path / "c.txt"]
    assert yaml_files(tmp_path / "gone") == []
