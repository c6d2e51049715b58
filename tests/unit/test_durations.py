"""Spans of time."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("6h", 21_600), ("1w", 604_800), ("2y", 63_072_000), ("1h30m", 5400), ("0.5h", 1800), (0, 0)],
)
def test_spans_people_write(text: object, seconds: float):
    assert parse_duration(text).total_seconds() == seconds


def test_what_is_a_span_already_stays_as_it_is():
    assert parse_duration(timedelta(minutes=7)) == timedelta(minutes=7)


@pytest.mark.parametrize("text", ["", "soon", "6", "6 hours", "-1h", "h", "1h!", "99999999y"])
def test_what_is_not_a_span_is_refused(text: str):
    with pytest.raises(ValueError, match="span of time|hundred years"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3000)))
def test_a_written_span_reads_back(span: timedelta):
    assert parse_duration(format_duration(span)) == timedelta(seconds=round(span.total_seconds()))
