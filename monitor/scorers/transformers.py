"""Any Hugging Face model for stance (classification, or zero-shot by inference), on CPU or GPU; relevance by the bundled graphs.

An embedding model of one's own may replace the bundled one. Needs PyTorch, which the default install leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.core.scoring.relevance import NAMED
from monitor.core.scoring.stance import TOWARD
from monitor.errors import ScorerError
from monitor.model import Limits, Vector
from monitor.scorers._graphs import Graphs, softmax
from monitor.scorers._labels import against_neutral_favor, entailment_column
from monitor.scorers._torch import TorchModel, open_model

EXAMPLE = {"model": "your-organisation/your-stance-model", "revision": "0123456789abcdef0123456789abcdef01234567"}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pinned(_Frozen):
    """A model by local folder or hub id; a hub id must name the commit, so that scores can be told apart."""

    model: str = Field(min_length=1)
    revision: str | None = None

    @model_validator(mode="after")
    def _is_pinned(self) -> Self:
        if self.revision is None and not Path(self.model).is_dir():
            raise ValueError(f"{self.model} is no folder here, so it is a model of the hub: add revision: with its commit hash")
        return self


class Embedding(Pinned):
    """An embedding model, what it wants before texts, and where its cosines mean "about the topic" (`middle` is one in two)."""

    article_prefix: str = ""
    topic_prefix: str = ""
    gate: float = Field(default=0.3, ge=-1, le=1)
    middle: float = Field(default=0.5, ge=-1, le=1)
    slope: float = Field(default=20.0, gt=0)


class Config(Pinned):
    """The stance model and how it is asked.

    `labels` translates a classifier's own labels. `hypotheses` are what an inference model is asked to infer.
    """

    device: str = "cpu"
    max_tokens: int = Field(default=256, ge=16, le=8_192)
    batch_tokens: int = Field(default=4_096, ge=64, le=1_000_000)
    labels: Mapping[str, Literal["favor", "against", "neutral"]] | None = None
    hypotheses: tuple[str, str] = ("{holder} opposes {target}.", "{holder} supports {target}.")
    embedding: Embedding | None = None


def build(config: Config) -> TransformersScorer:
    """A scorer; nothing is loaded before it is asked something."""
    return TransformersScorer(config)


class TransformersScorer:
    """Answers the Scorer port with a model of the user's choice."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._graphs = Graphs()

    @cached_property
    def _stance(self) -> TorchModel:
        config = self._config
        return open_model(config.model, config.revision, "classifier", config.device, config.max_tokens, config.batch_tokens)

    @cached_property
    def _embedding(self) -> TorchModel:
        wanted, config = self._config.embedding, self._config
        if wanted is None:
            raise ScorerError("no embedding model is configured")
        return open_model(wanted.model, wanted.revision, "encoder", config.device, config.max_tokens, config.batch_tokens)

    @property
    def revision(self) -> str:
        chosen = [self._config, self._config.embedding]
        names = [f"{Path(one.model).name}@{(one.revision or 'local')[:12]}" for one in chosen if one is not None]
        return "+".join([*names, *([] if self._config.embedding else [self._graphs.revision])])

    @property
    def limits(self) -> Limits:
        wanted = self._config.embedding
        return self._graphs.limits if wanted is None else Limits(wanted.gate, 0.5)

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> Vector:
        wanted = self._config.embedding
        if wanted is None:
            return self._graphs.embed(texts, as_topics=as_topics)
        prefix = wanted.topic_prefix if as_topics else wanted.article_prefix
        return self._embedding.embed([prefix + text for text in texts])

    def second_look(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        return np.zeros(len(pairs), np.float32) if self._config.embedding else self._graphs.second_look(pairs)

    def relevance(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        wanted = self._config.embedding
        if wanted is None:
            return self._graphs.relevance(features)
        named = features[:, NAMED].max(axis=1, initial=0.0)
        logits = wanted.slope * (features[:, 0] - wanted.middle) + named
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -60, 60))), np.float32)

    def stance(self, pairs: Sequence[tuple[str, str]], languages: Sequence[str]) -> NDArray[np.float32]:  # noqa: ARG002 - one model reads them all
        if not pairs:
            return np.zeros((0, 3), np.float32)
        entailment = entailment_column(self._stance.labels)
        if entailment is None:
            columns = against_neutral_favor(self._stance.labels, self._config.labels)
            return softmax(self._stance.classify(pairs)[:, columns])
        return self._inferred(pairs, entailment)

    def _inferred(self, pairs: Sequence[tuple[str, str]], entailment: int) -> NDArray[np.float32]:
        """Stance from whether the text entails that the holder opposes, or supports, the target."""
        asked = [
            (text, hypothesis.format(holder=holder, target=target))
            for hypothesis in self._config.hypotheses
            for text, (holder, _, target) in ((text, query.partition(TOWARD)) for text, query in pairs)
        ]
        entailed = softmax(self._stance.classify(asked))[:, entailment].reshape(2, len(pairs))
        against, favor = entailed[0], entailed[1]
        answers = np.stack([against, (1 - against) * (1 - favor), favor], axis=1)
        return np.asarray(answers / answers.sum(axis=1, keepdims=True), np.float32)
