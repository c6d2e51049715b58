"""Runs a folder of ONNX graphs, the bundled one or another of the same form, with ONNX Runtime on CPU."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.core.scoring.relevance import READ_ON
from monitor.errors import ScorerError
from monitor.model import Limits, Vector
from monitor.scorers._batches import BUDGET, MOST, Batch, batches
from monitor.scorers._packed import unpack
from monitor.scorers._private import stay_private
from monitor.scorers._tokens import Tokens
from monitor.scorers._weights import ABOUT, Graph, Manifest, StanceGraph, read_manifest, verify

BUNDLED = Path(__file__).parent / "weights"
ORDER = ("against", "neutral", "favor")
Run = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]


class Graphs:
    """Answers the Scorer port. Files are verified and graphs opened when they are first needed."""

    def __init__(self, folder: Path = BUNDLED, *, threads: int | None = None, batch_tokens: int = BUDGET) -> None:
        self._folder = folder
        self._threads = threads or _cores()
        self._budget = batch_tokens
        self._opened: dict[str, Run] = {}
        self._runners: dict[tuple[str, str], _Runner] = {}
        self._lock = Lock()

    @cached_property
    def _manifest(self) -> Manifest:
        manifest = read_manifest(self._folder)
        verify(self._folder, manifest)
        return manifest

    @property
    def revision(self) -> str:
        return self._manifest.revision

    @property
    def limits(self) -> Limits:
        relevance = self._manifest.relevance
        if relevance.passages is None:
            return Limits(relevance.gate, relevance.threshold)
        return Limits(relevance.gate, relevance.threshold, relevance.passages.read_on, relevance.passages.gate)

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> Vector:
        graph = self._manifest.embedding
        if not texts:
            return np.zeros((0, graph.dimensions), np.float32)
        prefix = graph.topic_prefix if as_topics else graph.article_prefix
        runner = self._runner(graph, "longest_first")
        return runner.run(runner.tokens.texts([prefix + text for text in texts]), graph.dimensions)

    def second_look(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        if not pairs or not self._manifest.relevance.weights[1]:  # what weighs nothing need not be asked
            return np.zeros(len(pairs), np.float32)
        graph = self._manifest.second_look
        runner = self._runner(graph, "only_second")
        return runner.run(runner.tokens.pairs(pairs), len(graph.labels))[:, graph.labels.index(ABOUT)]

    def relevance(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        whole = self._manifest.relevance
        logits = whole.logits(features)
        if whole.passages is not None:
            logits = np.where(features[:, READ_ON] > 0, whole.passages.logits(features), logits)
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -60, 60))), np.float32)

    def stance(self, pairs: Sequence[tuple[str, str]], languages: Sequence[str]) -> NDArray[np.float32]:
        answers = np.zeros((len(pairs), len(ORDER)), np.float32)
        rows_of: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for row, ((_, query), language) in enumerate(zip(pairs, languages, strict=True)):
            rows_of[self._manifest.stance_for(language, query)].append(row)
        for numbers, rows in rows_of.items():
            mine = [pairs[row] for row in rows]
            graph, *others = (self._manifest.stance[number] for number in numbers)
            scores = self._scores(graph, mine)
            unsure = np.flatnonzero(softmax(scores).max(axis=1) < graph.sure)
            for other in others:
                scores[unsure] += graph.second_opinion * (self._scores(other, [mine[row] for row in unsure]) - scores[unsure])
            temperatures = np.array([graph.temperature_of(*pair) for pair in mine], np.float32)
            answers[rows] = softmax(scores / temperatures[:, np.newaxis])
        return answers

    def _scores(self, graph: StanceGraph, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """(n, 3) scores of against, neutral and favor, before they are divided by a temperature."""
        runner = self._runner(graph, "only_first")
        return runner.run(runner.tokens.pairs(pairs), len(graph.labels))[:, [graph.labels.index(label) for label in ORDER]]

    def _runner(self, graph: Graph, cut: str) -> _Runner:
        with self._lock:
            path = self._folder / graph.file
            if graph.file not in self._opened:
                self._opened[graph.file] = open_graph(path, self._folder / graph.packed if graph.packed else None)
            key = (graph.file, cut)
            if key not in self._runners:
                tokens = Tokens(self._folder / graph.tokenizer, graph.max_tokens, cut)
                most = 1 if graph.is_asked_alone else MOST
                self._runners[key] = _Runner(path, self._opened[graph.file], tokens, self._threads, self._budget, most)
            return self._runners[key]


class _Runner:
    """One opened graph with its tokenizer. Batches run side by side, each on one core: nothing waits for a shared step."""

    def __init__(self, path: Path, run: Run, tokens: Tokens, threads: int, budget: int, most: int) -> None:
        self.tokens = tokens
        self._path, self._run, self._threads, self._budget, self._most = path, run, threads, budget, most

    def run(self, encoded: Sequence[Sequence[int]], width: int) -> NDArray[np.float32]:
        """(n, width) outputs in the order of the input; zeros for a text without tokens.

        Raises:
            ScorerError: the graph failed, or answered something that is not a number.
        """
        answers = np.zeros((len(encoded), width), np.float32)
        share = -(-sum(map(len, encoded)) // self._threads)
        cut = list(batches(encoded, self.tokens.padding, budget=max(1, min(self._budget, share)), most=self._most))
        with ThreadPoolExecutor(max_workers=min(self._threads, len(cut)) or 1) as pool:
            for batch, answer in zip(cut, pool.map(self._answer, cut), strict=True):
                answers[batch.rows] = answer
        if not np.isfinite(answers).all():
            raise ScorerError(
                f"the model {self._path} answered something that is not a number; reinstall the weights or name others"
            )
        return answers

    def _answer(self, batch: Batch) -> NDArray[np.float32]:
        try:
            return self._run(batch.ids, batch.mask)
        except Exception as error:  # each way a run can fail has a class of its own
            raise ScorerError(f"the model {self._path} failed on {len(batch.rows)} texts: {error}") from error


def open_graph(path: Path, packed: Path | None = None) -> Run:
    """A function that runs the graph at `path` on (n, tokens) ids and mask, on the core that calls it.

    `packed` is the file of the matrices that the graph leaves out.

    Raises:
        ScorerError: a file is missing or broken.
    """
    stay_private()
    import onnxruntime  # noqa: PLC0415 - only scoring needs it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_mem_pattern = False
    # What else it would fuse is fused in the graph already, or slower fused: sums and norms take nearly three times as long.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        left_out = {} if packed is None else unpack(packed)
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in left_out.values()]
        options.add_external_initializers(list(left_out), values)
        session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # each way a file can be broken has a class of its own
        raise ScorerError(f"the model {path} cannot be opened ({error}); reinstall the weights") from error

    return _Opened(session, left_out)


class _Opened:
    """An opened graph; it keeps the matrices alive whose memory the session reads."""

    def __init__(self, session: Any, left_out: Mapping[str, Any]) -> None:
        self._session, self._left_out = session, left_out

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.asarray(self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0], np.float32)


def _cores() -> int:
    """Cores this process may use; a container is often given fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float32)
