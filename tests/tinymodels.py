"""Builds folders of tiny model weights, small enough to make in a test, in the form the real ones have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS = ["[PAD]", "[UNK]", "supports", "opposes", "toward", "Japan", "China", "tax", "bell", "the", "The", ".", "author", "said"]
WIDTH = 8
FLOAT, INT64 = 1, 7


def make_weights(folder: Path, *, broken: str = "") -> Path:
    """A folder with a manifest, a tokenizer and three graphs; `broken` is "nan" for a stance graph that answers NaN."""
    folder.mkdir(parents=True, exist_ok=True)
    make_tokenizer(folder / "tiny")
    table = np.random.default_rng(7).normal(size=(len(WORDS), WIDTH)).astype(np.float32)
    against_neutral_favor = np.zeros((WIDTH, 3), np.float32)
    marks = np.zeros((len(WORDS), WIDTH), np.float32)
    marks[WORDS.index("opposes"), 0] = marks[WORDS.index("supports"), 2] = 4.0
    marks[:, 1] = 0.1
    against_neutral_favor[1, 1] = 1.0
    against_neutral_favor[0, 0] = against_neutral_favor[2, 2] = np.nan if broken == "nan" else 1.0
    about = np.ones((WIDTH, 1), np.float32)
    (folder / "embedding.onnx").write_bytes(_graph("embedding", table, None))
    (folder / "second.onnx").write_bytes(_graph("logit", table, about))
    (folder / "stance.onnx").write_bytes(_graph("logits", marks, against_neutral_favor))
    write_manifest(folder)
    return folder


def make_tokenizer(folder: Path) -> None:
    """A word-level tokenizer, saved as transformers saves one."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(str(folder))


def write_manifest(folder: Path, **changes: Any) -> None:
    """A manifest that names every file there is."""
    names = [
        path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "model.json"
    ]
    manifest = {
        "revision": "tiny-1",
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names},
        "embedding": {"file": "embedding.onnx", "tokenizer": "tiny", "max_tokens": 32, "dimensions": WIDTH},
        "second_look": {"file": "second.onnx", "tokenizer": "tiny", "max_tokens": 64},
        "relevance": {"gate": 0.2, "threshold": 0.5, "weights": [1.0, 0.1, 2.0, 2.0, 2.0], "bias": -1.0},
        "stance": [
            {
                "languages": ["*"],
                "file": "stance.onnx",
                "tokenizer": "tiny",
                "max_tokens": 64,
                "labels": ["against", "neutral", "favor"],
                "temperature": 1.0,
            }
        ],
    }
    (folder / "model.json").write_text(json.dumps(manifest | changes), encoding="utf-8")


# -- a writer for the few parts of ONNX's protobuf that these graphs need ------------------------------------------------


def _graph(output: str, table: NDArray[np.float32], last: NDArray[np.float32] | None) -> bytes:
    """Sum of the rows of `table` that ids pick, real tokens only; then times `last`, or made a unit vector."""
    steps = [
        _node("Gather", ["table", "input_ids"], ["rows"]),
        _node("Cast", ["attention_mask"], ["real"], _int_attribute("to", FLOAT)),
        _node("Unsqueeze", ["real", "two"], ["column"]),
        _node("Mul", ["rows", "column"], ["kept"]),
        _node("ReduceSum", ["kept", "one"], ["pooled"], _int_attribute("keepdims", 0)),
    ]
    tensors = [_tensor("table", table), _tensor("one", np.array([1])), _tensor("two", np.array([2]))]
    if last is None:
        steps += [
            _node("ReduceL2", ["pooled", "one"], ["norm"], _int_attribute("keepdims", 1)),
            _node("Div", ["pooled", "norm"], [output]),
        ]
    else:
        steps.append(_node("MatMul", ["pooled", "last"], [output]))
        tensors.append(_tensor("last", last))
    inputs = [_value(name, INT64, ("n", "t")) for name in ("input_ids", "attention_mask")]
    graph = b"".join(
        [
            *(_field(1, step) for step in steps),
            _field(2, b"tiny"),
            *(_field(5, tensor) for tensor in tensors),
            *(_field(11, value) for value in inputs),
            _field(12, _value(output, FLOAT, ("n", "d"))),
        ]
    )
    return _number(1, 9) + _field(7, graph) + _field(8, _number(2, 18))


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], attribute: bytes = b"") -> bytes:
    parts = [_field(1, name.encode()) for name in inputs] + [_field(2, name.encode()) for name in outputs]
    return b"".join(parts) + _field(4, kind.encode()) + (_field(5, attribute) if attribute else b"")


def _int_attribute(name: str, value: int) -> bytes:
    return _field(1, name.encode()) + _number(3, value) + _number(20, 2)


def _tensor(name: str, values: NDArray[Any]) -> bytes:
    kind = FLOAT if values.dtype == np.float32 else INT64
    dimensions = b"".join(_number(1, size) for size in values.shape)
    return dimensions + _number(2, kind) + _field(8, name.encode()) + _field(9, values.tobytes())


def _value(name: str, kind: int, dimensions: Sequence[str]) -> bytes:
    shape = b"".join(_field(1, _field(2, dimension.encode())) for dimension in dimensions)
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, kind) + _field(2, shape)))


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    pieces = bytearray()
    while value > 127:
        pieces.append(value & 127 | 128)
        value >>= 7
    return bytes([*pieces, value])
