"""Sentences of nine languages, with their places."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.words.sentences import LONGEST, split
from tests.costs import times_dearer

CASES = {
    "abbreviations": ["Mr. Smith met Dr. Jones in the U.S. Senate.", "Talks ended at 3.5 p.m. on Monday."],
    "acronym that ends": ["He lives in the U.S.", "The talks went on."],
    "initials": ["J. R. R. Tolkien wrote it.", "So did C. S. Lewis."],
    "numbers": ["It rose 3.5 per cent.", "No. 5 is alive."],
    "shouted quotation": ['"It is over!" he said.', '"Is it?" Smith asked.', "It was."],
    "quotation that ends": ['"It is over."', "The minister left."],
    "curly": ["“We agree,” the minister said.", "“We do not.”"],
    "german": ["Am 3. Oktober kam er, z. B. mit dem Zug.", "Im Jahr 2019.", "Dann ging er."],
    "french": ["M. Dupont a dit « non » hier.", "Mme Durand aussi."],
    "spanish": ["¿Quién lo dijo?", "El Sr. Pérez, en EE.UU., lo negó.", "¡Basta!"],
    "russian": ["«Всё кончено!» — сказал он.", "А. С. Пушкин родился в 1799 г. в Москве.", "Конец."],
    "arabic": ["هل هذا صحيح؟", "نعم، قال د. أحمد ذلك.", "انتهى."],
    "korean": ['"돌려줄 이유가 없다"고 말했다.', "3.5% 올랐다.", "끝이다."],
    "japanese": ["「行こう。」と述べた。", "次だ！", "本当か？"],
    "chinese": ["“走吧！”他说。", "外交部表示反对。", "好！"],
    "ellipsis": ["He left ... and came back.", "Wait...", "What?"],
    "lines": ["Headline of the day", "By John Smith", "The text goes on."],
}


@pytest.mark.parametrize("expected", CASES.values(), ids=CASES)
def test_cuts_where_a_reader_would(expected):
    wide = any("\u3000" <= character <= "\u9fff" for character in expected[-1])
    text = "\n".join(expected) if expected[0] == "Headline of the day" else ("" if wide else " ").join(expected)
    assert [text[start:end] for start, end in split(text)] == expected


def test_a_wrapped_line_goes_on():
    text = "This line was wrapped by a mail\nprogram. Next."
    assert [text[span.start : span.end] for span in split(text)] == ["This line was wrapped by a mail\nprogram.", "Next."]


@pytest.mark.parametrize("mark", [";", ",", ""])
def test_a_sentence_without_end_is_cut_where_a_reader_would_breathe(mark: str):
    text = f"word{mark} " * 400
    pieces = [text[start:end] for start, end in split(text)]

    assert len(pieces) > 2
    assert all(piece.strip().startswith("word") and piece.strip().endswith(f"word{mark}") for piece in pieces)
    assert all(not piece[0].isspace() for piece in pieces)


def test_a_dot_after_no_word_ends_a_sentence():
    text = "He left (at last) . Nobody came."
    assert [text[start:end] for start, end in split(text)] == ["He left (at last) .", "Nobody came."]


def test_nothing_gives_nothing():
    assert split("") == []
    assert split(" \n\t\n ") == []


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from('.!? \n"“”。！？A1'), max_size=300))
def test_no_word_is_lost_and_spans_are_in_order(text):
    spans = split(text)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(0 < end - start <= LONGEST for start, end in spans)


@pytest.mark.parametrize("unit", ["a ", "a.", "!", "。”", "A. ", '"', "“", "g. g. "])
def test_a_huge_sentence_costs_little(unit):
    text = unit * (6_250 // len(unit))
    spans = split(8 * text)
    assert times_dearer(lambda: split(8 * text), lambda: split(text)) < 24
    assert all(end - start <= LONGEST for start, end in spans)
