"""Fit what turns scores into probabilities: temperatures, and the logistic function that joins the relevance features."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from monitor.core.scoring.stance import names_target
from training import data, export, measure, relevance, stance
from training.bases import write_json
from training.data import Stance
from training.english import PublicEnglish
from training.relevance import Item
from training.run_onnx import Exported

Floats = NDArray[np.float64]
GATE_RECALL = 0.995
ABOUT = export.PAIRS_LABELS.index("about")
SECOND_LOOK = relevance.FEATURES.index("second_look")
WEIGHED = [relevance.FEATURES.index(name) for name in ("cosine", "second_look", "alias_title")]
"""What weighs in. A name in lead or text opens the gate only: with weights for these, too, average precision on topics never
seen is 0.944 instead of 0.950, because articles beside a topic name it in passing as often as those about it."""


def embedding(out: Path) -> Exported:
    """The exported embedding model."""
    folder = out / export.MULTILINGUAL
    return Exported(folder / "embedding.onnx", folder, export.EMBEDDING_TOKENS)


def second_look(out: Path) -> Exported:
    """The exported second look."""
    folder = out / export.MULTILINGUAL
    return Exported(folder / "pairs.onnx", folder, export.SECOND_LOOK_TOKENS, cut="only_second")


StanceModel = Callable[[Sequence[Stance]], NDArray[np.float32]]
"""Examples -> (n, 3) scores of against, neutral and favor."""


def stance_model(out: Path, language: str) -> StanceModel:
    """The exported stance model for a language, with the second opinion that the scorer hears for it."""
    folder = out / export.MULTILINGUAL
    general = Exported(folder / "pairs.onnx", folder, export.STANCE_TOKENS)
    if language != "en" or not (out / export.ENGLISH / "model.onnx").exists():
        return partial(stance_scores, general)
    folder = out / export.ENGLISH
    own = Exported(folder / "model.onnx", folder, export.STANCE_TOKENS, packed=folder / export.PACKED)

    def both(examples: Sequence[Stance]) -> NDArray[np.float32]:
        share = np.array([0.0 if example.holder == "-" else export.SECOND_OPINION for example in examples])[:, np.newaxis]
        return (1 - share) * stance_scores(own, examples) + share * stance_scores(general, examples)

    return both


def relevance_features(out: Path, items: Sequence[Item]) -> Floats:
    """One row of features per item."""
    model = embedding(out)
    texts = sorted({f"passage: {item.article}" for item in items} | {f"query: {item.topic.text}" for item in items})
    vectors = dict(zip(texts, model.run(texts), strict=True))
    cosine = [float(vectors[f"passage: {item.article}"] @ vectors[f"query: {item.topic.text}"]) for item in items]
    looked = second_look(out).run([item.topic.text for item in items], [item.article for item in items])[:, ABOUT]
    return np.array([relevance.features(item, *numbers) for item, *numbers in zip(items, cosine, looked, strict=True)])


def logistic() -> LogisticRegression:
    """The joining function: few weights, kept small."""
    return LogisticRegression(C=1.0, max_iter=2000)


def scaled(features: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of every feature (a constant one keeps its size)."""
    spread = features.std(0)
    return features.mean(0), np.where(spread < 1e-6, 1.0, spread)


def fit(features: Floats, labels: NDArray[np.int64]) -> tuple[Floats, float]:
    """Weights and bias on unscaled features; those that do not weigh in get 0."""
    mean, spread = scaled(features[:, WEIGHED])
    model = logistic().fit((features[:, WEIGHED] - mean) / spread, labels)
    weights = np.zeros(features.shape[1])
    weights[WEIGHED] = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - weights[WEIGHED] @ mean)


def out_of_fold(features: Floats, labels: NDArray[np.int64], groups: Sequence[str]) -> Floats:
    """Probabilities for every item from a function that never saw its topic."""
    found = np.zeros(len(labels))
    for train, test in GroupKFold(n_splits=5).split(features, labels, groups):
        weights, bias = fit(features[train], labels[train])
        found[test] = measure.sigmoid(features[test] @ weights + bias)
    return found


def gated(features: Floats, probability: Floats, gate: float) -> Floats:
    """Probability 0 where neither the cosine nor an alias passes the gate."""
    passes = (features[:, 0] >= gate) | (features[:, 2:].max(1) > 0)
    return np.where(passes, probability, 0.0)


def best_threshold(probability: Floats, labels: NDArray[np.int64]) -> float:
    """The middle of the thresholds whose F1 is within a hair of the best."""
    tried = np.linspace(0.2, 0.8, 61)
    scores = np.array([measure.f1_of(labels == 1, probability >= value) for value in tried])
    return float(np.mean(tried[scores >= scores.max() - 0.004]))


def gate_of(features: Floats, labels: NDArray[np.int64], weights: Floats, bias: float, threshold: float) -> float:
    """The cosine that right pairs reach, or that half the threshold needs even with the best second look: the higher one."""
    generous = float(np.quantile(features[labels == 1, 0], 1 - GATE_RECALL) - 0.005)
    half = threshold / 2
    wanted = np.log(half / (1 - half))
    best_look = float(weights[SECOND_LOOK] * features[:, SECOND_LOOK].max())
    unreachable = (wanted - bias - best_look) / weights[0]
    return max(generous, float(unreachable))


def calibrate_relevance(out: Path) -> dict[str, Any]:
    """Fit on topics that the second look was not tuned on; the threshold is chosen on those and on whole articles at a desk."""
    held = [item for item in relevance.all_items() if relevance.is_held_out(item.topic)]
    items = held + relevance.easy_negatives(held, relevance.SEED)
    features = relevance_features(out, items)
    labels = np.array([item.label for item in items])
    unseen = out_of_fold(features, labels, [item.topic.key for item in items])
    weights, bias = fit(features, labels)
    desk = relevance.desk_items("tuning_articles*.jsonl")
    at_desk = measure.sigmoid(relevance_features(out, desk) @ weights + bias)
    threshold = best_threshold(np.concatenate([unseen, at_desk]), np.concatenate([labels, [item.label for item in desk]]))
    gate = gate_of(features, labels, weights, bias, threshold)
    figures = measure.relevance_figures(gated(features, unseen, gate)[: len(held)], [item.label for item in held], threshold)
    cosine_only = measure.average_precision(labels[: len(held)], features[: len(held), 0])
    return {
        "gate": round(gate, 4),
        "threshold": round(threshold, 3),
        "weights": [round(float(weight), 5) for weight in weights],
        "bias": round(bias, 5),
        "held_out_relevance": figures | {"cosine_average_precision": round(cosine_only, 3)},
    }


def temperatures(model: StanceModel, examples: Sequence[Stance]) -> dict[str, float]:
    """Fit on held-out passages, apart where the passage names the target itself: the model is right more often there."""
    scores = model(examples)
    labels = np.array([example.label for example in examples])
    named = are_named(examples)
    return {
        "temperature": round(measure.best_temperature(scores[~named], labels[~named]), 3),
        "named_temperature": round(measure.best_temperature(scores[named], labels[named]), 3),
    }


def are_named(examples: Sequence[Stance]) -> NDArray[np.bool_]:
    """Whose target stands in the passage by its own name."""
    return np.array([names_target(example.text, example.query) for example in examples])


def temperatures_of(found: dict[str, float], examples: Sequence[Stance]) -> Floats:
    """The temperature of every example."""
    return np.where(are_named(examples), found["named_temperature"], found["temperature"])


def stance_scores(model: Exported, examples: Sequence[Stance]) -> NDArray[np.float32]:
    """(n, 3) scores of against, neutral and favor that one graph gives."""
    return model.run([example.text for example in examples], [example.query for example in examples])[:, : len(data.LABELS)]


def run(work: Path, public: Path, out: Path) -> None:
    """Fit everything and write the manifest; English on ours and as many public passages, or plain news is doubted."""
    _, held = data.own_stance()
    tuning = stance.windows("tuning_articles*")
    english = [*stance.english(held), *stance.english(tuning)]
    english += PublicEnglish.unread(public, len(english) // 2)
    found = calibrate_relevance(out)
    has_english = (out / export.ENGLISH / "model.onnx").exists()
    shared = [example for example in [*held, *tuning] if example.lang != "en"] if has_english else held
    found["stance"] = temperatures(stance_model(out, "*"), shared)
    found["stance_en"] = temperatures(stance_model(out, "en"), english) if has_english else found["stance"]
    write_json(work / "calibration.json", found)
    export.write_manifest(out, found)


def load(work: Path) -> dict[str, Any]:
    """What `run` found."""
    found: dict[str, Any] = json.loads((work / "calibration.json").read_text(encoding="utf-8"))
    return found
