"""The cross-encoders: what they are tuned on, in which order. The multilingual one also takes the second look at relevance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import torch
import yaml
from torch import Tensor

from training import data, relevance
from training.bundled import cross_encoder_state
from training.data import OWN, Stance
from training.encoder import CrossEncoder
from training.relevance import with_rules
from training.tune import Pair, Plan, binary, one_hot, soft_cross_entropy, tune

SEED = 7
MAX_TOKENS = 128
RELEVANCE_TOKENS = 160


def pair(example: Stance) -> Pair:
    """What the model reads for an example, and what it should say."""
    return Pair(example.text, example.query, example.soft or one_hot(example.label))


def articles(part: str) -> list[Stance]:
    """Windows of our own whole articles."""
    folder = OWN / "own_articles" / part
    rules = yaml.safe_load((folder / "rules.yaml").read_text(encoding="utf-8"))
    found = data.article_windows(data.json_lines(folder / "articles.jsonl"), rules, SEED)
    return found + written_articles() if part == "train" else found


def written_articles() -> list[Stance]:
    """Windows of articles that were written later, where there are any."""
    found: list[Stance] = []
    for path, rules in with_rules("written_articles*.jsonl"):
        found += data.article_windows(data.json_lines(path), yaml.safe_load(rules.read_text(encoding="utf-8")), SEED)
    return found


def english(examples: Sequence[Stance]) -> list[Stance]:
    """Only the English ones."""
    return [example for example in examples if example.lang == "en"]


def courses_english(public: Path) -> list[list[Stance]]:
    """The English model reads the public sets first, then twice all at once: tuned on ours alone it forgets the others."""
    own, _ = data.own_stance()
    ours = [*english(own), *english(articles("train"))]
    newsmtsc = data.sample(data.read_newsmtsc(public / "newsmtsc" / "train.jsonl"), 4000, SEED)
    dse = data.sample(data.read_dse(public / "dse" / "train.tsv"), 4200, SEED, neutral_share=0.5)
    random.Random(SEED).shuffle(dse)
    perspectrum = data.sample(data.read_perspectrum(public / "perspectrum", "train", SEED), 600, SEED)
    return [
        [*newsmtsc[:2000], *dse[:2000], *perspectrum[:200]],
        [*ours, *newsmtsc[2000:3000], *dse[2000:3100], *perspectrum[200:400]],
        [*ours, *newsmtsc[3000:], *dse[3100:], *perspectrum[400:]],
    ]


def run_english(work: Path, public: Path, minutes: float | None = None) -> None:
    """Tune the English model."""
    plan = Plan(rate=4e-5, head_rate=2e-4, batch=12, max_tokens=MAX_TOKENS, frozen_layers=6, seed=SEED, minutes=minutes)
    courses = [[pair(example) for example in course] for course in courses_english(public)]
    tune(CrossEncoder(work / "bases" / "mpnet", 3), courses, plan, soft_cross_entropy, work / "stance-en")


# --- the multilingual model: (against, neutral, favor, about) ---

OUTPUTS = 4
UNASKED = -1.0


def stance_pair(example: Stance) -> Pair:
    """A pair that asks for a stance only."""
    return Pair(example.text, example.query, (*(example.soft or one_hot(example.label)), UNASKED))


def relevance_pair(item: relevance.Item) -> Pair:
    """A pair that asks only whether the article is about the topic."""
    return Pair(item.topic.text, item.article, (UNASKED, UNASKED, UNASKED, 0.97 if item.label else 0.03))


def asked_only(scores: Tensor, wanted: Tensor) -> Tensor:
    """Per example: cross-entropy of the stance or of the relevance, whichever was asked for."""
    stance = soft_cross_entropy(scores[:, :3], wanted[:, :3].clamp(min=0.0))
    about = binary(scores[:, 3:], wanted[:, 3:].clamp(min=0.0))
    return torch.where(wanted[:, 3] == UNASKED, stance, about)


def courses_multilingual(public: Path) -> list[list[Pair]]:
    """Twice all of ours, other languages doubled, with slices of the public sets and the pairs of the second look."""
    own, _ = data.own_stance()
    windows = articles("train")
    others = [example for example in [*own, *windows] if example.lang != "en"]
    newsmtsc = data.sample(data.read_newsmtsc(public / "newsmtsc" / "train.jsonl"), 1600, SEED)
    dse = data.sample(data.read_dse(public / "dse" / "train.tsv"), 1600, SEED, neutral_share=0.5)
    random.Random(SEED).shuffle(dse)
    russian, _ = data.read_rusentne(public / "rusentne" / "train_data.csv")
    russian = data.sample(russian, 1800, SEED, neutral_share=0.5)
    random.Random(SEED).shuffle(russian)
    asked = [relevance_pair(item) for item in relevance.training_items(public)]
    return [
        [
            *asked,
            *map(stance_pair, [*own, *windows, *others]),
            *map(stance_pair, [*newsmtsc[part::2], *dse[part::2], *russian[part::2]]),
        ]
        for part in (0, 1)
    ]


def run_multilingual(work: Path, public: Path, minutes: float | None = None, graph: Path | None = None) -> None:
    """Tune the multilingual model, from its base or (more gently) from a bundled graph."""
    base = work / "bases" / "multilingual"
    model = CrossEncoder(base, OUTPUTS)
    if graph is not None:
        model.take_over(cross_encoder_state(graph, base))
    plan = Plan(
        rate=6e-5 if graph is None else 3e-5,
        head_rate=3e-4,
        batch=12,
        max_tokens=RELEVANCE_TOKENS,
        frozen_layers=0,
        seed=SEED,
        minutes=minutes,
        cut="longest_first",
    )
    tune(model, courses_multilingual(public), plan, asked_only, work / "pairs")
