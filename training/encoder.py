"""The cross-encoder that is tuned: a `transformers` body, first token and mean joined, one hidden layer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerBase


class CrossEncoder(nn.Module):
    """Reads a pair of texts and gives `outputs` numbers."""

    def __init__(self, base: Path, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        # None by default: drawing random numbers costs a tenth of the time.
        quiet = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": 0.0}
        self.body = AutoModel.from_pretrained(str(base), attn_implementation="eager", add_pooling_layer=False, **quiet)
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(str(base))
        width = self.body.config.hidden_size
        self.dense = nn.Linear(2 * width, width)
        self.out = nn.Linear(width, outputs)
        self.drop = nn.Dropout(0.1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """(n, outputs) numbers before softmax or sigmoid."""
        hidden = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(1) / weight.sum(1)
        joined = torch.cat([hidden[:, 0], mean], dim=-1)
        result: Tensor = self.out(self.drop(torch.tanh(self.dense(self.drop(joined)))))
        return result

    def freeze(self, layers: int) -> None:
        """Keep word embeddings and the lowest `layers` layers as they are."""
        for parameter in self.body.embeddings.parameters():
            parameter.requires_grad = False
        for layer in self.body.encoder.layer[:layers]:
            for parameter in layer.parameters():
                parameter.requires_grad = False

    def take_over(self, state: dict[str, NDArray[np.float32]]) -> None:
        """Weights of a model with as many outputs or fewer; outputs that it lacks stay as they are."""
        own = self.state_dict()
        for name, value in state.items():
            own[name][: len(value)] = torch.from_numpy(value)
        self.load_state_dict(own)

    def save(self, folder: Path) -> None:
        """Write weights, configuration and tokenizer so that `load` finds them."""
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / "tuned.partial"
        torch.save(self.state_dict(), partial)
        partial.rename(folder / "tuned.pt")
        self.body.config.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        (folder / "outputs.json").write_text(json.dumps(self.out.out_features), encoding="utf-8")

    @classmethod
    def load(cls, base: Path, folder: Path, dropout: float = 0.0) -> CrossEncoder:
        """A tuned model on top of its base."""
        model = cls(base, json.loads((folder / "outputs.json").read_text(encoding="utf-8")), dropout)
        model.load_state_dict(torch.load(folder / "tuned.pt", map_location="cpu", weights_only=True))
        return model

    @classmethod
    def average(cls, base: Path, *tuned: Path, shares: Sequence[float] | None = None) -> CrossEncoder:
        """The model whose weights are the mean of tuned ones; `shares`, one for each, add up to 1."""
        models = [cls.load(base, folder) for folder in tuned]
        states = [model.state_dict() for model in models]
        parts = shares or [1 / len(models)] * len(models)
        mixed = {name: sum(part * state[name] for part, state in zip(parts, states, strict=True)) for name in states[0]}
        # What nobody tuned stays as it is to the last bit, or words are rounded differently and stored anew.
        mixed |= {name: value for name, value in states[0].items() if all(torch.equal(value, state[name]) for state in states)}
        models[0].load_state_dict(mixed)
        return models[0]
