"""Opens and runs a Hugging Face model with PyTorch, in batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ScorerError, how_to_install
from monitor.model import Vector
from monitor.scorers._batches import batches
from monitor.scorers._private import stay_private
from monitor.scorers._text import plain

Task = Literal["classifier", "encoder"]


class TorchModel:
    """A loaded model with its tokenizer; `labels` are a classifier's, by column."""

    def __init__(
        self, name: str, tokenizer: Any, model: Any, torch: Any, device: str, max_tokens: int, batch_tokens: int
    ) -> None:
        self._name, self._tokenizer, self._model, self._torch = name, tokenizer, model, torch
        self._device, self._max_tokens, self._budget = device, max_tokens, batch_tokens
        names: dict[int, str] = getattr(model.config, "id2label", None) or {}
        self.labels = [str(names[column]) for column in sorted(names)]

    def classify(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """(n, labels) logits of pairs; the longer text is the one that is cut."""
        if not pairs:
            return np.zeros((0, len(self.labels)), np.float32)
        firsts, seconds = [plain(first) for first, _ in pairs], [plain(second) for _, second in pairs]
        encoded = self._tokenizer(
            firsts,
            seconds,
            truncation="longest_first",
            max_length=self._max_tokens,
            return_token_type_ids=True,
            return_attention_mask=False,
        )
        return self._run(encoded, lambda output, _mask: output.logits)

    def embed(self, texts: Sequence[str]) -> Vector:
        """(n, d) mean-pooled unit vectors."""
        if not texts:
            return np.zeros((0, int(self._model.config.hidden_size)), np.float32)
        encoded = self._tokenizer(
            [plain(text) for text in texts],
            truncation=True,
            max_length=self._max_tokens,
            return_token_type_ids=True,
            return_attention_mask=False,
        )
        vectors = self._run(encoded, _mean)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)

    def _run(self, encoded: Any, read: Callable[[Any, Any], Any]) -> NDArray[np.float32]:
        ids: list[list[int]] = encoded["input_ids"]
        types: list[list[int]] = encoded["token_type_ids"]
        has_types = int(getattr(self._model.config, "type_vocab_size", 0) or 0) > 1
        answers: list[tuple[NDArray[np.intp], NDArray[np.float32]]] = []
        kinds = {tuple(batch.rows.tolist()): batch.ids for batch in batches(types, 0, budget=self._budget)}
        for batch in batches(ids, int(self._tokenizer.pad_token_id or 0), budget=self._budget):
            inputs = {"input_ids": batch.ids, "attention_mask": batch.mask}
            if has_types:
                inputs["token_type_ids"] = kinds[tuple(batch.rows.tolist())]
            answers.append((batch.rows, self._answer(inputs, read)))
        rows = np.concatenate([row for row, _ in answers]) if answers else np.zeros(0, np.intp)
        values = np.concatenate([value for _, value in answers]) if answers else np.zeros((0, 1), np.float32)
        if not np.isfinite(values).all():
            raise ScorerError(f"the model {self._name} answered something that is not a number; name another one")
        return values[np.argsort(rows)]

    def _answer(self, inputs: dict[str, NDArray[np.int64]], read: Callable[[Any, Any], Any]) -> NDArray[np.float32]:
        tensors = {name: self._torch.from_numpy(values).to(self._device) for name, values in inputs.items()}
        try:
            with self._torch.inference_mode():
                output = read(self._model(**tensors), tensors["attention_mask"])
        except RuntimeError as error:
            raise ScorerError(f"the model {self._name} failed: {error}") from error
        return np.asarray(output.float().cpu().numpy(), np.float32)


def _mean(output: Any, mask: Any) -> Any:
    """The mean of the last hidden states over real tokens."""
    weights = mask.unsqueeze(-1).to(output.last_hidden_state.dtype)
    return (output.last_hidden_state * weights).sum(1) / weights.sum(1).clamp(min=1)


def open_model(name: str, revision: str | None, task: Task, device: str, max_tokens: int, batch_tokens: int) -> TorchModel:
    """A model from a folder or the hub, ready to run.

    Raises:
        ScorerError: PyTorch is missing, or the model cannot be loaded.
    """
    stay_private()
    try:
        torch = import_module("torch")
        from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer  # noqa: PLC0415 - takes seconds
    except ImportError as error:
        raise ScorerError(f"scorer kind transformers needs PyTorch; {how_to_install('torch')}; or use kind onnx") from error
    source = AutoModel if task == "encoder" else AutoModelForSequenceClassification
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision)
        model = source.from_pretrained(name, revision=revision).to(device).eval()
    except Exception as error:  # the hub, the files and the device each fail with classes of their own
        raise ScorerError(f"the model {name} cannot be loaded on {device}: {error}") from error
    return TorchModel(name, tokenizer, model, torch, device, max_tokens, batch_tokens)
