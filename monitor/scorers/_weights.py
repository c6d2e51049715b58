"""Reads a folder of model weights: its manifest, and whether every file is the one the manifest names."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from monitor.core.scoring.stance import AUTHOR, TOWARD, names_target
from monitor.errors import ScorerError

MANIFEST = "model.json"
ABOUT = "about"
"""The output that says whether the second text of a pair (an article) is about the first (a topic)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Graph(_Part):
    """One ONNX graph with the tokenizer it was trained with; paths are relative to the manifest."""

    file: str
    tokenizer: str
    max_tokens: int
    packed: str | None = None
    """A file of matrices that the graph leaves out; see `_packed`."""
    is_asked_alone: bool = False
    """One text at a time: a graph that rounds a batch by its largest number would answer differently beside other texts."""


class Embedding(Graph):
    """The bi-encoder: what is put before the texts of each kind."""

    dimensions: int
    article_prefix: str = ""
    topic_prefix: str = ""


class Joined(_Part):
    """Logistic regression over cosine, second look and names, and the cosine under which it is not worth asking."""

    gate: float
    weights: tuple[float, ...]
    bias: float

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n,) of (n, features) rows; a manifest made before a feature was known names fewer weights."""
        return np.asarray(features[:, : len(self.weights)] @ np.asarray(self.weights) + self.bias, np.float64)


class Passages(Joined):
    """The same for articles read passage by passage, and the cosine with a topic from which a long one is."""

    read_on: float


class Calibration(Joined):
    """What makes a probability of relevance's features, and the default threshold."""

    threshold: float
    passages: Passages | None = None


class PairGraph(Graph):
    """A cross-encoder: what each of its outputs stands for, in order. One graph may serve relevance and stance."""

    labels: tuple[str, ...] = (ABOUT,)


class StanceGraph(PairGraph):
    """A stance model for some languages ("*" for all), and its temperatures."""

    languages: tuple[str, ...]
    temperature: float = 1.0
    named_temperature: float | None = None
    """For a target that stands in the passage by its own name, of which the model is right more often; None: the same."""
    second_opinion: float = Field(default=0.0, ge=0.0, lt=1.0)
    """What the scores of the next model that serves the language count beside this one's, where a holder is asked about: it errs
    in other places. The text's own voice is this model's alone to judge."""
    sure: float = Field(default=1.0, gt=0.0, le=1.0)
    """The probability of this model's answer, before any temperature, from which no second opinion is asked."""

    def temperature_of(self, passage: str, query: str) -> float:
        """What the scores of a pair are divided by."""
        return self.named_temperature if self.named_temperature and names_target(passage, query) else self.temperature


class Manifest(_Part):
    """What a folder of weights holds."""

    revision: str
    files: dict[str, str]
    embedding: Embedding
    second_look: PairGraph
    relevance: Calibration
    stance: tuple[StanceGraph, ...]

    def stance_for(self, language: str, query: str) -> tuple[int, ...]:
        """The number of the first stance model that serves a language, and of the next if a second opinion is asked of it.

        Raises:
            ScorerError: none does, or no second one where it is wanted.
        """
        serving = [number for number, graph in enumerate(self.stance) if {language, "*"} & set(graph.languages)]
        if not serving:
            raise ScorerError(
                f'no stance model serves the language {language!r}; the manifest lacks an entry with languages ["*"]'
            )
        needs_another = self.stance[serving[0]].second_opinion > 0 and not query.startswith(AUTHOR + TOWARD)
        if needs_another and len(serving) == 1:
            raise ScorerError(
                f"{self.stance[serving[0]].file} wants a second opinion, and no other stance model serves {language!r}"
            )
        return tuple(serving[: 2 if needs_another else 1])


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder of weights.

    Raises:
        ScorerError: it is missing or cannot be understood.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ScorerError(
            f"no model weights in {folder}: {MANIFEST} is missing; reinstall, or name other weights in scorer.weights"
        ) from error
    except (OSError, ValueError, ValidationError) as error:
        raise ScorerError(f"{path} is not a manifest of model weights: {error}") from error


def verify(folder: Path, manifest: Manifest) -> None:
    """Check every file of the manifest.

    Raises:
        ScorerError: a file is missing or is not the one named.
    """
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ScorerError(f"{folder / MANIFEST} names {name}, which lies outside the folder")
        try:
            found = _digest(path, path.stat().st_mtime_ns, path.stat().st_size)
        except OSError as error:
            raise ScorerError(f"the model file {path} cannot be read ({error.strerror}); reinstall the weights") from error
        if found != expected:
            raise ScorerError(
                f"the model file {path} is not that of revision {manifest.revision} (sha256 {found[:12]}…); reinstall it"
            )


@lru_cache(maxsize=256)
def _digest(path: Path, _modified: int, _size: int) -> str:
    """The SHA-256 of a file; remembered while its time and size stay the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
