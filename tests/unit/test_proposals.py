"""Holders nobody configured."""

from __future__ import annotations

import pytest

from monitor.core.scoring.proposals import propose
from monitor.core.words.references import speech


def names(text, language="en", taken=()):
    return [name for name, _ in propose(text, language, speech(language), taken)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Senator Maria Lopez said the plan was wrong.", ["Maria Lopez"]),
        ("en", "The plan was wrong, said John Smith of the bank.", ["John Smith"]),
        ("en", "Last week OPEC said it would wait.", ["OPEC"]),
        ("en", "Critics said no. Monday told us nothing.", []),
        ("en", "A shopkeeper in Busan said no.", []),
        ("en", "It said so.", []),
        ("de", "Das Gesetz begrüßt niemand.", []),
        ("de", "Anna Weber sagte, das reiche nicht.", ["Anna Weber"]),
        ("fr", "Hier, Claire Martin a déclaré son refus.", ["Claire Martin"]),
        ("es", "Ayer Ana Ruiz dijo que no.", ["Ana Ruiz"]),
        ("ru", "Вчера Иван Петров заявил о протесте.", ["Иван Петров"]),
        ("ko", "한국소비자협회는 이를 비판했다.", ["한국소비자협회"]),
        ("ko", "원내대표는 반대한다고 밝혔다.", []),
        ("ja", "全国消費者連盟は「遺憾だ」と述べた。", ["全国消費者連盟"]),
        ("zh", "全国消费者协会表示反对。", ["全国消费者协会"]),
    ],
)
def test_speakers_are_proposed(language, text, expected):
    assert names(text, language) == expected


def test_known_names_are_left_out():
    text = "Maria Lopez said no."
    assert names(text, taken=[(0, 11)]) == []


def test_places_are_exact():
    text = "Yesterday Senator Maria Lopez said no."
    ((name, start),) = propose(text, "en", speech("en"), ())
    assert text[start : start + len(name)] == name
