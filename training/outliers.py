"""Find the few inputs of a matrix that are far larger than the rest: one scale for all would round the others away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from training.encoder import CrossEncoder
from training.tune import Pair, predict

KEPT = 16
CROWDED = "output.dense.weight"  # only after a layer's inner activation are there outliers that change answers


def outliers(model: CrossEncoder, pairs: Sequence[Pair], max_tokens: int, kept: int = KEPT) -> dict[str, NDArray[np.int64]]:
    """For each crowded matrix of the body, the columns whose inputs were the largest over these pairs, in ascending order.

    Dettmers et al., 2022 ("LLM.int8()") keep such columns exact; here their number is fixed, so that the graph is, too.
    """
    extremes: dict[str, NDArray[np.float32]] = {}

    def watch(name: str, layer: nn.Linear) -> None:
        def note(_layer: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> None:
            largest = inputs[0].detach().abs().flatten(0, -2).amax(0).float().numpy()
            extremes[name] = np.maximum(extremes.get(name, largest), largest)

        watching.append(layer.register_forward_hook(note))

    watching: list[nn.modules.module.RemovableHandle] = []
    for name, module in model.body.named_modules():
        weight = f"{name}.weight"
        if isinstance(module, nn.Linear) and weight.endswith(CROWDED) and "attention" not in name:
            watch(weight, module)
    predict(model, pairs, max_tokens)
    for one in watching:
        one.remove()
    return {name: np.sort(np.argsort(-largest, kind="stable")[:kept]) for name, largest in extremes.items()}
