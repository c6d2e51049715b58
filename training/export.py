"""Write the weights folder: ONNX graphs, tokenizers and the manifest `model.json` that the scorer reads."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file

from training import data, english, graph, relevance, stance
from training.bases import sha256, write_json
from training.data import LABELS
from training.encoder import CrossEncoder
from training.outliers import AFTER_INNER, AROUND_INNER, inputs_of, outliers, products
from training.relevance import FEATURES
from training.tune import Pair

REVISION = "2026.11.30-4"
EMBEDDING_TOKENS = 128
SECOND_LOOK_TOKENS = 224
STANCE_TOKENS = 192
MULTILINGUAL, ENGLISH = "multilingual", "stance-en"
SHARED_WORDS = {"words": "words.bin", "words.scale": "words.bin"}
# Not "q4": the base lies on a 4-bit grid, and rounding to that grid again undoes most of the tuning.
EMBEDDING_KIND, PAIRS_KIND, ENGLISH_KIND = "i8", "i8", "packed"
EXACT_PAIRS, EXACT_ENGLISH = 8, 16
"""Inputs of a crowded matrix that are multiplied exactly."""
SECOND_OPINION = 0.35
"""What the multilingual model counts beside the English one about a holder; of an author's own voice it knows less."""
SURE = 0.85
"""The English model's probability from which the other one is not asked: half of the questions. Before the temperatures were
fitted anew, F1 of holders on tuning and hard articles was 0.647 instead of 0.643 without it, 0.650 with 0.8."""
ONE_BY_ONE = {"is_asked_alone": True}
"""Every graph rounds what it multiplies, and two cores are busier with a text each than with a batch each."""
MULTILINGUAL_WORD_BITS, ENGLISH_WORD_BITS = 4, 8
WATCHED, WATCHED_LOOKS = 200, 60
PACKED = "packed.safetensors"
PAIRS_LABELS = [*LABELS, "about"]


def shape_of(base: Path) -> graph.Shape:
    """Sizes from a body's configuration."""
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    sizes = config["num_hidden_layers"], config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]
    return graph.Shape(config["model_type"], *sizes)


def tuned_state(folder: Path) -> dict[str, graph.Floats]:
    """The weights of a tuned cross-encoder as arrays."""
    state = torch.load(folder / "tuned.pt", map_location="cpu", weights_only=True)
    return {name: value.numpy().astype(np.float32) for name, value in state.items() if value.is_floating_point()}


def write_tokenizer(base: Path, out: Path) -> None:
    """tokenizer.json without a built-in length, and its configuration."""
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer |= {"truncation": None, "padding": None}
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    shutil.copyfile(base / "tokenizer_config.json", out / "tokenizer_config.json")


def watched(*languages: str) -> list[Pair]:
    """Passages on which the inputs of matrices are watched."""
    train, _ = data.own_stance()
    chosen = [example for example in train if example.lang in languages or not languages]
    return [stance.pair(example) for example in data.sample(chosen, WATCHED, stance.SEED)]


def write_embedding(work: Path, out: Path) -> None:
    """The embedding model."""
    state = load_file(work / "embedding" / "model.safetensors")
    model = graph.embedding_model(state, shape_of(work / "bases" / "multilingual"), EMBEDDING_KIND, MULTILINGUAL_WORD_BITS)
    graph.write(model, out / MULTILINGUAL, "embedding", SHARED_WORDS)


def write_pairs(work: Path, out: Path) -> None:
    """The multilingual cross-encoder for stance and for the second look."""
    base = work / "bases" / "multilingual"
    looks = random.Random(stance.SEED).sample(relevance.all_items(), WATCHED_LOOKS)
    asked = [*watched(), *(Pair(item.topic.text, item.article, ()) for item in looks)]
    seen = inputs_of(CrossEncoder.load(base, work / "pairs"), asked, SECOND_LOOK_TOKENS)
    exact = outliers(seen, AROUND_INNER, EXACT_PAIRS)
    drawn = graph.Graph(PAIRS_KIND, outliers=exact, products=products(seen, exact))
    model = graph.cross_encoder_model(tuned_state(work / "pairs"), shape_of(base), drawn, MULTILINGUAL_WORD_BITS, "logits")
    graph.write(model, out / MULTILINGUAL, "pairs", SHARED_WORDS)


def write_english(work: Path, out: Path) -> None:
    """The English stance model with its tokenizer."""
    write_tokenizer(work / "bases" / "mpnet", out / ENGLISH)
    shape = shape_of(work / "bases" / "mpnet")
    tuned = CrossEncoder.load(work / "bases" / "mpnet", work / "stance-en")
    exact = outliers(inputs_of(tuned, watched("en"), STANCE_TOKENS), AFTER_INNER, EXACT_ENGLISH)
    drawn = graph.Graph(ENGLISH_KIND, english.ENGLISH_BLOCK, exact)
    model = graph.cross_encoder_model(tuned_state(work / "stance-en"), shape, drawn, ENGLISH_WORD_BITS, "logits")
    graph.write(model, out / ENGLISH, "model")
    graph.write_packed(drawn, out / ENGLISH / PACKED)


def stance_entries(calibration: dict[str, Any], *, english: bool) -> list[dict[str, Any]]:
    """The manifest's list of stance models; the first that knows a text's language is used."""
    found = []
    if english:
        places = {"languages": ["en"], "file": f"{ENGLISH}/model.onnx", "tokenizer": ENGLISH, "labels": LABELS}
        places |= {"packed": f"{ENGLISH}/{PACKED}", "second_opinion": SECOND_OPINION, "sure": SURE}
        found.append(places | ONE_BY_ONE | {"max_tokens": STANCE_TOKENS} | calibration["stance_en"])
    places = {"languages": ["*"], "file": f"{MULTILINGUAL}/pairs.onnx", "tokenizer": MULTILINGUAL, "labels": PAIRS_LABELS}
    return [*found, places | ONE_BY_ONE | {"max_tokens": STANCE_TOKENS} | calibration["stance"]]


def manifest(out: Path, calibration: dict[str, Any]) -> dict[str, Any]:
    """Everything the scorer must know, with a hash of every file."""
    files = {
        str(path.relative_to(out)): sha256(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "model.json"
    }
    relevance = {key: calibration[key] for key in ("gate", "threshold", "weights", "bias", "passages")}
    return {
        "revision": REVISION,
        "files": files,
        "embedding": {
            "file": f"{MULTILINGUAL}/embedding.onnx",
            "tokenizer": MULTILINGUAL,
            "max_tokens": EMBEDDING_TOKENS,
            "dimensions": 384,
            "article_prefix": "passage: ",
            "topic_prefix": "query: ",
        }
        | ONE_BY_ONE,
        "second_look": {
            "file": f"{MULTILINGUAL}/pairs.onnx",
            "tokenizer": MULTILINGUAL,
            "max_tokens": SECOND_LOOK_TOKENS,
            "labels": PAIRS_LABELS,
        }
        | ONE_BY_ONE,
        "relevance": relevance | {"features": FEATURES},
        "stance": stance_entries(calibration, english=(out / ENGLISH / "model.onnx").exists()),
    }


def write_manifest(out: Path, calibration: dict[str, Any]) -> None:
    """Write `model.json`."""
    write_json(out / "model.json", manifest(out, calibration))


def run(work: Path, out: Path) -> None:
    """Write everything that has been tuned; a model that was not tuned here stays as it is bundled."""
    write_tokenizer(work / "bases" / "multilingual", out / MULTILINGUAL)
    has_embedding, has_pairs = (work / "embedding" / "model.safetensors").exists(), (work / "pairs" / "tuned.pt").exists()
    if has_embedding and has_pairs:  # else the one that stays as it is still reads the words that are there
        for name in set(SHARED_WORDS.values()):
            (out / MULTILINGUAL / name).unlink(missing_ok=True)
    if has_embedding:
        write_embedding(work, out)
    if has_pairs:
        write_pairs(work, out)
    if (work / "stance-en" / "tuned.pt").exists():
        write_english(work, out)
