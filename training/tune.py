"""Tune a cross-encoder on pairs of texts: batches of like length, warm-up, checkpoints, progress on one line."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training import rounding
from training.encoder import CrossEncoder

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Pair:
    """What the model reads, and the row of numbers it should give."""

    first: str
    second: str
    wanted: tuple[float, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class Plan:
    """How to tune."""

    rate: float = 3e-5
    head_rate: float = 2e-4
    batch: int = 16
    max_tokens: int = 128
    warm_up: float = 0.04
    last_rate: float = 0.02  # the share of the rate that is left at the end
    decay: float = 0.01
    frozen_layers: int = 4
    seed: int = 7
    minutes: float | None = None  # at most so long: the rate then falls with the time, too
    checkpoint_minutes: float = 6.0
    cut: str = "only_first"  # which text of the pair gives way when both do not fit
    rounded: int | None = None  # tune the body as it is stored in four bits, in blocks of so many numbers
    gains: int | None = None  # matrices stay; tune what each block of so many of their numbers is worth, biases and norms
    is_half: bool = True  # matrix products in bfloat16: twice as fast where the processor has them, the same result elsewhere


def soft_cross_entropy(scores: Tensor, wanted: Tensor) -> Tensor:
    """Per example, against a distribution."""
    return -(wanted * functional.log_softmax(scores, dim=-1)).sum(-1)


def binary(scores: Tensor, wanted: Tensor) -> Tensor:
    """Per example, one probability."""
    return functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none").mean(-1)


def one_hot(label: int, classes: int = 3, smoothing: float = 0.06) -> tuple[float, ...]:
    """The label as a distribution, a little smoothed."""
    return tuple(1 - smoothing + smoothing / classes if i == label else smoothing / classes for i in range(classes))


def batches(pairs: Sequence[Pair], plan: Plan, rng: random.Random) -> list[list[Pair]]:
    """Shuffled batches of pairs that are about equally long."""
    order = sorted(
        range(len(pairs)), key=lambda i: len(pairs[i].first.encode()) + len(pairs[i].second.encode()) + rng.random() * 40
    )
    cut = [[pairs[i] for i in order[start : start + plan.batch]] for start in range(0, len(order), plan.batch)]
    rng.shuffle(cut)
    return cut


def encode(model: CrossEncoder, pairs: Sequence[Pair], max_tokens: int, cut: str) -> dict[str, Tensor]:
    """Token numbers of a batch."""
    return dict(
        model.tokenizer(
            [pair.first for pair in pairs],
            [pair.second for pair in pairs],
            truncation=cut,
            max_length=max_tokens,
            padding=True,
            return_tensors="pt",
            return_token_type_ids=False,
        )
    )


def optimizer(model: CrossEncoder, plan: Plan) -> torch.optim.Optimizer:
    """AdamW; the head learns faster than the body."""
    body = [parameter for parameter in model.body.parameters() if parameter.requires_grad]
    head = [*model.dense.parameters(), *model.out.parameters()]
    groups = [{"params": body, "lr": plan.rate}, {"params": head, "lr": plan.head_rate}]
    return torch.optim.AdamW(groups, weight_decay=plan.decay, betas=(0.9, 0.98), fused=True)


def tune(model: CrossEncoder, courses: Sequence[Sequence[Pair]], plan: Plan, loss: Loss, out: Path) -> None:
    """Tune on one course after the other and write the result to `out`; a run that was cut off goes on from its checkpoint."""
    torch.manual_seed(plan.seed)
    rng = random.Random(plan.seed)
    model.freeze(plan.frozen_layers)
    if plan.gains:
        if plan.rounded:
            rounding.round_matrices(model.body, plan.rounded)
        rounding.attach_gains(model.body, plan.gains)
    elif plan.rounded:
        rounding.attach(model.body, plan.rounded)
    model.train()
    todo = [batch for course in courses for batch in batches(course, plan, rng)]
    steps = optimizer(model, plan)
    rates = [group["lr"] for group in steps.param_groups]
    checkpoint = out / "checkpoint.pt"
    done = resume(checkpoint, model, steps)
    started = saved = time.monotonic()
    running = 0.0
    for number, batch in enumerate(todo[done:], start=done):
        part = progress(number, len(todo), time.monotonic() - started, plan)
        if part >= 1.0:
            break
        for group, rate in zip(steps.param_groups, rates, strict=True):
            group["lr"] = rate * share_of_rate(number, part, len(todo), plan)
        if plan.rounded and number % rounding.REFRESH == 0:
            rounding.refresh(model.body)
        value = step(model, batch, plan, loss)
        steps.step()
        steps.zero_grad(set_to_none=True)
        running = value if number == done else 0.98 * running + 0.02 * value
        if number % 10 == 0:
            pace = (number - done + 1) * plan.batch / (time.monotonic() - started)
            print(f"{out.name}: {number + 1}/{len(todo)} ({part:.0%}) loss {running:.3f}, {pace:.1f} pairs/s", flush=True)
        if time.monotonic() - saved > plan.checkpoint_minutes * 60:
            save(checkpoint, number + 1, model, steps)
            saved = time.monotonic()
    rounding.detach(model.body)
    model.save(out)
    checkpoint.unlink(missing_ok=True)


def one_after_another(
    base: Path, start: Path, courses: Sequence[tuple[Sequence[Pair], Plan]], loss: Loss, out: Path
) -> list[Path]:
    """Tune the model in `start` on each course by its plan, each from the result of the one before, into `out`-1, `out`-2, ..."""
    steps = [start]
    for number, (course, plan) in enumerate(courses, start=1):
        made = out.with_name(f"{out.name}-{number}")
        if not (made / "tuned.pt").exists():
            tune(CrossEncoder.load(base, steps[-1]), [course], plan, loss, made)
        steps.append(made)
    return steps[1:]


def progress(number: int, total: int, seconds: float, plan: Plan) -> float:
    """How far the run is, by batches or by time, whichever is further."""
    by_time = seconds / (plan.minutes * 60) if plan.minutes else 0.0
    return max(number / total, by_time)


def share_of_rate(number: int, part: float, total: int, plan: Plan) -> float:
    """Warm-up, then a straight line down to the last share."""
    warm = max(1, int(total * plan.warm_up))
    return min((number + 1) / warm, plan.last_rate + (1 - plan.last_rate) * (1 - part))


def step(model: CrossEncoder, batch: Sequence[Pair], plan: Plan, loss: Loss) -> float:
    """Gradients of one batch, clipped; the loss."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=plan.is_half):
        scores = model(**encode(model, batch, plan.max_tokens, plan.cut)).float()
    wanted = torch.tensor([pair.wanted for pair in batch])
    weight = torch.tensor([pair.weight for pair in batch])
    value = (loss(scores, wanted) * weight).mean()
    value.backward()
    torch.nn.utils.clip_grad_norm_([parameter for parameter in model.parameters() if parameter.requires_grad], 1.0)
    return float(value.detach())


def save(path: Path, done: int, model: CrossEncoder, steps: torch.optim.Optimizer) -> None:
    """Write a checkpoint in one move."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"done": done, "model": model.state_dict(), "steps": steps.state_dict()}, path.with_suffix(".partial"))
    path.with_suffix(".partial").rename(path)


def resume(path: Path, model: CrossEncoder, steps: torch.optim.Optimizer) -> int:
    """The number of batches that a checkpoint has behind it (0 when there is none)."""
    if not path.exists():
        return 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    steps.load_state_dict(state["steps"])
    return int(state["done"])


@torch.inference_mode()
def predict(
    model: CrossEncoder, pairs: Sequence[Pair], max_tokens: int, cut: str = "only_first", batch: int = 32
) -> NDArray[np.float32]:
    """The model's numbers for every pair, in order."""
    model.eval()
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].first.encode()) + len(pairs[i].second.encode()))
    found: NDArray[np.float32] = np.zeros((len(pairs), model.out.out_features), np.float32)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        found[chosen] = model(**encode(model, [pairs[i] for i in chosen], max_tokens, cut)).float().numpy()
    return found
