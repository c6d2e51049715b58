"""Snippets show why a query found a text, in the text's own characters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.queries.clauses import Words
from monitor.core.queries.query import leaves, parse
from monitor.core.queries.snippets import CLOSE, OPEN, densest, snippet
from tests.costs import times_dearer


def shown(text: str, query: str, language: str | None = "en", width: int = 240) -> str:
    words = [leaf for leaf in leaves(parse(query).root) if isinstance(leaf, Words)]
    return snippet(text, words, language, width).replace(OPEN, "[").replace(CLOSE, "]")


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Missiles flew.", "missile", "[Missiles] flew."),
        ("Missiles flew.", '"missile"', "Missiles flew."),
        ("A live-fire drill", "live-fire", "A [live-fire] drill"),
        ("A live-fire drill", "live-fire fire-drill", "A [live-fire drill]"),
        ("The U.S. said", "us", "The [U.S.] said"),
        ("북한이 미사일을", "북한 미사일", "[북한]이 [미사일]을"),
        ("北朝鮮が核実験", "核", "北朝鮮が[核実]験"),
        ("missions and missiles", "missi*", "[missions] and [missiles]"),
        ("title words do not count", "title:title", "title words do not count"),
        ("line\nbreaks", "breaks", "line [breaks]"),
        ("", "word", ""),
    ],
)
def test_found_words_are_marked(text, query, expected):
    assert shown(text, query) == expected


def test_the_best_stretch_is_chosen():
    text = "drill " + "word " * 100 + "the drill with a missile " + "word " * 100
    found = shown(text, "drill missile", width=80)
    assert "[drill] with a [missile]" in found
    assert found.startswith("… ")
    assert found.endswith(" …")


def test_without_a_found_word_the_beginning_is_shown():
    assert shown("word " * 100, "missile", width=50).startswith("word word")


def test_words_all_over_a_long_text_are_found_at_once():
    text = "stars also in our town west " * 250
    asked = "a* t* s* o* w* i*"
    assert shown(8 * text, asked).startswith("[stars] [also] [in] [our] [town] [west]")
    assert times_dearer(lambda: shown(8 * text, asked), lambda: shown(text, asked)) < 24


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30), st.integers(0, 4))), st.integers(0, 40))
def test_the_densest_stretch_is_that_of_all_pairs_compared(given_places, room):
    found = sorted((first, first + length, number) for first, length, number in given_places)

    def distinct(start: int) -> int:
        return len({number for first, last, number in found if start <= first and last <= start + room})

    assert densest(found, room) == max((first for first, _, _ in found), key=lambda first: (distinct(first), -first), default=0)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300), st.integers(20, 100))
def test_a_snippet_is_a_piece_of_the_text(text, width):
    found = snippet(text, [leaf for leaf in leaves(parse("a 1 북*").root) if isinstance(leaf, Words)], "en", width)
    plain = found.replace(OPEN, "").replace(CLOSE, "").removeprefix("… ").removesuffix(" …")
    assert plain in text.replace(OPEN, "").replace(CLOSE, "").replace("\n", " ")
    assert found.count(OPEN) == found.count(CLOSE)
