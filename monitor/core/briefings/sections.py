"""Writes each section of a briefing: what is worth a line, in which order, and what it cites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import product

from monitor.core.alerts.render import percent
from monitor.core.briefings.briefing import Briefing, Citations, Line, Material, Section
from monitor.core.briefings.extracts import Extract, from_evidence, lead_of, pick, title_of
from monitor.core.briefings.findings import write_glossary, write_numbers, write_questions
from monitor.core.briefings.ranking import (
    best,
    echoes,
    likeness,
    outlets_note,
    representative,
    said,
    side,
    tellings,
    voices,
    weight,
)
from monitor.core.briefings.words import WORDS, listed, phrase
from monitor.core.trends.charts import stance_matrix, volume_chart
from monitor.core.trends.series import Voice
from monitor.model import OUTLET, Hit, Stance, Statement

_SUMMARY = 5
_QUOTES = 3
_PER_DAY = 3
_TIMELINE = 24
_SIDES = (Stance.FAVOR, Stance.AGAINST)


def compose(material: Material) -> Briefing:
    """The briefing: the same material gives the same briefing."""
    language, cites = material.language, Citations(material.articles)
    name = material.topic.name
    sections = [_summary(material, cites)]
    if material.told:
        sections += [
            _positions(material, cites),
            _agreements(material, cites),
            _timeline(material, cites),
            write_numbers(material, cites),
            write_questions(material, cites),
            write_glossary(material, cites),
        ]
    return Briefing(
        topic=material.topic.id,
        language=language,
        title=phrase(language, "title", name=name),
        span=phrase(language, "span", since=f"{material.trends.since:%Y-%m-%d}", until=f"{material.trends.until:%Y-%m-%d}"),
        since=material.trends.since,
        until=material.trends.until,
        sections=tuple(section for section in sections if section.lines),
        sources=cites.sources(),
        footer=phrase(language, "footer"),
    )


# -- sections ---------------------------------------------------------------------------------------------------------


def _summary(material: Material, cites: Citations) -> Section:
    heading = WORDS[material.language]["summary"]
    if not material.told:
        return Section("summary", heading, (Line(WORDS[material.language]["nothing"]),))
    trends = material.trends
    counts = {"stories": trends.stories, "articles": trends.articles, "outlets": trends.outlets}
    lines = [Line(phrase(material.language, "counts", **counts))]
    lines += _changes(material, cites)
    stories = [(hits, representative(material, hits)) for hits in tellings(material).values()]
    picked = pick(
        stories,
        [weight(hits) for hits, _ in stories],
        lambda one, other: likeness(material, one[1].id, other[1].id),
        _SUMMARY,
    )
    for hits, article in sorted(picked, key=lambda found: found[1].published):
        others = [hit.article for hit in hits if hit.article != article.id][:2]
        lines.append(cites.quote(lead_of(article, material.topic), also=others, note=outlets_note(material, hits[0].outlets)))
    return Section("summary", heading, tuple(lines), (volume_chart(trends, material.topic.name),))


def _changes(material: Material, cites: Citations) -> list[Line]:
    """First appearances, changes against the time before, and shifts within the span, with the articles that carry them."""
    return [*_newcomers(material, cites), *(line for voice in voices(material) for line in _moves(material, voice, cites))]


def _newcomers(material: Material, cites: Citations) -> list[Line]:
    if not material.heard_before:
        return []
    lines = []
    for stance in _SIDES:
        found = [voice for voice in voices(material) if voice.is_new and voice.total.leading is stance]
        if found:
            holders = listed(material.language, [voice.holder for voice in found])
            carriers = [voice.first_article for voice in found if voice.first_article is not None]
            text = phrase(material.language, "new", holders=holders, stance=side(material, stance))
            lines.append(Line(text, None, cites.cite(*carriers)))
    return lines


def _moves(material: Material, voice: Voice, cites: Citations) -> list[Line]:
    if voice.shift:
        sides = {"before": side(material, voice.shift.before), "after": side(material, voice.shift.after)}
        text = phrase(material.language, "shift", holder=voice.holder, on=voice.shift.on.isoformat(), **sides)
        return [Line(text, None, cites.cite(*voice.shift.articles[:3]))]
    earlier, now = material.before.get(voice.holder), voice.total.leading
    if earlier is None or None in {earlier.leading, now} or earlier.leading is now:
        return []
    sides = {"before": side(material, earlier.leading), "after": side(material, now)}
    counts = {"earlier": earlier.stories, "later": voice.total.stories}
    note = WORDS[material.language]["few"] if earlier.is_small or voice.total.is_small else ""
    carriers = [hit.article for _, hit, _ in best(material, said(material, voice.holder, now), 2)]
    return [Line(phrase(material.language, "changed", holder=voice.holder, **sides, **counts), None, cites.cite(*carriers), note)]


def _positions(material: Material, cites: Citations) -> Section:
    lines: list[Line] = []
    for voice in voices(material):
        total, leading = voice.total, voice.total.leading
        counted = phrase(material.language, "of", count=total.count(leading) if leading else total.stories, total=total.stories)
        note = f"{counted}; {WORDS[material.language]['few']}" if total.is_small else counted
        title = phrase(material.language, "position", holder=voice.holder, stance=side(material, leading))
        quotes = [
            cites.quote(extract, also=echoes(material, voice.holder, extract), note=_sureness(material, statement, leading))
            for statement, _, extract in _shown(material, voice.holder, leading)
        ]
        # A position that no quotation can show is not stated; who takes no side at all stands among the open questions.
        lines += [Line(title, None, (), note, is_heading=True), *quotes] if quotes else []
    return Section(
        "positions", WORDS[material.language]["positions"], tuple(lines), (stance_matrix(material.trends, material.topic.name),)
    )


def _shown(material: Material, holder: str, leading: Stance | None) -> list[tuple[Statement, Hit, Extract]]:
    """What shows a position best: words of the leading side, or of both sides where neither leads."""
    if leading in _SIDES:
        return best(material, said(material, holder, leading), _QUOTES)
    return [one for stance in _SIDES for one in best(material, said(material, holder, stance), _QUOTES - 1)]


def _sureness(material: Material, statement: Statement, leading: Stance | None) -> str:
    sure = percent(statement.confidence)
    return sure if statement.stance is leading else f"{side(material, statement.stance)}, {sure}"


def _agreements(material: Material, cites: Citations) -> Section:
    proven = {stance: _proven(material, stance) for stance in _SIDES}
    names = {stance: listed(material.language, [holder for holder, _ in found]) for stance, found in proven.items()}
    lines = []
    for stance, found in proven.items():
        if found:
            text = phrase(
                material.language, "agree" if len(found) > 1 else "alone", holders=names[stance], stance=side(material, stance)
            )
            lines.append(Line(text, None, cites.cite(*(article for _, article in found))))
    if all(proven.values()):
        text = phrase(material.language, "clash", some=names[Stance.FAVOR], others=names[Stance.AGAINST])
        lines.append(Line(text, None, cites.cite(*(article for found in proven.values() for _, article in found))))
    return Section("agreements", WORDS[material.language]["agreements"], (*lines, *_clashes(material, cites)))


def _proven(material: Material, stance: Stance) -> list[tuple[str, int]]:
    """(holder, article) of those who mostly take a side, with the article that shows it best."""
    leading = [voice.holder for voice in voices(material) if voice.total.leading is stance]
    shown = ((holder, best(material, said(material, holder, stance), 1)) for holder in leading)
    return [(holder, found[0][2].article) for holder, found in shown if found]


def _clashes(material: Material, cites: Citations) -> list[Line]:
    """The story in which opposing holders meet most surely, with both their words."""
    found: tuple[float, Extract, Extract, str] | None = None
    for hits in tellings(material).values():
        spoken = [
            (statement, material.articles[hit.article])
            for hit in hits
            for statement in hit.statements
            if statement.holder != OUTLET
        ]
        pro = [(one, article) for one, article in spoken if one.stance is Stance.FAVOR]
        contra = [(one, article) for one, article in spoken if one.stance is Stance.AGAINST]
        for (one, here), (other, there) in product(pro, contra):
            words, answer = from_evidence(here, one.evidence), from_evidence(there, other.evidence)
            sure = min(one.confidence, other.confidence) + weight(hits)
            if one.holder != other.holder and words and answer and (found is None or sure > found[0]):
                found = (sure, words, answer, material.articles[hits[0].article].title)
    if found is None:
        return []
    _, words, answer, title = found
    heading = Line(phrase(material.language, "same_story", story=title), is_heading=True)
    return [heading, cites.quote(words), cites.quote(answer)]


def _timeline(material: Material, cites: Citations) -> Section:
    days: dict[str, list[list[Hit]]] = defaultdict(list)
    for hits in tellings(material).values():
        days[f"{hits[0].published:%Y-%m-%d}"].append(hits)
    told = [
        (day, hits)
        for day, stories in sorted(days.items())
        for hits in sorted(stories, key=lambda hits: (-weight(hits), hits[0].published))[:_PER_DAY]
    ]
    heaviest = sorted(range(len(told)), key=lambda at: (-weight(told[at][1]), at))[:_TIMELINE]
    lines = tuple(_day_line(material, *told[at], cites) for at in sorted(heaviest))
    return Section("timeline", WORDS[material.language]["timeline"], lines)


def _day_line(material: Material, day: str, hits: Sequence[Hit], cites: Citations) -> Line:
    article = representative(material, hits)
    others = [hit.article for hit in hits if hit.article != article.id][:2]
    return cites.quote(title_of(article), day, also=others, note=outlets_note(material, hits[0].outlets))
