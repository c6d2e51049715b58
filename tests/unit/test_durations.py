"""Spans of time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.durations import beginning, format_duration, parse_duration

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


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


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("36h", NOW - timedelta(hours=36)),
        ("2024-11-01", datetime(2024, 11, 1, tzinfo=UTC)),
        ("2024-11-01T09:00", datetime(2024, 11, 1, 9, tzinfo=UTC)),
        ("2024-11-01T09:00+09:00", datetime(2024, 11, 1, tzinfo=UTC)),
    ],
)
def test_a_beginning_is_a_span_before_now_or_a_day(text: str, moment: datetime):
    assert beginning(text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "said"),
    [("lately", "'lately' is neither a span"), ("2026-11-21", "lies ahead"), ("0001-01-01T00:00+09:00", "neither a span")],
)
def test_a_beginning_that_is_none_or_lies_ahead_is_refused(text: str, said: str):
    with pytest.raises(ValueError, match=said):
        beginning(text, NOW)


@given(st.datetimes(timezones=st.timezones()), st.sampled_from(["auto", "minutes"]))
def test_a_beginning_is_read_in_utc(moment: datetime, precision: str):
    written = moment.isoformat(timespec=precision)
    try:
        found = beginning(written, NOW)
    except ValueError:
        assert moment > NOW - timedelta(minutes=1) or moment.year in {1, 9999}
    else:
        assert found.tzinfo is UTC
        assert found <= NOW
