"""Round a matrix to levels so that its products err least, not its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.scorers._packed import TOP

Floats = NDArray[np.floating[Any]]
DAMPING = 0.01
"""What is added to each input's own products, as a share of their mean: keeps the inverse sound."""
RUN = 128
"""Columns after which what was left over is passed on to all the others at once."""


def compensated(weight: Floats, scale: Floats, products: Floats) -> NDArray[np.int8]:
    """(rows, columns) levels of a matrix, each at most `TOP`, for a scale given to each row.

    `products` is (columns, columns): the sum of x xᵀ over inputs x like those that will come. Columns are rounded one by one,
    the largest inputs first, and what a column errs is made up for by those not rounded yet (GPTQ: Frantar et al., 2023).
    """
    sums = products.astype(np.float64)
    unused = np.diag(sums) <= 0
    sums[unused, unused] = 1.0
    sums[np.diag_indices_from(sums)] += DAMPING * np.diag(sums).mean()
    order = np.argsort(-np.diag(sums), kind="stable")
    spread = np.linalg.cholesky(np.linalg.inv(sums[np.ix_(order, order)])).T
    left = weight[:, order].astype(np.float64)
    levels = np.zeros_like(left)
    for start in range(0, len(order), RUN):
        end = min(start + RUN, len(order))
        errors = np.zeros((len(left), end - start))
        for column in range(start, end):
            levels[:, column] = np.clip(np.rint(left[:, column] / scale), -TOP, TOP)
            error = (left[:, column] - levels[:, column] * scale) / spread[column, column]
            left[:, column + 1 : end] -= np.outer(error, spread[column, column + 1 : end])
            errors[:, column - start] = error
        left[:, end:] -= errors @ spread[start:end, end:]
    found = np.zeros(weight.shape, np.int8)
    found[:, order] = levels.astype(np.int8)
    return found
