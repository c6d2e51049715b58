"""Measures, against values worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.measures import agreement, average_precision, b_cubed, by_class, calibration_error


def test_agreement():
    found = agreement(3, 4, 6)
    assert (found.precision, found.recall, found.f1) == (0.75, 0.5, 0.6)
    assert agreement(0, 0, 0).f1 == 0


def test_by_class():
    found = by_class(["a", "a", "b"], ["a", "b", "b"], ["a", "b", "c"])
    assert found["a"].precision == 1
    assert found["a"].recall == 0.5
    assert found["c"].f1 == 0


def test_average_precision_counts_ties_as_one_rank():
    assert average_precision([True, False, True], [0.9, 0.8, 0.7]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([True, False], [0.5, 0.5]) == 0.5
    assert average_precision([False], [0.5]) == 0


def test_calibration_error():
    assert calibration_error([0.95, 0.95], [True, False]) == pytest.approx(0.45)
    assert calibration_error([1.0, 0.0], [True, False]) == 0
    assert calibration_error([], []) == 0


def test_b_cubed():
    found = b_cubed(["a", "a", "b"], [1, 1, 1])
    assert found.recall == 1
    assert found.precision == pytest.approx(5 / 9)
    assert b_cubed([], []).f1 == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_b_cubed_is_whole_for_the_same_grouping(pairs):
    gold = [one for one, _ in pairs]
    assert b_cubed(gold, gold).f1 == pytest.approx(1)
    assert 0 < b_cubed(gold, [other for _, other in pairs]).f1 <= 1
