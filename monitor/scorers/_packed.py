"""Unpacks matrices stored in four bits into the eight-bit ones that processors multiply fastest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SCALE = ".scale"
TOP = 63
"""Largest level. With 127, processors without VNNI would overflow the sums of two products that they keep in 16 bits."""
_NIBBLE, _MIDDLE = 15, 8


def unpack(path: Path) -> dict[str, NDArray[np.int8] | NDArray[np.float32]]:
    """Tensors of a graph by name, from a safetensors file of packed matrices and their `.scale`.

    For each NAME: (columns, rows) int8 levels under NAME and (rows,) float32 under NAME.scale, so that level times scale is
    the weight, transposed.

    Raises:
        OSError: the file cannot be read.
        KeyError: a matrix has no scale.
    """
    from safetensors.numpy import load_file  # noqa: PLC0415 - only scoring needs it

    stored = load_file(path)
    found: dict[str, NDArray[np.int8] | NDArray[np.float32]] = {}
    for name in (name for name in stored if not name.endswith(SCALE)):
        found[name], found[name + SCALE] = widen(stored[name], stored[name + SCALE].astype(np.float32))
    return found


def widen(packed: NDArray[np.uint8], scale: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """((columns, rows) levels, (rows,) scales) of one matrix.

    `packed` is (rows, blocks, block / 2): two levels around 8 in a byte, the first one low; `scale` is (rows, blocks).
    """
    weights = (levels_of(packed) * scale[..., np.newaxis]).reshape(len(packed), -1)
    extreme = np.abs(weights).max(axis=1)
    by_row = np.where(extreme > 0, extreme / TOP, 1.0).astype(np.float32)
    return np.ascontiguousarray(np.rint(weights / by_row[:, np.newaxis]).astype(np.int8).T), by_row


def levels_of(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(rows, blocks, block): the levels from -8 to 7 of a packed matrix."""
    both = np.stack([packed & _NIBBLE, packed >> 4], axis=-1)
    return both.reshape(*packed.shape[:2], -1).astype(np.float32) - np.float32(_MIDDLE)
