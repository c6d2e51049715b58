"""Tune weights as they will be stored: every step reads them rounded to four bits and moves what lies behind."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from training.graph import quantise_blocks

LOWEST, HIGHEST = -8, 7
REFRESH = 200


class Straight(torch.autograd.Function):
    """Rounds forward; backward the gradient passes as if nothing had been rounded (Bengio et al., 2013)."""

    @staticmethod
    def forward(_ctx: object, weight: Tensor, scale: Tensor) -> Tensor:  # type: ignore[override]
        """The nearest levels of `scale`, a number per block of weights."""
        levels = (weight.view(len(scale), -1) / scale).round_().clamp_(LOWEST, HIGHEST)
        return levels.mul_(scale).view_as(weight)

    @staticmethod
    def backward(_ctx: object, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        """Unchanged."""
        return gradient, None


class Rounded(nn.Module):
    """A weight read in levels of four bits; the levels follow the weight when they are refreshed."""

    def __init__(self, weight: Tensor, block: int) -> None:
        super().__init__()
        self.block = block
        self.register_buffer("scale", scales(weight, block))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight as it will be stored."""
        rounded: Tensor = Straight.apply(weight, self.scale)
        return rounded


class Scaled(nn.Module):
    """A weight that stays, while what it is worth is tuned in each block (PEQA, Kim et al., 2023): levels remain levels."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(blocks, 1))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight with every block a little stretched or shrunk."""
        blocks = weight.view(len(self.gain), -1)
        return torch.addcmul(blocks, blocks, self.gain).view_as(weight)


def scales(weight: Tensor, block: int) -> Tensor:
    """(blocks, 1): what a level is worth in each block."""
    _, scale = quantise_blocks(weight.detach().float().numpy(), 4, block)
    return torch.from_numpy(scale).reshape(-1, 1)


def matrices(body: nn.Module) -> Iterator[nn.Linear]:
    """The matrices of the layers."""
    return (module for module in body.modules() if isinstance(module, nn.Linear))


def attach(body: nn.Module, block: int) -> None:
    """Read every matrix that is tuned rounded from now on; the others become what they are rounded to."""
    for layer in matrices(body):
        if layer.weight.requires_grad:
            parametrize.register_parametrization(layer, "weight", Rounded(layer.weight, block))
        else:
            _round(layer, block)


def attach_gains(body: nn.Module, block: int) -> None:
    """From now on tune what each block of a matrix is worth; the matrices themselves stay."""
    for layer in matrices(body):
        layer.weight.requires_grad = False
        parametrize.register_parametrization(layer, "weight", Scaled(layer.weight.numel() // block))


@torch.no_grad()
def round_matrices(body: nn.Module, block: int) -> None:
    """Make every matrix what it is rounded to."""
    for layer in matrices(body):
        _round(layer, block)


def _round(layer: nn.Linear, block: int) -> None:
    layer.weight.copy_(Straight.apply(layer.weight, scales(layer.weight, block)))


def refresh(body: nn.Module) -> None:
    """Let the levels follow the weights."""
    for layer in matrices(body):
        held = layer.parametrizations.weight if parametrize.is_parametrized(layer) else ()
        if held and isinstance(held[0], Rounded):
            held[0].scale.copy_(scales(held.original, held[0].block))


def detach(body: nn.Module) -> None:
    """Leave every matrix as it was last read."""
    for layer in matrices(body):
        if parametrize.is_parametrized(layer):
            parametrize.remove_parametrizations(layer, "weight")
