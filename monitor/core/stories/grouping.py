"""Groups many tellings at once as they would have been joined one by one, and measures a grouping against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import datetime

from monitor.core.stories.fingerprints import Fingerprint, Telling, take_fingerprint
from monitor.core.stories.joining import Neighbour, place
from monitor.core.stories.window import Window
from monitor.model import Vector


def group(tellings: Sequence[Telling], embeddings: Sequence[Vector | None]) -> list[int]:
    """For each telling the number of its story (that of its first telling), joined in the order of publication."""
    window = Window()
    fingerprints: dict[int, Fingerprint] = {}
    stories: dict[int, int] = {}
    began: dict[int, datetime | None] = {}
    for at in sorted(range(len(tellings)), key=lambda at: (_order(tellings[at].published), at)):
        telling, embedding = tellings[at], embeddings[at]
        fingerprints[at] = take_fingerprint(telling)
        near = window.near(telling.title, telling.published, embedding)
        neighbours = [Neighbour(article, story, fingerprints[article], cosine, began[story]) for article, story, cosine in near]
        found = place(fingerprints[at], neighbours).story
        stories[at] = at if found is None else found
        began.setdefault(stories[at], telling.published)
        window.add(at, stories[at], telling.title, telling.published, embedding)
    return [stories[at] for at in range(len(tellings))]


def _order(published: datetime | None) -> float:
    return float("-inf") if published is None else published.timestamp()


def b_cubed(truth: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[float, float, float]:
    """(precision, recall, F1) of a grouping, averaged over items (Bagga and Baldwin 1998); all 1.0 for no items.

    Raises:
        ValueError: the two do not have the same length.
    """
    pairs = list(zip(truth, found, strict=True))
    if not pairs:
        return 1.0, 1.0, 1.0
    together, true, given = Counter(pairs), Counter(truth), Counter(found)
    precision = sum(together[pair] / given[pair[1]] for pair in pairs) / len(pairs)
    recall = sum(together[pair] / true[pair[0]] for pair in pairs) / len(pairs)
    return precision, recall, 2 * precision * recall / (precision + recall)
