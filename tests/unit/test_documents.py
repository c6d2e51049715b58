"""YAML files: read whole or refused with the place of the mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from monitor.config.documents import MAX_BYTES, parse_yaml, read_yaml
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
