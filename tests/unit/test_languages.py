"""Languages by script and by letter statistics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.language_tags import primary_language
from monitor.core.words.languages import UNKNOWN, detect

TEXTS = {
    "en": "The government said on Monday that it would vote against the proposal.",
    "de": "Die Regierung erklärte am Montag, sie werde gegen den Vorschlag stimmen.",
    "fr": "Le gouvernement a déclaré lundi qu'il voterait contre la proposition.",
    "es": "El Gobierno dijo el lunes que votaría en contra de la propuesta.",
    "ru": "Правительство заявило в понедельник, что проголосует против предложения.",
    "uk": "Уряд заявив у понеділок, що голосуватиме проти цієї пропозиції.",
    "ar": "قالت الحكومة يوم الاثنين إنها ستصوت ضد الاقتراح.",
    "ko": "정부는 월요일 제안에 반대표를 던지겠다고 밝혔다.",
    "ja": "政府は月曜日、提案に反対票を投じると発表した。",
    "zh": "政府周一表示将对该提案投反对票。",
}


@pytest.mark.parametrize("language", TEXTS)
def test_names_the_language(language):
    assert detect(TEXTS[language]) == language


def test_short_texts_go_by_script_and_hint():
    assert detect("러 외무성") == "ko"
    assert detect("МИД") == "ru"
    assert detect("МИД", "uk") == "uk"
    assert detect("外交部") == "zh"
    assert detect("外務省", "ja-JP") == "ja"
    assert detect("قطر") == "ar"
    assert detect("OK", "de") == "de"


def test_foreign_names_do_not_change_the_language():
    assert detect("미국 무역대표부(Office of the United States Trade Representative, USTR)는 관세를 경고했다.") == "ko"
    assert detect("世界保健機関(World Health Organization)の総会は決議を採択した。") == "ja"


def test_a_text_without_letters_has_no_language():
    assert detect("") == UNKNOWN
    assert detect("😀 123 …") == UNKNOWN
    assert detect("😀", "fr") == "fr"


@given(st.text(max_size=200), st.none() | st.text(max_size=8))
def test_any_text_has_an_answer(text, hint):
    assert detect(text, hint)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en-US", "en"),
        (" KO ", "ko"),
        ("zh_Hant", "zh"),
        ("EN_us", "en"),
        ("de-AT-1901", "de"),
        ("x", None),
        ("english", None),
        ("", None),
        (None, None),
    ],
)
def test_a_tag_names_its_language(tag: str | None, language: str | None):
    assert primary_language(tag) == language
