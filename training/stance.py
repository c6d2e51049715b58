"""The stance models: what they are tuned on, in which order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import yaml

from training import data
from training.data import OWN, Stance
from training.encoder import CrossEncoder
from training.relevance import with_rules
from training.tune import Pair, Plan, one_hot, soft_cross_entropy, tune

SEED = 7
MAX_TOKENS = 128


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


def warm_up_multilingual(public: Path) -> list[Stance]:
    """First stage of the multilingual model."""
    own, _ = data.own_stance()
    russian, _ = data.read_rusentne(public / "rusentne" / "train_data.csv")
    return [
        *own,
        *articles("train"),
        *data.sample(data.read_newsmtsc(public / "newsmtsc" / "train.jsonl"), 1500, SEED),
        *data.sample(data.read_dse(public / "dse" / "train.tsv"), 1300, SEED, neutral_share=0.45),
        *data.sample(russian, 900, SEED, neutral_share=0.45),
    ]


def run_warm_up_multilingual(work: Path, public: Path) -> None:
    """Tune the first stage of the multilingual model."""
    model = CrossEncoder(work / "bases" / "multilingual", 3)
    plan = Plan(rate=6e-5, head_rate=3e-4, batch=16, max_tokens=MAX_TOKENS, frozen_layers=0, seed=SEED)
    tune(model, [[pair(example) for example in warm_up_multilingual(public)]], plan, soft_cross_entropy, work / "stance-warm")


def run_english(work: Path, public: Path, minutes: float | None = None) -> None:
    """Tune the English model."""
    plan = Plan(rate=4e-5, head_rate=2e-4, batch=12, max_tokens=MAX_TOKENS, frozen_layers=6, seed=SEED, minutes=minutes)
    courses = [[pair(example) for example in course] for course in courses_english(public)]
    tune(CrossEncoder(work / "bases" / "mpnet", 3), courses, plan, soft_cross_entropy, work / "stance-en")


def joint_multilingual(public: Path) -> list[Stance]:
    """Second stage of the multilingual model: all our passages and windows, slices of the public sets."""
    own, _ = data.own_stance()
    russian, _ = data.read_rusentne(public / "rusentne" / "train_data.csv")
    return [
        *own,
        *[example for example in own if example.lang != "en"],
        *articles("train"),
        *data.sample(data.read_newsmtsc(public / "newsmtsc" / "train.jsonl"), 600, SEED + 1),
        *data.sample(data.read_dse(public / "dse" / "train.tsv"), 500, SEED + 1, neutral_share=0.5),
        *data.sample(russian, 600, SEED + 1, neutral_share=0.5),
    ]


def run_multilingual(work: Path, public: Path, minutes: float | None = None) -> None:
    """Tune the second stage of the multilingual model."""
    plan = Plan(rate=3e-5, head_rate=1e-4, batch=8, max_tokens=MAX_TOKENS, frozen_layers=0, seed=SEED, minutes=minutes)
    model = CrossEncoder.load(work / "bases" / "multilingual", work / "stance-warm")
    course = [pair(example) for example in joint_multilingual(public)]
    tune(model, [course, course], plan, soft_cross_entropy, work / "stance")
