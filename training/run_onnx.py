"""Run an exported graph over texts or pairs, sorted by length, on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from transformers import AutoTokenizer


class Exported:
    """One graph with its tokenizer."""

    def __init__(self, graph: Path, tokenizer: Path, max_tokens: int, cut: str = "only_first", threads: int = 2) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self.tokenizer = AutoTokenizer.from_pretrained(str(tokenizer))
        self.max_tokens = max_tokens
        self.cut = cut

    def run(self, first: Sequence[str], second: Sequence[str] | None = None, batch: int = 16) -> NDArray[np.float32]:
        """One row of numbers per text (or pair), in order."""
        length = [len(text.encode()) + (len(second[i].encode()) if second else 0) for i, text in enumerate(first)]
        order = np.argsort(length, kind="stable")
        parts = [self.run_batch(first, second, order[start : start + batch]) for start in range(0, len(order), batch)]
        found = np.concatenate(parts)
        result = np.empty_like(found)
        result[order] = found
        return result

    def run_batch(self, first: Sequence[str], second: Sequence[str] | None, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        """A batch of texts by number."""
        texts = [[first[i] for i in chosen]] + ([[second[i] for i in chosen]] if second else [])
        truncation = self.cut if second else "longest_first"
        coded = self.tokenizer(*texts, truncation=truncation, max_length=self.max_tokens, padding=True, return_tensors="np")
        inputs = {name: coded[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
        result: NDArray[np.float32] = self.session.run(None, inputs)[0]
        return result
