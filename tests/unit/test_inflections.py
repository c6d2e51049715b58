"""Forms of names: possessives, cases and adjectives are the name, other words that begin alike are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.words.inflections import is_form, korean_rest_allowed, stem

FORMS = (
    ("Japan", "Japans"), ("Japan", "Japanese"), ("Chile", "Chilean"), ("Deutsche", "Deutscher"), ("Deutsche", "Deutschem"),
    ("Commodity", "Commodities"), ("Россия", "России"), ("Россия", "российский"), ("Москва", "Москвой"), ("الصين", "والصين"),
)  # fmt: skip
OTHERS = (
    ("Japan", "Japandi"), ("Iran", "Irak"), ("Mali", "Malice"), ("company", "companion"), ("Oslo", "Osl"), ("Москва", "Лондон"),
    ("Россия", "россыпь"), ("Niger", "Nigeria"), ("B2B", "B2Bs"), ("tax", "taxes"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "word"), FORMS)
def test_a_form_is_the_name_and_shares_its_stem(name: str, word: str):
    assert is_form(name, word)
    assert stem(word).startswith(stem(name)[:3])


@pytest.mark.parametrize(("name", "word"), OTHERS)
def test_a_word_that_only_begins_alike_is_another(name: str, word: str):
    assert not is_form(name, word)


@given(st.text(min_size=1, max_size=12))
def test_every_word_is_a_form_of_itself_in_any_case(word: str):
    assert is_form(word, word)
    assert is_form(word.casefold(), word.casefold())


@pytest.mark.parametrize(("rest", "is_allowed"), [("", True), ("은", True), ("정부는", True), ("산의", False)])
def test_a_short_korean_name_ends_before_a_particle_or_an_office(rest: str, is_allowed: bool):
    assert korean_rest_allowed("중국", rest) is is_allowed
    assert korean_rest_allowed("더불어민주당", rest)
