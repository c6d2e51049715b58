"""A query shown as a form and written back means the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.queries.query import parse
from monitor.core.queries.query_form import QueryForm, _meaning, as_form, as_query
from monitor.errors import QueryError

CLAUSES = st.sampled_from(
    [
        "topic:toll", "topic:*", "-topic:toll", "relevance>=0.855", "relevance<0.5", "holder:Freedonia", 'holder:"North Korea"', "holder:*",
        "stance:against", "-stance:favor", "confidence>=0.7", "voice:quoted", "(topic:toll OR topic:ferry)", "(holder:A stance:favor)",
        "(harbour OR bridge)", '"a  phrase"', "word", "pre*", "source:*.kr", "title:/a b/", "NOT mud", "OR", "AND", "topic:(a OR b)", "*",
    ]
)  # fmt: skip


@given(st.lists(CLAUSES, max_size=7).map(" ".join))
def test_every_query_keeps_its_meaning(query: str):
    try:
        meant = _meaning(parse(query).root)
    except QueryError:
        assert as_form(query) == QueryForm(words=query)
        return
    assert _meaning(parse(as_query(as_form(query))).root) == meant


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ('topic:toll AND holder:"North Korea"', QueryForm(topic="toll", holder="North Korea")),
        ("bridge topic:toll relevance>=0.8 mud", QueryForm("bridge mud", "toll", "80")),
        ("topic:toll stance:against confidence>=0.7", QueryForm(topic="toll", stance="against", confidence="70")),
        ("topic:toll OR mud", QueryForm("topic:toll OR mud")),
        ("(topic:a stance:favor) (topic:b stance:against)", QueryForm("(topic:a stance:favor) (topic:b stance:against)")),
    ],
)
def test_what_fields_can_hold_goes_to_them(query: str, form: QueryForm):
    assert as_form(query) == form


def test_alternatives_are_kept_together_beside_a_field():
    assert as_query(QueryForm("mud OR dust", topic="toll")) == "topic:toll (mud OR dust)"


def test_a_bad_percentage_is_left_for_the_parser_to_point_at():
    with pytest.raises(QueryError, match="probability"):
        parse(as_query(QueryForm(topic="toll", relevance="many")))
