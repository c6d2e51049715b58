"""Build ONNX graphs of tuned encoders by hand: fused operators, quantised weights, large tensors beside the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from safetensors.numpy import save_file

from monitor.scorers._packed import SCALE, TOP
from training.compensated import compensated

Array = NDArray[Any]
Floats = NDArray[np.float32]
BLOCK = 32
EXACT, BY_BLOCK = 1, 4
"""How MatMulNBits multiplies: in 32-bit numbers, or what comes in rounded to eight bits by the largest number of each block."""
WIDE_BLOCK = 256
FILE_LIMIT = 46_000_000
LARGE = 4096
CONTRIB = "com.microsoft"
GIVEN = "given-when-opened"  # where a tensor lies that is not in the graph's files


def quantise_blocks(weight: Floats, bits: int, block: int = BLOCK) -> tuple[NDArray[np.uint8], Floats]:
    """Symmetric blocks along the last axis: unsigned levels around 2^(bits-1), and the scale that errs least."""
    half = 1 << (bits - 1)
    blocks = weight.reshape(-1, block).astype(np.float32)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], axis=1)
    best = np.zeros((len(blocks), 1), np.float32)
    least = np.full((len(blocks), 1), np.inf, np.float32)
    for factor in (1.0,) if bits == 8 else (1.0, 0.97, 0.94, 0.91, 0.87, 1.06):
        scale = np.where(extreme == 0, 1.0, extreme / -half * factor).astype(np.float32)
        levels = np.clip(np.rint(blocks / scale), -half, half - 1)
        error = ((levels * scale - blocks) ** 2).sum(1, keepdims=True)
        better = error < least * 0.999
        best, least = np.where(better, scale, best), np.where(better, error, least)
    levels = np.clip(np.rint(blocks / best), -half, half - 1) + half
    return levels.astype(np.uint8).reshape(weight.shape), best.reshape(*weight.shape[:-1], -1)


def pack(levels: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Two 4-bit levels in a byte, the first one low."""
    if bits == 8:
        return levels
    pairs = levels.reshape(*levels.shape[:-1], -1, 2)
    packed: NDArray[np.uint8] = (pairs[..., 0] | (pairs[..., 1] << 4)).astype(np.uint8)
    return packed


@dataclass
class Files:
    """Large tensors, written one behind the other into files beside the graph."""

    folder: Path
    stem: str
    shared: dict[str, str] = field(default_factory=dict)  # tensor name -> file that several graphs share
    number: int = 1

    def place(self, name: str, size: int) -> Path:
        """The file that takes a tensor of `size` bytes."""
        if name in self.shared:
            return self.folder / self.shared[name]
        path = self.folder / f"{self.stem}.{self.number}.bin"
        if path.exists() and path.stat().st_size + size > FILE_LIMIT:
            self.number += 1
            path = self.folder / f"{self.stem}.{self.number}.bin"
        return path

    def write(self, tensor: TensorProto) -> None:
        """Move a tensor's bytes into its file and leave a reference."""
        blob = tensor.raw_data
        path = self.place(tensor.name, len(blob))
        known = path.read_bytes() if path.exists() and tensor.name in self.shared else b""
        start = known.find(blob) if known else -1
        if start < 0:
            start = path.stat().st_size if path.exists() else 0
            padding = -start % 4096
            with path.open("ab") as stream:
                stream.write(b"\0" * padding + blob)
            start += padding
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", path.name), ("offset", str(start)), ("length", str(len(blob)))):
            tensor.external_data.add(key=key, value=value)


class Graph:
    """Collects nodes and tensors; methods return the name of what they add."""

    def __init__(
        self,
        kind: str,
        block: int = BLOCK,
        outliers: Mapping[str, NDArray[np.int64]] | None = None,
        products: Mapping[str, Floats] | None = None,
    ) -> None:
        # "f32", "q4" (weights only), "q8" (activations too, by blocks), "i8" (by rows) or "packed" (as "i8", stored in four bits)
        self.kind = kind
        self.outliers = outliers or {}  # columns of a matrix whose activations stay as they are, by the matrix' name
        self.products = products or {}  # by the matrix' name: what its inputs are together, for levels that err least on them
        self.packed: dict[str, Array] = {}
        self.tokens: dict[str, tuple[str, str]] = {}  # activations -> their tokens divided by the largest number, and that
        self.block = block  # numbers that share a scale, where weights only are quantised
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[TensorProto] = []
        self.count = 0

    def constant(self, name: str, value: Array) -> str:
        """Add a tensor."""
        array = np.asarray(value, order="C")
        tensor = helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape, array.tobytes(), raw=True)
        self.tensors.append(tensor)
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """Add a node and return its first output."""
        self.count += 1
        names = [f"{kind}_{self.count}"] + [f"{kind}_{self.count}_{i}" for i in range(1, outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=names[0], domain=domain, **attributes))
        return names[0]

    def integers(self, *values: int) -> str:
        """A small constant list of integers."""
        self.count += 1
        return self.constant(f"integers_{self.count}", np.array(values, np.int64))

    def linear(self, x: str, name: str, weight: Floats, kind: str | None = None) -> str:
        """X · weightᵀ without a bias."""
        kind = kind or self.kind
        if kind in {"i8", "packed"} and name in self.outliers:
            return self.split(x, name, weight, kind)
        if kind == "packed":
            return self.packed_linear(x, name, weight)
        if kind == "f32":
            return self.op("MatMul", x, self.constant(name, weight.T))
        if kind == "i8":
            return self.rounded_linear(x, name, weight)
        bits = int(kind[1])
        levels, scale = quantise_blocks(weight, bits, self.block)
        rows, columns = weight.shape
        packed = pack(levels.reshape(rows, columns // self.block, self.block), bits)
        inputs = [x, self.constant(name, packed), self.constant(f"{name}.scale", scale.reshape(-1))]
        level = EXACT if bits == 4 else BY_BLOCK
        return self.op(
            "MatMulNBits", *inputs, domain=CONTRIB, K=columns, N=rows, bits=bits, block_size=self.block, accuracy_level=level
        )

    def split(self, x: str, name: str, weight: Floats, kind: str) -> str:
        """The same, with the outlying columns of x multiplied exactly and all others without them."""
        columns = self.outliers[name]
        chosen = self.op("Gather", x, self.constant(f"{name}.outliers", columns), axis=2)
        exact = self.op("MatMul", chosen, self.constant(f"{name}.exact", weight[:, columns].T.astype(np.float32)))
        others = np.ones(weight.shape[1], np.float32)
        others[columns] = 0.0
        x = self.op("Mul", x, self.constant(f"{name}.others", others))
        multiply = self.packed_linear if kind == "packed" else self.rounded_linear
        return self.op("Add", multiply(x, name, weight * others), exact)

    def rounded_linear(self, x: str, name: str, weight: Floats) -> str:
        """The same, by levels of eight bits."""
        scale = (np.abs(weight).max(1) / TOP).astype(np.float32)
        if name in self.products:
            levels = compensated(weight, scale, self.products[name]).T
        else:
            levels = np.clip(np.rint(weight / scale[:, None]), -TOP, TOP).astype(np.int8).T
        zero = self.constant(f"{name}.zero", np.zeros(len(weight), np.int8))
        levels_name, scale_name = self.constant(name, levels), self.constant(name + SCALE, scale)
        return self.rounded(x, levels_name, scale_name, zero)

    def packed_linear(self, x: str, name: str, weight: Floats) -> str:
        """The same, by levels of eight bits that the scorer unpacks from four when it opens the graph."""
        levels, scale = quantise_blocks(weight, 4, self.block)
        rows, columns = weight.shape
        self.packed[name] = pack(levels.reshape(rows, columns // self.block, self.block), 4)
        self.packed[name + SCALE] = scale.astype(np.float16)
        inputs = [self.left_out(name, TensorProto.INT8, columns, rows), self.left_out(name + SCALE, TensorProto.FLOAT, rows)]
        return self.rounded(x, *inputs, self.constant(f"{name}.zero", np.zeros(rows, np.int8)))

    def rounded(self, x: str, levels: str, scale: str, zero: str) -> str:
        """X · levels, x rounded to eight bits of its own largest number for every token: one token in a text is far larger."""
        if x not in self.tokens:
            largest = self.op("ReduceMax", self.op("Abs", x), axes=[-1], keepdims=1)
            self.tokens[x] = self.op("Div", x, largest), largest
        even, largest = self.tokens[x]
        return self.op("Mul", self.op("DynamicQuantizeMatMul", even, levels, scale, zero, domain=CONTRIB), largest)

    def left_out(self, name: str, kind: int, *shape: int) -> str:
        """Declare a tensor that is given when the graph is opened."""
        tensor = TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value=GIVEN)
        self.tensors.append(tensor)
        return name

    def words(self, ids: str, name: str, table: Floats, bits: int) -> str:
        """Rows of a block-quantised table; 8 bits are fine enough for blocks of 256."""
        block = WIDE_BLOCK if bits == 8 and table.shape[1] % WIDE_BLOCK == 0 else BLOCK
        levels, scale = quantise_blocks(table, bits, block)
        data, scales = self.constant(name, pack(levels, bits)), self.constant(f"{name}.scale", scale)
        options = {"gather_axis": 0, "quantize_axis": 1, "block_size": block, "bits": bits}
        return self.op("GatherBlockQuantized", data, ids, scales, domain=CONTRIB, **options)

    def model(self, output: str, name: str, width: int) -> onnx.ModelProto:
        """The finished model with inputs input_ids and attention_mask."""
        self.nodes.append(helper.make_node("Identity", [output], [name]))
        inputs = [
            helper.make_tensor_value_info(key, TensorProto.INT64, ["n", "tokens"]) for key in ("input_ids", "attention_mask")
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])]
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.tensors)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)])
        made.ir_version = 8
        return made


State = dict[str, Floats]


@dataclass(frozen=True)
class Shape:
    """What the graph must know of a body."""

    family: str  # "bert" or "mpnet"
    layers: int
    heads: int
    hidden: int
    epsilon: float


NAMES = {
    "bert": {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "o": "attention.output.dense",
        "norm": "attention.output.LayerNorm",
    },
    "mpnet": {
        "q": "attention.attn.q",
        "k": "attention.attn.k",
        "v": "attention.attn.v",
        "o": "attention.attn.o",
        "norm": "attention.LayerNorm",
    },
}


def relative_buckets(distance: NDArray[np.int64], buckets: int = 32, furthest: int = 128) -> NDArray[np.int64]:
    """MPNet's bucket of a signed distance (key minus query): half of the buckets per direction, the outer ones logarithmic."""
    half = buckets // 2
    exact = half // 2
    away = np.abs(distance)
    spread = np.log(np.maximum(away, 1) / exact) / np.log(furthest / exact) * (half - exact)
    far = np.minimum(exact + spread.astype(np.int64), half - 1)
    return np.where(distance > 0, half, 0) + np.where(away < exact, away, far)


def length_of(graph: Graph) -> str:
    """The number of tokens, as a list of one integer."""
    return graph.op("Slice", graph.op("Shape", "input_ids"), graph.integers(1), graph.integers(2))


def position_bias(graph: Graph, table: Floats, length: str, longest: int = 512) -> str:
    """(1, heads, tokens, tokens): MPNet's attention bias by relative position."""
    by_distance = table[relative_buckets(np.arange(-longest + 1, longest))].T
    name = graph.constant("relative", by_distance.astype(np.float32))
    scalar = graph.op("Squeeze", length, graph.integers(0))
    zero, one = graph.constant("zero", np.array(0, np.int64)), graph.constant("one", np.array(1, np.int64))
    steps = graph.op("Range", zero, scalar, one)
    key, query = graph.op("Unsqueeze", steps, graph.integers(0)), graph.op("Unsqueeze", steps, graph.integers(1))
    shifted = graph.op("Add", graph.op("Sub", key, query), graph.constant("shift", np.array(longest - 1, np.int64)))
    return graph.op("Unsqueeze", graph.op("Gather", name, shifted, axis=1), graph.integers(0))


def embed(graph: Graph, state: State, shape: Shape, length: str, word_bits: int) -> str:
    """Words and positions, normalised."""
    first = 2 if shape.family == "mpnet" else 0
    positions = state["embeddings.position_embeddings.weight"][first:].copy()
    if shape.family == "bert":
        positions += state["embeddings.token_type_embeddings.weight"][0]
    table = graph.constant("positions", positions)
    cut = graph.op("Slice", table, graph.integers(0), length, graph.integers(0))
    word_table = state["embeddings.word_embeddings.weight"]
    words = graph.words("input_ids", "words", word_table, word_bits)
    return norm(graph, graph.op("Add", words, cut), state, "embeddings.LayerNorm", shape)


def norm(graph: Graph, x: str, state: State, name: str, shape: Shape) -> str:
    """A layer norm."""
    scale, shift = (
        graph.constant(f"{name}.weight", state[f"{name}.weight"]),
        graph.constant(f"{name}.bias", state[f"{name}.bias"]),
    )
    return graph.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=shape.epsilon)


def add_and_norm(graph: Graph, x: str, skip: str, state: State, bias: str, name: str, shape: Shape) -> str:
    """norm(x + bias + skip); ONNX Runtime's operator for all three takes nearly three times as long on CPU."""
    added = graph.op("Add", graph.op("Add", x, graph.constant(bias, state[bias])), skip)
    return norm(graph, added, state, name, shape)


def layer(graph: Graph, x: str, state: State, shape: Shape, number: int, mask: str, bias: str) -> str:
    """One transformer layer."""
    names = {key: f"encoder.layer.{number}.{value}" for key, value in NAMES[shape.family].items()}
    query, key, value = (graph.linear(x, f"{names[k]}.weight", state[f"{names[k]}.weight"]) for k in "qkv")
    added = graph.constant(f"{number}.qkv.bias", np.concatenate([state[f"{names[k]}.bias"] for k in "qkv"]))
    seen = graph.op("MultiHeadAttention", query, key, value, added, mask, bias, domain=CONTRIB, num_heads=shape.heads)
    mixed = graph.linear(seen, f"{names['o']}.weight", state[f"{names['o']}.weight"])
    x = add_and_norm(graph, mixed, x, state, f"{names['o']}.bias", names["norm"], shape)
    up, down = f"encoder.layer.{number}.intermediate.dense", f"encoder.layer.{number}.output.dense"
    inner = graph.linear(x, f"{up}.weight", state[f"{up}.weight"])
    inner = graph.op("BiasGelu", inner, graph.constant(f"{up}.bias", state[f"{up}.bias"]), domain=CONTRIB)
    outer = graph.linear(inner, f"{down}.weight", state[f"{down}.weight"])
    return add_and_norm(graph, outer, x, state, f"{down}.bias", f"encoder.layer.{number}.output.LayerNorm", shape)


def encode(graph: Graph, state: State, shape: Shape, word_bits: int) -> str:
    """(n, tokens, hidden): the last layer."""
    length = length_of(graph)
    mask = graph.op("Cast", "attention_mask", to=TensorProto.INT32)
    bias = position_bias(graph, state["encoder.relative_attention_bias.weight"], length) if shape.family == "mpnet" else ""
    x = embed(graph, state, shape, length, word_bits)
    for number in range(shape.layers):
        x = layer(graph, x, state, shape, number, mask, bias)
    return x


def mean(graph: Graph, x: str) -> str:
    """(n, hidden): the mean over tokens that are not padding."""
    weight = graph.op("Unsqueeze", graph.op("Cast", "attention_mask", to=TensorProto.FLOAT), graph.integers(2))
    axis = graph.integers(1)
    total = graph.op("ReduceSum", graph.op("Mul", x, weight), axis, keepdims=0)
    return graph.op("Div", total, graph.op("ReduceSum", weight, axis, keepdims=0))


def embedding_model(state: State, shape: Shape, kind: str, word_bits: int) -> onnx.ModelProto:
    """Mean-pooled and normalised text embeddings."""
    graph = Graph(kind)
    pooled = mean(graph, encode(graph, state, shape, word_bits))
    return graph.model(graph.op("LpNormalization", pooled, axis=-1, p=2), "embedding", shape.hidden)


def cross_encoder_model(state: State, shape: Shape, graph: Graph, word_bits: int, output: str) -> onnx.ModelProto:
    """A `CrossEncoder`, built into an empty graph: first token and mean, one hidden layer."""
    body = {name.removeprefix("body."): value for name, value in state.items() if name.startswith("body.")}
    x = encode(graph, body, shape, word_bits)
    first = graph.op("Gather", x, graph.constant("first", np.array(0, np.int64)), axis=1)
    joined = graph.op("Concat", first, mean(graph, x), axis=-1)
    hidden = graph.linear(joined, "dense", state["dense.weight"], "q8")
    hidden = graph.op("Tanh", graph.op("Add", hidden, graph.constant("dense.bias", state["dense.bias"])))
    result = graph.linear(hidden, "out", state["out.weight"], "f32")
    result = graph.op("Add", result, graph.constant("out.bias", state["out.bias"]))
    return graph.model(result, output, len(state["out.bias"]))


def write_packed(graph: Graph, path: Path) -> None:
    """Write the matrices that a graph leaves out."""
    save_file({name: np.ascontiguousarray(value) for name, value in graph.packed.items()}, path)
    path.chmod(0o644)  # the library leaves it to its writer alone, and a container runs as somebody else


def write(model: onnx.ModelProto, folder: Path, stem: str, shared: dict[str, str] | None = None) -> None:
    """Write `stem.onnx` and its files of large tensors."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{stem}.*.bin"):
        old.unlink()
    files = Files(folder, stem, shared or {})
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) > LARGE:
            files.write(tensor)
    onnx.save(model, str(folder / f"{stem}.onnx"))
