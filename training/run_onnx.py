"""Run an exported graph over texts or pairs, sorted by length, on the CPU."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from transformers import AutoTokenizer

from monitor.scorers._graphs import open_graph


class Exported:
    """One graph with its tokenizer."""

    def __init__(
        self, graph: Path, tokenizer: Path, max_tokens: int, cut: str = "only_first", packed: Path | None = None, batch: int = 16
    ) -> None:
        self.answer = open_graph(graph, packed)
        self.threads = len(os.sched_getaffinity(0))
        self.tokenizer = AutoTokenizer.from_pretrained(str(tokenizer))
        self.max_tokens = max_tokens
        self.cut, self.batch = cut, batch

    def run(self, first: Sequence[str], second: Sequence[str] | None = None) -> NDArray[np.float32]:
        """One row of numbers per text (or pair), in order."""
        length = [len(text.encode()) + (len(second[i].encode()) if second else 0) for i, text in enumerate(first)]
        order = np.argsort(length, kind="stable")
        with ThreadPoolExecutor(max_workers=self.threads) as pool:
            cut = [order[start : start + self.batch] for start in range(0, len(order), self.batch)]
            found = np.concatenate(list(pool.map(lambda chosen: self.run_batch(first, second, chosen), cut)))
        result = np.empty_like(found)
        result[order] = found
        return result

    def run_batch(self, first: Sequence[str], second: Sequence[str] | None, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        """A batch of texts by number."""
        texts = [[first[i] for i in chosen]] + ([[second[i] for i in chosen]] if second else [])
        truncation = self.cut if second else "longest_first"
        coded = self.tokenizer(*texts, truncation=truncation, max_length=self.max_tokens, padding=True, return_tensors="np")
        return self.answer(*(coded[name].astype(np.int64) for name in ("input_ids", "attention_mask")))
