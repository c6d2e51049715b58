"""docs/query-language.md says what the code does: fields, grammar, limits and every example."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from monitor.config.feeds import load_feeds
from monitor.config.rulebook import load_rulebook
from monitor.core.queries import grammar
from monitor.core.queries.clauses import FIELDS
from monitor.core.queries.query import Vocabulary, parse
from monitor.errors import QueryError

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "query-language.md"
TEXT = PAGE.read_text(encoding="utf-8")


def _row(name: str) -> str:
    field = FIELDS[name]
    takes = ", ".join(field.choices) if field.choices else field.kind.value
    cells = (f"`{name}`", takes, field.meaning, f"`{field.example}`")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_in_the_table(name):
    assert _row(name) in TEXT.splitlines()


@pytest.mark.parametrize("name", FIELDS)
def test_the_example_of_a_field_names_what_is_shipped(name):
    feeds = load_feeds(ROOT / "feeds.yaml")
    names = Vocabulary.of(
        load_rulebook(ROOT / "rules"), [feed.id for feed in feeds], [tag for feed in feeds for tag in feed.tags]
    )
    parse(FIELDS[name].example, names)


def test_no_other_field_is_in_the_table():
    table = TEXT.split("| Field |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(FIELDS)


def test_the_grammar_is_the_parser_s():
    assert grammar.__doc__
    assert textwrap.dedent(grammar.__doc__.split("\n\n", 1)[1]).strip("\n") in TEXT


def test_limits():
    assert f"{grammar.MAX_LENGTH:,} characters, {grammar.MAX_CLAUSES} clauses and {grammar.MAX_DEPTH} levels" in TEXT


def test_examples_can_be_read():
    examples = re.findall(r"`((?:topic|holder|title|published|stance|relevance|outlets|\()[^`]*)`", TEXT)
    assert len(examples) > 15
    for example in examples:
        if any(example.startswith(f"{name}{sign}") for name in FIELDS for sign in ":<>") or example.startswith("("):
            parse(example.replace("\\|", "|"))


def test_the_mistake_shown_is_the_mistake_made():
    with pytest.raises(QueryError) as caught:
        parse("missile topic:fredom-edge", Vocabulary(topics=frozenset({"freedom-edge"})))
    assert str(caught.value) in TEXT
