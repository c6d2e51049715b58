"""Quality beside speed: the stance of holders in labelled articles, by language, and what plain zero-shot asking gives.

Plain asking shows the same weights the article's beginning and "HOLDER toward TOPIC", without choosing the sentence that shows it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from benchmarks.runs import ROOT

ARTICLES = ROOT / "training" / "data" / "own_articles" / "dev" / "articles.jsonl"
RULES = ARTICLES.with_name("rules.yaml")


def measure(*, most: int) -> dict[str, Any]:
    """By language: labelled (article, holder) pairs, and the share that each way gets right."""
    from monitor.config.rulebook import load_rulebook
    from monitor.model import OUTLET, Article
    from monitor.scorers import onnx
    from monitor.services.evaluate import _LONG_AGO
    from monitor.services.labelled import read_articles
    from monitor.services.score import score_articles

    rulebook = load_rulebook(RULES)
    rows = read_articles(ARTICLES, rulebook.topics, {*rulebook.actors, OUTLET})
    rows = rows[:: max(1, len(rows) // most)] if most else rows
    scorer = onnx.build(onnx.Config())
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for number, row in enumerate(rows):
        article = Article(number, "", "", row.title, row.text, (), "", _LONG_AGO, _LONG_AGO, language=row.language or None)
        said = {(one.topic, one.holder): one.stance.value for one in score_articles([article], rulebook, scorer)[0].statements}
        wanted = list(row.holders)
        pairs = [(f"{row.title}\n{row.text}", f"{holder} toward {rulebook.topics[topic].name}") for topic, holder in wanted]
        plain = scorer.stance(pairs, [row.language] * len(pairs)).argmax(axis=1) if pairs else []
        for key, answer in zip(wanted, plain, strict=True):
            gold = row.holders[key][0]
            counts[row.language][0] += 1
            counts[row.language][1] += said.get(key, "neutral") == gold
            counts[row.language][2] += ("against", "neutral", "favor")[int(answer)] == gold
    return {
        "set": "training/data/own_articles/dev (never trained on)",
        "weights": scorer.revision,
        "languages": {
            language: {"pairs": pairs, "service": round(ours / pairs, 3), "plain_zero_shot": round(theirs / pairs, 3)}
            for language, (pairs, ours, theirs) in sorted(counts.items())
        },
    }
