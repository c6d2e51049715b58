"""Writes the sections of a briefing that dig: figures and documents, open questions, a glossary."""

from __future__ import annotations

from collections import Counter, defaultdict

from monitor.core.briefings.briefing import Citations, Line, Material, Section
from monitor.core.briefings.extracts import Extract, documents_in, overlap, pick, sentences_of
from monitor.core.briefings.ranking import best, representative, said, side, tellings, voices, weight
from monitor.core.briefings.words import WORDS, phrase
from monitor.core.stories.figures import figures_in
from monitor.model import OUTLET, Stance

_FIGURES = 8
_DOCUMENTS = 6
_SINGLES = 4
_TERMS = 8
_SURE = 0.6
"""Claims below this confidence do not stand as open questions of their own."""
_ALIKE = 0.6


def write_numbers(material: Material, cites: Citations) -> Section:
    """The figures that most outlets give, and the documents that most stories name."""
    return Section("numbers", WORDS[material.language]["numbers"], (*_figures(material, cites), *_documents(material, cites)))


def _figures(material: Material, cites: Citations) -> list[Line]:
    """Sentences with figures, those first whose figures most outlets of the story give."""
    found: list[tuple[Extract, float, list[int]]] = []
    for hits in tellings(material).values():
        carried = {
            hit.article: figures_in(f"{material.articles[hit.article].title}\n{material.articles[hit.article].text[:4000]}")
            for hit in hits
        }
        article = representative(material, hits)
        for extract in sentences_of(article, 12):
            figures = figures_in(extract.text)
            others = [one for one, theirs in carried.items() if one != article.id and figures & theirs]
            if figures and not documents_in(extract.text):
                found.append((extract, min(1.0, (1 + len(others)) / 5), others[:3]))
    chosen = pick(
        found, [score for _, score, _ in found], lambda one, other: overlap(one[0].text, other[0].text), _FIGURES, balance=0.6
    )
    return [cites.quote(extract, also=others) for extract, _, others in chosen]


def _documents(material: Material, cites: Citations) -> list[Line]:
    """The documents that most stories name, each in the sentence that names it first."""
    named: Counter[str] = Counter()
    where: dict[str, Extract] = {}
    for hits in tellings(material).values():
        in_story = set()
        for hit in hits:
            for extract in sentences_of(material.articles[hit.article]):
                for name, _, _ in documents_in(extract.text):
                    in_story.add(name)
                    where.setdefault(name, extract)
        named.update(in_story)
    sharing: dict[Extract, list[str]] = {}
    for name, _ in sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))[:_DOCUMENTS]:
        sharing.setdefault(where[name], []).append(name)
    return [
        cites.quote(extract, phrase(material.language, "document", name="; ".join(names))) for extract, names in sharing.items()
    ]


def write_questions(material: Material, cites: Citations) -> Section:
    """Who is silent, on whose position sources disagree, and what one outlet alone claims."""
    lines = [*_silent(material, cites), *_disputed(material, cites), *_singles(material, cites)]
    return Section("questions", WORDS[material.language]["questions"], tuple(lines))


def _silent(material: Material, cites: Citations) -> list[Line]:
    """Actors that are named and take no side, and those that had a position before and are not heard."""
    speaking = {voice.holder for voice in voices(material) if voice.total.favor + voice.total.against}
    named: dict[str, list[int]] = defaultdict(list)
    for article, actors in material.mentions.items():
        for actor in actors:
            named[actor].append(article)
    lines = [
        Line(phrase(material.language, "silent", holder=actor, count=len(articles)), None, cites.cite(*sorted(articles)[:3]))
        for actor, articles in sorted(named.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        if actor not in speaking
    ]
    gone = sorted(material.heard_before - {voice.holder for voice in voices(material)} - set(named) - {OUTLET})
    return [*lines, *(Line(phrase(material.language, "gone", holder=holder)) for holder in gone)]


def _disputed(material: Material, cites: Citations) -> list[Line]:
    """Holders whom stories put on both sides, and positions that rest on one story."""
    lines = []
    for voice in voices(material):
        pro, contra = (best(material, said(material, voice.holder, stance), 1) for stance in (Stance.FAVOR, Stance.AGAINST))
        if voice.total.favor and voice.total.against and pro and contra:
            values = {"one": side(material, Stance.FAVOR), "other": side(material, Stance.AGAINST)}
            carriers = cites.cite(pro[0][2].article, contra[0][2].article)
            lines.append(Line(phrase(material.language, "split", holder=voice.holder, **values), None, carriers))
        elif voice.total.stories == 1 and voice.total.leading is not Stance.NEUTRAL and (pro or contra):
            lines.append(
                Line(phrase(material.language, "rests", holder=voice.holder), None, cites.cite((pro or contra)[0][2].article))
            )
    return lines


def _singles(material: Material, cites: Citations) -> list[Line]:
    """Sure claims of a side in stories that only one outlet tells."""
    found = [
        (statement, hit, extract)
        for voice in voices(material)
        for statement, hit, extract in said(material, voice.holder)
        if hit.outlets <= 1 and statement.stance is not Stance.NEUTRAL and statement.confidence >= _SURE
    ]
    return [
        cites.quote(extract, phrase(material.language, "single", outlet=hit.source))
        for _, hit, extract in best(material, found, _SINGLES)
    ]


def write_glossary(material: Material, cites: Citations) -> Section:
    """The topic's terms, each in the sentence that explains it best; in the reader's language where the archive speaks it."""
    articles = [representative(material, hits) for hits in sorted(tellings(material).values(), key=lambda hits: -weight(hits))]
    articles += [material.articles[hit.article] for hit in material.told if hit.article in material.articles]
    own = [article for article in articles if article.language == material.language] or articles
    lines: list[Line] = []
    used: list[str] = []
    for term in dict.fromkeys((material.topic.name, *material.topic.aliases)):
        told = [extract for article in own for extract in sentences_of(article, 12) if term.casefold() in extract.text.casefold()]
        fresh = [extract for extract in told if all(overlap(extract.text, text) < _ALIKE for text in used)]
        if fresh and len(lines) < _TERMS:
            explaining = max(fresh[:20], key=lambda extract: _explains(term, extract.text))
            used.append(explaining.text)
            lines.append(cites.quote(explaining, phrase(material.language, "document", name=term)))
    return Section("glossary", WORDS[material.language]["glossary"], tuple(lines))


def _explains(term: str, text: str) -> float:
    """How much a sentence reads like an explanation of a term: it follows the term with what it is, and soon."""
    folded, at = text.casefold(), text.casefold().find(term.casefold())
    after = folded[at + len(term) : at + len(term) + 24]
    marks = (
        ", a",
        ", the",
        ", an",
        " is ",
        " are ",
        " was ",
        "(",
        "는 ",
        "은 ",
        "とは",
        "は",
        "是",
        " — ",
        ", eine",
        ", un",
        ", une",
        ", их",
    )
    return sum(mark in after for mark in marks) - at / max(1, len(text))
