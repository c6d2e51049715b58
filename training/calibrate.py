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
from monitor.scorers._graphs import softmax
from training import data, export, measure, relevance, stance
from training.bases import write_json
from training.data import Stance
from training.english import PublicEnglish
from training.relevance import Item
from training.run_onnx import Exported

Floats = NDArray[np.float64]
DESKS = "tuning_articles*.jsonl", "hard_articles_2.jsonl", "hard_articles_3.jsonl"
"""Whole articles against every topic of their desk; those on which a model was tuned would flatter it."""
READ_ON = 0.7
"""The cosine with any topic of a desk from which a long article is read on: of those about none, a quarter is."""
GATE_RECALL = 0.995
ABOUT = export.PAIRS_LABELS.index("about")
SECOND_LOOK = relevance.FEATURES.index("second_look")
ACROSS = relevance.FEATURES.index("across_scripts")
NAMED = slice(relevance.FEATURES.index("alias_title"), ACROSS)
OF_WHOLES = [relevance.FEATURES.index(name) for name in ("cosine", "second_look", "alias_title")]
OF_PASSAGES = [*OF_WHOLES, ACROSS]
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
        first = stance_scores(own, examples)
        asked = np.array([example.holder != "-" for example in examples]) & (softmax(first).max(1) < export.SURE)
        share = np.where(asked, export.SECOND_OPINION, 0.0)[:, np.newaxis]
        return (1 - share) * first + share * stance_scores(general, examples)

    return both


def relevance_features(out: Path, items: Sequence[Item], *, by_passage: bool = False) -> Floats:
    """One row of features per item; with `by_passage` of what in it is nearest to its topic."""
    read = [[item.article, *(item.passages if by_passage else ())] for item in items]
    texts = sorted({f"passage: {text}" for parts in read for text in parts} | {f"query: {item.topic.text}" for item in items})
    vectors = dict(zip(texts, embedding(out).run(texts), strict=True))
    cosines = [
        np.array([vectors[f"passage: {text}"] @ vectors[f"query: {item.topic.text}"] for text in parts])
        for item, parts in zip(items, read, strict=True)
    ]
    seen = [
        relevance.article_text(item.title, parts[1 + int(cosine[1:].argmax())]) if len(parts) > 1 else item.article
        for item, parts, cosine in zip(items, read, cosines, strict=True)
    ]
    looked = second_look(out).run([item.topic.text for item in items], seen)[:, ABOUT]
    nearest = [float(cosine.max()) for cosine in cosines]
    return np.array([relevance.features(item, *numbers) for item, *numbers in zip(items, nearest, looked, strict=True)])


def logistic() -> LogisticRegression:
    """The joining function: few weights, kept small."""
    return LogisticRegression(C=1.0, max_iter=2000)


def scaled(features: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of every feature (a constant one keeps its size)."""
    spread = features.std(0)
    return features.mean(0), np.where(spread < 1e-6, 1.0, spread)


def fit(features: Floats, labels: NDArray[np.int64], weighed: Sequence[int]) -> tuple[Floats, float]:
    """Weights and bias on unscaled features; those that do not weigh in get 0."""
    mean, spread = scaled(features[:, weighed])
    model = logistic().fit((features[:, weighed] - mean) / spread, labels)
    weights = np.zeros(features.shape[1])
    weights[weighed] = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - weights[weighed] @ mean)


def out_of_fold(features: Floats, labels: NDArray[np.int64], groups: Sequence[str], weighed: Sequence[int]) -> Floats:
    """Probabilities for every item from a function that never saw its topic."""
    found = np.zeros(len(labels))
    for train, test in GroupKFold(n_splits=5).split(features, labels, groups):
        weights, bias = fit(features[train], labels[train], weighed)
        found[test] = measure.sigmoid(features[test] @ weights + bias)
    return found


def gated(features: Floats, probability: Floats, gate: float) -> Floats:
    """Probability 0 where neither the cosine nor an alias passes the gate."""
    passes = (features[:, 0] >= gate) | (features[:, NAMED].max(1) > 0)
    return np.where(passes, probability, 0.0)


def best_threshold(probability: Floats, labels: NDArray[np.int64]) -> float:
    """The highest of the thresholds whose F1 is within a hair of the best: what is wrongly told costs readers more."""
    tried = np.linspace(0.2, 0.8, 61)
    scores = np.array([measure.f1_of(labels == 1, probability >= value) for value in tried])
    return float(tried[scores >= scores.max() - 0.004].max())


def gate_of(features: Floats, labels: NDArray[np.int64], weights: Floats, bias: float, threshold: float) -> float:
    """The cosine that right pairs reach, or that half the threshold needs even where all else is for it: the higher one."""
    generous = float(np.quantile(features[labels == 1, 0], 1 - GATE_RECALL) - 0.005)
    half = threshold / 2
    wanted = np.log(half / (1 - half))
    best = float(weights[SECOND_LOOK] * features[:, SECOND_LOOK].max() + weights[ACROSS])
    unreachable = (wanted - bias - best) / weights[0]
    return max(generous, float(unreachable))


def calibrate_relevance(out: Path) -> dict[str, Any]:
    """Fit on topics that the second look was not tuned on, and apart on long articles, which are read passage by passage.

    The threshold is chosen on both.
    """
    held = [item for item in relevance.all_items() if relevance.is_held_out(item.topic)]
    items = held + relevance.easy_negatives(held, relevance.SEED)
    features, labels = relevance_features(out, items), labels_of(items)
    unseen = out_of_fold(features, labels, [item.topic.key for item in items], OF_WHOLES)
    desk = [item for name in DESKS for item in relevance.desk_items(name)]
    long = [item for item in [*held, *desk] if item.passages]
    nearest, told = relevance_features(out, long, by_passage=True), labels_of(long)
    unseen_long = out_of_fold(nearest, told, [item.topic.key for item in long], OF_PASSAGES)
    threshold = best_threshold(np.concatenate([unseen, unseen_long]), np.concatenate([labels, told]))
    joined = joined_by(features, labels, threshold, OF_WHOLES)
    passages = joined_by(nearest, told, threshold, OF_PASSAGES)
    read = gated(features, unseen, joined["gate"])[: len(held)]
    is_long = np.array([bool(item.passages) for item in held])
    read[is_long] = gated(nearest, unseen_long, passages["gate"])[: is_long.sum()]
    figures = measure.relevance_figures(read, [item.label for item in held], threshold)
    cosine_only = measure.average_precision(labels[: len(held)], features[: len(held), 0])
    return joined | {
        "threshold": round(threshold, 3),
        "passages": passages | {"read_on": READ_ON},
        "held_out_relevance": figures | {"cosine_average_precision": round(cosine_only, 3)},
    }


def probabilities(out: Path, items: Sequence[Item], found: dict[str, Any]) -> Floats:
    """What the scorer would say of these, where their topic lets a long one be read on."""
    wholes, nearest = relevance_features(out, items), relevance_features(out, items, by_passage=True)
    whole, read_on = (
        gated(features, measure.sigmoid(features @ np.array(joined["weights"]) + joined["bias"]), joined["gate"])
        for features, joined in ((wholes, found), (nearest, found["passages"]))
    )
    return np.where([bool(item.passages) for item in items], read_on, whole)


def labels_of(items: Sequence[Item]) -> NDArray[np.int64]:
    """1 where an article is about its topic."""
    return np.array([item.label for item in items])


def joined_by(features: Floats, labels: NDArray[np.int64], threshold: float, weighed: Sequence[int]) -> dict[str, Any]:
    """What the manifest says of the logistic function, and the cosine under which it is not worth asking."""
    weights, bias = fit(features, labels, weighed)
    gate = gate_of(features, labels, weights, bias, threshold)
    return {"gate": round(gate, 4), "weights": [round(float(weight), 5) for weight in weights], "bias": round(bias, 5)}


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
