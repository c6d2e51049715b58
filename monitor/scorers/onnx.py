"""The default engine: the bundled models, or others of the same form, on CPU."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from monitor.scorers._batches import BUDGET
from monitor.scorers._graphs import BUNDLED, Graphs

EXAMPLE = {"threads": 2}


class Config(BaseModel):
    """Where the weights lie (the bundled ones by default), how many threads run them, how many tokens a batch may have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Path | None = None
    threads: int | None = Field(default=None, ge=1, le=256)
    batch_tokens: int = Field(default=BUDGET, ge=64, le=1_000_000)


def build(config: Config) -> Graphs:
    """A scorer; nothing is read before it is asked something, so a broken model stops no keyword rule."""
    return Graphs(config.weights or BUNDLED, threads=config.threads, batch_tokens=config.batch_tokens)
