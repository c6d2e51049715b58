"""Tells what the labels of somebody else's model mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from monitor.errors import ScorerError

_MEANINGS = {
    "against": re.compile(r"against|oppos|con$|contra|negativ|disagree|refut|deny", re.IGNORECASE),
    "neutral": re.compile(r"neutral|none|other|unrelated|discuss|comment|neither", re.IGNORECASE),
    "favor": re.compile(r"favou?r|support|^pro|positiv|agree|endors", re.IGNORECASE),
}
_ENTAILMENT = re.compile(r"^entail", re.IGNORECASE)


def entailment_column(labels: Sequence[str]) -> int | None:
    """The column of entailment when the labels are those of an inference model, else None."""
    return next((column for column, label in enumerate(labels) if _ENTAILMENT.match(label)), None)


def against_neutral_favor(labels: Sequence[str], meanings: Mapping[str, str] | None) -> list[int]:
    """The columns of against, neutral and favor, by the user's own table or by the labels' words.

    Raises:
        ScorerError: a column is missing or found twice.
    """
    found = {meaning: [] for meaning in _MEANINGS} if not labels else _columns(labels, meanings)
    unclear = [meaning for meaning, columns in found.items() if len(columns) != 1]
    if unclear:
        raise ScorerError(
            f"the stance model's labels are {', '.join(labels) or 'missing'}: say which one means {' and '.join(unclear)} "
            "with scorer.labels, such as {LABEL_0: against, LABEL_1: neutral, LABEL_2: favor}"
        )
    return [found[meaning][0] for meaning in _MEANINGS]


def _columns(labels: Sequence[str], meanings: Mapping[str, str] | None) -> dict[str, list[int]]:
    if meanings is not None:
        return {
            meaning: [column for column, label in enumerate(labels) if meanings.get(label) == meaning] for meaning in _MEANINGS
        }
    meant = [next((meaning for meaning, words in _MEANINGS.items() if words.search(label)), "") for label in labels]
    return {meaning: [column for column, one in enumerate(meant) if one == meaning] for meaning in _MEANINGS}
