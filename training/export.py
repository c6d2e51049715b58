"""Write the weights folder: ONNX graphs, tokenizers and the manifest `model.json` that the scorer reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file

from training import graph
from training.bases import sha256, write_json
from training.data import LABELS
from training.relevance import FEATURES

REVISION = "2026.11.22-2"
EMBEDDING_TOKENS = 160
SECOND_LOOK_TOKENS = 192
STANCE_TOKENS = 192
MULTILINGUAL, ENGLISH = "multilingual", "stance-en"
SHARED_WORDS = {"words": "words.bin", "words.scale": "words.bin"}
# Not "q4": the base lies on a 4-bit grid, and rounding to that grid again undoes most of the tuning.
EMBEDDING_KIND, SECOND_LOOK_KIND, STANCE_KIND, ENGLISH_KIND = "i8", "i8", "q8", "q4"
MULTILINGUAL_WORD_BITS, ENGLISH_WORD_BITS = 4, 8


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


def write_embedding(work: Path, out: Path) -> None:
    """The embedding model."""
    state = load_file(work / "embedding" / "model.safetensors")
    model = graph.embedding_model(state, shape_of(work / "bases" / "multilingual"), EMBEDDING_KIND, MULTILINGUAL_WORD_BITS)
    graph.write(model, out / MULTILINGUAL, "embedding", SHARED_WORDS)


def write_second_look(work: Path, out: Path) -> None:
    """The cross-encoder for relevance."""
    shape = shape_of(work / "bases" / "multilingual")
    model = graph.cross_encoder_model(tuned_state(work / "relevance"), shape, SECOND_LOOK_KIND, MULTILINGUAL_WORD_BITS, "logit")
    graph.write(model, out / MULTILINGUAL, "second-look", SHARED_WORDS)


def write_stance(tuned: Path, work: Path, out: Path) -> None:
    """The multilingual stance model."""
    shape = shape_of(work / "bases" / "multilingual")
    model = graph.cross_encoder_model(tuned_state(tuned), shape, STANCE_KIND, MULTILINGUAL_WORD_BITS, "logits")
    graph.write(model, out / MULTILINGUAL, "stance", SHARED_WORDS)


def write_english(tuned: Path, work: Path, out: Path) -> None:
    """The English stance model."""
    shape = shape_of(work / "bases" / "mpnet")
    model = graph.cross_encoder_model(tuned_state(tuned), shape, ENGLISH_KIND, ENGLISH_WORD_BITS, "logits")
    graph.write(model, out / ENGLISH, "model")


def stance_entries(calibration: dict[str, Any], *, english: bool) -> list[dict[str, Any]]:
    """The manifest's list of stance models; the first that knows a text's language is used."""
    shared = {"max_tokens": STANCE_TOKENS, "labels": LABELS}
    found = []
    if english:
        places = {"languages": ["en"], "file": f"{ENGLISH}/model.onnx", "tokenizer": ENGLISH}
        found.append(places | shared | {"temperature": calibration["temperature_en"]})
    places = {"languages": ["*"], "file": f"{MULTILINGUAL}/stance.onnx", "tokenizer": MULTILINGUAL}
    return [*found, places | shared | {"temperature": calibration["temperature"]}]


def manifest(out: Path, calibration: dict[str, Any]) -> dict[str, Any]:
    """Everything the scorer must know, with a hash of every file."""
    files = {
        str(path.relative_to(out)): sha256(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "model.json"
    }
    relevance = {key: calibration[key] for key in ("gate", "threshold", "weights", "bias")}
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
        },
        "second_look": {"file": f"{MULTILINGUAL}/second-look.onnx", "tokenizer": MULTILINGUAL, "max_tokens": SECOND_LOOK_TOKENS},
        "relevance": relevance | {"features": FEATURES},
        "stance": stance_entries(calibration, english=(out / ENGLISH / "model.onnx").exists()),
    }


def write_manifest(out: Path, calibration: dict[str, Any]) -> None:
    """Write `model.json`."""
    write_json(out / "model.json", manifest(out, calibration))


def run(work: Path, out: Path) -> None:
    """Write everything that has been tuned so far."""
    write_tokenizer(work / "bases" / "multilingual", out / MULTILINGUAL)
    (out / MULTILINGUAL / "words.bin").unlink(missing_ok=True)
    write_embedding(work, out)
    write_second_look(work, out)
    write_stance(work / "stance", work, out)
    if (work / "stance-en" / "tuned.pt").exists():
        write_tokenizer(work / "bases" / "mpnet", out / ENGLISH)
        write_english(work / "stance-en", work, out)
