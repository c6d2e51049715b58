"""Times as people write them in a query."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.queries.moments import read

NOW = datetime(2026, 11, 22, 6, 5, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2024", datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)),
        ("2024-12", datetime(2024, 12, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)),
        ("2024-2-29", datetime(2024, 2, 29, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)),
        ("2024-11-01T09:30Z", datetime(2024, 11, 1, 9, 30, tzinfo=UTC), datetime(2024, 11, 1, 9, 31, tzinfo=UTC)),
        ("2024-11-01T09:30:00+09:00", datetime(2024, 11, 1, 0, 30, tzinfo=UTC), datetime(2024, 11, 1, 0, 30, 1, tzinfo=UTC)),
        ("2024-11-01T09:30:00.5", datetime(2024, 11, 1, 9, 30, 0, 500_000, tzinfo=UTC), datetime(2024, 11, 1, 9, 30, 0, 500_001, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
        ("today", datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        ("now", NOW, NOW),
        ("36h", NOW - timedelta(hours=36), NOW - timedelta(hours=36)),
    ],
)  # fmt: skip
def test_a_time_is_a_stretch(text: str, first: datetime, after: datetime):
    assert read(text).stretch(NOW) == (first, after)


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-13", "2024-02-30", "0999", "9001-01-01", "0001-01-01T00:00", "999999y", "-3d", "7"]
)
def test_what_names_no_time_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011 - the query's parser says the same of every one
        read(text)


TEXTS = st.sampled_from(["2024", "2024-11", "2024-11-01", "2024-11-01T09:30", "2024-11-01T09:30:15.5", "7d", "now", "today"])


@given(TEXTS, st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - Hypothesis adds the zone
def test_the_four_comparisons_part_all_times_between_them(text: str, at: datetime):
    moment = read(text)

    def holds(operator: str) -> bool:
        since, before = moment.bounds(operator, NOW)
        return (since is None or at >= since) and (before is None or at < before)

    assert holds(">=") is not holds("<")
    assert holds(">") is not holds("<=")
    assert not holds(">") or holds(">=")
    is_span = moment.ago is not None
    assert holds(":") is (holds(">=") if is_span else holds(">=") and holds("<="))
