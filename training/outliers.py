"""Watch what comes into the matrices of a model: which inputs are far larger than the rest, and what they are together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from training.encoder import CrossEncoder
from training.tune import Pair, predict

Floats = NDArray[np.floating[Any]]
AFTER_INNER = ("output.dense.weight",)
"""In MPNet only what a layer's inner activation gives has outliers that change answers."""
AROUND_INNER = ("intermediate.dense.weight", "output.dense.weight")
"""In e5-small so has what goes into it."""


@dataclass
class Inputs:
    """What came into a matrix: the largest of each column, and the sum of x xᵀ over all tokens."""

    largest: Floats
    products: Floats


def inputs_of(model: CrossEncoder, pairs: Sequence[Pair], max_tokens: int) -> dict[str, Inputs]:
    """For each matrix of the body by its name; each pair is read alone, so that no padding counts."""
    seen: dict[str, Inputs] = {}

    def watch(name: str, layer: nn.Linear) -> nn.modules.module.RemovableHandle:
        def note(_layer: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> None:
            rows = inputs[0].detach().flatten(0, -2).float().numpy()
            known = seen.setdefault(name, Inputs(np.zeros(rows.shape[1]), np.zeros((rows.shape[1],) * 2)))
            known.largest = np.maximum(known.largest, np.abs(rows).max(0))
            known.products += rows.T @ rows

        return layer.register_forward_hook(note)

    watching = [watch(f"{name}.weight", one) for name, one in model.body.named_modules() if isinstance(one, nn.Linear)]
    predict(model, pairs, max_tokens, cut="longest_first", batch=1)
    for one in watching:
        one.remove()
    return seen


def outliers(seen: Mapping[str, Inputs], crowded: tuple[str, ...], kept: int) -> dict[str, NDArray[np.int64]]:
    """For each crowded matrix of the body, the columns whose inputs were the largest, in ascending order.

    Dettmers et al., 2022 ("LLM.int8()") keep such columns exact; here their number is fixed, so that the graph is, too.
    """
    return {
        name: np.sort(np.argsort(-inputs.largest, kind="stable")[:kept])
        for name, inputs in seen.items()
        if name.endswith(crowded) and "attention" not in name
    }


def products(seen: Mapping[str, Inputs], exact: Mapping[str, NDArray[np.int64]]) -> dict[str, Floats]:
    """For each matrix what its inputs are together, without the columns that stay exact."""
    found = {name: inputs.products.copy() for name, inputs in seen.items()}
    for name, columns in exact.items():
        found[name][columns] = 0.0
        found[name][:, columns] = 0.0
    return found
