"""Take bundled weights apart again, so that tuning can go on from what is shipped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.numpy import load_file, save_file

from training.bases import tokenizer_config, unigram_tokenizer, write_json
from training.graph import BLOCK, Floats
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
    """The tensors of a graph by name, those in files beside it too."""
    model = onnx.load(str(graph), load_external_data=True)
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def cross_encoder_state(graph: Path, base: Path) -> dict[str, Floats]:
    """A bundled 8-bit cross-encoder as a `CrossEncoder` state; the words, which tuning leaves alone, come from its base."""
    tensors = read_tensors(graph)
    state = {f"body.{name}": value for name, value in load_file(base / "model.safetensors").items()}
    for name, old in state.items():
        short = name.removeprefix("body.")
        if f"{short}.scale" in tensors and short != EMBEDDINGS:
            state[name] = dequantise(tensors[short], tensors[f"{short}.scale"], old.shape)
        elif short in tensors:
            state[name] = tensors[short].astype(np.float32)
    for number in range(1 + max(_layer(name) for name in state)):
        query, key, value = np.split(tensors[f"{number}.qkv.bias"].astype(np.float32), 3)
        for part, bias in (("query", query), ("key", key), ("value", value)):
            state[f"body.encoder.layer.{number}.attention.self.{part}.bias"] = bias
    width = len(tensors["dense.bias"])
    state["dense.weight"] = dequantise(tensors["dense"], tensors["dense.scale"], (width, 2 * width))
    state["dense.bias"] = tensors["dense.bias"].astype(np.float32)
    state["out.weight"] = tensors["out"].T.astype(np.float32)
    state["out.bias"] = tensors["out.bias"].astype(np.float32)
    return state


def _layer(name: str) -> int:
    parts = name.split(".")
    return int(parts[parts.index("layer") + 1]) if "layer" in parts else 0


def dequantise(levels: Array, scale: Array, shape: tuple[int, ...]) -> Floats:
    """Levels of 8 bits around 128, in blocks with a scale each, as numbers again."""
    blocks = levels.reshape(-1, BLOCK).astype(np.float32) - 128.0
    found: Floats = (blocks * scale.reshape(-1, 1).astype(np.float32)).reshape(shape)
    return found
