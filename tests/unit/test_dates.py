"""Dates: the forms that feeds write, and the whole table of date strings where it is at hand."""

from __future__ import annotations

import ast
import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.feeds.dates import read_date
from monitor.core.feeds.loosedates import read_loose_date
from monitor.sandbox.anyfeed import any_date

TABLE = Path(__file__).parents[3] / "shared" / "corpus" / "date-strings" / "dates.csv"
UNREADABLE = {"insert updated date here", "insert published date here", "Sat, 31 Jun 2006 23:08:26 +1000"}
# One handler must refuse this, another must read its like (03335): the number of a day in its year.
ORDINAL = "22013"


def read(text: str) -> datetime | None:
    return read_date(text) or read_loose_date(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Fri, 01 Nov 2024 09:30:00 GMT", (2024, 11, 1, 9, 30)),
        ("Fri, 1 Nov 2024 09:30:00 +0900", (2024, 11, 1, 0, 30)),
        ("2024-11-01T09:30:00Z", (2024, 11, 1, 9, 30)),
        ("2024-11-01T09:30:00.123+09:00", (2024, 11, 1, 0, 30)),
        ("2024-11-01", (2024, 11, 1, 0, 0)),
        ("2024-11", (2024, 11, 1, 0, 0)),
        ("Fri, 01 Nov 2024 24:00:00 GMT", (2024, 11, 2, 0, 0)),
        ("2024-02-29T23:59:60Z", (2024, 2, 29, 23, 59, 59)),
        ("mar., 01 déc. 2020 16:11:02 +0000", (2020, 12, 1, 16, 11, 2)),
        ("2024년 11월 01일 09:30", (2024, 11, 1, 0, 30)),
        ("2024-11-01 오후 3:00:00", (2024, 11, 1, 6, 0)),
        ("Fri, 31 Mar 2023 20:19:00 America/Los_Angeles", (2023, 4, 1, 3, 19)),
        ("Sat, 11 04 2020 08:51:49 +0100", (2020, 4, 11, 7, 51, 49)),
        ("10/30/23 21:55:58", (2023, 10, 30, 21, 55, 58)),
        ("30.10.23", (2023, 10, 30)),
        ("1520932969", (2018, 3, 13, 9, 22, 49)),
        ("Thu(oh how I hate thursdays), 9(th) Feb(ruary) 2006 23:59:45 +0000(GMT)", (2006, 2, 9, 23, 59, 45)),
    ],
)
def test_a_date_is_read(text: str, moment: tuple[int, ...]) -> None:
    assert read(text) == datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "1e400",
        "31/12/2023 25:61",
        "Tue, 30 Feb 2024 10:00:00 GMT",
        "Wed, 99999999999 Jan 2024 00:00:00 GMT",
        "1:2:3",
        "1 Nov 2024 09:30" + " " * 200 + "or so",
        "2024-13",
        "4102444800",
        "1 Nov 2024 09:30:00 +99:00",
        "Fri, 31 Mar 2023 20:19:00 America/Nowhere",
        "፩ ፪ ፫",
        "9999-366",
        "2023-366",
        "0000-001",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read(text) is None


PIECES = st.sampled_from(
    ["9999", "0000", "2024", "366", "31", "12", "00", "24:00", "23:59:60", "፩", "²", "٣", "５", "nov", "déc", "月", "오후", "pm", "+24:00", "-23:59", "Z", "est", "europe/rome", "(", ")", "\\", "-", "/", ".", ":", ",", " "]
)  # fmt: skip


@given(
    st.text(max_size=60)
    | st.from_regex(r"[0-9A-Za-z ,:+./-]{0,40}", fullmatch=True)
    | st.lists(PIECES | st.text(max_size=2), max_size=12).map("".join)
)
def test_no_text_raises(text: str) -> None:
    moment = read(text)
    assert moment is None or moment.tzinfo is UTC
    assert any_date(text) == moment


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 (hypothesis wants naive bounds)
def test_strict_and_loose_readers_agree(moment: datetime) -> None:
    expected = moment.replace(microsecond=0, tzinfo=UTC)
    for text in (expected.strftime("%a, %d %b %Y %H:%M:%S GMT"), expected.isoformat()):
        assert read_date(text) == read_loose_date(text) == expected


def rows() -> list[tuple[str, str]]:
    if not TABLE.exists():
        return []
    with TABLE.open(newline="", encoding="utf-8") as file:
        return [(row["date_string"], row["expectation"]) for row in csv.DictReader(file)]


@pytest.mark.skipif(not TABLE.exists(), reason="the table of date strings is not at hand")
def test_every_row_of_the_table() -> None:
    wrong = []
    for text, expectation in rows():
        found = read(text)
        if expectation.startswith("["):
            is_right = found == datetime(*ast.literal_eval(expectation)[:6], tzinfo=UTC)
        elif expectation == "null":
            is_right = found is None or text == ORDINAL
        else:
            is_right = found is not None or text in UNREADABLE
        if not is_right:
            wrong.append((text, expectation, found))
    assert not wrong
