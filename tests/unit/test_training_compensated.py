"""How the trainer rounds a matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.scorers._packed import TOP
from training.compensated import compensated


def drawn(seed: int, rows: int = 24, columns: int = 160) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A matrix, its scales, and inputs that go together as those of a model do."""
    random = np.random.default_rng(seed)
    weight = random.normal(size=(rows, columns)).astype(np.float32)
    inputs = random.normal(size=(600, 20)) @ random.normal(size=(20, columns)) + 0.2 * random.normal(size=(600, columns))
    return weight, np.abs(weight).max(1) / 7, inputs


@given(st.integers(0, 10_000))
def test_products_err_less_than_with_the_nearest_levels(seed: int) -> None:
    weight, scale, inputs = drawn(seed)
    nearest = np.rint(weight / scale[:, None])
    levels = compensated(weight, scale, inputs.T @ inputs)
    assert levels.dtype == np.int8
    assert np.abs(levels.astype(int)).max() <= TOP

    def error(of: np.ndarray) -> float:
        return float((((of * scale[:, None]) - weight) @ inputs.T).std())

    assert error(levels) < 0.7 * error(nearest)


def test_inputs_that_never_come_are_rounded_by_themselves() -> None:
    weight, scale, inputs = drawn(1)
    inputs[:, 5] = 0.0
    levels = compensated(weight, scale, inputs.T @ inputs)
    assert levels[:, 5].tolist() == np.rint(weight[:, 5] / scale).tolist()


def test_a_matrix_on_its_levels_stays() -> None:
    weight, scale, inputs = drawn(2)
    there = np.rint(weight / scale[:, None])
    assert compensated(there * scale[:, None], scale, inputs.T @ inputs) == pytest.approx(there)
