"""Tune the embedding model a little: articles nearer to their topic than its hard negatives are."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from training import relevance
from training.relevance import Item

SEED = 7
RATE = 2e-5
TOPICS_PER_STEP = 2
ITEMS_PER_TOPIC = 10
MAX_TOKENS = 128
FROZEN_LAYERS = 4
EPOCHS = 2
CROSS_WEIGHT = 0.3


class Embedder(nn.Module):
    """Mean-pooled, normalised vectors, and the two numbers that turn a cosine into a logit while tuning."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        quiet = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        self.body = AutoModel.from_pretrained(str(base), attn_implementation="eager", add_pooling_layer=False, **quiet)
        self.tokenizer = AutoTokenizer.from_pretrained(str(base))
        self.scale = nn.Parameter(torch.tensor(25.0))
        self.middle = nn.Parameter(torch.tensor(0.82))
        for parameter in self.body.embeddings.parameters():
            parameter.requires_grad = False
        for layer in self.body.encoder.layer[:FROZEN_LAYERS]:
            for parameter in layer.parameters():
                parameter.requires_grad = False

    def embed(self, texts: Sequence[str]) -> Tensor:
        """One row per text."""
        options = {
            "truncation": True,
            "max_length": MAX_TOKENS,
            "padding": True,
            "return_tensors": "pt",
            "return_token_type_ids": False,
        }
        coded = self.tokenizer(list(texts), **options)
        hidden = self.body(**coded).last_hidden_state.float()
        weight = coded["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return functional.normalize((hidden * weight).sum(1) / weight.sum(1), dim=-1)

    def forward(self, topics: Sequence[str], articles: Sequence[str]) -> Tensor:
        """(topics, articles) logits."""
        cosine = self.embed([f"query: {text}" for text in topics]) @ self.embed([f"passage: {text}" for text in articles]).T
        return self.scale * (cosine - self.middle)


def rounds(items: Sequence[Item], rng: random.Random) -> Iterator[list[Item]]:
    """A few topics at a time, each with some of its items."""
    by_topic: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_topic[item.topic.key].append(item)
    parts = []
    for own in by_topic.values():
        shuffled = rng.sample(own, len(own))
        parts += [shuffled[start : start + ITEMS_PER_TOPIC] for start in range(0, len(shuffled), ITEMS_PER_TOPIC)]
    rng.shuffle(parts)
    for start in range(0, len(parts), TOPICS_PER_STEP):
        yield [item for part in parts[start : start + TOPICS_PER_STEP] for item in part]


def loss_of(model: Embedder, items: Sequence[Item]) -> Tensor:
    """Own pairs by their label; articles of the other topic count as not about this one, with less weight."""
    topics = list({item.topic.key: item.topic for item in items}.values())
    logits = model([topic.text for topic in topics], [item.article for item in items])
    own = torch.tensor([[item.topic.key == topic.key for item in items] for topic in topics])
    wanted = own & torch.tensor([item.label == 1 for item in items])
    weight = torch.where(own, 1.0, CROSS_WEIGHT)
    errors = functional.binary_cross_entropy_with_logits(logits, wanted.float(), reduction="none")
    return (errors * weight).sum() / weight.sum()


def run(work: Path, minutes: float | None = None) -> None:
    """Tune and write a `transformers` state into `work/embedding`."""
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    items = [item for item in relevance.all_items() if not relevance.is_held_out(item.topic)]
    todo = [part for _ in range(EPOCHS) for part in rounds(items, rng)]
    model = Embedder(work / "bases" / "multilingual")
    model.train()
    body = [parameter for parameter in model.body.parameters() if parameter.requires_grad]
    groups = [{"params": body, "lr": RATE, "first": RATE}, {"params": [model.scale, model.middle], "lr": 1e-3, "first": 1e-3}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    started = time.monotonic()
    running = 0.0
    for number, part in enumerate(todo):
        done = max(number / len(todo), (time.monotonic() - started) / (minutes * 60) if minutes else 0.0)
        if done >= 1.0:
            break
        for group in optimizer.param_groups:
            group["lr"] = group["first"] * min((number + 1) / 5, 1.02 - done)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = loss_of(model, part)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(body, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        running = loss.item() if number == 0 else 0.9 * running + 0.1 * loss.item()
        print(f"embedding: {number + 1}/{len(todo)} ({done:.0%}) loss {running:.3f}", flush=True)
    write(model, work / "embedding")


def write(model: Embedder, out: Path) -> None:
    """The body's weights under their own names."""
    out.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: value.contiguous() for name, value in model.body.state_dict().items() if value.is_floating_point()},
        out / "model.safetensors",
    )
