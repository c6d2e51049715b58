"""Take bundled weights apart again, so that tuning can go on from what is shipped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.numpy import load_file, save_file

from monitor.scorers._packed import SCALE, levels_of
from training.bases import tokenizer_config, unigram_tokenizer, write_json
from training.graph import GIVEN, Floats, relative_buckets
from training.rounding import HIGHEST, LOWEST
from training.trim import EMBEDDINGS, SPECIAL

Array = NDArray[np.generic]


def write_base(e5: Path, tokenizer: Path, out: Path) -> None:
    """e5-small trimmed to the pieces of a bundled tokenizer, so that token numbers agree with the bundled graphs."""
    if (out / "model.safetensors").exists():
        return
    out.mkdir(parents=True, exist_ok=True)
    places = {piece: number for number, (piece, _) in enumerate(_vocabulary(e5))}
    vocabulary = [(piece, score) for piece, score in _vocabulary(tokenizer)]
    unigram_tokenizer(vocabulary, SPECIAL).save(str(out / "tokenizer.json"), pretty=False)
    config = json.loads((e5 / "config.json").read_text(encoding="utf-8"))
    write_json(out / "config.json", config | {"vocab_size": len(vocabulary)})
    write_json(out / "tokenizer_config.json", tokenizer_config(config["max_position_embeddings"]))
    state = load_file(e5 / "model.safetensors")
    state[EMBEDDINGS] = state[EMBEDDINGS][[places[piece] for piece, _ in vocabulary]]
    save_file(state, out / "model.safetensors", metadata={"format": "pt"})


def _vocabulary(folder: Path) -> list[tuple[str, float]]:
    pieces = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return [(str(piece), float(score)) for piece, score in pieces]


def read_tensors(graph: Path) -> dict[str, Array]:
    """The tensors of a graph by name, those in files beside it too; not those that are given when it is opened."""
    model = onnx.load(str(graph), load_external_data=False)
    found = {}
    for tensor in model.graph.initializer:
        places = {entry.key: entry.value for entry in tensor.external_data}
        if places.get("location") != GIVEN:
            found[tensor.name] = numpy_helper.to_array(tensor, str(graph.parent))
    return found


def cross_encoder_state(graph: Path, base: Path) -> dict[str, Floats]:
    """A bundled 8-bit cross-encoder as a `CrossEncoder` state; the words, which tuning leaves alone, come from its base."""
    tensors = read_tensors(graph)
    state = {f"body.{name}": value for name, value in load_file(base / "model.safetensors").items()}
    for name, old in state.items():
        short = name.removeprefix("body.")
        if f"{short}.scale" in tensors and short != EMBEDDINGS:
            state[name] = stored_matrix(tensors, short, old.shape)
        elif short in tensors:
            state[name] = tensors[short].astype(np.float32)
    for number in range(1 + max(_layer(name) for name in state)):
        query, key, value = np.split(tensors[f"{number}.qkv.bias"].astype(np.float32), 3)
        for part, bias in (("query", query), ("key", key), ("value", value)):
            state[f"body.encoder.layer.{number}.attention.self.{part}.bias"] = bias
    return state | head_state(tensors)


def head_state(tensors: dict[str, Array]) -> dict[str, Floats]:
    """The layers on top of the body."""
    width = len(tensors["dense.bias"])
    return {
        "dense.weight": dequantise(tensors["dense"], tensors["dense.scale"], (width, 2 * width)),
        "dense.bias": tensors["dense.bias"].astype(np.float32),
        "out.weight": tensors["out"].T.astype(np.float32),
        "out.bias": tensors["out.bias"].astype(np.float32),
    }


def _layer(name: str) -> int:
    parts = name.split(".")
    return int(parts[parts.index("layer") + 1]) if "layer" in parts else 0


def stored_matrix(tensors: dict[str, Array], name: str, shape: tuple[int, ...]) -> Floats:
    """A matrix in eight bits, by rows or by blocks, as numbers again."""
    levels, scale = tensors[name], tensors[name + SCALE]
    if levels.dtype == np.uint8:
        return dequantise(levels, scale, shape)
    found: Floats = levels.T.astype(np.float32) * scale[:, np.newaxis].astype(np.float32)
    if f"{name}.exact" in tensors:
        found[:, tensors[f"{name}.outliers"]] = tensors[f"{name}.exact"].T
    return found


def dequantise(levels: Array, scale: Array, shape: tuple[int, ...]) -> Floats:
    """Levels of 8 bits around 128, in blocks with a scale each, as numbers again."""
    size = levels.size // scale.size
    blocks = levels.reshape(-1, size).astype(np.float32) - 128.0
    found: Floats = (blocks * scale.reshape(-1, 1).astype(np.float32)).reshape(shape)
    return found


def packed_state(graph: Path, packed: Path, base: Path) -> dict[str, Floats]:
    """A bundled 4-bit cross-encoder of MPNet's family as a `CrossEncoder` state; its words and positions come from its base.

    Every weight is the base's, moved by as many levels as tuning has moved it. Tuning moves most weights by less than a level:
    levels alone would round back to themselves whatever tuning went on to do.
    """
    tensors, stored = read_tensors(graph), load_file(packed)
    weights = load_file(base / "model.safetensors")
    parts = ("encoder.", "embeddings.")
    state = {f"body.{name}": value for name, value in weights.items() if name.startswith(parts) and value.dtype == np.float32}
    for name, old in state.items():
        short = name.removeprefix("body.")
        if short in stored:
            state[name] = moved(old, stored[short], stored[short + SCALE].astype(np.float32))
        elif short in tensors:
            state[name] = tensors[short].astype(np.float32)
        if f"{short}.exact" in tensors:
            state[name][:, tensors[f"{short}.outliers"]] = tensors[f"{short}.exact"].T
    for number in range(1 + max(_layer(name) for name in state)):
        for part, bias in zip("qkv", np.split(tensors[f"{number}.qkv.bias"].astype(np.float32), 3), strict=True):
            state[f"body.encoder.layer.{number}.attention.attn.{part}.bias"] = bias
    buckets = "body.encoder.relative_attention_bias.weight"
    longest = (tensors["relative"].shape[1] + 1) // 2
    places = relative_buckets(np.arange(-longest + 1, longest))
    state[buckets] = state[buckets].copy()
    state[buckets][places] = tensors["relative"].T
    return state | head_state(tensors)


def moved(base: Floats, packed: NDArray[np.uint8], scale: Floats) -> Floats:
    """The base's weights, each moved by whole levels to where its stored level is."""
    levels = levels_of(packed)
    step = scale[..., np.newaxis]
    before = np.clip(np.rint(base.reshape(levels.shape) / step), LOWEST, HIGHEST)
    found: Floats = base + ((levels - before) * step).reshape(base.shape)
    return found
