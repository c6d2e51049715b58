"""The multilingual cross-encoder: against, neutral, favor, and whether an article is about a topic; what it is tuned on."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import torch
import yaml
from torch import Tensor

from training import data, relevance
from training.bundled import cross_encoder_state
from training.data import OWN, Stance
from training.encoder import CrossEncoder
from training.stance import SEED, articles, english
from training.swaps import exchanged
from training.tune import Pair, Plan, binary, one_after_another, one_hot, soft_cross_entropy, tune

RELEVANCE_TOKENS = 224

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


def courses(public: Path) -> list[list[Pair]]:
    """Two courses: other languages twice, a quarter of our English, half of the public sets, and the second look's pairs."""
    own, _ = data.own_stance()
    ours = [*own, *articles("train", alone=True)]
    random.Random(SEED).shuffle(ours)
    others = [example for example in ours if example.lang != "en"]
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
            *map(stance_pair, [*others, *others, *english(ours)[part::4]]),
            *map(stance_pair, [*newsmtsc[part::2], *dse[part::2], *russian[part::2]]),
        ]
        for part in (0, 1)
    ]


MULTILINGUAL = Plan(
    rate=6e-5, head_rate=3e-4, batch=12, max_tokens=RELEVANCE_TOKENS, frozen_layers=0, seed=SEED, cut="longest_first"
)


def run(work: Path, public: Path, minutes: float | None = None) -> None:
    """Tune the multilingual model from its base."""
    model, plan = CrossEncoder(work / "bases" / "multilingual", OUTPUTS), replace(MULTILINGUAL, minutes=minutes)
    tune(model, courses(public), plan, asked_only, work / "pairs")


def names_of_actors() -> dict[str, frozenset[str]]:
    """Every name of every actor that our rules know -> all names of that actor; what only measures is left out."""
    rules = [path for path in sorted(OWN.rglob("*rules.yaml")) if not path.name.startswith("hard_")]
    return data.names_of_actors(yaml.safe_load(path.read_text(encoding="utf-8")) for path in rules)


def sides_wide(public: Path) -> list[Pair]:
    """Everything of ours that is not English, and with holders exchanged; of English and the public sets more than before."""
    own, _ = data.own_stance()
    scenes = articles("train")
    passages = [example for example in own if example.lang != "en"]
    russian, _ = data.read_rusentne(public / "rusentne" / "train_data.csv")
    examples = [
        *passages,
        *exchanged(passages, names_of_actors()),
        *(example for example in scenes if example.lang != "en"),
        *data.sample(english(own), 5000, SEED),
        *data.sample(english(scenes), 1500, SEED),
        *data.sample(data.read_newsmtsc(public / "newsmtsc" / "train.jsonl"), 1500, SEED),
        *data.sample(data.read_dse(public / "dse" / "train.tsv"), 2000, SEED),
        *data.sample(russian, 3500, SEED, neutral_share=0.55),
    ]
    return [stance_pair(example) for example in examples]


GAIN_BLOCK = 32
ASKED_LAST = 2500
WIDE_SHARES = 0.2, 0.4, 0.4
"""What the three results count: best on windows of articles no course holds and on held-out passages."""


def run_wide(work: Path, public: Path, minutes: float | None = None) -> None:
    """Three courses over everything: the first tunes only what blocks of the matrices are worth, biases and norms.

    Their mixture becomes `pairs`; what it was is kept as `pairs-before-wide`.
    """
    base, pairs, before = (work / name for name in ("bases/multilingual", "pairs", "pairs-before-wide"))
    if not (before / "tuned.pt").exists():
        shutil.copytree(pairs, before)
    asked = [relevance_pair(item) for item in relevance.training_items(public)]
    sides = sides_wide(public)
    fewer = random.Random(SEED).sample(asked, ASKED_LAST)
    blocks = replace(MULTILINGUAL, rate=5e-4, gains=GAIN_BLOCK, minutes=minutes)
    whole = replace(MULTILINGUAL, rate=8e-5, batch=16, minutes=minutes)
    planned = [([*asked, *sides], blocks), ([*asked, *sides], whole), ([*fewer, *sides], replace(whole, seed=SEED + 1))]
    steps = one_after_another(base, before, planned, asked_only, work / "pairs-wide")
    CrossEncoder.average(base, *steps, shares=WIDE_SHARES).save(pairs)


TITLED_COURSES = (1e-4, 2500), (1e-4, 4500)
"""Each course's rate, and how many pairs of topic and article it has."""


def run_titled(work: Path, public: Path, minutes: float | None = None) -> None:
    """Go on from the last wide course over everything, windows of articles below their titles; `pairs` is the last result."""
    base, start, pairs = (work / name for name in ("bases/multilingual", "pairs-wide-3", "pairs"))
    asked = [relevance_pair(item) for item in relevance.training_items(public)]
    sides = sides_wide(public)
    planned = [
        (
            [*random.Random(SEED + number).sample(asked, count), *sides],
            replace(MULTILINGUAL, rate=rate, batch=16, seed=SEED + number, minutes=minutes),
        )
        for number, (rate, count) in enumerate(TITLED_COURSES, start=2)
    ]
    last = one_after_another(base, start, planned, asked_only, work / "pairs-titled")[-1]
    shutil.rmtree(pairs, ignore_errors=True)
    shutil.copytree(last, pairs)


def run_more(work: Path, public: Path, graph: Path, minutes: float | None = None) -> None:
    """Tune `pairs` once more, gently, or the bundled graph where that is not at hand.

    `pairs` becomes the mean of what it was, which is kept as `pairs-last`, and what was tuned.
    """
    base, pairs, last, more = (work / name for name in ("bases/multilingual", "pairs", "pairs-last", "pairs-more"))
    if not (pairs / "tuned.pt").exists():
        model = CrossEncoder(base, OUTPUTS)
        model.take_over(cross_encoder_state(graph, base))
        model.save(pairs)
    shutil.rmtree(last, ignore_errors=True)
    shutil.copytree(pairs, last)
    plan = replace(MULTILINGUAL, rate=4e-5, minutes=minutes)
    tune(CrossEncoder.load(base, last), courses(public)[:1], plan, asked_only, more)
    CrossEncoder.average(base, last, more).save(pairs)
