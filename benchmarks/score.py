"""Score: the bundled news read by this service, by transformers' zero-shot pipeline, by sentence-transformers, and the limit.

    python -m benchmarks.score service|mixed|answers|pipeline|sentence TEXTS RUNS

The peers run torch models in fp32 of exactly the shape of the bundled ones, with the bundled tokenizer. Their values are random,
because the bundled files are quantised ONNX graphs: how fast a model runs does not depend on its values. Each run has texts of its own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from benchmarks.runs import ask, peak_megabytes, spread

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 64
SENTENCES = 20
SIZES = (1, 8, 32)
SIDES = ("supports", "opposes", "is neutral on")
READABLE = 512
"""Tokens that a model of these shapes reads at once; the pipeline cuts off what is longer."""
SMALL, LARGE = (384, 12, 12, 1536), (768, 12, 12, 3072)
"""Hidden size, layers, heads and inner size of the multilingual models and of a model for one language."""


def texts(count: int) -> list[tuple[str, str, str]]:
    """(title, text, language) of bundled articles; each time round, the paragraphs begin with another one."""
    from monitor.demo.news import bundled_news

    items = [(item.title, item.text, outlet.language) for outlet in bundled_news(NOW) for item in outlet.items]
    found = []
    for number in range(count):
        title, text, language = items[number % len(items)]
        parts = text.split("\n")
        turn = (number // len(items)) % len(parts)
        found.append((title, "\n".join(parts[turn:] + parts[:turn]), language))
    return found


def articles(count: int) -> list[Any]:
    """The bundled articles as the scorer takes them."""
    from monitor.model import Article

    return [
        Article(number, "", "", title, text, (), "", NOW, NOW, language=language)
        for number, (title, text, language) in enumerate(texts(count))
    ]


def service(count: int, runs: int) -> dict[str, Any]:
    """Seconds of the whole scorer and of ONNX Runtime alone on the token batches that it was given, for each run."""
    from monitor.config.rulebook import load_rulebook
    from monitor.demo.configuration import shipped_rules
    from monitor.scorers import _graphs, onnx
    from monitor.services.score import score_articles

    fed: list[tuple[Any, Any, Any]] = []
    opening = _graphs.open_graph

    def listening(path: Any, packed: Any = None) -> Any:
        run = opening(path, packed)

        def noted(ids: Any, mask: Any) -> Any:
            fed.append((run, ids, mask))
            return run(ids, mask)

        return noted

    _graphs.open_graph = listening
    rulebook, scorer = load_rulebook(shipped_rules()), onnx.build(onnx.Config())
    read = articles(count * runs)
    score_articles(read[:8], rulebook, scorer)
    seconds, limits, tokens, asked = [], [], [], []
    for run in range(runs):
        fed.clear()
        mine = read[run * count : (run + 1) * count]
        began = time.perf_counter()
        scores = [one for at in range(0, count, BATCH) for one in score_articles(mine[at : at + BATCH], rulebook, scorer)]
        seconds.append(time.perf_counter() - began)
        tokens.append(float(sum(mask.sum() for _, _, mask in fed)))
        asked.append([sum(one.is_relevant for one in score.relevances) for score in scores])
        began = time.perf_counter()
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            list(pool.map(lambda row: row[0](row[1], row[2]), list(fed)))
        limits.append(time.perf_counter() - began)
    relevant = [sum(counts) for counts in asked]
    return {"seconds": seconds, "limit": limits, "tokens": tokens, "relevant": relevant, "rss_mb": peak_megabytes()}


def mixed(count: int, runs: int) -> dict[str, Any]:
    """Seconds for articles of 20 sentences of which a fifth is about a watched topic: what a desk's day looks like."""
    from dataclasses import replace

    from benchmarks.quality import ARTICLES, RULES
    from monitor.config.rulebook import load_rulebook
    from monitor.core.words.sentences import split
    from monitor.model import OUTLET, Article
    from monitor.scorers import onnx
    from monitor.services.labelled import read_articles
    from monitor.services.score import score_articles

    rulebook, scorer = load_rulebook(RULES), onnx.build(onnx.Config())
    rows = read_articles(ARTICLES, rulebook.topics, {*rulebook.actors, OUTLET})
    by_topic: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        for topic in row.about:
            by_topic.setdefault(topic, []).append(number)
    watched: set[str] = set()
    relevant: set[int] = set()
    for topic, numbers in by_topic.items():
        if len(relevant | set(numbers)) <= len(rows) // 5:
            watched.add(topic)
            relevant |= set(numbers)
    rulebook = replace(rulebook, topics={topic: rulebook.topics[topic] for topic in watched})
    articles = []
    for number in range(count * runs):
        row = rows[number % len(rows)]
        sentences = [row.text[start:end] for start, end in split(row.text)]
        text = " ".join((sentences * SENTENCES)[:SENTENCES])
        articles.append(Article(number, "", "", row.title, text, (), "", NOW, NOW, language=row.language or None))
    score_articles(articles[:8], rulebook, scorer)
    seconds, found = [], 0
    for run in range(runs):
        mine = articles[run * count : (run + 1) * count]
        began = time.perf_counter()
        scores = [one for at in range(0, count, BATCH) for one in score_articles(mine[at : at + BATCH], rulebook, scorer)]
        seconds.append(time.perf_counter() - began)
        found += sum(any(one.is_relevant for one in score.relevances) for score in scores)
    return {"seconds": seconds, "relevant": found / (count * runs), "rss_mb": peak_megabytes()}


def _shapes() -> tuple[Any, list[tuple[Any, tuple[int, int, int, int]]]]:
    """The tokenizer and shape of each stance model of the manifest; the first also stands for relevance."""
    from transformers import AutoTokenizer

    from monitor.scorers._graphs import BUNDLED
    from monitor.scorers._weights import read_manifest

    manifest = read_manifest(BUNDLED)
    found = []
    for graph in (manifest.second_look, *manifest.stance):
        tokenizer = AutoTokenizer.from_pretrained(BUNDLED / graph.tokenizer, local_files_only=True)
        tokenizer.model_max_length = READABLE
        shape = LARGE if getattr(graph, "languages", ("*",)) != ("*",) else SMALL
        found.append((tokenizer, shape))
    return manifest, found


def _model(tokenizer: Any, shape: tuple[int, int, int, int], *, labels: dict[int, str] | None = None) -> Any:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel

    torch.manual_seed(1)
    hidden, layers, heads, inner = shape
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=514,
        **({"id2label": labels, "label2id": {name: number for number, name in labels.items()}} if labels else {}),
    )
    return (BertForSequenceClassification if labels else BertModel)(config).eval()


def answers(count: int, runs: int) -> list[dict[str, Any]]:
    """What the service answers of each text: the number of the stance model, and the (topic, holder) pairs that it gives a side of."""
    from monitor.config.rulebook import load_rulebook
    from monitor.demo.configuration import shipped_rules
    from monitor.scorers import onnx
    from monitor.services.score import score_articles

    rulebook, scorer = load_rulebook(shipped_rules()), onnx.build(onnx.Config())
    manifest, _ = _shapes()
    found = []
    for article in articles(count * runs):
        (scores,) = score_articles([article], rulebook, scorer)
        asked = [(rulebook.topics[one.topic].name, one.holder) for one in scores.statements]
        model, *_ = manifest.stance_for(article.language, "")
        found.append({"model": model, "asked": asked})
    return found


def pipeline(count: int, runs: int) -> dict[str, Any]:
    """Seconds of zero-shot-classification, asked what the service answers: every topic of every text, and which side each holder takes.

    `three_sides` are the seconds of being asked less: in place of the holders only for, against or neutral, once for each text.
    """
    from transformers import pipeline as make

    from monitor.config.rulebook import load_rulebook
    from monitor.demo.configuration import shipped_rules

    topics = [topic.name for topic in load_rulebook(shipped_rules()).topics.values()]
    wanted = ask("score", "answers", count, runs)
    _, shapes = _shapes()
    labels = {0: "entailment", 1: "neutral", 2: "contradiction"}
    made = [
        make("zero-shot-classification", model=_model(tokenizer, shape, labels=labels), tokenizer=tokenizer, device="cpu")
        for tokenizer, shape in shapes
    ]
    mine = [f"{title}\n{text}" for title, text, _ in texts(count * runs)]
    tried = {size: _seconds(lambda size=size: made[0](mine[0], topics, batch_size=size)) for size in SIZES}  # type: ignore[misc]
    best = min(tried, key=lambda size: tried[size])
    found: dict[str, Any] = {"seconds": [], "three_sides": [], "batch": best}
    for run in range(runs):
        chosen = range(run * count, (run + 1) * count)
        subjects = _seconds(lambda chosen=chosen: made[0]([mine[at] for at in chosen], topics, multi_label=True, batch_size=best))  # type: ignore[misc]
        sides = few = 0.0
        for at in chosen:
            reader = made[1 + wanted[at]["model"]]
            claims = [f"{holder} {side} {topic}" for topic, holder in wanted[at]["asked"] for side in SIDES]
            if claims:
                sides += _seconds(lambda: reader(mine[at], claims, hypothesis_template="{}", multi_label=True, batch_size=best))  # noqa: B023 (called at once)
            few += _seconds(lambda: reader(mine[at], ["for it", "against it", "neutral"], batch_size=best))  # noqa: B023
        found["seconds"].append(subjects + sides)
        found["three_sides"].append(subjects + few)
    return {**found, "claims": sum(len(SIDES) * len(one["asked"]) for one in wanted), "rss_mb": peak_megabytes()}


def sentence(count: int, runs: int) -> dict[str, Any]:
    """Seconds of embedding the same texts: sentence-transformers on torch, and this service's embedding."""
    from tempfile import TemporaryDirectory

    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    from monitor.scorers import onnx

    _, ((tokenizer, shape), *_) = _shapes()
    scorer = onnx.build(onnx.Config())
    with TemporaryDirectory() as folder:
        _model(tokenizer, shape).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        words = Transformer(folder, max_seq_length=160)
        model = SentenceTransformer(modules=[words, Pooling(shape[0])], device="cpu")
    mine = [f"{title}\n{text}" for title, text, _ in texts(count * runs)]
    model.encode(mine[:4])
    scorer.embed(mine[:4])
    tried = {size: _seconds(lambda size=size: model.encode(mine[:32], batch_size=size)) for size in SIZES}  # type: ignore[misc]
    best = min(tried, key=lambda size: tried[size])
    theirs, ours = [], []
    for run in range(runs):
        chosen = mine[run * count : (run + 1) * count]
        theirs.append(_seconds(lambda chosen=chosen: model.encode(chosen, batch_size=best)))  # type: ignore[misc]
        ours.append(_seconds(lambda chosen=chosen: scorer.embed(chosen)))  # type: ignore[misc]
    return {"seconds": theirs, "ours": ours, "batch": best}


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _ratio(above: list[float], below: list[float]) -> dict[str, float]:
    return spread([one / other for one, other in zip(above, below, strict=True)])


def measure(*, count: int, runs: int, peers: int) -> dict[str, Any]:
    """`count` texts in each run; the peers get `peers` of them, and the service is timed on the same ones beside the pipeline."""
    mine = ask("score", "service", count, runs)
    same = ask("score", "service", peers, runs)
    theirs = ask("score", "pipeline", peers, runs)
    embedding = ask("score", "sentence", peers, runs)
    day = ask("score", "mixed", count, runs)
    from monitor.scorers._graphs import BUNDLED
    from monitor.scorers._weights import read_manifest

    return {
        "size": {"texts": count * runs, "pipeline_texts": peers * runs, "weights": read_manifest(BUNDLED).revision},
        "articles_per_second": spread([count / seconds for seconds in mine["seconds"]]),
        "tokens_per_second": spread([n / seconds for n, seconds in zip(mine["tokens"], mine["seconds"], strict=True)]),
        "mixed": {
            "articles_per_second": spread([count / seconds for seconds in day["seconds"]]),
            "relevant_share": round(day["relevant"], 3),
            "rss_mb": day["rss_mb"],
        },
        "relevant_pairs": sum(mine["relevant"]),
        "rss_mb": mine["rss_mb"],
        "pipeline": {
            "articles_per_second": spread([peers / seconds for seconds in theirs["seconds"]]),
            "claims": theirs["claims"],
            "batch": theirs["batch"],
            "rss_mb": theirs["rss_mb"],
        },
        "limit_articles_per_second": spread([count / seconds for seconds in mine["limit"]]),
        "vs_pipeline": _ratio(theirs["seconds"], same["seconds"]),
        "vs_pipeline_three_sides": _ratio(theirs["three_sides"], same["seconds"]),
        "vs_ort_limit": _ratio(mine["limit"], mine["seconds"]),
        "embedding_vs_sentence_transformers": _ratio(embedding["seconds"], embedding["ours"]),
    }


if __name__ == "__main__":
    engines = {"service": service, "mixed": mixed, "answers": answers, "pipeline": pipeline, "sentence": sentence}
    print(json.dumps(engines[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))))
