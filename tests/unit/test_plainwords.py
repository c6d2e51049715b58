"""The quick way to the words of plain text gives what the close look gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.words.plainwords import plain_words
from monitor.core.words.text import MARK, analyse

PLAIN = "".join(map(chr, range(0x80))) + "\u00a0\u00ab\u00bb\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2022\u2026"


@given(st.text(alphabet=PLAIN, max_size=80), st.sampled_from(["en", "de", "", None]))
def test_a_closer_look_finds_the_same_words_and_stems(text: str, language: str | None) -> None:
    # One letter more that is not plain, and the whole text is looked at closely.
    closely = analyse(f"{text} é", language)
    words = [token for token in closely if not token.startswith(MARK)]
    stems = [token for token in closely if token.startswith(MARK)]
    assert words.pop() == "e"
    assert analyse(text, language) == [*words, *stems]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The minister’s “plan” – v2.0", ["the", "minister", "s", "plan", "v2", "0"]),
        ("snake_case\x00and\ttabs", ["snake", "case", "and", "tabs"]),
        ("", []),
        ("The U.S. said", None),
        ("Café", None),
        ("北京", None),
        ("soft\u00adhyphen", None),
    ],
)
def test_what_is_plain(text: str, words: list[str] | None) -> None:
    assert plain_words(text) == words
