"""Measure the exported models on held-out and development data; write the figures for the model card."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training import calibrate, data, measure, relevance, stance
from training.bases import write_json
from training.calibrate import StanceModel
from training.data import OWN, Stance

SEED = 7
SAMPLE = 600
"""Rows of the two largest development sets; the others are read whole."""


def stance_sets(public: Path) -> dict[str, list[Stance]]:
    """Every set that measures stance."""
    _, own = data.own_stance()
    _, russian = data.read_rusentne(public / "rusentne" / "train_data.csv")
    found = {f"own held-out {lang}": examples for lang, examples in sorted(data.by_language(own).items())}
    found["newsmtsc devtest_mt"] = data.read_newsmtsc(public / "newsmtsc" / "devtest_mt.jsonl")
    found["dse valid, directed"] = data.read_dse(public / "dse" / "valid.tsv")
    found["rusentne, held-out tenth"] = russian
    found["vast_dev"] = data.sample(data.read_vast(public / "vast_dev" / "vast_dev.csv"), SAMPLE, SEED)
    found["c_stance_val"] = data.sample(data.read_c_stance(public / "c_stance_val" / "raw_val_all_onecol.csv"), SAMPLE, SEED)
    hard = [example for path in sorted(OWN.glob("hard_stance*.tsv")) for example in data.read_own(path)]
    found |= {f"written to be hard, {lang}": examples for lang, examples in sorted(data.by_language(hard).items())}
    found["windows of own dev articles, en"] = stance.english(stance.articles("dev"))
    found["windows of own dev articles, other"] = [example for example in stance.articles("dev") if example.lang != "en"]
    return found


def evaluate_stance(model: StanceModel, examples: Sequence[Stance], temperatures: dict[str, float]) -> dict[str, float]:
    """Figures and speed on one set."""
    started = time.perf_counter()
    scores = model(examples)
    seconds = time.perf_counter() - started
    row_by_row = calibrate.temperatures_of(temperatures, examples)
    figures = measure.stance_figures(scores, [example.label for example in examples], row_by_row)
    return figures | {"per_second": round(len(examples) / seconds, 1)}


def by_phenomenon(model: StanceModel, examples: Sequence[Stance]) -> dict[str, dict[str, float]]:
    """Accuracy per phenomenon: where the model errs."""
    said = model(examples).argmax(1)
    right = said == np.array([example.label for example in examples])
    kinds = np.array([example.phenomenon or "-" for example in examples])
    return {
        str(kind): {"n": int((kinds == kind).sum()), "accuracy": round(float(right[kinds == kind].mean()), 3)}
        for kind in np.unique(kinds)
    }


def evaluate_relevance(out: Path, found: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Our development articles against topics never seen."""
    folder = OWN / "own_articles" / "dev"
    items = relevance.article_items(folder / "articles.jsonl", folder / "rules.yaml")
    probability = calibrate.probabilities(out, items, found)
    labels = [item.label for item in items]
    figures = {"own dev articles": measure.relevance_figures(probability, labels, found["threshold"])}
    english = np.array([item.lang == "en" for item in items])
    other = [label for label, chosen in zip(labels, ~english, strict=True) if chosen]
    figures["own dev articles, not English"] = measure.relevance_figures(probability[~english], other, found["threshold"])
    return figures | {"own topics never seen": found["held_out_relevance"]}


def speed(out: Path) -> dict[str, float]:
    """Articles per second of the two relevance models, two threads."""
    folder = OWN / "own_articles" / "dev"
    items = relevance.article_items(folder / "articles.jsonl", folder / "rules.yaml")
    articles = [item.article for item in items]
    started = time.perf_counter()
    calibrate.embedding(out).run(articles)
    middle = time.perf_counter()
    calibrate.second_look(out).run([item.topic.text for item in items], articles)
    ended = time.perf_counter()
    return {
        "embedding, articles per second": round(len(items) / (middle - started), 1),
        "second look, pairs per second": round(len(items) / (ended - middle), 1),
    }


def told(articles: Path, rules: Path) -> dict[str, Any]:
    """What `monitor eval articles` says of the whole scorer on a file of articles."""
    command = [sys.executable, "-m", "monitor", "eval", "articles", str(articles), "--rules", str(rules), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def evaluate_articles() -> dict[str, Any]:
    """The whole scorer on our development articles."""
    folder = OWN / "own_articles" / "dev"
    found = told(folder / "articles.jsonl", folder / "rules.yaml")
    rows = {"relevance": found["relevance"], "holders": found["holders"], "evidence": found["evidence"]}
    return {
        f"{part}: {key.replace('_', ' ')}": {"figure": round(value, 3)}
        for part, row in rows.items()
        for key, value in row.items()
    } | {"articles per second": {"figure": round(found["per_second"], 1)}}


def evaluate_hard_articles() -> dict[str, dict[str, Any]]:
    """The whole scorer on articles of two topics each, on which holders differ; no model was tuned on them."""
    figures = {}
    for path, rules in relevance.with_rules("hard_articles*.jsonl"):
        found = told(path, rules)
        languages = sorted({article["lang"] for article in data.json_lines(path)})
        figures[f"{', '.join(languages)} ({found['n']})"] = {
            **{f"topics: {key}": round(value, 3) for key, value in found["relevance"].items()},
            **{f"holders: {key}": round(value, 3) for key, value in found["holders"].items()},
            "evidence": round(found["evidence"]["hit_rate"], 3),
        }
    return figures


def run(work: Path, public: Path, out: Path) -> None:
    """Measure everything and write `evaluation.json`."""
    found = calibrate.load(work)
    models = {"en": calibrate.stance_model(out, "en"), "*": calibrate.stance_model(out, "*")}
    figures: dict[str, Any] = {"stance": {}, "relevance": evaluate_relevance(out, found), "speed": speed(out)}
    figures["articles"], figures["hard articles"] = evaluate_articles(), evaluate_hard_articles()
    for name, examples in stance_sets(public).items():
        english = examples[0].lang == "en"
        temperatures = found["stance_en" if english else "stance"]
        figures["stance"][name] = evaluate_stance(models["en" if english else "*"], examples, temperatures)
        print(name, figures["stance"][name], flush=True)
    _, held = data.own_stance()
    figures["phenomena, English"] = by_phenomenon(models["en"], stance.english(held))
    figures["phenomena, other"] = by_phenomenon(models["*"], [example for example in held if example.lang != "en"])
    write_json(work / "evaluation.json", figures)
