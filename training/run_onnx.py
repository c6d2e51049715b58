"""Run an exported graph over texts or pairs on the CPU."""

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
        self, graph: Path, tokenizer: Path, max_tokens: int, cut: str = "only_first", packed: Path | None = None
    ) -> None:
        self.answer = open_graph(graph, packed)
        self.threads = len(os.sched_getaffinity(0))
        self.tokenizer = AutoTokenizer.from_pretrained(str(tokenizer))
        self.max_tokens = max_tokens
        self.cut = cut

    def run(self, first: Sequence[str], second: Sequence[str] | None = None) -> NDArray[np.float32]:
        """One row of numbers per text (or pair), in order; each is asked alone, as the scorer asks a graph that rounds."""
        with ThreadPoolExecutor(max_workers=self.threads) as pool:
            return np.concatenate(list(pool.map(self.run_one, first, second or [None] * len(first))))

    def run_one(self, first: str, second: str | None) -> NDArray[np.float32]:
        """(1, outputs) for one text or pair."""
        texts = [[first]] + ([[second]] if second is not None else [])
        truncation = self.cut if second is not None else "longest_first"
        coded = self.tokenizer(*texts, truncation=truncation, max_length=self.max_tokens, return_tensors="np")
        return self.answer(*(coded[name].astype(np.int64) for name in ("input_ids", "attention_mask")))
