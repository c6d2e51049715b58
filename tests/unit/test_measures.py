"""Measures, against values worked out by hand."""

from __future__ import annotations

import pytest

from monitor.core.scoring.measures import agreement, average_precision, by_class, calibration_error


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
