"""What labels taught: a correction of a probability, kept as JSON, in force under its own revision only."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.scoring.heads import Head, logit, read, written

VECTOR = np.array([0.6, 0.8], np.float32)
PROBABILITIES = st.floats(0, 1)
NUMBERS = st.floats(-5, 5, allow_nan=False)


@given(PROBABILITIES)
def test_without_weights_the_models_own_probability_stays(given: float):
    assert Head("r1", 0.4).probability(given, VECTOR) == given


@given(PROBABILITIES, NUMBERS, NUMBERS, st.tuples(NUMBERS, NUMBERS))
def test_a_correction_is_a_probability_and_rises_with_the_models_own(
    given: float, slope: float, bias: float, weights: tuple[float, float]
):
    head = Head("r1", 0.5, abs(slope), bias, weights)

    corrected = head.probability(given, VECTOR)

    assert 0 <= corrected <= 1
    assert head.probability(min(1.0, given + 0.1), VECTOR) >= corrected - 1e-9


def test_neutral_numbers_change_nothing_and_weights_look_at_the_embedding():
    assert Head("r1", 0.5, 1.0, 0.0, (0.0, 0.0)).probability(0.8, VECTOR) == pytest.approx(0.8)
    assert Head("r1", 0.5, 1.0, 0.0, (5.0, 0.0)).probability(0.5, VECTOR) == pytest.approx(1 / (1 + np.exp(-3.0)))


def test_the_logit_of_certainty_is_bounded():
    assert logit(np.array([0.0, 0.5, 1.0])).tolist() == pytest.approx([-8.0, 0.0, 8.0])


def test_heads_come_back_from_json_and_those_of_another_model_are_left_out():
    heads = {"a": Head("r1", 0.3), "b": Head("r2", 0.6, 1.5, -0.5, (0.1, -0.2))}
    stored = json.loads(json.dumps(written(heads)))

    assert read(stored) == heads
    assert read(stored, "r2") == {"b": heads["b"]}
    assert read(stored, "r3") == {}
