"""Ranks what a briefing may say: stories by how widely they are told, statements by how sure they are and how unlike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import log1p

from monitor.core.briefings.briefing import Material
from monitor.core.briefings.extracts import Extract, from_evidence, overlap, pick
from monitor.core.briefings.words import phrase, stance_word
from monitor.core.trends.series import Voice
from monitor.model import OUTLET, Article, Hit, Stance, Statement

SAME = 0.8
"""Two sentences that share this much of their words say the same."""


def tellings(material: Material) -> dict[int, list[Hit]]:
    """The hits of each story, oldest first."""
    found: dict[int, list[Hit]] = defaultdict(list)
    for hit in material.told:
        if hit.article in material.articles:
            found[hit.story].append(hit)
    return found


def weight(hits: Sequence[Hit]) -> float:
    """How much a story weighs: independent outlets count, the second more than the tenth."""
    return log1p(max(hit.outlets for hit in hits)) / log1p(20)


def representative(material: Material, hits: Sequence[Hit]) -> Article:
    """The article that speaks for a story: in the reader's language if there is one, the first report then."""
    ordered = sorted(
        hits, key=lambda hit: (material.articles[hit.article].language != material.language, hit.published, hit.article)
    )
    return material.articles[ordered[0].article]


def likeness(material: Material, one: int, other: int) -> float:
    """The cosine of two articles, stretched so that what any two articles have in common is nothing."""
    here, there = material.vectors.get(one), material.vectors.get(other)
    if here is None or there is None:
        return overlap(material.articles[one].title, material.articles[other].title)
    return max(0.0, (float(here @ there) - 0.75) / 0.25)


def outlets_note(material: Material, outlets: int) -> str:
    """How many independent outlets tell a story, in words."""
    key = "told_by_one" if outlets <= 1 else "told_by"
    return phrase(material.language, key, outlets=outlets)


def side(material: Material, stance: Stance | None) -> str:
    """A stance in the briefing's language."""
    return stance_word(material.language, stance)


def voices(material: Material) -> list[Voice]:
    """The holders heard in the span, the outlets' own voice left out."""
    return [voice for voice in material.trends.voices if voice.total.stories and voice.holder != OUTLET]


def said(material: Material, holder: str, stance: Stance | None = None) -> list[tuple[Statement, Hit, Extract]]:
    """What a holder said, where the archive still has the words."""
    found = []
    for hit in material.told:
        article = material.articles.get(hit.article)
        for statement in hit.statements if article else ():
            if article and statement.holder == holder and stance in {None, statement.stance}:
                extract = from_evidence(article, statement.evidence)
                if extract:
                    found.append((statement, hit, extract))
    return found


def best(
    material: Material, spoken: Sequence[tuple[Statement, Hit, Extract]], count: int
) -> list[tuple[Statement, Hit, Extract]]:
    """The strongest statements that do not say the same twice: sure ones, of widely told stories, in the reader's language."""
    ranked = sorted(spoken, key=lambda one: -_worth(material, one))

    def alike(one: tuple[Statement, Hit, Extract], other: tuple[Statement, Hit, Extract]) -> float:
        same_story = 0.5 if one[1].story == other[1].story else 0.0
        return max(same_story, overlap(one[2].text, other[2].text), likeness(material, one[1].article, other[1].article))

    def is_same(one: tuple[Statement, Hit, Extract], other: tuple[Statement, Hit, Extract]) -> bool:
        return overlap(one[2].text, other[2].text) >= SAME

    return pick(ranked, [_worth(material, one) for one in ranked], alike, count, is_same=is_same)


def _worth(material: Material, one: tuple[Statement, Hit, Extract]) -> float:
    statement, hit, _ = one
    is_own = material.articles[hit.article].language == material.language
    return 0.6 * statement.confidence + 0.25 * weight([hit]) + 0.15 * is_own


def echoes(material: Material, holder: str, extract: Extract, count: int = 3) -> list[int]:
    """Other articles in which the holder says the same in nearly the same words."""
    spoken = said(material, holder)
    return [
        hit.article for _, hit, theirs in spoken if hit.article != extract.article and overlap(theirs.text, extract.text) >= SAME
    ][:count]
