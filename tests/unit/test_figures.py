"""Figures, days and editions are equal across languages."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.stories.figures import days_in, editions_in, figures_in, weekdays_in, years_in
from tests.texts import texts

THURSDAY = datetime(2024, 10, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("about 45,000 dockworkers", "45000"),
        ("约4.5万名工人", "45000"),
        ("4万5천 명", "45000"),
        ("12 billion euros", "12000000000"),
        ("12 млрд евро", "12000000000"),
        ("12 Milliarden Euro", "12000000000"),
        ("un partenariat de 12 milliards", "12000000000"),
        ("영업이익 9조1천억원", "9100000000000"),
        ("9.1 trillion won", "9100000000000"),
        ("4,25 % годовых", "4.25"),
        ("rates at 4.25 percent", "4.25"),
        ("in a 6-3 decision", "6-3"),
        ("1.234.567 Menschen", "1234567"),
    ],
)
def test_amounts_are_one_in_every_language(text: str, figure: str):
    assert figure in figures_in(text)


@pytest.mark.parametrize("text", ["", "in 2024", "7 people", "on 31 October", "10月31日", "no figures at all"])
def test_years_days_and_single_digits_are_no_figures(text: str):
    assert figures_in(text) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "on Thursday",
        "October 31",
        "31 Oct.",
        "31 октября",
        "31일 오전",
        "10月31日",
        "31日",
        "le 31 octobre",
        "am Donnerstag",
        "el jueves",
        "31. Oktober",
    ],
)
def test_a_day_is_one_in_every_language(text: str):
    assert date(2024, 10, 31) in days_in(text, THURSDAY)


def test_spans_are_no_days():
    assert days_in("90日間停止する, 90일간", THURSDAY) == frozenset()


def test_a_day_near_new_year_lies_in_the_nearer_year():
    assert days_in("on December 31", datetime(2025, 1, 2, tzinfo=UTC)) == {date(2024, 12, 31)}


def test_an_impossible_day_is_left_out():
    assert days_in("on February 30", THURSDAY) == frozenset()


def test_undated_texts_keep_weekdays_and_days_with_a_month():
    assert days_in("on Thursday, 31 October", None) == {date(2000, 10, 31)}
    assert days_in("31일", None) == frozenset()
    assert weekdays_in("on Thursday; воскресенье") == {3, 6}


def test_years():
    assert years_in("from 2024-25 to 2026, 20241 and 2.024") == {2024, 2026}


@pytest.mark.parametrize(
    ("text", "edition"),
    [
        ("the third Freedom Edge drill", ("freedom", 3)),
        ("the 78th Cannes film festival", ("cannes", 78)),
        ("세 번째 '프리덤 에지' 훈련", ("프리덤", 3)),
        ('第三次"自由边缘"演习', ("自由边缘", 3)),
        ("вторая встреча", ("встреча", 2)),
    ],
)
def test_editions(text: str, edition: tuple[str, int]):
    assert edition in editions_in(text)


def test_ordinals_of_spans_and_months_count_no_edition():
    assert editions_in("in the third quarter, on the 9th June, the second day") == frozenset()


@pytest.mark.parametrize("text", ["9" * 320, f"300 {'9' * 300} trillion", f"{'9' * 320}만 명", f"{'9' * 305}万人"])
def test_what_is_beyond_all_numbers_is_no_figure(text: str):
    assert not {figure for figure in figures_in(text) if len(figure) > 300}


def test_a_month_in_the_letters_of_a_turkish_keyboard_is_a_month():
    assert days_in("12 Aprıl", THURSDAY) == {date(2025, 4, 12)}


@given(texts(), st.none() | st.just(THURSDAY))
def test_any_text_has_figures_days_and_editions_or_none(text: str, published: datetime | None):
    figures = figures_in(text)
    assert all(figure.isascii() and len(figure) > 1 for figure in figures)
    assert years_in(text) <= set(range(1900, 2100))
    days_in(text, published)
    weekdays_in(text)
    editions_in(text)
