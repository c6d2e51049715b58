"""Matrices stored in four bits come out as the eight-bit ones that stand for the same weights."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from monitor.scorers._packed import SCALE, TOP, unpack, widen


def packed(levels: np.ndarray) -> np.ndarray:
    """(rows, blocks, block) levels from 0 to 15, two in a byte."""
    pairs = levels.reshape(*levels.shape[:2], -1, 2)
    return (pairs[..., 0] | (pairs[..., 1] << 4)).astype(np.uint8)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 4), st.sampled_from([2, 8, 32]))
def test_every_weight_is_kept_to_half_a_level(seed, rows, blocks, block):
    random = np.random.default_rng(seed)
    levels = random.integers(0, 16, (rows, blocks, block)).astype(np.uint8)
    scale = random.uniform(0.001, 2.0, (rows, blocks)).astype(np.float32)
    weights = ((levels.astype(np.float32) - 8) * scale[..., None]).reshape(rows, -1)

    found, by_row = widen(packed(levels), scale)

    assert found.shape == (blocks * block, rows)
    assert found.dtype == np.int8
    assert np.abs(found).max() <= TOP
    assert np.all(np.abs(found.T * by_row[:, None] - weights) <= by_row[:, None] * 0.5001)


def test_a_row_of_zeros_stays_one():
    found, by_row = widen(packed(np.full((2, 1, 4), 8, np.uint8)), np.ones((2, 1), np.float32))

    assert not found.any()
    assert by_row.tolist() == [1.0, 1.0]


def test_a_file_gives_matrix_and_scale_under_the_graphs_names(tmp_path: Path):
    levels = np.arange(16, dtype=np.uint8).reshape(2, 1, 8)
    save_file({"up": packed(levels), f"up{SCALE}": np.ones((2, 1), np.float16)}, tmp_path / "packed.safetensors")

    found = unpack(tmp_path / "packed.safetensors")

    assert set(found) == {"up", f"up{SCALE}"}
    assert found[f"up{SCALE}"].dtype == np.float32
    assert (found["up"].T * found[f"up{SCALE}"][:, None]).round().tolist() == (levels[:, 0, :].astype(float) - 8).tolist()


def test_a_matrix_without_scale_is_told(tmp_path: Path):
    save_file({"up": np.zeros((1, 1, 4), np.uint8)}, tmp_path / "packed.safetensors")

    with pytest.raises(KeyError, match=r"up\.scale"):
        unpack(tmp_path / "packed.safetensors")
