"""What both cross-encoders are tuned on: pairs, and windows of articles."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from training import data
from training.data import OWN, Stance
from training.relevance import with_rules
from training.tune import Pair, one_hot

SEED = 7
MAX_TOKENS = 128


def pair(example: Stance) -> Pair:
    """What the model reads for an example, and what it should say."""
    return Pair(example.text, example.query, example.soft or one_hot(example.label))


def articles(part: str, *, alone: bool = False) -> list[Stance]:
    """Windows of our own whole articles; with `alone` their sentences without context, too."""
    folder = OWN / "own_articles" / part
    rules = yaml.safe_load((folder / "rules.yaml").read_text(encoding="utf-8"))
    found = data.article_windows(data.json_lines(folder / "articles.jsonl"), rules, SEED, alone=alone)
    return found + windows("written_articles*", alone=alone) if part == "train" else found


def windows(name: str, *, alone: bool = False) -> list[Stance]:
    """Windows of the articles in our files of this name."""
    found: list[Stance] = []
    for path, rules in with_rules(f"{name}.jsonl"):
        found += data.article_windows(data.json_lines(path), yaml.safe_load(rules.read_text(encoding="utf-8")), SEED, alone=alone)
    return found


def english(examples: Sequence[Stance]) -> list[Stance]:
    """Only the English ones."""
    return [example for example in examples if example.lang == "en"]
