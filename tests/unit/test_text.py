"""Text to tokens: what a reader types meets what an outlet wrote."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.words.text import MARK, STEMMERS, analyse, analyse_author, fold, spans, stems, term


def words(text: str, language: str | None = None) -> list[str]:
    return [token for token in analyse(text, language) if not token.startswith(MARK)]


def finds(
    asked: str, text: str, language: str | None = None, languages: tuple[str, ...] = ("en", "fr", "de", "ko", "ja")
) -> bool:
    """Whether somebody who asks for `asked` finds `text`: as the index does it, by tokens in a row or a stem."""
    wanted = term(asked)
    assert wanted is not None
    tokens = analyse(text, language)
    if wanted.word and set(stems(wanted.word, languages)) & set(tokens):
        return True
    length = len(wanted.tokens)
    return any(_begins(tokens[at : at + length], wanted) for at in range(len(tokens)))


def _begins(run: list[str], wanted) -> bool:
    if wanted.is_prefix:
        return run[:-1] == list(wanted.tokens[:-1]) and len(run) == len(wanted.tokens) and run[-1].startswith(wanted.tokens[-1])
    return run == list(wanted.tokens)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The U.S. and the U.N.", ["the", "us", "and", "the", "un"]),
        ("live-fire", ["live", "fire"]),
        ("Kim's and Kim’s", ["kim", "s", "and", "kim", "s"]),
        ("Ｆｕｌｌ ＷＩＤＴＨ ﬁre", ["full", "width", "fire"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("naïve café Zażółć Ångström", ["naive", "cafe", "zazolc", "angstrom"]),
        ("Ёлка й Україна", ["елка", "й", "україна"]),
        ("مُحَمَّد ـمـ کتاب", ["محمد", "م", "كتاب"]),
        ("mis\u200bsi\u00adle \u202eabc\u202c", ["missile", "abc"]),
        ("rocket🚀now", ["rocket", "🚀", "now"]),
        ("3.5% 1,000 F-35", ["3", "5", "1", "000", "f", "35"]),
        ("snake_case", ["snake", "case"]),
        ("ـ one ـ", ["one"]),
        ("北朝鮮", ["北朝", "朝鮮", "鮮"]),
        ("훈련을 시작", ["훈련", "련을", "을", "시작", "작"]),
        ("KF-21기", ["kf", "21", "기"]),
        ("ภาษา", ["ภา", "าษ", "ษา", "า"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("- … ' \" ( ) * :", []),
        ("", []),
    ],
)
def test_words(text, tokens):
    assert words(text) == tokens


@pytest.mark.parametrize(
    ("asked", "text", "language"),
    [
        ("missile", "Missiles flew", "en"),
        ("missiles", "A missile flew", "en"),
        ("drills", "the drill", "en"),
        ("résumés", "le résumé", "fr"),
        ("resumes", "le résumé", "fr"),
        ("Übungen", "die Übung", "de"),
        ("북한", "북한이 미사일을 발사했다", "ko"),
        ("미사일", "북한이 미사일을 발사했다", "ko"),
        ("핵", "북핵 문제", "ko"),
        ("핵", "핵실험", "ko"),
        ("核", "北の核", "ja"),
        ("訓練", "日米韓の共同訓練を開始", "ja"),
        ("U.S.", "US forces", "en"),
        ("US", "the U.S. forces", "en"),
        ("multi-agent", "a multi agent system", "en"),
        ("O'Brien", "Mr O’Brien said", "en"),
        ("Erdogan", "Erdoğan", "tr"),
        ("東京", "東京", None),
    ],
)
def test_found(asked, text, language):
    assert finds(asked, text, language)


@pytest.mark.parametrize(
    ("asked", "text", "language"),
    [
        ("news", "the new year", "en"),
        ("朝北", "北朝鮮", "ja"),
        ("missile", "mission", "en"),
        ("fire live", "live fire", "en"),
        ("핵", "해군", "ko"),
    ],
)
def test_not_found(asked, text, language):
    assert not finds(asked, text, language)


def test_stem_belongs_to_its_language():
    assert stems("news", ["de"]) != stems("news", ["en"])
    assert stems("news", ["ko", "xx", ""]) == []


def test_quoted_word_has_no_stem():
    assert term("drills", is_exact=True).word == ""
    assert term("drill", is_prefix=True).word == ""


def test_nothing_to_look_for():
    assert term("-") is None
    assert term("\u200b") is None


def test_author_apart_from_text():
    assert analyse_author("Jane Doe") == ["·a·jane", "·a·doe"]


@pytest.mark.parametrize("language", sorted(STEMMERS))
def test_every_stemmer_works(language):
    assert analyse("Government governments", language)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80), st.sampled_from([None, "en", "ko", "ru", "ar"]))
def test_tokens_are_safe_for_the_index(text, language):
    for token in analyse(text, language):
        assert token
        assert not any(character in token for character in ' "*():^\x00')
        assert fold(token) == token or token.startswith(MARK)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80))
def test_spans_agree_with_tokens(text):
    found = list(spans(text))
    assert [span.token for span in found] == words(text)
    assert all(0 <= span.start < span.end <= len(text) for span in found)


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="abcé한국北朝鮮 -'.", min_size=1, max_size=20))
def test_a_text_finds_itself(text):
    if term(text):
        assert finds(text, f"before {text} after") or finds(text, text)
