"""The query language: what it means, and where it says that something is wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.queries.clauses import FIELDS, And, Clause, Everything, Not, Or, Pattern, Place, Statement, Words
from monitor.core.queries.grammar import MAX_CLAUSES, MAX_DEPTH, MAX_LENGTH
from monitor.core.queries.query import Vocabulary, asserted, clauses, leaves, parse
from monitor.core.words.text import term
from monitor.errors import QueryError
from monitor.model import Actor, Rule, Rulebook, Topic

HERE = Place(0, 0)
NAMES = Vocabulary(
    topics=frozenset({"freedom-edge", "chips"}),
    holders={"north korea": "North Korea", "dprk": "North Korea", "japan": "Japan", "outlet": "outlet"},
    feeds=frozenset({"yonhap-en"}),
    tags=frozenset({"wire"}),
    rules=frozenset({"dprk-against"}),
)


def word(text: str, part: str = "", **how: bool) -> Words:
    found = term(text, **how)
    assert found is not None
    return Words(part, found, HERE)


def clause(field: str, value: object, operator: str = ":") -> Clause:
    return Clause(field, operator, value, HERE)


def said(*found: Clause) -> Statement:
    return Statement(tuple((one,) for one in found), HERE)


STANCE = [clause("stance", name) for name in ("favor", "against")]


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("", Everything(HERE)),
        ("  \n", Everything(HERE)),
        ("*", Everything(HERE)),
        ("missile", word("missile")),
        ('"live fire"', word("live fire", is_exact=True)),
        ("“live fire”", word("live fire", is_exact=True)),
        ("missil*", word("missil", is_prefix=True)),
        ('"north kor"*', word("north kor", is_prefix=True, is_exact=True)),
        ("a b", And((word("a"), word("b")), HERE)),
        ("a AND b", And((word("a"), word("b")), HERE)),
        ("a and b", And((word("a"), word("and"), word("b")), HERE)),
        ("a OR b c", Or((word("a"), And((word("b"), word("c")), HERE)), HERE)),
        ("(a OR b) c", And((Or((word("a"), word("b")), HERE), word("c")), HERE)),
        ("-a", Not(word("a"), HERE)),
        ("NOT a", Not(word("a"), HERE)),
        ("a - b", And((word("a"), word("b")), HERE)),
        ("a -(b c)", And((word("a"), Not(And((word("b"), word("c")), HERE), HERE)), HERE)),
        ("a -- b", And((word("a"), word("b")), HERE)),
        ("live-fire", word("live-fire")),
        ("title:summit", word("summit", "title")),
        ("TITLE:summit", word("summit", "title")),
        ("title=summit", word("summit", "title")),
        ('title:"state visit"', word("state visit", "title", is_exact=True)),
        ("title:(a OR b)", Or((word("a", "title"), word("b", "title")), HERE)),
        ("text:/sanction(s|ed)/", Pattern("text", "sanction(s|ed)", HERE)),
        ("12:30", word("12:30")),
        ("lang:KO", clause("lang", "ko")),
        ("source:www.Reuters.com", clause("source", "reuters.com")),
        ("feed:yonhap-en tag:wire", And((clause("feed", "yonhap-en"), clause("tag", "wire")), HERE)),
        ("outlets>=3", clause("outlets", 3, ">=")),
        ("outlets:>=3", clause("outlets", 3, ">=")),
        ("outlets:2..4", And((clause("outlets", 2, ">="), clause("outlets", 4, "<=")), HERE)),
        ("topic:chips", said(clause("topic", "chips"))),
        ("relevance>=80%", said(clause("relevance", 0.8, ">="))),
        ("holder:dprk", said(clause("holder", "North Korea"))),
        ("holder:OUTLET", said(clause("holder", "outlet"))),
        ('holder:"Amnesty International"', said(clause("holder", "Amnesty International"))),
        ("topic:chips stance:favor", said(clause("topic", "chips"), STANCE[0])),
        ("topic:chips missile stance:favor", And((word("missile"), said(clause("topic", "chips"), STANCE[0])), HERE)),
        ("holder:japan (stance:favor OR stance:against)", Statement(((clause("holder", "Japan"),), tuple(STANCE)), HERE)),
        ("holder:japan stance:(favor OR against)", Statement(((clause("holder", "Japan"),), tuple(STANCE)), HERE)),
        ("(holder:japan) (stance:favor)", And((said(clause("holder", "Japan")), said(STANCE[0])), HERE)),
        ("topic:chips -stance:favor", And((Not(said(STANCE[0]), HERE), said(clause("topic", "chips"))), HERE)),
        ("stance:favor OR stance:against", Or((said(STANCE[0]), said(STANCE[1])), HERE)),
        ("alerted:no alerted:dprk-against", And((clause("alerted", "no"), clause("alerted", "dprk-against")), HERE)),
        ("severity:urgent label:Relevant", And((clause("severity", "urgent"), clause("label", "relevant")), HERE)),
        ("confidence>0.7 voice:quoted", said(clause("confidence", 0.7, ">"), clause("voice", "quoted"))),
    ],
)
def test_meaning(text, root):
    assert parse(text, NAMES).root == root


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("topic:fredom-edge", 6, "there is no topic fredom-edge", "did you mean freedom-edge?"),
        ("a topc:x", 2, "there is no field topc", "did you mean topic?"),
        ("Re:Zero", 0, "there is no field Re", "severity. To look for the words themselves, put them in quotes."),
        ("holder:North Korea", 7, "there is no actor North", 'holder:"North Korea"'),
        ('holder:"Noth Korea"', 7, "there is no actor Noth Korea", "did you mean North Korea?"),
        ("feed:yonhap-eng", 5, "there is no feed yonhap-eng", "did you mean yonhap-en?"),
        ("alerted:dprk-againts", 8, "there is no rule dprk-againts", "did you mean dprk-against?"),
        ("stance:agains", 7, "stance is favor, against or neutral, not agains", "did you mean against?"),
        ("stance:for", 7, "stance is favor, against or neutral, not for", "did you mean favor?"),
        ("relevance:0.8", 10, "relevance needs a comparison", "relevance>=0.8"),
        ("relevance>=1.5", 11, "relevance is a probability between 0 and 1, not 1.5", ""),
        ("relevance>=nan", 11, "relevance is a probability", ""),
        ("outlets>=many", 9, "outlets is a whole number, not many", ""),
        ("outlets>=-1", 9, "outlets is a whole number", ""),
        ("published:2024-13-01", 10, "2024-13-01 is not a time", "2024-11-01"),
        ("published>=99999y", 11, "99999y is not a time", ""),
        ("lang:en!", 5, "en! is not a language code", ""),
        ("topic>=x", 7, "topic takes no comparison", ""),
        ("title>=x", 0, "title takes no comparison", ""),
        ("title:", 0, "title: needs a word", ""),
        ("topic:", 6, "topic: needs a value", ""),
        ('topic:""', 6, "topic: needs a value", ""),
        ("source:a*b", 7, "* may only begin or end a name", ""),
        ("mis*le", 3, "* may only end a word", ""),
        ("a (b", 2, "this parenthesis is never closed", ""),
        ("a b)", 3, "a closing parenthesis without an opening one", ""),
        ('a "b', 2, "this quotation mark is never closed", ""),
        ("a OR", 2, "OR needs something on both sides", 'write "or"'),
        ("OR a", 0, "OR needs something on both sides", ""),
        ("a AND", 2, "AND needs something on both sides", ""),
        ("AND", 0, "AND needs something on both sides", ""),
        ("a AND OR b", 2, "AND needs something on both sides", ""),
        ("NOT", 0, "NOT needs something after it", ""),
        ("NOT -", 0, "NOT needs something after it", ""),
        ("()", 0, "nothing inside these parentheses", ""),
        ("-", 0, "nothing to look for", ""),
        ("text:/a(/", 5, "this regular expression cannot be used", ""),
        ("text://", 5, "this regular expression cannot be used: it is empty", ""),
        (r"text:/(?P<a>a)\1/", 5, "this regular expression cannot be used", ""),
        ("a" * (MAX_LENGTH + 1), MAX_LENGTH, "a query may have", ""),
        ("(" * (MAX_DEPTH + 1), MAX_DEPTH, "levels of parentheses", ""),
        ("a " * (MAX_CLAUSES + 1), 2 * MAX_CLAUSES, "a query may have", ""),
    ],
)
def test_mistakes(text, column, message, hint):
    with pytest.raises(QueryError) as caught:
        parse(text, NAMES)
    assert message in caught.value.message
    assert caught.value.column == column
    assert hint in caught.value.hint
    assert caught.value.exit_code == 2


def test_without_vocabulary_every_name_will_do():
    assert parse("topic:anything holder:anybody feed:any tag:any alerted:any-rule").root


def test_a_slow_regex_is_allowed():
    assert parse("text:/(a+)+$/").root == Pattern("text", "(a+)+$", HERE)


def test_vocabulary_of_a_rulebook():
    book = Rulebook({"chips": Topic("chips", "Chips")}, {"Japan": Actor("Japan", ("Tokyo",))}, {"r": Rule("r", "a")}, {})
    names = Vocabulary.of(book, ["feed"], ["wire"])
    assert parse("holder:tokyo topic:chips feed:feed tag:wire alerted:r", names).root
    with pytest.raises(QueryError, match="there is no tag"):
        parse("tag:other", names)


def test_leaves_and_asserted_and_clauses():
    query = parse("a -(b OR topic:chips) title:c topic:chips stance:favor relevance:0.1..0.9")
    assert [type(leaf) for leaf in leaves(query.root)] == [Words, Words, Statement, Words, Statement]
    assert len(asserted(query.root)) == 1
    assert [text for text, _ in clauses(query)] == [
        "a",
        "-(b OR topic:chips)",
        "title:c",
        "topic:chips",
        "stance:favor",
        "relevance:0.1..0.9",
        "topic:chips stance:favor relevance:0.1..0.9",
    ]


SAID = st.sampled_from(["topic:chips", "holder:Japan", "stance:favor", "confidence>=0.5", "relevance:0.1..0.9", "voice:quoted"])
CHOICES = st.lists(st.sampled_from(["favor", "against", "neutral"]), min_size=2, max_size=3, unique=True)


@given(st.lists(SAID, min_size=1, max_size=4, unique=True), CHOICES, st.booleans())
def test_a_whole_statement_is_written_as_what_it_asks(said: list[str], choices: list[str], is_short: bool):
    within = f"stance:({' OR '.join(choices)})" if is_short else f"({' OR '.join(f'stance:{one}' for one in choices)})"
    query = parse(" ".join([*said, "missile", within]))

    written, node = next((text, node) for text, node in clauses(query) if isinstance(node, Statement) and len(node.clauses) > 2)

    assert parse(written).root == node
    assert written.endswith(f"(stance:{' OR stance:'.join(choices)})")


def test_a_clause_within_parentheses_behind_its_field_is_given_the_field():
    texts = [text for text, _ in clauses(parse("title:(a OR b) lang:(en OR ko) stance:(favor OR against)"))]

    assert texts[:6] == ["title:a", "title:b", "lang:en", "lang:ko", "stance:favor", "stance:against"]
    assert texts[6:] == ["(stance:favor OR stance:against)"]


NOW = datetime(2024, 11, 15, 13, 30, tzinfo=UTC)


def at(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


@pytest.mark.parametrize(
    ("text", "first", "before"),
    [
        ("published:2024-11-01", "2024-11-01", "2024-11-02"),
        ("published:2024-11", "2024-11-01", "2024-12-01"),
        ("published:2024-12", "2024-12-01", "2025-01-01"),
        ("published:2024", "2024-01-01", "2025-01-01"),
        ("published>=2024-11-01", "2024-11-01", ""),
        ("published>2024-11-01", "2024-11-02", ""),
        ("published<2024-11-01", "", "2024-11-01"),
        ("published<=2024-11-01", "", "2024-11-02"),
        ("published:today", "2024-11-15", "2024-11-16"),
        ("published:yesterday", "2024-11-14", "2024-11-15"),
        ("published:24h", "2024-11-14T13:30", ""),
        ("published>=1w", "2024-11-08T13:30", ""),
        ("published<7d", "", "2024-11-08T13:30"),
        ("published:2024-11-01T09:30", "2024-11-01T09:30", "2024-11-01T09:31"),
        ("published>=2024-11-01T09:30+09:00", "2024-11-01T00:30", ""),
    ],
)
def test_times(text, first, before):
    (found,) = leaves(parse(text).root)
    assert isinstance(found, Clause)
    assert found.value.bounds(found.operator, NOW) == (at(first), at(before))


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_examples_of_fields_can_be_read(field):
    assert any(getattr(leaf, "part", "") == field.name or field.name in str(leaf) for leaf in leaves(parse(field.example).root))


def _mistake(text: str, names: Vocabulary | None) -> QueryError | None:
    try:
        parse(text, names)
    except QueryError as error:
        return error
    return None


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60) | st.text(alphabet='ab "()*-:/\\.ORANDT<>=topicsane12', max_size=40), st.sampled_from([None, NAMES]))
def test_any_text_is_read_or_refused(text, names):
    error = _mistake(text, names)
    assert error is None or (0 <= error.column <= len(text) and error.pointed())
